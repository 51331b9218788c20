//! The gate: one thread at a time makes an interpreter, or on CPython 3.12 makes or ends one.

use std::cell::Cell;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::error::Error;

thread_local! {
    /// Whether this thread is behind the gate.
    static BEHIND: Cell<bool> = const { Cell::new(false) };
}

/// Locks also where a panic interrupted another holder: what the locks here guard is never left half-changed.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits as [`lock`] locks.
pub(super) fn wait<'a, T>(changed: &Condvar, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
    changed.wait(guard).unwrap_or_else(PoisonError::into_inner)
}

/// A lock that knows whether this thread holds it, so that Python code which runs while an interpreter is made (`site`,
/// `.pth` files) gets an error instead of a deadlock when it wants to make or enter another.
#[derive(Default)]
pub(super) struct Gate {
    held: Mutex<bool>,
    freed: Condvar,
}

/// An error if this thread is making an interpreter at the moment.
pub(super) fn refuse_behind() -> Result<(), Error> {
    if BEHIND.get() { Err(Error::Busy) } else { Ok(()) }
}

impl Gate {
    /// Waits for the gate. The thread is not attached.
    pub(super) fn pass(&self) -> Result<Passage<'_>, Error> {
        refuse_behind()?;
        let mut held = lock(&self.held);
        while *held {
            held = wait(&self.freed, held);
        }
        *held = true;
        BEHIND.set(true);
        Ok(Passage(self))
    }
}

/// The gate is this thread's until this is dropped.
pub(super) struct Passage<'a>(&'a Gate);

impl Drop for Passage<'_> {
    fn drop(&mut self) {
        BEHIND.set(false);
        *lock(&self.0.held) = false;
        self.0.freed.notify_one();
    }
}
