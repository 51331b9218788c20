//! The module that the programs beside this file use: it must compile.

#![allow(dead_code)]

#[insula::module]
pub mod user {
    use insula::prelude::*;

    #[state]
    pub struct State<'py> {
        pub sentinel: Obj<'py>,
    }

    #[exec]
    fn exec<'py>(module: &Obj<'py, Module>) -> PyResult<'py, State<'py>> {
        Ok(State { sentinel: module.py().none() })
    }

    #[class]
    pub struct C<'py> {
        pub v: i64,
        pub attr: Slot<'py>,
        pub items: Guarded<'py, Vec<Obj<'py>>>,
    }

    #[methods]
    impl<'py> C<'py> {
        #[new]
        pub fn new(v: i64) -> Self {
            C { v, attr: Slot::empty(), items: Guarded::new(Vec::new()) }
        }
    }
}

pub mod prelude {
    pub use super::user::{C, State};
    pub use insula::prelude::*;
    pub use std::cell::{Cell, RefCell};
    pub type Ctx<'py> = Cx<'py, State<'static>>;
}
