//! A class has one constructor, and one function for each attribute that is set.

#[insula::module]
mod constructors {
    use insula::prelude::*;

    #[class]
    struct C;

    #[methods]
    impl C {
        #[new]
        fn new() -> Self {
            C
        }
        #[new] //~ ERROR the class has a #[new] already
        fn other() -> Self {
            C
        }
    }
}

#[insula::module]
mod setters {
    use insula::prelude::*;

    #[class]
    struct C;

    #[methods]
    impl C {
        #[setter]
        fn set_value(&self, _: i64) {} //~ ERROR attribute `value` has a #[setter] but no #[getter]
    }
}
