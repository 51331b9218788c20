//! A field that another macro adds after the derive does not escape it.

use common::prelude::*;

#[insula::module]
mod bad {
    use insula::prelude::*;

    #[class]
    #[add_field::add_field]
    struct Bad<'py> { //~ ERROR pattern does not mention field `added`
        slot: Slot<'py>,
    }
}
