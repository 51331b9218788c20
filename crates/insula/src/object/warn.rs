//! Warnings.

use std::ffi::CString;

use crate::brand::Py;
use crate::ffi;
use crate::object::err::{PyErr, PyResult};
use crate::object::exceptions::{BuiltinException, BuiltinWarning, ValueError};
use crate::object::obj::Obj;
use crate::object::types::Type;

impl<'py> Py<'py> {
    /// `warnings.warn(message, Category, stack_level)`: 1 points at the code that called this function, which is the
    /// first that Python knows of, 2 at its caller.
    ///
    /// ```
    /// use insula::prelude::*;
    /// fn old<'py>(py: Py<'py>) -> PyResult<'py, ()> {
    ///     py.warn::<DeprecationWarning>("old() is deprecated; use new()", 1)
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// The warning itself, where a filter turns it into an error.
    pub fn warn<W: BuiltinWarning>(self, message: &str, stack_level: usize) -> PyResult<'py, ()> {
        // SAFETY: attached; a built-in category is alive as long as the interpreter.
        unsafe { warn(self, W::type_ptr(), message, stack_level) }
    }

    /// The same with any category, such as an `#[exception(base = UserWarning)]` of the module:
    /// `cx.exception::<Mine>()`.
    ///
    /// # Errors
    ///
    /// `TypeError` or `ValueError`, by version, if the class is no warning; the warning itself, where a filter turns it
    /// into an error.
    pub fn warn_of(self, category: &Obj<'py, Type>, message: &str, stack_level: usize) -> PyResult<'py, ()> {
        // SAFETY: a live class; CPython checks that it is a category.
        unsafe { warn(self, category.as_ptr(), message, stack_level) }
    }
}

/// # Safety
///
/// `category` is a live object.
unsafe fn warn<'py>(py: Py<'py>, category: *mut ffi::PyObject, message: &str, stack_level: usize) -> PyResult<'py, ()> {
    let Ok(message) = CString::new(message) else {
        return Err(ValueError::new_err(py, "embedded null character"));
    };
    let level = isize::try_from(stack_level).unwrap_or(isize::MAX);
    // SAFETY: the caller's promise; the message is NUL-terminated UTF-8, as PyErr_WarnEx demands. It returns -1 with an
    // exception where the warning became one.
    PyErr::check(py, unsafe { ffi::PyErr_WarnEx(category, message.as_ptr(), level) })
}
