//! `__init_subclass__` is a method of the class, as in Python.

#[insula::module]
mod bad {
    use insula::prelude::*;

    #[class(subclassable)]
    struct C;

    #[methods]
    impl C {
        fn __init_subclass__(&self) {} //~ ERROR this is a method of the class
    }
}
