//! What a module lists is named, each item as what it is.

mod shapes {
    #[insula::function] //~ ERROR `area` is in no module
    pub(crate) fn area() {}
}

#[insula::module]
mod stars {
    #[class]
    use crate::shapes::*; //~ ERROR the module lists each item by its name
}

#[insula::module]
mod wrong_kind {
    #[class]
    use crate::shapes::area; //~ ERROR could not find `area` in `self`
    //~^ ERROR `area` is no #[class] of another place
    //~^^ ERROR the trait bound `area: insula::rt::ClassDef` is not satisfied
    use insula::prelude::*;
}

#[insula::module]
mod state_elsewhere {
    #[state]
    use crate::shapes::area; //~ ERROR does not belong on a `use`
}

mod file {
    #[insula::function]
    fn bool() {} //~ ERROR a function outside its module cannot be called as a type is
}

struct NotInsula;
impl NotInsula {
    #[insula::function]
    fn f(&self) {} //~ ERROR a function of a class is a method
}
