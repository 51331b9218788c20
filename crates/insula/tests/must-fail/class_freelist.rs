//! A class with a free list derives from nothing else, has no finaliser and no `__dict__`, and is not mutable.

#[insula::module] //~ ERROR a class with a free list has no other base
mod finalised {
    use insula::prelude::*;

    #[class(freelist = 4)]
    struct C;

    #[methods]
    impl C {
        #[new]
        fn new() -> Self {
            C
        }
        fn __del__(&self) {}
    }
}

#[insula::module]
mod options {
    use insula::prelude::*;

    #[class(freelist)] //~ ERROR this is a number of instances: freelist = 16
    struct C;
}
