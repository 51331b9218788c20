//! The markers complain where they do not belong.

use common::prelude::*;

#[insula::function] //~ ERROR belongs on an item inside a module
fn f() {}

#[insula::module]
mod twice {
    use insula::prelude::*;

    #[state]
    struct A;
    #[state] //~ ERROR the module has a #[state] already
    struct B;
}

#[insula::module]
mod self_by_value {
    use insula::prelude::*;

    #[class]
    struct C<'py> {
        slot: Slot<'py>,
    }

    #[methods]
    impl<'py> C<'py> {
        fn consume(self) {} //~ ERROR use `&self`
    }
}

#[insula::module]
mod unknown_dunder {
    use insula::prelude::*;

    #[class]
    struct C<'py> {
        slot: Slot<'py>,
    }

    #[methods]
    impl<'py> C<'py> {
        fn __lenght__(&self) -> usize { //~ ERROR is not supported
            0
        }
    }
}

#[insula::module]
mod result {
    use insula::prelude::*;

    #[function]
    fn f() -> std::rc::Rc<u8> { //~ ERROR cannot be the result of this function
        std::rc::Rc::new(0)
    }
}
