//! A field that CPython's allocator would misalign is refused.

use common::prelude::*;

#[repr(align(64))]
pub struct Wide(u8);

#[insula::module]
mod class {
    use insula::prelude::*;

    #[class]
    struct Bad { //~? ERROR a class must not demand an alignment
        wide: super::Wide,
    }
}

#[insula::module]
mod state {
    use insula::prelude::*;

    #[state]
    struct State { //~? ERROR the module state must not demand an alignment
        wide: super::Wide,
    }

    #[exec]
    fn exec<'py>(_: &Obj<'py, Module>) -> PyResult<'py, State> {
        Ok(State { wide: super::Wide(0) })
    }
}
