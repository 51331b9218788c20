//! What the collector sees is derived: there is no traverse to write, and so none to get wrong.

#[insula::module]
mod bad {
    use insula::prelude::*;

    #[class]
    struct C<'py> {
        slot: Slot<'py>,
    }

    #[methods]
    impl<'py> C<'py> {
        fn __traverse__(&self) {} //~ ERROR `__traverse__` is not a special method that a class can have
    }
}
