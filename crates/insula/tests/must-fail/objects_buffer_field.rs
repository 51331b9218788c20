//! A buffer holds memory of its exporter, which the garbage collector cannot see: it is not stored.

#[insula::module]
mod module {
    use insula::prelude::*;

    #[class]
    struct Bad<'py> {
        buffer: Buffer<'py>, //~ ERROR cannot be stored in a Python object
    }
}
