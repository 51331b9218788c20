//! A stored type has no destructor of its own.

use common::prelude::*;

#[insula::module]
mod bad {
    use insula::prelude::*;

    #[class]
    struct Bad<'py> { //~ ERROR conflicting implementations
        slot: Slot<'py>,
    }

    impl Drop for Bad<'_> {
        fn drop(&mut self) {
            let _ = self.slot.get();
        }
    }
}
