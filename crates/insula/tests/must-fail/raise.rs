//! What an error type of the user's can raise, and where.

#[insula::module]
mod other {
    use insula::prelude::*;

    #[exception]
    pub struct Theirs;
}

#[insula::module]
mod raising {
    use insula::prelude::*;
    use std::fmt;

    #[exception]
    struct Own;

    macro_rules! text {
        ($($name:ident)*) => { $(
            impl fmt::Display for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str("text")
                }
            }
        )* };
    }
    text! { Silent Mine Foreign Plain NoClass Unknown }

    #[derive(IntoPyErr)]
    enum Silent {
        #[raise(ValueError)]
        One,
        Two, //~ ERROR say which exception this raises: #[raise(ValueError)]
    }

    #[derive(IntoPyErr)]
    #[raise(Own)]
    struct Mine;

    // It needs the module, which `?` does not know.
    #[function]
    fn question_mark<'py>() -> PyResult<'py, ()> {
        Err(Mine)? //~ ERROR the module cannot be found from here, as by `?`
    }

    #[function]
    fn as_it_is() -> Result<(), Mine> {
        Err(Mine)
    }

    // Each module object has exceptions of its own: that of another module is not among them.
    #[derive(IntoPyErr)]
    #[raise(super::other::Theirs)]
    struct Foreign;

    #[function]
    fn theirs() -> Result<(), Foreign> { //~ ERROR cannot be the result of this function
        Err(Foreign)
    }

    struct Plain;

    #[function]
    fn plain() -> Result<(), Plain> { //~ ERROR an error type of your own that derives it: #[derive(IntoPyErr)]
        Err(Plain)
    }

    #[derive(IntoPyErr)]
    #[raise(String)] //~ ERROR neither a built-in exception nor one of a module
    struct NoClass;

    #[derive(IntoPyErr)]
    #[raise(transparent)] //~ ERROR `transparent` demands just one field
    struct Unknown(u8, u8);
}

/// An error with an object in it is as bound to its call as the object.
mod kept {
    use common::prelude::*;

    #[derive(IntoPyErr)]
    #[raise(ValueError)]
    struct WithObject<'py>(Obj<'py>); //~ ERROR has no lifetimes: implement `IntoPyErr` by hand

    struct ByHand<'py>(Obj<'py>);

    impl std::fmt::Display for ByHand<'_> {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("text")
        }
    }

    impl<'py, S> IntoPyErr<'py, S> for ByHand<'py> {
        fn into_py_err(self, _: Py<'py>, _: &S) -> PyErr<'py> {
            PyErr::from_value(&self.0)
        }
    }

    fn keep<'py>(object: &Obj<'py>) -> PyErr<'static> {
        PyErr::late(ByHand(object.clone())) //~ ERROR lifetime may not live long enough
    }

    fn send<'py>(object: &Obj<'py>) {
        let error: PyErr<'py> = PyErr::late(ByHand(object.clone()));
        std::thread::spawn(move || drop(error)); //~ ERROR cannot be sent between threads safely
    }
}
