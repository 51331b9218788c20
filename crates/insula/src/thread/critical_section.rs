//! An object's own lock, where there is no GIL.

use crate::ffi;

/// Runs `work` while no other thread changes the object: under the GIL, or else in a critical section of the object's.
/// That ends where Python code runs, so `work` ends then, too.
///
/// # Safety
///
/// The object is alive, the thread attached.
#[cfg(not(Py_GIL_DISABLED))]
#[inline]
pub(crate) unsafe fn critical_section<R>(_: *mut ffi::PyObject, work: impl FnOnce() -> R) -> R {
    work()
}

/// Runs `work` while no other thread changes the object: under the GIL, or else in a critical section of the object's.
/// That ends where Python code runs, so `work` ends then, too.
///
/// # Safety
///
/// The object is alive, the thread attached.
#[cfg(Py_GIL_DISABLED)]
pub(crate) unsafe fn critical_section<R>(object: *mut ffi::PyObject, work: impl FnOnce() -> R) -> R {
    struct Section(ffi::PyCriticalSection);

    impl Drop for Section {
        fn drop(&mut self) {
            // SAFETY: begun below, on this thread, in the order of the stack.
            unsafe { ffi::PyCriticalSection_End(&mut self.0) }
        }
    }

    // SAFETY: plain data, which Begin fills.
    let mut section = Section(unsafe { std::mem::zeroed() });
    // SAFETY: a live object, attached, by the caller's promise. `section` is not moved until it is dropped, which ends
    // it.
    unsafe { ffi::PyCriticalSection_Begin(&mut section.0, object) };
    work()
}
