//! A slot lends no reference: what it holds may be replaced while a method runs.

use common::prelude::*;

fn borrow<'a, 'py>(slot: &'a Slot<'py>) -> Option<&'a Obj<'py>> {
    slot.get() //~ ERROR mismatched types
}
