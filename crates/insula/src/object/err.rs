//! Errors: a raised Python exception as an owned value.

use std::cell::{Cell, OnceCell};
use std::error::Error;
use std::ffi::c_int;
use std::fmt::{self, Display};
use std::ptr::NonNull;

use crate::brand::Py;
use crate::ffi;
use crate::object::convert::IntoPy;
use crate::object::exception::headline;
use crate::object::exceptions::{BuiltinException, SystemError, TypeError};
use crate::object::obj::Obj;
use crate::object::raise::{Foreign, IntoPyErr};
use crate::object::types::{CallArguments, Str, Type};

/// What can raise.
pub type PyResult<'py, T> = Result<T, PyErr<'py>>;

/// A Python exception that was raised, owned: nothing is left behind in the thread state.
///
/// With `?`, errors of the standard library become one, those of the crates that have a feature here, and your own that
/// derive [`IntoPyErr`].
///
/// ```
/// use insula::prelude::*;
/// fn parse<'py>(text: &str) -> PyResult<'py, u16> {
///     Ok(text.trim().parse::<u16>()?)
/// }
/// ```
pub struct PyErr<'py>(Repr<'py>);

/// No larger than two words, so that results are returned in registers.
enum Repr<'py> {
    /// An exception object.
    Raised(Obj<'py>),
    /// A Rust error, of which the exception object is made when somebody wants to see it.
    Rust(Box<Late<'py>>),
}

struct Late<'py> {
    /// Gone once the object is made.
    error: Cell<Option<Box<dyn LateError<'py> + 'py>>>,
    made: OnceCell<Obj<'py>>,
}

/// A Rust error whose type was forgotten.
trait LateError<'py>: Display {
    fn make(self: Box<Self>, py: Py<'py>) -> PyErr<'py>;
}

