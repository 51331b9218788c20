//! See `Cargo.toml`.

#[insula::module]
mod insula_twin {
    use insula::prelude::*;

    #[state]
    struct State<'py> {
        cache: Obj<'py, List>,
    }

    #[exec]
    fn exec<'py>(module: &Obj<'py, Module>) -> PyResult<'py, State<'py>> {
        Ok(State { cache: List::new(module.py(), [] as [i64; 0])? })
    }

    #[exception]
    struct Error;

    #[class]
    struct Point<'py> {
        x: Slot<'py>,
    }

    #[methods]
    impl<'py> Point<'py> {
        #[new]
        fn new(x: &Obj<'py>) -> Self {
            Point { x: Slot::new(x.clone()) }
        }
    }

    /// Remembers a value; returns how many there are.
    #[function]
    fn remember<'py>(value: &Obj<'py>, cx: Cx<'py, State>) -> PyResult<'py, usize> {
        let cache = &cx.state().cache;
        cache.append(value)?;
        Ok(cache.len())
    }
}
