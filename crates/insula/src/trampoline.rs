//! The trampoline: where CPython calls Rust. Errors and panics end here, as Python exceptions.

use std::any::Any;
use std::cell::Cell;
use std::ffi::c_int;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use crate::brand::Py;
use crate::ffi;
use crate::object::err::{PyErr, PyResult};
use crate::object::exceptions::{BaseException, BuiltinException};
use crate::object::interpreter::interpreter_dict;
use crate::object::obj::Obj;
#[cfg(debug_assertions)]
use crate::object::recursion::Entry;
use crate::object::types::Str;
use crate::thread::checked::Away;
use crate::thread::pending::Pending;
use crate::thread::state::Here;
use crate::thread::unwind::dispose;

thread_local! {
    /// Where the last panic of this thread happened: only the panic hook is told.
    static PLACE: Cell<Option<String>> = const { Cell::new(None) };
}

/// Lets panics note their place from now on. The hook before stays in force: it still reports the panic on stderr.
pub(crate) fn note_places() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            PLACE.set(info.location().map(ToString::to_string));
            before(info);
        }));
    });
}

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
    let _away = Away::now(false);
    // SAFETY: CPython called, attached, and this returns to it as it came.
    let _here = unsafe { Here::note() };
    let guarded = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: the thread is attached for the whole call (the caller's promise); `body` is generic over the brand.
        let py = unsafe { Py::assume_attached() };
        counted(py, body).unwrap_or_else(|error| {
            raise(py, error);
            R::FAILED
        })
    }));
    guarded.unwrap_or_else(|panic| {
        // SAFETY: as above.
        let py = unsafe { Py::assume_attached() };
        let error = panic_error(py, &*panic);
        dispose(panic);
        error.restore(py);
        R::FAILED
    })
}

/// Runs it, in a debug build as one of not too many.
#[inline(always)]
fn counted<'py, R>(py: Py<'py>, body: impl FnOnce(Py<'py>) -> PyResult<'py, R>) -> PyResult<'py, R> {
    #[cfg(debug_assertions)]
    let _entry = Entry::begin(py)?;
    body(py)
}

/// Out of line: a call that succeeds keeps no registers for it.
#[cold]
#[inline(never)]
fn raise<'py>(py: Py<'py>, error: PyErr<'py>) {
    error.restore(py);
}

/// Runs `body` where CPython accepts no exception (deallocation, clear): a panic goes to `sys.unraisablehook`, and an
/// exception that is on its way stays as it was.
///
/// # Safety
///
/// The thread is attached.
pub(crate) unsafe fn enter_silent(body: impl FnOnce()) {
    let _away = Away::now(false);
    // SAFETY: as in `enter`.
    let _here = unsafe { Here::note() };
    if let Err(panic) = catch_unwind(AssertUnwindSafe(body)) {
        // SAFETY: attached, by the caller's promise; PyErr_WriteUnraisable accepts NULL and clears the exception.
        unsafe {
            let _pending = Pending::take();
            let py = Py::assume_attached();
            let error = panic_error(py, &*panic);
            dispose(panic);
            error.restore(py);
            ffi::PyErr_WriteUnraisable(std::ptr::null_mut());
        }
    }
}

/// The exception for a panic: `PanicException`, with `message` and `place`.
///
/// It derives from `BaseException`: `except Exception` is for errors that a program expects, and a panic is a defect.
#[cold]
fn panic_error<'py>(py: Py<'py>, panic: &(dyn Any + Send)) -> PyErr<'py> {
    let message = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    let message = message.unwrap_or("no message");
    let place = PLACE.take();
    let make = || {
        let text = place.as_ref().map_or_else(|| message.to_owned(), |place| format!("{message} ({place})"));
        let error = panic_class(py)?.call_one(&Str::new(py, &text)?)?;
        error.setattr("message", message)?;
        error.setattr("place", place.as_deref())?;
        Ok(PyErr::from_value(&error))
    };
    make().unwrap_or_else(|error| error)
}

/// The class of these exceptions. Every interpreter has its own, in the dictionary that CPython keeps for extensions:
/// the same for all modules of the interpreter, so that it can be recognised, and gone with it.
fn panic_class(py: Py<'_>) -> PyResult<'_, Obj<'_>> {
    const NAME: &str = "insula.PanicException";
    let dict = interpreter_dict(py).ok();
    if let Some(class) = dict.as_ref().map(|dict| dict.get(NAME)).transpose()?.flatten() {
        return Ok(class);
    }
    let doc = c"A panic in Rust code: `message` says why, `place` in which file, line and column.";
    // SAFETY: texts and a live base class; the result is a new class or NULL with an exception.
    let class: Obj<'_> = unsafe {
        let base = BaseException::type_ptr();
        let name = c"insula.PanicException";
        Obj::from_owned(py, ffi::PyErr_NewExceptionWithDoc(name.as_ptr(), doc.as_ptr(), base, std::ptr::null_mut()))?
    };
    match dict {
        // Making it may have let another thread run that was faster.
        Some(dict) => dict.setdefault(NAME, &class),
        None => Ok(class),
    }
}