impl<'py, E: IntoPyErr<'py, Py<'py>>> LateError<'py> for E {
    fn make(self: Box<Self>, py: Py<'py>) -> PyErr<'py> {
        (*self).into_py_err(py, &py)
    }
}

impl<'py> Late<'py> {
    fn value(&self, py: Py<'py>) -> &Obj<'py> {
        self.made.get_or_init(|| match self.error.take() {
            Some(error) => error.make(py).into_value(py),
            None => SystemError::new_err(py, "the error was lost when its exception was made").into_value(py),
        })
    }

    fn into_value(self, py: Py<'py>) -> Obj<'py> {
        self.value(py);
        self.made.into_inner().unwrap_or_else(|| py.none())
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

    /// Any error of Rust's that says no more about itself: a `RuntimeError`, unless it is one of the standard library's
    /// that has an exception of its own. What it came from goes into notes.
    ///
    /// ```
    /// use insula::prelude::*;
    /// fn halve<'py>(text: &str) -> PyResult<'py, std::net::IpAddr> {
    ///     text.parse().map_err(PyErr::from_error)
    /// }
    /// ```
    #[cold]
    pub fn from_error(error: impl Error + 'static) -> Self {
        Self::late(Foreign(Box::new(error)))
    }

    /// An error whose exception is made when somebody wants to see it: what `?` needs, for it is attached to nothing.
    /// Of a type that implements [`IntoPyErr`] by hand, `?` works with this:
    ///
    /// ```
    /// use insula::prelude::*;
    /// struct Timeout(u32);
    /// impl std::fmt::Display for Timeout {
    ///     fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
    ///         write!(f, "no answer after {} seconds", self.0)
    ///     }
    /// }
    /// impl<'py, S> IntoPyErr<'py, S> for Timeout {
    ///     fn into_py_err(self, py: Py<'py>, _: &S) -> PyErr<'py> {
    ///         TimeoutError::with_args(py, (110, self.to_string()))
    ///     }
    /// }
    /// impl From<Timeout> for PyErr<'_> {
    ///     fn from(error: Timeout) -> Self {
    ///         PyErr::late(error)
    ///     }
    /// }
    /// ```
    #[cold]
    pub fn late(error: impl IntoPyErr<'py, Py<'py>> + 'py) -> Self {
        PyErr(Repr::Rust(Box::new(Late { error: Cell::new(Some(Box::new(error))), made: OnceCell::new() })))
    }

    /// An instance of the exception class `ty`, or the exception that making it raised.
    #[cold]
    pub(crate) fn from_type(py: Py<'py>, ty: *mut ffi::PyObject, arg: impl IntoPy<'py>) -> Self {
        let arg = match arg.into_py(py) {
            Ok(arg) => arg,
            Err(error) => return error,
        };
        if arg.downcast::<Str>().is_none() {
            return Self::from_call(py, ty, (arg,));
        }
        // SAFETY: the callers pass a live exception class. PyErr_SetObject takes its own references and makes an
        // instance of the class with a message as its only argument; of a tuple it would make several, and of `None`
        // none, which is why only text goes this way. Taking the exception normalises it, so that a class whose
        // `__new__` returns something odd gives a TypeError instead.
        unsafe {
            ffi::PyErr_SetObject(ty, arg.as_ptr());
        }
        Self::take(py)
    }

    /// The same with any arguments.
    #[cold]
    pub(crate) fn from_call(py: Py<'py>, ty: *mut ffi::PyObject, args: impl CallArguments<'py>) -> Self {
        // SAFETY: the callers pass a live exception class, which is borrowed for the call.
        let made = unsafe { Obj::<Type>::from_place(&ty) }.call(args);
        let value = match made {
            Ok(value) => value,
            Err(error) => return error,
        };
        let mut error = Self::from_value(&value);
        if let Repr::Raised(value) = &mut error.0 {
            // As `raise` does: the exception that is being handled becomes its context. PyErr_SetObject takes its own
            // references, of the class and of an instance of it.
            // SAFETY: the thread is attached; a live class and a live instance.
            unsafe {
                ffi::PyErr_SetObject(value.get_type().as_ptr(), value.as_ptr());
            }
            return Self::take(py);
        }
        error
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
            Repr::Rust(late) => late.into_value(py),
        }
    }

    /// The exception object, made if it is not there yet.
    pub fn value(&self, py: Py<'py>) -> &Obj<'py> {
        match &self.0 {
            Repr::Raised(value) => value,
            Repr::Rust(late) => late.value(py),
        }
    }

    /// Whether this is an instance of the built-in exception `E`.
    pub fn is<E: BuiltinException>(&self, py: Py<'py>) -> bool {
        // SAFETY: both are live objects; the second is an exception class, for which the match cannot fail.
        unsafe { ffi::PyErr_GivenExceptionMatches(self.value(py).as_ptr(), E::type_ptr()) != 0 }
    }

    /// Whether this is an instance of `class`, or of one of the classes in a tuple (`except class`).
    pub fn matches<T>(&self, class: &Obj<'py, T>) -> bool {
        let value = self.value(class.py()).as_ptr();
        // SAFETY: both are live objects.
        unsafe { ffi::PyErr_GivenExceptionMatches(value, class.as_ptr()) != 0 }
    }

    /// `raise self from cause`.
    pub fn with_cause(self, py: Py<'py>, cause: Self) -> Self {
        let cause = cause.into_value(py).into_ptr();
        let value = self.value(py).as_ptr();
        // SAFETY: two live exceptions; the call takes over the reference to the cause.
        unsafe { ffi::PyException_SetCause(value, cause) };
        self
    }

    /// `self.__cause__`.
    pub fn cause(&self, py: Py<'py>) -> Option<Obj<'py>> {
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
    pub fn add_note(&self, py: Py<'py>, note: &str) -> PyResult<'py, ()> {
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

/// An exception as Python's last line of a traceback shows it: `ValueError: message`. Of a Rust error, of which no
/// exception was made yet, its own text.
impl Display for PyErr<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Raised(value) => f.write_str(&headline(value)),
            Repr::Rust(late) => match (late.made.get(), late.error.take()) {
                (Some(value), _) => f.write_str(&headline(value)),
                (None, Some(error)) => {
                    let written = write!(f, "{error}");
                    late.error.set(Some(error));
                    written
                }
                (None, None) => Ok(()),
            },
        }
    }
}

impl fmt::Debug for PyErr<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PyErr({self})")
    }
}
