//! Python exceptions as text.

use std::fmt;

use crate::ffi;
use crate::object::err::{PyErr, PyResult};
use crate::object::obj::Obj;
use crate::object::types::{Str, Type};

/// A Python exception as text: what is left of it where it leaves its interpreter.
///
/// ```no_run
/// # #[cfg(feature = "embed")] {
/// # use insula::embed::{Config, Error, Runtime};
/// # fn main() -> Result<(), Error> {
/// let runtime = Runtime::start(&Config::isolated())?;
/// let Err(Error::Raised(exception)) = runtime.main().exec("int('x')") else { panic!() };
/// assert_eq!(exception.type_name(), "ValueError");
/// eprint!("{}", exception.traceback());
/// # Ok(())
/// # }
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exception {
    type_name: String,
    message: String,
    traceback: String,
}

/// How many causes of causes are shown.
const CHAIN: usize = 32;

impl Exception {
    /// The class: `ValueError`, `package.module.Error`.
    pub fn type_name(&self) -> &str {
        &self.type_name
    }

    /// `str(exception)`.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What Python would print: the traceback and the exception, with those that led to it before it.
    pub fn traceback(&self) -> &str {
        &self.traceback
    }

    /// `Type: message`.
    fn headline(type_name: &str, message: &str) -> String {
        if message.is_empty() { type_name.to_owned() } else { format!("{type_name}: {message}") }
    }

    pub(crate) fn of(value: &Obj<'_>) -> Self {
        let mut parts = Vec::new();
        let mut next = Some((value.clone(), ""));
        while let Some((value, joint)) = next {
            let head = Self::headline(&type_name(&value), &message(&value));
            parts.push(format!("{}{head}\n{}{joint}", frames(&value).unwrap_or_default(), notes(&value)));
            next = if parts.len() < CHAIN { origin(&value) } else { None };
        }
        parts.reverse();
        Self { type_name: type_name(value), message: message(value), traceback: parts.concat() }
    }
}

/// An exception as one line: `Type: message`.
pub(crate) fn headline(value: &Obj<'_>) -> String {
    Exception::headline(&type_name(value), &message(value))
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&Self::headline(&self.type_name, &self.message))
    }
}

/// The class with its module, unless that is where everybody looks.
fn type_name(value: &Obj<'_>) -> String {
    let ty = value.get_type();
    let text = |name: &str| ty.getattr(name).ok().as_ref().and_then(text);
    let name = text("__qualname__").unwrap_or_else(|| Obj::<Type>::name(&ty));
    match text("__module__") {
        Some(module) if !matches!(module.as_str(), "builtins" | "__main__") => format!("{module}.{name}"),
        _ => name,
    }
}

fn message(value: &Obj<'_>) -> String {
    value.str().ok().and_then(|text| lossy(&text)).unwrap_or_else(|| "<exception str() failed>".to_owned())
}

fn text(object: &Obj<'_>) -> Option<String> {
    object.downcast::<Str>().and_then(lossy)
}

/// The text; lone surrogates as escapes.
fn lossy(text: &Obj<'_, Str>) -> Option<String> {
    if let Ok(text) = text.to_str() {
        return Some(text.to_owned());
    }
    // SAFETY: a live `str`; the call returns a new reference or NULL with an exception.
    let escaped: Obj<'_, Str> = unsafe { Obj::from_owned(text.py(), ffi::PyObject_ASCII(text.as_ptr())) }.ok()?;
    escaped.to_str().ok().map(str::to_owned)
}

/// The frames, written by CPython itself without the help of Python code, which may be what is broken.
fn frames<'py>(value: &Obj<'py>) -> PyResult<'py, String> {
    let py = value.py();
    // SAFETY: a live exception; the call returns a new reference, or NULL without an exception.
    let traceback = unsafe { ffi::PyException_GetTraceback(value.as_ptr()) };
    if traceback.is_null() {
        return Ok(String::new());
    }
    // SAFETY: the new reference is ours.
    let traceback: Obj<'py> = unsafe { Obj::from_owned(py, traceback)? };
    let file = py.import("_io")?.getattr("StringIO")?.call0()?;
    // SAFETY: a live traceback and a live file-like object.
    PyErr::check(py, unsafe { ffi::PyTraceBack_Print(traceback.as_ptr(), file.as_ptr()) })?;
    let written = file.getattr("getvalue")?.call0()?;
    Ok(text(&written).unwrap_or_default())
}

/// `__notes__`, a line each.
fn notes(value: &Obj<'_>) -> String {
    let notes = value.getattr("__notes__").ok().and_then(|notes| notes.extract::<Vec<String>>().ok());
    notes.unwrap_or_default().iter().map(|note| format!("{note}\n")).collect()
}

/// The exception that this one came from, and the words between the two.
fn origin<'py>(value: &Obj<'py>) -> Option<(Obj<'py>, &'static str)> {
    let own = |pointer: *mut ffi::PyObject| {
        // SAFETY: the two calls below return a new reference, or NULL without an exception.
        std::ptr::NonNull::new(pointer).map(|pointer| unsafe { Obj::from_owned_non_null(pointer) })
    };
    // SAFETY: a live exception.
    if let Some(cause) = own(unsafe { ffi::PyException_GetCause(value.as_ptr()) }) {
        return Some((cause, "\nThe above exception was the direct cause of the following exception:\n\n"));
    }
    let suppressed = value.getattr("__suppress_context__").ok().is_some_and(|flag| flag.is_truthy().unwrap_or(false));
    // SAFETY: a live exception.
    let context: Option<Obj<'py>> = own(unsafe { ffi::PyException_GetContext(value.as_ptr()) });
    context
        .filter(|_| !suppressed)
        .map(|context| (context, "\nDuring handling of the above exception, another exception occurred:\n\n"))
}
