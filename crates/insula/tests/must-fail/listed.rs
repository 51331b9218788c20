//! An item that is declared elsewhere is in one module. (Of two that list it, the compiler points at either.)

mod shapes {
    use insula::prelude::*;

    #[insula::class(subclassable)]
    pub(crate) struct Circle<'py> {
        centre: Slot<'py>,
    }
    #[insula::class]
    pub(crate) struct Plain;
    #[insula::function]
    pub(crate) fn area() {} //~ ERROR type annotations needed
    #[insula::exception]
    pub(crate) struct Bad;
}

#[insula::module]
mod first {
    #[class]
    use crate::shapes::{Circle, Plain}; //~ ERROR conflicting implementations of trait `insula::rt::Listed` for type `Circle<'_>`
    //~^ ERROR conflicting implementations of trait `insula::rt::Listed` for type `shapes::Plain`
    #[function]
    use crate::shapes::area;
    #[exception]
    use crate::shapes::Bad;
    use insula::prelude::*;
}

#[insula::module]
mod second {
    #[class]
    use crate::shapes::{Circle, Plain};
    #[function]
    use crate::shapes::area; //~ ERROR conflicting implementations of trait `insula::rt::Listed` for type `area`
    #[exception]
    use crate::shapes::Bad; //~ ERROR conflicting implementations of trait `insula::rt::Listed` for type `Bad`
    use insula::prelude::*;
}

mod unlisted {
    #[insula::exception] //~ ERROR `Nowhere` is in no module: none lists it
    pub(crate) struct Nowhere; //~ ERROR `Nowhere` is in no module: none lists it
}
