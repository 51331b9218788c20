//! The boundary: where CPython calls Rust. Errors and panics end here, as Python exceptions.

use std::any::Any;
use std::ffi::c_int;
use std::panic::{AssertUnwindSafe, catch_unwind};

use pyo3_ffi as ffi;

use crate::brand::Py;
use crate::err::{PyErr, PyResult};
use crate::exceptions::{BuiltinException, SystemError};

/// What a C function of CPython's protocol returns when an exception is set.
pub(crate) trait Failed {
    const FAILED: Self;
}
impl Failed for *mut ffi::PyObject {
    const FAILED: Self = std::ptr::null_mut();
}
impl Failed for c_int {
    const FAILED: Self = -1;
}
impl Failed for isize {
    const FAILED: Self = -1;
}

/// Runs `body` with a fresh brand; an error or a panic becomes the raised exception.
///
/// # Safety
///
/// CPython called, on an attached thread, and expects the exception to be set when the result says so.
#[inline(always)]
pub(crate) unsafe fn enter<R: Failed>(body: impl for<'py> FnOnce(Py<'py>) -> PyResult<'py, R>) -> R {
    let guarded = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: the thread is attached for the whole call (the caller's promise); `body` is generic over the brand.
        let py = unsafe { Py::assume_attached() };
        body(py).unwrap_or_else(|error| {
            error.restore();
            R::FAILED
        })
    }));
    guarded.unwrap_or_else(|panic| {
        // SAFETY: as above.
        panic_error(unsafe { Py::assume_attached() }, &*panic).restore();
        R::FAILED
    })
}

/// Runs `body` where CPython accepts no exception (deallocation, clear): a panic goes to `sys.unraisablehook`, and an exception
/// that was being handled stays as it was.
///
/// # Safety
///
/// The thread is attached.
pub(crate) unsafe fn enter_silent(body: impl FnOnce()) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(body)) {
        // SAFETY: attached, by the caller's promise; PyErr_WriteUnraisable accepts NULL and clears the exception.
        unsafe {
            panic_error(Py::assume_attached(), &*panic).restore();
            ffi::PyErr_WriteUnraisable(std::ptr::null_mut());
        }
    }
}

#[cold]
fn panic_error<'py>(py: Py<'py>, panic: &(dyn Any + Send)) -> PyErr<'py> {
    let message = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    SystemError::new_err(py, format!("panic in Rust code: {}", message.unwrap_or("no message")).as_str())
}
