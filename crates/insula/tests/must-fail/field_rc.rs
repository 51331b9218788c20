//! A reference-counted pointer cannot be stored in a class.

use common::prelude::*;

#[insula::module]
mod bad {
    use insula::prelude::*;

    #[class]
    struct Bad {
        shared: std::rc::Rc<u8>, //~ ERROR cannot be stored in a Python object
    }
}
