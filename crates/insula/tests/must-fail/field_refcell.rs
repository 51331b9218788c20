//! A cell that no lock guards cannot be stored in a class.

use common::prelude::*;

#[insula::module]
mod bad {
    use insula::prelude::*;

    #[class]
    struct Bad<'py> {
        cell: std::cell::RefCell<Obj<'py>>, //~ ERROR cannot be stored in a Python object
        plain: std::cell::Cell<u8>, //~ ERROR cannot be stored in a Python object
    }
}
