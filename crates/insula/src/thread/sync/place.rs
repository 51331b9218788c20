//! A pointer that threads read and replace.

use std::ptr::NonNull;

#[cfg(Py_GIL_DISABLED)]
use super::primitives::Mutex;
use super::primitives::{AtomicPtr, Ordering};

/// The lock of a field: where there is a GIL, nothing, because all who come to the field hold it. What is done under it
/// is short, runs no Python code and does not wait: it is a part of one step of the thread, which no other sees half
/// done.
#[cfg(not(Py_GIL_DISABLED))]
pub(crate) struct FieldLock;

/// The lock of a field. What is done under it is short, runs no Python code and does not wait: so a thread that was
/// stopped for a garbage collection does not hold it.
#[cfg(Py_GIL_DISABLED)]
pub(crate) struct FieldLock(Mutex<()>);

impl FieldLock {
    /// Not held.
    #[cfg(not(Py_GIL_DISABLED))]
    #[inline]
    pub(crate) fn new() -> Self {
        FieldLock
    }

    /// Not held.
    #[cfg(Py_GIL_DISABLED)]
    pub(crate) fn new() -> Self {
        FieldLock(Mutex::new(()))
    }

    /// Runs `work` under the lock.
    #[inline]
    pub(crate) fn hold<R>(&self, work: impl FnOnce() -> R) -> R {
        #[cfg(Py_GIL_DISABLED)]
        let _held = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        work()
    }
}

/// A pointer that is read and replaced through `&self`: what it points at stays alive at least until it is replaced.
pub(crate) struct Place<T> {
    pointer: AtomicPtr<T>,
    lock: FieldLock,
}

impl<T> Place<T> {
    /// Holds `pointer`, or nothing.
    #[inline]
    pub(crate) fn new(pointer: *mut T) -> Self {
        Place { pointer: AtomicPtr::new(pointer), lock: FieldLock::new() }
    }

    /// The pointer, after `retain` made sure that what it points at lives on.
    #[inline]
    pub(crate) fn get(&self, retain: impl FnOnce(NonNull<T>)) -> Option<NonNull<T>> {
        self.lock.hold(|| {
            let pointer = NonNull::new(self.pointer.load(Ordering::Relaxed))?;
            retain(pointer);
            Some(pointer)
        })
    }

    /// Puts another pointer in place and returns what was there, to be released after this.
    #[inline]
    pub(crate) fn replace(&self, pointer: *mut T) -> *mut T {
        self.lock.hold(|| {
            let before = self.pointer.load(Ordering::Relaxed);
            self.pointer.store(pointer, Ordering::Release);
            before
        })
    }

    /// The pointer, without the lock: for the garbage collector, which stops all others, and for who has the place
    /// alone.
    #[inline]
    pub(crate) fn peek(&self) -> *mut T {
        self.pointer.load(Ordering::Acquire)
    }
}
