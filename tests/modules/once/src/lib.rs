//! A module that opts out of being loaded more than once.

#![forbid(unsafe_code)]

/// A module that is loaded once per process.
#[insula::module(once_per_process)]
mod once {
    use insula::prelude::*;

    #[state]
    struct State;

    #[exec]
    fn exec<'py>(module: &Obj<'py, Module>) -> PyResult<'py, State> {
        if let Ok(hook) = module.getattr("__spec__")?.getattr("hook") {
            hook.call_one(module)?;
        }
        Ok(State)
    }

    /// Whether the module object is initialised.
    #[function]
    fn ready(_: Cx<'_, State>) -> bool {
        true
    }
}
