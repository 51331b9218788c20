//! Errors: a raised Python exception as an owned value.

use std::error::Error;
use std::ffi::c_int;
use std::ptr::NonNull;

use crate::brand::Py;
use crate::ffi;
use crate::object::convert::IntoPy;
use crate::object::exceptions::{
    BuiltinException, OSError, OverflowError, RuntimeError, SystemError, TypeError, ValueError,
};
use crate::object::obj::Obj;
use crate::object::types::Str;

/// What can raise.
pub type PyResult<'py, T> = Result<T, PyErr<'py>>;

/// A Python exception that was raised, owned: nothing is left behind in the thread state.
///
/// Any `std::error::Error` becomes one with `?`, and an exception when Python sees it: `OSError` (or the subclass for
/// its error number) for an [`io::Error`](std::io::Error), `OverflowError` for a failed conversion between integers,
/// `ValueError` for text that does not parse or is no UTF-8, `RuntimeError` for the rest.
///
/// ```
/// use insula::prelude::*;
/// fn parse<'py>(text: &str) -> PyResult<'py, u16> {
///     Ok(text.trim().parse::<u16>()?)
/// }
/// ```
pub struct PyErr<'py>(Repr<'py>);

enum Repr<'py> {
    /// An exception object.
    Raised(Obj<'py>),
    /// A Rust error, of which no exception object was made yet. Boxed twice to keep results small.
    Rust(Box<Box<dyn Error + Send + Sync>>),
}

impl<E: Error + Send + Sync + 'static> From<E> for PyErr<'_> {
    #[cold]
    fn from(error: E) -> Self {
        PyErr(Repr::Rust(Box::new(Box::new(error))))
    }
}

impl<'py> PyErr<'py> {
    /// A new exception of the built-in type `E`; `arg` is its only argument.
    ///
    /// [`BuiltinException::new_err`] reads better where the type is known.
    #[cold]
    pub fn new<E: BuiltinException>(py: Py<'py>, arg: impl IntoPy<'py>) -> Self {
        // SAFETY: a built-in exception type is alive as long as the interpreter.
        Self::from_type(py, unsafe { E::type_ptr() }, arg)
    }

    /// An instance of the exception class `ty`, or the exception that making it raised.
    #[cold]
    pub(crate) fn from_type(py: Py<'py>, ty: *mut ffi::PyObject, arg: impl IntoPy<'py>) -> Self {
        // SAFETY: the callers pass a live exception class; PyObject_CallOneArg returns a new reference or NULL with an
        // exception. PyErr_SetObject takes its own references; going through the thread state normalises the exception,
        // so that a class whose `__new__` returns something odd gives a TypeError instead.
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
        match Self::take_if_set(py) {
            Some(error) => error,
            None => SystemError::new_err(py, "a call failed without raising an exception"),
        }
    }

    /// Takes the exception that is set, if one is.
    pub(crate) fn take_if_set(_: Py<'py>) -> Option<Self> {
        // SAFETY: the thread is attached. PyErr_GetRaisedException returns a new reference to a normalised exception,
        // or NULL.
        #[cfg(Py_3_12)]
        let value = unsafe { ffi::PyErr_GetRaisedException() };
        // SAFETY: the thread is attached. PyErr_Fetch gives three new references (or NULLs); PyErr_NormalizeException
        // turns them into an instance, which alone is kept, with its traceback attached as PyErr_GetRaisedException
        // would.
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
        NonNull::new(value).map(|value| PyErr(Repr::Raised(unsafe { Obj::from_owned_non_null(value) })))
    }

