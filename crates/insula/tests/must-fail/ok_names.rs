//! The names of the expansion meet none of the user's.

#[insula::module]
mod names {
    use insula::prelude::*;

    const SIGNATURE: i64 = 3;

    #[state]
    struct State;

    #[exec]
    fn module<'py>(_: &Obj<'py, Module>) -> PyResult<'py, State> {
        Ok(State)
    }

    #[function(signature = (a = SIGNATURE))]
    fn args(a: i64) -> i64 {
        a
    }

    #[function]
    fn scope(slf: i64, bound: i64) -> i64 {
        slf + bound
    }

    #[class]
    struct S {
        #[member]
        scope: i64,
    }

    #[methods]
    impl S {
        #[new(signature = (scope = SIGNATURE))]
        fn new(scope: i64) -> Self {
            S { scope }
        }
        fn args(&self, args: i64) -> i64 {
            args
        }
        #[classattr]
        const SCOPE: i64 = SIGNATURE;
    }

    #[function]
    fn takes<'py>(s: &Obj<'py, S>) -> i64 {
        s.scope
    }
}
