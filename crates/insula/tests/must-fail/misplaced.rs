//! The markers complain where they do not belong.

use common::prelude::*;

#[insula::function] //~ ERROR `f` is in no module: none lists it
fn f() {}

#[insula::exec] //~ ERROR belongs on an item inside a module
fn g() {}

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
        fn __lenght__(&self) -> usize { //~ ERROR Python asks `__len__`
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

#[insula::module]
mod static_method {
    use insula::prelude::*;

    #[state]
    struct State;

    #[class]
    struct C<'py> {
        slot: Slot<'py>,
    }

    #[methods]
    impl<'py> C<'py> {
        #[staticmethod]
        fn f(_: Cx<'py, State>) {} //~ ERROR a static method has no way to its module
    }
}

#[insula::module]
mod signature {
    use insula::prelude::*;

    #[function(signature = (a, b))] //~ ERROR has no parameter `b`
    fn unknown(a: i64) {}
}

#[insula::module]
mod incomplete_signature {
    use insula::prelude::*;

    #[function(signature = (a))]
    fn unnamed(a: i64, b: i64) {} //~ ERROR the signature does not name this parameter
}

#[insula::module]
mod exceptions {
    use insula::prelude::*;

    #[exception(base = Later)]
    struct Earlier; //~ ERROR declared after the one it derives from

    #[exception]
    struct Later;
}
