//! Exceptions: the built-in ones, and what `#[exception]` declares.

use crate::brand::Py;
use crate::ffi;
use crate::object::convert::IntoPy;
use crate::object::err::PyErr;

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

    /// A new exception of this type; `arg` is its only argument, usually the message.
    fn new_err<'py>(py: Py<'py>, arg: impl IntoPy<'py>) -> PyErr<'py>
    where
        Self: Sized,
    {
        PyErr::new::<Self>(py, arg)
    }
}

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

    /// The class, borrowed; `made` is the module's table of objects so far.
    ///
    /// # Safety
    ///
    /// The thread is attached, and `made` is the table of the module that the exception is for.
    unsafe fn base_ptr(made: &[*mut ffi::PyObject]) -> *mut ffi::PyObject;
}

macro_rules! builtin {
    ($($name:ident $ptr:ident),* $(,)?) => { $(
        #[doc = concat!("Python's `", stringify!($name), "`.")]
        pub enum $name {}
        // SAFETY: as `BuiltinException`.
        unsafe impl<M> ExceptionBase<M> for $name {
            const PLACE: Option<usize> = None;
            unsafe fn base_ptr(_: &[*mut ffi::PyObject]) -> *mut ffi::PyObject {
                // SAFETY: attached, by the caller's promise.
                unsafe { Self::type_ptr() }
            }
        }
        // SAFETY: the built-in exception types are static types, or live as long as their interpreter.
        unsafe impl BuiltinException for $name {
            unsafe fn type_ptr() -> *mut ffi::PyObject {
                // SAFETY: CPython sets the pointer when the runtime starts and never changes it.
                unsafe { ffi::$ptr }
            }
        }
    )* };
}

builtin! {
    BaseException PyExc_BaseException,
    Exception PyExc_Exception,
    ArithmeticError PyExc_ArithmeticError,
    AssertionError PyExc_AssertionError,
    AttributeError PyExc_AttributeError,
    BufferError PyExc_BufferError,
    EOFError PyExc_EOFError,
    ImportError PyExc_ImportError,
    IndexError PyExc_IndexError,
    KeyError PyExc_KeyError,
    LookupError PyExc_LookupError,
    MemoryError PyExc_MemoryError,
    NotImplementedError PyExc_NotImplementedError,
    OSError PyExc_OSError,
    OverflowError PyExc_OverflowError,
    RecursionError PyExc_RecursionError,
    ReferenceError PyExc_ReferenceError,
    RuntimeError PyExc_RuntimeError,
    StopAsyncIteration PyExc_StopAsyncIteration,
    StopIteration PyExc_StopIteration,
    SystemError PyExc_SystemError,
    TypeError PyExc_TypeError,
    UnicodeError PyExc_UnicodeError,
    ValueError PyExc_ValueError,
    ZeroDivisionError PyExc_ZeroDivisionError,
}
