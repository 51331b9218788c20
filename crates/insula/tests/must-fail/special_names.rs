//! Names that Python does not know, that it cannot write, or that two items have.

#[insula::module]
mod old {
    use insula::prelude::*;

    #[class]
    struct A;
    #[methods]
    impl A {
        fn __richcmp__(&self) {} //~ ERROR write the comparisons you need: `__eq__`
    }
}

#[insula::module]
mod older {
    use insula::prelude::*;

    #[class]
    struct A;
    #[methods]
    impl A {
        fn __nonzero__(&self) -> bool { //~ ERROR Python 3 asks `__bool__`
            true
        }
    }
}

#[insula::module]
mod sliced {
    use insula::prelude::*;

    #[class]
    struct A;
    #[methods]
    impl A {
        fn __getslice__(&self, _: i64, _: i64) {} //~ ERROR hands a slice object to `__getitem__`
    }
}

#[insula::module]
mod misspelt {
    use insula::prelude::*;

    #[class]
    struct A;
    #[methods]
    impl A {
        fn __getitm__(&self, _: i64) {} //~ ERROR `__getitem__` is. If a library asks for it, mark it #[method]
    }
}

#[insula::module]
mod initialised {
    use insula::prelude::*;

    #[class]
    struct A;
    #[methods]
    impl A {
        fn __init__(&self) {} //~ ERROR the constructor is a function marked #[new]
    }
}

#[insula::module]
mod slot_with_signature {
    use insula::prelude::*;

    #[class]
    struct A;
    #[methods]
    impl A {
        #[method(signature = (key = 1))]
        fn __getitem__(&self, key: i64) -> i64 { //~ ERROR CPython decides which arguments `__getitem__` gets
            key
        }
    }
}

#[insula::module]
mod not_a_name {
    use insula::prelude::*;

    #[function(name = "a-b")] //~ ERROR this is no identifier of Python's
    fn f() {}
}

#[insula::module]
mod two_functions {
    use insula::prelude::*;

    #[function]
    fn f() {}
    #[function(name = "f")]
    fn g() {} //~ ERROR the module has a `f` already
}

#[insula::module]
mod two_methods {
    use insula::prelude::*;

    #[class]
    struct A {
        #[member(name = "n")]
        number: i64, //~ ERROR the class has a `n` already
    }
    #[methods]
    impl A {
        fn n(&self) {}
    }
}

#[insula::module]
mod two_getters {
    use insula::prelude::*;

    #[class]
    struct A;
    #[methods]
    impl A {
        #[getter]
        fn n(&self) -> i64 {
            1
        }
        #[getter]
        fn get_n(&self) -> i64 { //~ ERROR the class has a `n` already
            2
        }
    }
}

#[insula::module]
mod deleter_alone {
    use insula::prelude::*;

    #[class]
    struct A;
    #[methods]
    impl A {
        #[deleter]
        fn del_n(&self) {} //~ ERROR attribute `n` has a #[deleter] but no #[getter]
    }
}

#[insula::module]
mod deleter_without_name {
    use insula::prelude::*;

    #[class]
    struct A;
    #[methods]
    impl A {
        #[deleter] //~ ERROR name the attribute, #[deleter(name)], or the function `del_name`
        fn n(&self) {}
    }
}
