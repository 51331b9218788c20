//! No kind of handler can choose the brand 'static.

use common::prelude::*;

#[insula::module]
mod bad {
    use insula::prelude::*;

    #[state]
    struct State<'py> {
        sentinel: Obj<'py>,
    }

    #[exec]
    fn exec(module: &Obj<'static, Module>) -> PyResult<'static, State<'static>> { //~ ERROR borrowed data escapes
        Ok(State { sentinel: module.py().none() })
    }

    #[function]
    fn function(_: &Obj<'static>) {} //~ ERROR borrowed data escapes

    #[function]
    fn function_with_state(_: Cx<'static, State>) {} //~ ERROR borrowed data escapes

    #[function]
    fn function_with_token(_: Py<'static>) {} //~ ERROR borrowed data escapes

    #[class]
    struct C<'py> {
        slot: Slot<'py>,
    }

    #[methods]
    impl C<'static> {
        #[new]
        fn new() -> Self { //~ ERROR lifetime may not live long enough
            C { slot: Slot::empty() }
        }

        fn method(&self) {} //~ ERROR borrowed data escapes

        fn method_of_object(_: &Obj<'static, Self>) {} //~ ERROR borrowed data escapes

        #[getter]
        fn value(&self) -> i64 { //~ ERROR borrowed data escapes
            1
        }

        #[setter]
        fn set_value(&self, _: i64) {} //~ ERROR borrowed data escapes

        fn __len__(&self) -> usize { //~ ERROR borrowed data escapes
            0
        }

        fn __buffer__(&self) -> &ByteBuffer<'static> { //~ ERROR lifetime may not live long enough
            loop {}
        }
    }
}
