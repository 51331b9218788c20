//! The exception that is on its way on this thread, put aside for a time.

use std::ptr::NonNull;

use crate::ffi;

/// Between the raising of an exception and its handling, CPython releases objects: code that runs meanwhile must
/// neither see the exception nor replace it. It is set again when this is dropped; what is set by then is lost.
pub(crate) struct Pending {
    value: Option<NonNull<ffi::PyObject>>,
    #[cfg(not(Py_3_12))]
    type_and_traceback: [*mut ffi::PyObject; 2],
}

impl Pending {
    /// Puts it aside, if there is one.
    ///
    /// # Safety
    ///
    /// The thread is attached, and is attached with the same thread state when this is dropped.
    pub(crate) unsafe fn take() -> Self {
        // SAFETY: attached. PyErr_GetRaisedException returns a new reference or NULL.
        #[cfg(Py_3_12)]
        return Pending { value: NonNull::new(unsafe { ffi::PyErr_GetRaisedException() }) };
        #[cfg(not(Py_3_12))]
        {
            let (mut ty, mut value, mut traceback) = (std::ptr::null_mut(), std::ptr::null_mut(), std::ptr::null_mut());
            // SAFETY: attached. PyErr_Fetch gives three new references, or NULLs.
            unsafe { ffi::PyErr_Fetch(&mut ty, &mut value, &mut traceback) };
            Pending { value: NonNull::new(value), type_and_traceback: [ty, traceback] }
        }
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        let value = self.value.map_or(std::ptr::null_mut(), NonNull::as_ptr);
        #[cfg(Py_3_12)]
        if !value.is_null() {
            // SAFETY: attached, by the promise of `take`; the call takes over the reference.
            unsafe { ffi::PyErr_SetRaisedException(value) };
        }
        #[cfg(not(Py_3_12))]
        {
            let [ty, traceback] = self.type_and_traceback;
            if !ty.is_null() {
                // SAFETY: attached, by the promise of `take`; the call takes over the references.
                unsafe { ffi::PyErr_Restore(ty, value, traceback) };
            }
        }
    }
}
