//! Entries: what was lent to the code that runs in one.

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::owned;

thread_local! {
    /// The entries that are under way on this thread, each with the addresses of what CPython lent to the code in it.
    static LENT: RefCell<Vec<BTreeSet<usize>>> = const { RefCell::new(Vec::new()) };
}

/// This thread has attached to an interpreter that it was not attached to. Until this is dropped, its code may use the
/// objects that are lent to it from now on, and those that have a handle made in that interpreter.
pub(crate) struct Entry(());

impl Entry {
    pub(crate) fn begin() -> Self {
        let _ = LENT.try_with(|lent| lent.borrow_mut().push(BTreeSet::new()));
        Entry(())
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let _ = LENT.try_with(|lent| lent.borrow_mut().pop());
    }
}

/// Notes what is lent to the entry. Outside of one nothing can be told, and nothing is.
pub(super) fn lent(addresses: impl Iterator<Item = usize>) {
    let _ = LENT.try_with(|lent| {
        if let Some(entry) = lent.borrow_mut().last_mut() {
            entry.extend(addresses);
        }
    });
}

/// Whether the code that runs may have the object.
pub(super) fn knows(address: usize) -> bool {
    let lent = LENT.try_with(|lent| lent.borrow().last().is_none_or(|entry| entry.contains(&address)));
    lent.unwrap_or(true) || owned::is_from_here(address)
}
