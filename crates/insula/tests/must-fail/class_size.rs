//! An instance that CPython cannot make is refused: `tp_basicsize` is a C `int`.

#[insula::module] //~ ERROR an instance of this class is larger than CPython can make
mod plain {
    use insula::prelude::*;

    #[class]
    struct Large {
        bytes: [u8; 1 << 31],
    }
}

#[insula::module] //~ ERROR an instance of this class is larger than CPython can make
mod found {
    use insula::prelude::*;

    fn find<'py>(module: &Obj<'py, Module>) -> PyResult<'py, Obj<'py, Type>> {
        Ok(module.get_type())
    }

    #[class(base_from = find)]
    struct Large {
        bytes: [u8; 1 << 31],
    }
}
