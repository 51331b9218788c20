//! A submodule is part of one module, and not of itself.

mod ring {
    #[insula::module(submodule)] //~ ERROR E0391 cycle detected
    pub(crate) mod a {
        #[module]
        use crate::ring::b;
    }
    #[insula::module(submodule)]
    pub(crate) mod b {
        #[module]
        use crate::ring::a;
    }
}

#[insula::module(submodule)] //~ ERROR `nowhere::__Module` is in no module: none lists it
mod nowhere {}

#[insula::module]
mod root {
    use insula::prelude::*;
}

#[insula::module]
mod above {
    #[module]
    use crate::root; //~ ERROR `root::__Module` is not what a module can list
}

#[insula::module]
mod one {
    #[module]
    use crate::shared;
}
#[insula::module]
mod two {
    #[module]
    use crate::shared; //~ ERROR conflicting implementations of trait `insula::rt::Listed`
}
#[insula::module(submodule)]
pub(crate) mod shared {}

#[insula::module(other)] //~ ERROR #[module] has these options
mod options {}

#[insula::module(name = "a-b")] //~ ERROR the name of a module is ASCII
mod name {}
