//! Errors: a raised Python exception as an owned value.

use std::ffi::c_int;

use pyo3_ffi as ffi;

use crate::brand::Py;
use crate::convert::IntoPy;
use crate::exceptions::{BuiltinException, SystemError};
use crate::obj::Obj;

/// What can raise.
pub type PyResult<'py, T> = Result<T, PyErr<'py>>;

/// A Python exception that was raised, owned: nothing is left behind in the thread state.
pub struct PyErr<'py> {
    value: Obj<'py>,
}

impl<'py> PyErr<'py> {
    /// A new exception of the built-in type `E`; `arg` is its only argument.
    ///
    /// [`BuiltinException::new_err`] reads better where the type is known.
    pub fn new<E: BuiltinException>(py: Py<'py>, arg: impl IntoPy<'py>) -> Self {
        // SAFETY: a built-in exception type is alive as long as the interpreter.
        Self::from_type(py, unsafe { E::type_ptr() }, arg)
    }

    /// An instance of the exception class `ty`, or the exception that making it raised.
    pub(crate) fn from_type(py: Py<'py>, ty: *mut ffi::PyObject, arg: impl IntoPy<'py>) -> Self {
        // SAFETY: the callers pass a live exception class; PyObject_CallOneArg returns a new reference or NULL with an
        // exception. PyErr_SetObject takes its own references; going through the thread state normalises the exception, so
        // that a class whose `__new__` returns something odd gives a TypeError instead.
        unsafe {
            match arg.into_py(py) {
                Ok(arg) => ffi::PyErr_SetObject(ty, arg.as_ptr()),
                Err(error) => return error,
            }
            Self::take(py)
        }
    }

    /// Takes the exception that a failed C-API call left in the thread state.
    ///
    /// Where the call broke its promise and left none, the result is a `SystemError` that says so.
    #[cold]
    pub(crate) fn take(py: Py<'py>) -> Self {
        match Self::take_if_set() {
            Some(error) => error,
            None => SystemError::new_err(py, "a call failed without raising an exception"),
        }
    }

    /// Takes the exception that is set, if one is.
    pub(crate) fn take_if_set() -> Option<Self> {
        // SAFETY: the thread is attached. PyErr_GetRaisedException returns a new reference to a normalised exception, or NULL.
        #[cfg(Py_3_12)]
        let value = unsafe { ffi::PyErr_GetRaisedException() };
        // SAFETY: the thread is attached. PyErr_Fetch gives three new references (or NULLs); PyErr_NormalizeException turns
        // them into an instance, which alone is kept, with its traceback attached as PyErr_GetRaisedException would.
        #[cfg(not(Py_3_12))]
        let value = unsafe {
            let (mut ty, mut value, mut traceback) = (std::ptr::null_mut(), std::ptr::null_mut(), std::ptr::null_mut());
            ffi::PyErr_Fetch(&mut ty, &mut value, &mut traceback);
            if ty.is_null() {
                return None;
            }
            ffi::PyErr_NormalizeException(&mut ty, &mut value, &mut traceback);
            if !traceback.is_null() && !value.is_null() {
                ffi::PyException_SetTraceback(value, traceback);
            }
            ffi::Py_XDECREF(ty);
            ffi::Py_XDECREF(traceback);
            value
        };
        // SAFETY: the new reference is ours to own.
        std::ptr::NonNull::new(value).map(|value| PyErr { value: unsafe { Obj::from_owned_non_null(value) } })
    }

    /// `Ok` unless `status` is negative, which C-API calls return with an exception set.
    #[inline]
    pub(crate) fn check(py: Py<'py>, status: c_int) -> PyResult<'py, ()> {
        if status < 0 { Err(Self::take(py)) } else { Ok(()) }
    }

    /// Puts the exception back into the thread state, for CPython to find.
    pub(crate) fn restore(self) {
        // SAFETY: the thread is attached; PyErr_SetRaisedException takes over the reference.
        #[cfg(Py_3_12)]
        unsafe {
            ffi::PyErr_SetRaisedException(self.value.into_ptr());
        }
        // SAFETY: the thread is attached; PyErr_Restore takes over the three references.
        #[cfg(not(Py_3_12))]
        unsafe {
            let value = self.value.into_ptr();
            let ty = ffi::Py_TYPE(value).cast::<ffi::PyObject>();
            ffi::Py_INCREF(ty);
            ffi::PyErr_Restore(ty, value, ffi::PyException_GetTraceback(value));
        }
    }

    /// The exception object.
    pub fn value(&self) -> &Obj<'py> {
        &self.value
    }

    /// Whether this is an instance of the built-in exception `E`.
    pub fn is<E: BuiltinException>(&self) -> bool {
        // SAFETY: both are live objects; the second is an exception class, for which the match cannot fail.
        unsafe { ffi::PyErr_GivenExceptionMatches(self.value.as_ptr(), E::type_ptr()) != 0 }
    }
}

impl std::fmt::Debug for PyErr<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("PyErr").field(&self.value).finish()
    }
}
