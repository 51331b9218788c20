//! A class can only derive from one that allows it.

#[insula::module]
mod bad {
    use insula::prelude::*;

    #[class]
    struct Base {
        n: u64,
    }

    #[class(base = Base)] //~ ERROR `Base` is not #[class(subclassable)]
    struct Derived {
        m: u64,
    }
}
