//! The `log` crate's records in Python's `logging` (feature `log`).

use std::cell::Cell;

use log::{LevelFilter, Log, Metadata, Record, SetLoggerError};

use crate::brand::Py;
use crate::object::err::PyResult;
use crate::thread::pending::Pending;
use crate::thread::state::ThreadState;
use crate::trampoline::enter_silent;

/// Sends what Rust code logs to Python's `logging`: a record for the target `my_crate::part` goes to the logger
/// `my_crate.part` of the interpreter that the thread is attached to, which decides what becomes of it. `Trace` is
/// level 5.
///
/// It is called once, usually in `#[exec]`; a second call, of another copy of the module, changes nothing. The library
/// keeps no object: each record finds the `logging` of its own interpreter. What is logged where the thread is not
/// attached to one (in `detach`, on a thread of Rust's) goes to standard error, as one line, and so does what a handler
/// logs in its turn.
///
/// Records above `level` cost nothing; each other asks Python.
///
/// ```
/// # #[insula::module]
/// # mod demo {
/// #     use insula::prelude::*;
/// #[state]
/// struct State;
///
/// #[exec]
/// fn exec<'py>(_: &Obj<'py, Module>) -> PyResult<'py, State> {
///     insula::logging::init(log::LevelFilter::Info);
///     Ok(State)
/// }
///
/// #[function]
/// fn work() {
///     log::info!("at work");
/// }
/// # }
/// # fn main() {}
/// ```
pub fn init(level: LevelFilter) {
    // Where another logger is there already, it is the one that this library wants.
    let set: Result<(), SetLoggerError> = log::set_logger(&PythonLogger);
    if set.is_ok() {
        log::set_max_level(level);
    }
}

struct PythonLogger;

thread_local! {
    /// Whether this thread is passing on a record.
    static BUSY: Cell<bool> = const { Cell::new(false) };
}

/// Says that the thread is done, also when a handler panics.
struct Busy;

impl Drop for Busy {
    fn drop(&mut self) {
        BUSY.set(false);
    }
}

impl Log for PythonLogger {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        // A thread that ends has no locals any more; it is attached nowhere.
        let busy = BUSY.try_with(|busy| busy.replace(true)).unwrap_or(true);
        if busy || ThreadState::current().is_none() {
            if !busy {
                BUSY.set(false);
            }
            eprintln!("{} {}: {}", record.level(), record.target(), record.args());
            return;
        }
        let _busy = Busy;
        // SAFETY: attached, as was just asked. Whoever logs expects that other code runs, but no exception: one that is
        // on its way is put aside, and one that is raised here reported where nobody can be told.
        unsafe {
            let _pending = Pending::take();
            enter_silent(|| {
                let py = Py::assume_attached();
                if let Err(error) = pass_on(py, record) {
                    error.write_unraisable(&py.none());
                }
            });
        }
    }

    fn flush(&self) {}
}

fn pass_on<'py>(py: Py<'py>, record: &Record<'_>) -> PyResult<'py, ()> {
    let level = match record.level() {
        log::Level::Error => 40,
        log::Level::Warn => 30,
        log::Level::Info => 20,
        log::Level::Debug => 10,
        log::Level::Trace => 5,
    };
    let logging = py.import("logging")?;
    let logger = logging.call_method("getLogger", (record.target().replace("::", "."),))?;
    if !logger.call_method("isEnabledFor", (level,))?.is_truthy()? {
        return Ok(());
    }
    // A record of its own, so that file and line are Rust's and the text is no pattern.
    let (name, text) = (logger.getattr("name")?, record.args().to_string());
    let file = record.file().unwrap_or("<rust>");
    let arguments = (name, level, file, record.line().unwrap_or(0), text, (), py.none());
    let made = logger.call_method("makeRecord", arguments)?;
    logger.call_method("handle", (made,)).map(drop)
}
