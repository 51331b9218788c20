//! An object's own lock, where there is no GIL.

#[cfg(Py_GIL_DISABLED)]
use pyo3_ffi as ffi;

use crate::obj::Obj;

/// Runs `work` while no other thread changes the object: under the GIL, or else in a critical section of the object's. That ends where
/// Python code runs, so `work` ends then, too.
#[cfg(not(Py_GIL_DISABLED))]
#[inline]
pub(crate) fn locked<T, R>(_: &Obj<'_, T>, work: impl FnOnce() -> R) -> R {
    work()
}

/// Runs `work` while no other thread changes the object: under the GIL, or else in a critical section of the object's. That ends where
/// Python code runs, so `work` ends then, too.
#[cfg(Py_GIL_DISABLED)]
pub(crate) fn locked<T, R>(object: &Obj<'_, T>, work: impl FnOnce() -> R) -> R {
    struct Section(ffi::PyCriticalSection);

    impl Drop for Section {
        fn drop(&mut self) {
            // SAFETY: begun below, on this thread, in the order of the stack.
            unsafe { ffi::PyCriticalSection_End(&mut self.0) }
        }
    }

    // SAFETY: plain data, which Begin fills.
    let mut section = Section(unsafe { std::mem::zeroed() });
    // SAFETY: a live object; attached, as its handle proves. `section` is not moved until it is dropped, which ends it.
    unsafe { ffi::PyCriticalSection_Begin(&mut section.0, object.as_ptr()) };
    work()
}
