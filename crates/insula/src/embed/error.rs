//! Errors of embedding, as values that own everything they say.

use std::any::Any;
use std::fmt;

use crate::brand::Py;
use crate::object::err::PyErr;
use crate::object::raise::errors;

pub use crate::object::exception::Exception;
use crate::thread::state::NoMemory;

/// Why something in or about an interpreter failed. It holds text, never a Python object.
///
/// ```
/// use insula::embed::Error;
/// assert_eq!(Error::Ended.to_string(), "the interpreter has ended; make another");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// Python code raised an exception that nobody caught.
    Raised(Exception),
    /// Rust code panicked in a job of a pool; the message.
    Panicked(String),
    /// CPython runs already: this process started a [`Runtime`](super::Runtime) that is not finished, or somebody else
    /// started CPython.
    Running,
    /// An earlier runtime was dropped while it could not be finished; CPython cannot be started again.
    Abandoned,
    /// The runtime is finished.
    Finished,
    /// The interpreter has ended, or is being ended.
    Ended,
    /// This thread is inside an interpreter that it wants to end, or has an open session.
    Inside,
    /// What was asked for would wait for another thread while this thread is itself inside an interpreter: a deadlock
    /// when the other does the same.
    Busy,
    /// Threads that CPython would end together with the interpreter still run: daemon threads, and threads of C
    /// libraries.
    Threads(usize),
    /// Interpreters that Python code made, and that CPython would not survive to finish with, still exist.
    Interpreters(usize),
    /// The pool was dropped before it came to the job.
    Closed,
    /// The running version of CPython cannot do it; what.
    Unsupported(String),
    /// An option contradicts another; which, and why.
    Contradiction(String),
    /// A name or path that CPython cannot take.
    Invalid(String),
    /// CPython could not start, or make an interpreter; its reason.
    Failed(String),
    /// The runtime is finished, but buffered output was lost.
    Flush,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Raised(exception) => exception.fmt(f),
            Self::Panicked(message) => write!(f, "a job panicked: {message}"),
            Self::Running => f.write_str("CPython already runs in this process; finish that runtime first"),
            Self::Abandoned => f.write_str(
                "an earlier runtime was dropped when it could not be finished, so CPython still runs; \
                 call `Runtime::finish` and heed its error before dropping it",
            ),
            Self::Finished => f.write_str("the runtime is finished; start another"),
            Self::Ended => f.write_str("the interpreter has ended; make another"),
            Self::Inside => f.write_str(
                "this thread is still inside an interpreter to end; leave it, and drop this thread's sessions, first",
            ),
            Self::Busy => f.write_str(
                "another thread is at work there, and waiting for it inside an interpreter could deadlock; \
                 leave the interpreter first",
            ),
            Self::Threads(count) => write!(
                f,
                "{count} daemon or foreign threads still run in the interpreter, which CPython does not survive; end \
                 them first"
            ),
            Self::Interpreters(count) => {
                write!(f, "{count} interpreters that Python code made still exist; destroy them first")
            }
            Self::Closed => {
                f.write_str("the pool was dropped before it ran the job; call `Pool::finish` to run them all")
            }
            Self::Unsupported(what) | Self::Contradiction(what) | Self::Invalid(what) => f.write_str(what),
            Self::Failed(reason) => write!(f, "CPython failed: {reason}"),
            Self::Flush => {
                f.write_str("CPython ended, but could not write all buffered output; check stdout and stderr")
            }
        }
    }
}

impl std::error::Error for Error {}
errors! { Error }

impl From<NoMemory> for Error {
    fn from(_: NoMemory) -> Self {
        Self::Failed("no memory for a thread state".to_owned())
    }
}

impl Error {
    /// Takes down what an exception says.
    pub(super) fn raised<'py>(py: Py<'py>, error: PyErr<'py>) -> Self {
        Self::Raised(Exception::of(error.value(py)))
    }

    /// The panic of a job.
    pub(super) fn panicked(panic: &(dyn Any + Send)) -> Self {
        let message =
            panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        Self::Panicked(message.unwrap_or("no message").to_owned())
    }
}
