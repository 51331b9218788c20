//! The token of an entry cannot be kept.

use common::prelude::*;

thread_local!(static KEPT: Cell<Option<Py<'static>>> = const { Cell::new(None) });

fn f<'py>(py: Py<'py>) {
    KEPT.with(|kept| kept.set(Some(py))); //~ ERROR borrowed data escapes
}
