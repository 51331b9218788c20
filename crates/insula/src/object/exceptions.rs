//! Exceptions: the built-in ones, and what `#[exception]` declares.

use crate::brand::Py;
use crate::ffi;
use crate::object::convert::IntoPy;
use crate::object::err::PyErr;
use crate::object::obj::Obj;
use crate::object::raise::{ExceptionClass, Raised};
use crate::object::types::{CallArguments, Type};

/// A built-in exception type.
///
/// ```
/// use insula::prelude::*;
/// fn positive<'py>(py: Py<'py>, n: i64) -> PyResult<'py, i64> {
///     if n > 0 { Ok(n) } else { Err(ValueError::new_err(py, "n must be positive")) }
/// }
/// ```
///
/// # Safety
///
/// `type_ptr` returns an exception class that is alive as long as the interpreter.
pub unsafe trait BuiltinException {
    /// The type object, borrowed.
    ///
    /// # Safety
    ///
    /// The thread is attached.
    #[doc(hidden)]
    unsafe fn type_ptr() -> *mut ffi::PyObject;

    /// A new exception of this type; `arg` is its only argument, usually the message. A tuple is one argument, too: for
    /// several, or none, see [`with_args`](Self::with_args).
    fn new_err<'py>(py: Py<'py>, arg: impl IntoPy<'py>) -> PyErr<'py>
    where
        Self: Sized,
    {
        PyErr::new::<Self>(py, arg)
    }

    /// The class.
    fn class<'py>(_: Py<'py>) -> Obj<'py, Type>
    where
        Self: Sized,
    {
        // SAFETY: attached, as `py` proves; the class is alive, so that a reference to it can be taken.
        unsafe { Obj::<Type>::from_place(&Self::type_ptr()).clone() }
    }

    /// A new exception of this type, made with these arguments.
    ///
    /// ```
    /// use insula::prelude::*;
    /// fn at_byte<'py>(data: &Obj<'py, Bytes>, place: usize) -> PyErr<'py> {
    ///     UnicodeDecodeError::with_args(data.py(), ("utf-8", data, place, place + 1, "invalid start byte"))
    /// }
    /// fn done<'py>(py: Py<'py>) -> PyErr<'py> {
    ///     StopAsyncIteration::with_args(py, ())
    /// }
    /// ```
    fn with_args<'py>(py: Py<'py>, args: impl CallArguments<'py>) -> PyErr<'py>
    where
        Self: Sized,
    {
        // SAFETY: attached, as `py` proves; a built-in exception type is alive as long as the interpreter.
        PyErr::from_call(py, unsafe { Self::type_ptr() }, args)
    }
}

/// A built-in warning category: what [`Py::warn`](crate::Py::warn) takes.
///
/// # Safety
///
/// The type derives from `Warning`.
pub unsafe trait BuiltinWarning: BuiltinException {}

/// What an exception of the module `M` can derive from: a built-in one, or one that the module declares before it.
///
/// # Safety
///
/// `base_ptr` returns a live exception class, and `PLACE` is its place in the table of a module object of `M`, if it
/// has one there.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the base of an exception of this module",
    label = "neither a built-in exception nor one of this module"
)]
pub unsafe trait ExceptionBase<M> {
    /// Of an exception of the module, its place in the module's table of objects, which is filled in this order.
    const PLACE: Option<usize>;
    /// How many exceptions of the module come from the built-in one down to it.
    const DEPTH: usize = 0;

    /// The class, borrowed; `made` is the module's table of objects so far.
    ///
    /// # Safety
    ///
    /// The thread is attached, and `made` is the table of the module that the exception is for.
    unsafe fn base_ptr(made: &[*mut ffi::PyObject]) -> *mut ffi::PyObject;
}

