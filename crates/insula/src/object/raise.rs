//! Rust errors as exceptions: what a `?` and the result of a handler may be.

use std::error::Error;
use std::fmt::{self, Display};
use std::io;

use crate::brand::Py;
use crate::object::err::PyErr;
use crate::object::exceptions::{
    BlockingIOError, BrokenPipeError, BuiltinException, ConnectionAbortedError, ConnectionRefusedError,
    ConnectionResetError, FileExistsError, FileNotFoundError, InterruptedError, IsADirectoryError, MemoryError,
    NotADirectoryError, OSError, OverflowError, PermissionError, RuntimeError, TimeoutError, ValueError,
};

/// A Rust error that Python sees as an exception. A function of a module may return a `Result` of it, and in a function
/// that returns a [`PyResult`](crate::PyResult), `?` converts it.
///
/// Derive it: `#[raise(Class)]` says what is raised, a built-in exception or one of the module's own, with the error's
/// `Display` as its message; for an enum on each variant, or on the enum for those that say nothing. A variant with one
/// field is that field's error with `#[raise(transparent)]`.
///
/// ```
/// # #[insula::module]
/// # mod demo {
/// #     use insula::prelude::*;
/// /// The module's own exception.
/// #[exception(base = ValueError)]
/// struct Malformed;
///
/// #[derive(IntoPyErr)]
/// enum LoadError {
///     #[raise(Malformed)]
///     Syntax { line: usize },
///     #[raise(KeyError)]
///     Missing(String),
///     #[raise(transparent)]
///     Io(std::io::Error),
/// }
///
/// impl std::fmt::Display for LoadError {
///     fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
///         match self {
///             LoadError::Syntax { line } => write!(f, "line {line} is malformed"),
///             LoadError::Missing(name) => f.write_str(name),
///             LoadError::Io(error) => write!(f, "{error}"),
///         }
///     }
/// }
///
/// #[function]
/// fn load(path: &str) -> Result<usize, LoadError> {
///     let text = std::fs::read_to_string(path).map_err(LoadError::Io)?;
///     if text.is_empty() { Err(LoadError::Syntax { line: 1 }) } else { Ok(text.len()) }
/// }
/// # }
/// # fn main() {}
/// ```
///
/// | Rust | Python |
/// | --- | --- |
/// | `std::io::Error` | `OSError`, or the subclass for its number or kind: `FileNotFoundError`, `TimeoutError` |
/// | failed conversions between numbers | `OverflowError` |
/// | text that does not parse, is no UTF-8, or has a NUL in it | `ValueError` |
/// | `TryReserveError` | `MemoryError` |
/// | `Box<dyn Error>` of one of these; with the features `anyhow` and `eyre` also their errors | the same |
/// | other errors, by [`PyErr::from_error`] | `RuntimeError` |
///
/// What an error came from (`Error::source`) goes into the exception's notes, except for derived ones.
///
/// What raises an exception of the module can only be a result: the place of the call leads to the module, and `?`
/// knows no place. By hand, see also [`PyErr::late`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no error that becomes an exception here",
    label = "does not implement `IntoPyErr` for this place",
    note = "an error type of your own derives it: #[derive(IntoPyErr)] #[raise(ValueError)]",
    note = "of a library's error, `.map_err(PyErr::from_error)` makes a `RuntimeError`; `Box<dyn Error>` takes any"
)]
pub trait IntoPyErr<'py, S>: Display + Sized {
    /// The exception.
    fn into_py_err(self, py: Py<'py>, scope: &S) -> PyErr<'py>;
}

/// What `#[raise(...)]` can name: a built-in exception, or one that some module declares.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be raised",
    label = "neither a built-in exception nor one of a module",
    note = "#[raise(...)] names a built-in exception such as `ValueError`, or an #[exception] of the module"
)]
pub trait ExceptionClass {}

/// Checks what `#[raise(...)]` names.
#[doc(hidden)]
pub const fn check_class<E: ExceptionClass>() {}

