//! Nothing of a call is among what an async function takes and returns: each says what to take instead.

use insula::prelude::*;

#[insula::module]
mod m {
    use super::*;

    #[state]
    struct State;

    #[function]
    async fn object(object: &Obj<'_>) -> i64 { //~ ERROR or a `Root` for an object
        0
    }

    #[class]
    struct C;
}

#[insula::module]
mod context {
    use super::*;

    #[state]
    struct State;

    #[function]
    async fn f(cx: Cx<'_, State>) {} //~ ERROR take `cx: AsyncCx<State>`, whose `cx.with(|cx| ...)` gives one
}

#[insula::module]
mod token {
    use super::*;

    #[function]
    async fn f(py: Py<'_>) {} //~ ERROR an argument of an async function outlives the call
}

#[insula::module]
mod text {
    use super::*;

    #[function]
    async fn f(text: &str) {} //~ ERROR `String` for `&str`
}

#[insula::module]
mod all {
    use super::*;

    #[function]
    async fn f(arguments: Arguments<'_, '_>) {} //~ ERROR name the parameters
}

#[insula::module]
mod lifetime {
    use super::*;

    #[function]
    async fn f<'py>(py: Py<'py>) {} //~ ERROR plain data and `Root`
}

#[insula::module]
mod result {
    use super::*;

    #[function]
    async fn f() -> PyResult<'static, i64> { //~ ERROR the error may be an `AsyncError`
        Ok(1)
    }
}

#[insula::module]
mod receiver {
    use super::*;

    #[class]
    struct C;

    #[methods]
    impl C {
        async fn f(&self) {} //~ ERROR take the object as `this: Root<Self>`
    }
}

#[insula::module]
mod getter {
    use super::*;

    #[class]
    struct C;

    #[methods]
    impl C {
        #[getter]
        async fn f(this: Root<Self>) -> i64 { //~ ERROR CPython takes the result of `f` at once
            0
        }
    }
}

#[insula::module]
mod constructor {
    use super::*;

    #[class]
    struct C;

    #[methods]
    impl C {
        #[new]
        async fn new() -> Self { //~ ERROR CPython takes the result of `new` at once
            C
        }
    }
}

#[insula::module]
mod slot {
    use super::*;

    #[class]
    struct C;

    #[methods]
    impl C {
        async fn __len__(this: Root<Self>) -> usize { //~ ERROR CPython takes the result of `__len__` at once
            0
        }
    }
}

#[insula::module]
mod unbound {
    use super::*;

    #[class]
    struct C;

    #[methods]
    impl C {
        #[staticmethod]
        async fn f() {} //~ ERROR use #[classmethod]
    }
}