/// What every built-in exception is, beside [`BuiltinException`].
macro_rules! as_builtin {
    ($($(#[$condition:meta])* $name:ident),*) => { $(
        $(#[$condition])*
        // SAFETY: as `BuiltinException`.
        unsafe impl<M> ExceptionBase<M> for $name {
            const PLACE: Option<usize> = None;
            unsafe fn base_ptr(_: &[*mut ffi::PyObject]) -> *mut ffi::PyObject {
                // SAFETY: attached, by the caller's promise.
                unsafe { Self::type_ptr() }
            }
        }
        $(#[$condition])*
        impl ExceptionClass for $name {}
        $(#[$condition])*
        impl<'py, S> Raised<'py, S> for $name {
            fn raised(py: Py<'py>, _: &S, message: &str) -> PyErr<'py> {
                Self::new_err(py, message)
            }
        }
    )* };
}

macro_rules! builtin {
    ($($(#[$condition:meta])* $name:ident $ptr:ident),* $(,)?) => { $(
        $(#[$condition])*
        #[doc = concat!("Python's `", stringify!($name), "`.")]
        pub enum $name {}
        $(#[$condition])*
        // SAFETY: the built-in exception types are static types, or live as long as their interpreter.
        unsafe impl BuiltinException for $name {
            unsafe fn type_ptr() -> *mut ffi::PyObject {
                // SAFETY: CPython sets the pointer when the runtime starts and never changes it.
                unsafe { ffi::$ptr }
            }
        }
    )*
        as_builtin! { $($(#[$condition])* $name),* }
    };
}

/// `builtin`, of warning categories.
macro_rules! warnings {
    ($($name:ident $ptr:ident),* $(,)?) => {
        builtin! { $($name $ptr),* }
        $(
            // SAFETY: CPython's documentation has it among those that derive from `Warning` (Built-in Exceptions,
            // Exception hierarchy).
            unsafe impl BuiltinWarning for $name {}
        )*
    };
}

builtin! {
    BaseException PyExc_BaseException,
    BaseExceptionGroup PyExc_BaseExceptionGroup,
    Exception PyExc_Exception,
    ArithmeticError PyExc_ArithmeticError,
    AssertionError PyExc_AssertionError,
    AttributeError PyExc_AttributeError,
    BlockingIOError PyExc_BlockingIOError,
    BrokenPipeError PyExc_BrokenPipeError,
    BufferError PyExc_BufferError,
    ChildProcessError PyExc_ChildProcessError,
    ConnectionAbortedError PyExc_ConnectionAbortedError,
    ConnectionError PyExc_ConnectionError,
    ConnectionRefusedError PyExc_ConnectionRefusedError,
    ConnectionResetError PyExc_ConnectionResetError,
    EOFError PyExc_EOFError,
    FileExistsError PyExc_FileExistsError,
    FileNotFoundError PyExc_FileNotFoundError,
    FloatingPointError PyExc_FloatingPointError,
    GeneratorExit PyExc_GeneratorExit,
    ImportError PyExc_ImportError,
    IndentationError PyExc_IndentationError,
    IndexError PyExc_IndexError,
    InterruptedError PyExc_InterruptedError,
    IsADirectoryError PyExc_IsADirectoryError,
    KeyError PyExc_KeyError,
    KeyboardInterrupt PyExc_KeyboardInterrupt,
    LookupError PyExc_LookupError,
    MemoryError PyExc_MemoryError,
    ModuleNotFoundError PyExc_ModuleNotFoundError,
    NameError PyExc_NameError,
    NotADirectoryError PyExc_NotADirectoryError,
    NotImplementedError PyExc_NotImplementedError,
    OSError PyExc_OSError,
    OverflowError PyExc_OverflowError,
    PermissionError PyExc_PermissionError,
    ProcessLookupError PyExc_ProcessLookupError,
    RecursionError PyExc_RecursionError,
    ReferenceError PyExc_ReferenceError,
    RuntimeError PyExc_RuntimeError,
    StopAsyncIteration PyExc_StopAsyncIteration,
    StopIteration PyExc_StopIteration,
    SyntaxError PyExc_SyntaxError,
    SystemError PyExc_SystemError,
    SystemExit PyExc_SystemExit,
    TabError PyExc_TabError,
    TimeoutError PyExc_TimeoutError,
    TypeError PyExc_TypeError,
    UnboundLocalError PyExc_UnboundLocalError,
    UnicodeDecodeError PyExc_UnicodeDecodeError,
    UnicodeEncodeError PyExc_UnicodeEncodeError,
    UnicodeError PyExc_UnicodeError,
    UnicodeTranslateError PyExc_UnicodeTranslateError,
    ValueError PyExc_ValueError,
    ZeroDivisionError PyExc_ZeroDivisionError,
    #[cfg(Py_3_13)]
    PythonFinalizationError PyExc_PythonFinalizationError,
    #[cfg(Py_3_15)]
    ImportCycleError PyExc_ImportCycleError,
}

warnings! {
    Warning PyExc_Warning,
    BytesWarning PyExc_BytesWarning,
    DeprecationWarning PyExc_DeprecationWarning,
    EncodingWarning PyExc_EncodingWarning,
    FutureWarning PyExc_FutureWarning,
    ImportWarning PyExc_ImportWarning,
    PendingDeprecationWarning PyExc_PendingDeprecationWarning,
    ResourceWarning PyExc_ResourceWarning,
    RuntimeWarning PyExc_RuntimeWarning,
    SyntaxWarning PyExc_SyntaxWarning,
    UnicodeWarning PyExc_UnicodeWarning,
    UserWarning PyExc_UserWarning,
}

/// Python's other names of `OSError`.
pub type EnvironmentError = OSError;
/// Python's other names of `OSError`.
pub type IOError = OSError;

/// Python's `ExceptionGroup`.
pub enum ExceptionGroup {}

// SAFETY: each interpreter keeps the class until it ends, whatever becomes of its name in `builtins`.
unsafe impl BuiltinException for ExceptionGroup {
    unsafe fn type_ptr() -> *mut ffi::PyObject {
        // SAFETY: attached, by the caller's promise.
        unsafe { group_type() }
    }
}

as_builtin! { ExceptionGroup }

/// The class `ExceptionGroup`, borrowed. CPython has no pointer to it, and its name in `builtins` may mean something
/// else by now; but a `BaseExceptionGroup` of nothing but an `Exception` is an `ExceptionGroup` (Built-in Exceptions,
/// Exception groups). Where there is no memory for one, `BaseExceptionGroup` stands in: called, it makes the other.
///
/// # Safety
///
/// The thread is attached.
#[cold]
unsafe fn group_type() -> *mut ffi::PyObject {
    // SAFETY: attached, so that a token of this call's own can be minted.
    let py = unsafe { Py::assume_attached() };
    let one = Exception::new_err(py, "");
    let made = [one.value(py).clone()].into_py(py).map(|members| BaseExceptionGroup::with_args(py, ("", members)));
    match made {
        Ok(group) if group.is::<BaseExceptionGroup>(py) => group.value(py).get_type().as_ptr(),
        // SAFETY: attached.
        _ => unsafe { BaseExceptionGroup::type_ptr() },
    }
}