/// An exception class that can be raised at the place `S`: a built-in one anywhere, one of a module in that module.
#[doc(hidden)]
pub trait Raised<'py, S> {
    /// An exception of this class.
    fn raised(py: Py<'py>, scope: &S, message: &str) -> PyErr<'py>;
}

/// An error whose exception can be made anywhere, without the module: what `?` converts to a `PyErr`. A trait of its
/// own, for `PyErr` itself is none of these: it has the conversion to itself from the standard library.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not become a `PyErr` by `?`",
    label = "an error without a conversion that `?` can use",
    note = "of a library's error, `.map_err(PyErr::from_error)` makes a `RuntimeError`",
    note = "an error type of your own derives the conversion: #[derive(IntoPyErr)] #[raise(ValueError)]",
    note = "one that raises an exception of the module is returned as it is, as `Result<T, E>`: `?` cannot find the \
            module"
)]
pub trait Anywhere<'py>: IntoPyErr<'py, Py<'py>> + 'py {}

impl<'py, E: Anywhere<'py>> From<E> for PyErr<'py> {
    #[cold]
    fn from(error: E) -> Self {
        PyErr::late(error)
    }
}

/// Makes an exception of a class with a message.
type Make = for<'py> fn(Py<'py>, &str) -> PyErr<'py>;

fn make<E: BuiltinException>() -> Make {
    |py, message| E::new_err(py, message)
}

