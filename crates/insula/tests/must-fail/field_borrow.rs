//! A borrow cannot be stored in a class.

use common::prelude::*;

#[insula::module]
mod bad {
    use insula::prelude::*;

    #[class]
    struct Bad<'py> {
        text: &'py str, //~ ERROR cannot be stored in a Python object
        other: Slot<'py>,
    }
}
