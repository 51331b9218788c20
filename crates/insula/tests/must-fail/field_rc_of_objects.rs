//! Shared ownership of objects is invisible to the collector: there is no Trace for it.

use common::prelude::*;

#[insula::module]
mod bad {
    use insula::prelude::*;

    #[class]
    struct Bad<'py> {
        shared: std::sync::Arc<Obj<'py>>, //~ ERROR cannot be stored in a Python object
    }
}
