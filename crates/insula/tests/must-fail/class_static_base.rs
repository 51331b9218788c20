//! A class of a mutable class is mutable itself: CPython allows no other.

#[insula::module]
mod bad {
    use insula::prelude::*;

    #[class(subclassable, mutable)]
    struct Base {
        n: u64,
    }

    #[class(base = Base)] //~ ERROR `Base` is mutable, so its subclasses are
    struct Derived {
        m: u64,
    }
}