/// The exception for an error of the standard library's; nothing for other errors.
fn known(error: &(dyn Error + 'static)) -> Option<Make> {
    if let Some(error) = error.downcast_ref::<io::Error>() {
        return Some(of_kind(error.kind()));
    }
    if error.is::<std::num::TryFromIntError>() {
        return Some(make::<OverflowError>());
    }
    if error.is::<std::collections::TryReserveError>() {
        return Some(make::<MemoryError>());
    }
    let about_a_value = error.is::<std::num::ParseIntError>()
        || error.is::<std::num::ParseFloatError>()
        || error.is::<std::str::ParseBoolError>()
        || error.is::<std::char::ParseCharError>()
        || error.is::<std::char::CharTryFromError>()
        || error.is::<std::str::Utf8Error>()
        || error.is::<std::string::FromUtf8Error>()
        || error.is::<std::string::FromUtf16Error>()
        || error.is::<std::ffi::NulError>()
        || error.is::<std::ffi::FromBytesWithNulError>()
        || error.is::<std::ffi::FromBytesUntilNulError>()
        || error.is::<std::ffi::IntoStringError>()
        || error.is::<std::net::AddrParseError>()
        || error.is::<std::array::TryFromSliceError>();
    about_a_value.then(make::<ValueError>)
}

/// The subclass of `OSError` for an error that has no number.
fn of_kind(kind: io::ErrorKind) -> Make {
    use io::ErrorKind as Kind;
    match kind {
        Kind::NotFound => make::<FileNotFoundError>(),
        Kind::PermissionDenied => make::<PermissionError>(),
        Kind::ConnectionRefused => make::<ConnectionRefusedError>(),
        Kind::ConnectionReset => make::<ConnectionResetError>(),
        Kind::ConnectionAborted => make::<ConnectionAbortedError>(),
        Kind::BrokenPipe => make::<BrokenPipeError>(),
        Kind::AlreadyExists => make::<FileExistsError>(),
        Kind::WouldBlock => make::<BlockingIOError>(),
        Kind::NotADirectory => make::<NotADirectoryError>(),
        Kind::IsADirectory => make::<IsADirectoryError>(),
        Kind::TimedOut => make::<TimeoutError>(),
        Kind::Interrupted => make::<InterruptedError>(),
        Kind::OutOfMemory => make::<MemoryError>(),
        _ => make::<OSError>(),
    }
}

/// An error and what it came from.
fn chain<'a>(first: Option<&'a (dyn Error + 'static)>) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(first, |&error| error.source())
}

/// The exception for any error. Of an error that only says more about another, the class is the other's.
#[cold]
pub(crate) fn exception<'py>(py: Py<'py>, error: &(dyn Error + 'static)) -> PyErr<'py> {
    let number = error.downcast_ref::<io::Error>().and_then(io::Error::raw_os_error);
    let text = error.to_string();
    let made = match number {
        Some(number) => {
            // OSError(number, text) makes the subclass for the number, such as FileNotFoundError.
            OSError::with_args(py, (number, text.split(" (os error").next().unwrap_or_default()))
        }
        None => chain(Some(error)).find_map(known).unwrap_or(make::<RuntimeError>())(py, &text),
    };
    for cause in chain(error.source()) {
        // A note that cannot be added is not worth another error.
        drop(made.add_note(py, &format!("caused by: {cause}")));
    }
    made
}

/// Errors that are what they say.
macro_rules! errors {
    ($($ty:ty),* $(,)?) => { $(
        impl<'py, S> $crate::object::raise::IntoPyErr<'py, S> for $ty {
            #[cold]
            fn into_py_err(self, py: $crate::brand::Py<'py>, _: &S) -> $crate::object::err::PyErr<'py> {
                $crate::object::raise::exception(py, &self)
            }
        }
        impl<'py> $crate::object::raise::Anywhere<'py> for $ty {}
    )* };
}
pub(crate) use errors;
errors! {
    crate::object::guarded::InUse,
    io::Error,
    std::alloc::LayoutError,
    std::array::TryFromSliceError,
    std::cell::BorrowError,
    std::cell::BorrowMutError,
    std::char::CharTryFromError,
    std::char::DecodeUtf16Error,
    std::char::ParseCharError,
    std::char::TryFromCharError,
    std::collections::TryReserveError,
    std::convert::Infallible,
    std::env::JoinPathsError,
    std::env::VarError,
    std::ffi::FromBytesUntilNulError,
    std::ffi::FromBytesWithNulError,
    std::ffi::IntoStringError,
    std::ffi::NulError,
    std::fmt::Error,
    std::net::AddrParseError,
    std::num::ParseFloatError,
    std::num::ParseIntError,
    std::num::TryFromIntError,
    std::path::StripPrefixError,
    std::str::ParseBoolError,
    std::str::Utf8Error,
    std::string::FromUtf16Error,
    std::string::FromUtf8Error,
    std::sync::mpsc::RecvError,
    std::sync::mpsc::RecvTimeoutError,
    std::sync::mpsc::TryRecvError,
    std::thread::AccessError,
    std::time::SystemTimeError,
    std::time::TryFromFloatSecsError,
}

/// What leads to an error of the standard library's kind by `Deref`.
macro_rules! boxed {
    ($($ty:ty),* $(,)?) => { $(
        impl<'py, S> IntoPyErr<'py, S> for $ty {
            #[cold]
            fn into_py_err(self, py: Py<'py>, _: &S) -> PyErr<'py> {
                exception(py, &*self)
            }
        }
        impl<'py> Anywhere<'py> for $ty {}
    )* };
}
boxed! { Box<dyn Error>, Box<dyn Error + Send>, Box<dyn Error + Send + Sync> }
#[cfg(feature = "anyhow")]
boxed! { anyhow::Error }
#[cfg(feature = "eyre")]
boxed! { eyre::Report }

impl<'py, S> IntoPyErr<'py, S> for PyErr<'py> {
    #[inline]
    fn into_py_err(self, _: Py<'py>, _: &S) -> PyErr<'py> {
        self
    }
}

/// An error of a type that has no conversion of its own.
pub(crate) struct Foreign(pub(crate) Box<dyn Error>);

impl Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Display::fmt(&self.0, f)
    }
}

impl<'py, S> IntoPyErr<'py, S> for Foreign {
    fn into_py_err(self, py: Py<'py>, _: &S) -> PyErr<'py> {
        exception(py, &*self.0)
    }
}
