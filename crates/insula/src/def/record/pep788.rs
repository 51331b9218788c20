//! PEP 788, CPython 3.15: an interpreter that does not end while somebody holds it. These declarations are not in
//! pyo3-ffi.

use std::ffi::c_int;
use std::ptr::NonNull;

/// `PyInterpreterView`.
#[repr(C)]
struct RawView {
    opaque: [c_int; 0],
}

/// `PyInterpreterGuard`.
#[repr(C)]
struct RawGuard {
    opaque: [c_int; 0],
}

unsafe extern "C" {
    fn PyInterpreterView_FromCurrent() -> *mut RawView;
    fn PyInterpreterView_Close(view: *mut RawView);
    fn PyInterpreterGuard_FromView(view: *mut RawView) -> *mut RawGuard;
    fn PyInterpreterGuard_Close(guard: *mut RawGuard);
}

/// An interpreter that may have ended.
pub(super) struct View(NonNull<RawView>);

// SAFETY: a view may be used and closed by any thread, attached or not.
unsafe impl Send for View {}
// SAFETY: as above.
unsafe impl Sync for View {}

impl View {
    /// The interpreter that this thread is attached to; nothing, with an exception set, if there is no memory.
    ///
    /// # Safety
    ///
    /// The thread is attached.
    pub(super) unsafe fn of_current() -> Option<Self> {
        // SAFETY: attached, by the caller's promise.
        NonNull::new(unsafe { PyInterpreterView_FromCurrent() }).map(Self)
    }

    /// Keeps the interpreter from ending, unless it has begun to.
    pub(super) fn guard(&self) -> Option<Guard> {
        // SAFETY: the view is open until it is dropped; no attachment is needed.
        NonNull::new(unsafe { PyInterpreterGuard_FromView(self.0.as_ptr()) }).map(Guard)
    }
}

impl Drop for View {
    fn drop(&mut self) {
        // SAFETY: open until here; no attachment is needed.
        unsafe { PyInterpreterView_Close(self.0.as_ptr()) }
    }
}

/// The interpreter does not end while this exists.
pub(super) struct Guard(NonNull<RawGuard>);

impl Drop for Guard {
    fn drop(&mut self) {
        // SAFETY: open until here; no attachment is needed.
        unsafe { PyInterpreterGuard_Close(self.0.as_ptr()) }
    }
}
