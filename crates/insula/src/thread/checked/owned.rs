//! The owned handles of the process.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::thread::state::State;

/// How many owned handles there are, by the object's address and the interpreter in which they were made. Plain data.
type Counts = BTreeMap<(usize, usize), usize>;

/// In parts, so that threads of different interpreters seldom wait for each other.
static PARTS: [Mutex<Counts>; 64] = [const { Mutex::new(BTreeMap::new()) }; 64];

fn part(address: usize) -> MutexGuard<'static, Counts> {
    PARTS[(address >> 4) % PARTS.len()].lock().unwrap_or_else(PoisonError::into_inner)
}

/// The interpreter that this thread is attached to. Its address may be used again when it has ended, and an entry that
/// was left behind (`std::mem::forget`) then hides a mistake; it never makes one up.
fn here() -> usize {
    // SAFETY: whoever has a handle is attached.
    unsafe { State::current() }.address()
}

/// One more.
pub(super) fn add(address: usize) {
    *part(address).entry((address, here())).or_default() += 1;
}

/// One less.
pub(super) fn remove(address: usize) {
    let mut counts = part(address);
    let key = (address, here());
    if let Some(count) = counts.get_mut(&key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(&key);
        }
    }
}

/// Whether a handle was made in the interpreter that this thread is attached to.
pub(super) fn is_from_here(address: usize) -> bool {
    part(address).contains_key(&(address, here()))
}