    /// `Ok` unless `status` is negative, which C-API calls return with an exception set.
    #[inline]
    pub(crate) fn check(py: Py<'py>, status: c_int) -> PyResult<'py, ()> {
        if status < 0 { Err(Self::take(py)) } else { Ok(()) }
    }

    /// An exception object as an error; `TypeError` if it is none.
    pub fn from_value(value: &Obj<'py>) -> Self {
        // SAFETY: a live object; PyExceptionInstance_Check looks at its type only.
        if unsafe { ffi::PyExceptionInstance_Check(value.as_ptr()) } != 0 {
            PyErr(Repr::Raised(value.clone()))
        } else {
            let message = format!("exceptions must derive from BaseException, not {}", value.type_name());
            TypeError::new_err(value.py(), message.as_str())
        }
    }

    /// Puts the exception back into the thread state, for CPython to find.
    pub(crate) fn restore(self, py: Py<'py>) {
        let value = self.into_value(py);
        // SAFETY: the thread is attached; PyErr_SetRaisedException takes over the reference.
        #[cfg(Py_3_12)]
        unsafe {
            ffi::PyErr_SetRaisedException(value.into_ptr());
        }
        // SAFETY: the thread is attached; PyErr_Restore takes over the three references.
        #[cfg(not(Py_3_12))]
        unsafe {
            let value = value.into_ptr();
            let ty = ffi::Py_TYPE(value).cast::<ffi::PyObject>();
            ffi::Py_INCREF(ty);
            ffi::PyErr_Restore(ty, value, ffi::PyException_GetTraceback(value));
        }
    }

    /// The exception object.
    pub fn into_value(self, py: Py<'py>) -> Obj<'py> {
        match self.0 {
            Repr::Raised(value) => value,
            Repr::Rust(error) => match exception_of_rust_error(py, &**error).0 {
                Repr::Raised(value) => value,
                Repr::Rust(_) => py.none(),
            },
        }
    }

    /// The exception object, made if it is not there yet.
    pub fn value(&mut self, py: Py<'py>) -> &Obj<'py> {
        if let Repr::Rust(error) = &self.0 {
            self.0 = exception_of_rust_error(py, &***error).0;
        }
        match &self.0 {
            Repr::Raised(value) => value,
            Repr::Rust(_) => unreachable!("it was made an exception just now"),
        }
    }

    /// Whether this is an instance of the built-in exception `E`.
    pub fn is<E: BuiltinException>(&self, py: Py<'py>) -> bool {
        let class = match &self.0 {
            Repr::Raised(value) => value.as_ptr(),
            Repr::Rust(error) => class_of_rust_error(&***error)(py),
        };
        // SAFETY: both are live objects; the second is an exception class, for which the match cannot fail.
        unsafe { ffi::PyErr_GivenExceptionMatches(class, E::type_ptr()) != 0 }
    }

    /// Whether this is an instance of `class`, or of one of the classes in a tuple (`except class`).
    pub fn matches<T>(&mut self, class: &Obj<'py, T>) -> bool {
        let value = self.value(class.py()).as_ptr();
        // SAFETY: both are live objects.
        unsafe { ffi::PyErr_GivenExceptionMatches(value, class.as_ptr()) != 0 }
    }

    /// `raise self from cause`.
    pub fn with_cause(mut self, py: Py<'py>, cause: Self) -> Self {
        let cause = cause.into_value(py).into_ptr();
        let value = self.value(py).as_ptr();
        // SAFETY: two live exceptions; the call takes over the reference to the cause.
        unsafe { ffi::PyException_SetCause(value, cause) };
        self
    }

    /// `self.__cause__`.
    pub fn cause(&mut self, py: Py<'py>) -> Option<Obj<'py>> {
        // SAFETY: a live exception; the result is a new reference or NULL without an exception.
        let cause = unsafe { ffi::PyException_GetCause(self.value(py).as_ptr()) };
        // SAFETY: the new reference is ours.
        NonNull::new(cause).map(|cause| unsafe { Obj::from_owned_non_null(cause) })
    }

    /// `self.add_note(note)`.
    ///
    /// # Errors
    ///
    /// `MemoryError`, or what the exception's own `add_note` raises.
    pub fn add_note(&mut self, py: Py<'py>, note: &str) -> PyResult<'py, ()> {
        let note = Str::new(py, note)?;
        self.value(py).getattr("add_note")?.call_one(&note).map(drop)
    }

    /// Reports the exception to `sys.unraisablehook`, for where nobody can be told.
    pub fn write_unraisable<T>(self, context: &Obj<'py, T>) {
        self.restore(context.py());
        // SAFETY: attached, with the exception set and a live object as the context.
        unsafe { ffi::PyErr_WriteUnraisable(context.as_ptr()) };
    }
}

fn class_of<E: BuiltinException>(_: Py<'_>) -> *mut ffi::PyObject {
    // SAFETY: the thread is attached, as `Py` proves.
    unsafe { E::type_ptr() }
}

/// The exception class for a Rust error.
fn class_of_rust_error<'py>(error: &(dyn Error + Send + Sync + 'static)) -> fn(Py<'py>) -> *mut ffi::PyObject {
    if error.is::<std::io::Error>() {
        class_of::<OSError>
    } else if error.is::<std::num::TryFromIntError>() {
        class_of::<OverflowError>
    } else if error.is::<std::num::ParseIntError>()
        || error.is::<std::num::ParseFloatError>()
        || error.is::<std::str::ParseBoolError>()
        || error.is::<std::char::ParseCharError>()
        || error.is::<std::str::Utf8Error>()
        || error.is::<std::string::FromUtf8Error>()
        || error.is::<std::ffi::NulError>()
    {
        class_of::<ValueError>
    } else {
        class_of::<RuntimeError>
    }
}

/// The exception for a Rust error. What it came from goes into notes.
#[cold]
fn exception_of_rust_error<'py>(py: Py<'py>, error: &(dyn Error + Send + Sync + 'static)) -> PyErr<'py> {
    let class = class_of_rust_error(error)(py);
    let mut made = match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::raw_os_error) {
        // OSError(number, text) makes the subclass for the number, such as FileNotFoundError.
        Some(number) => {
            let text = error.to_string();
            let text = text.split(" (os error").next().unwrap_or_default();
            let made = (number, text).into_py(py).and_then(|arguments| {
                // SAFETY: a live class and a live tuple; the result is a new reference or NULL with an exception.
                unsafe { Obj::from_owned(py, ffi::PyObject_CallObject(class, arguments.as_ptr())) }
            });
            match made {
                Ok(value) => PyErr::from_value(&value),
                Err(error) => error,
            }
        }
        None => PyErr::from_type(py, class, error.to_string()),
    };
    let mut source = error.source();
    while let Some(error) = source {
        // A note that cannot be added is not worth another error.
        drop(made.add_note(py, &format!("caused by: {error}")));
        source = error.source();
    }
    made
}

impl std::fmt::Debug for PyErr<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0 {
            Repr::Raised(value) => f.debug_tuple("PyErr").field(value).finish(),
            Repr::Rust(error) => f.debug_tuple("PyErr").field(error).finish(),
        }
    }
}
