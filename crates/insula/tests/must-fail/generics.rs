//! A class has no generic parameters beside its brand.

use common::prelude::*;

#[insula::module]
mod types {
    use insula::prelude::*;

    #[class]
    struct Bad<'py, T> { //~ ERROR at most one generic parameter
        slot: Slot<'py, T>,
    }
}

#[insula::module]
mod bounds {
    use insula::prelude::*;

    #[class]
    struct Bad<'py: 'static> { //~ ERROR at most one generic parameter
        slot: Slot<'py>,
    }
}
