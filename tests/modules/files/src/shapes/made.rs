//! Classes that a macro makes.

use insula::prelude::*;

macro_rules! sized {
    ($($(#[$doc:meta])* $name:ident $size:literal)*) => { $(
        $(#[$doc])*
        #[insula::class(subclassable)]
        pub(crate) struct $name<'py> {
            kept: Slot<'py>,
        }

        #[insula::methods]
        impl<'py> $name<'py> {
            #[new(signature = (kept = None))]
            fn new(kept: Option<Obj<'py>>) -> Self {
                let slot = Slot::empty();
                slot.set(kept);
                $name { kept: slot }
            }
            fn size(&self) -> usize {
                $size
            }
            fn kept(&self) -> Option<Obj<'py>> {
                self.kept.get()
            }
        }
    )* };
}

sized! {
    /// Of size one.
    Small 1
    Large 1000
}
