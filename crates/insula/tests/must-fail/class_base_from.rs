//! A base that is found has a function that finds it, and is the only one.

use common::prelude::*;

#[insula::module]
mod two {
    use insula::prelude::*;

    #[class(base = Dict, base_from = find)] //~ ERROR a class whose base is found has no other base
    struct C;
}

#[insula::module]
mod derived {
    use insula::prelude::*;

    fn find<'py>(module: &Obj<'py, Module>) -> PyResult<'py, Obj<'py, Type>> {
        Ok(module.get_type())
    }

    #[class(base_from = find, subclassable, mutable)]
    struct Found;

    #[class(base = Found, mutable)] //~ ERROR and so is what derives from it
    struct C;
}

#[insula::module]
mod escaping {
    use insula::prelude::*;

    fn find(module: &Obj<'static, Module>) -> PyResult<'static, Obj<'static, Type>> {
        Ok(module.get_type())
    }

    #[class(base_from = find)] //~ ERROR lifetime may not live long enough
    struct C;
}
