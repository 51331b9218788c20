//! Interpreters: using one, from any thread.

use std::sync::Arc;

use super::code;
use super::ending::end;
use super::entry;
use super::error::Error;
use super::record::Record;
use super::session::Session;
use super::value::{Pickle, Value, pickle};
use crate::brand::Py;
use crate::object::err::PyResult;

/// One interpreter. It can be used from any thread, and be cloned: all clones are the same interpreter, which ends when
/// the last is dropped, or before, when one of them [ends](Self::end) it.
///
/// Each thread that enters gets a thread state of its own for the time, or uses the one it has: that of a
/// [`Session`], and on the thread that started CPython that of the main interpreter.
///
/// ```no_run
/// # use insula::embed::{Config, Error, InterpreterConfig, Runtime, Value};
/// # fn main() -> Result<(), Error> {
/// let runtime = Runtime::start(&Config::isolated())?;
/// let one = runtime.interpreter(&InterpreterConfig::legacy())?;
/// let two = runtime.interpreter(&InterpreterConfig::legacy())?;
/// one.exec("x = 1")?;
/// two.exec("x = 2")?;
/// assert_eq!((one.eval("x")?, two.eval("x")?), (Value::Int(1), Value::Int(2)));
/// let thread = std::thread::spawn(move || one.end());
/// assert_eq!(thread.join().unwrap(), Ok(()));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Interpreter(Arc<Owner>);

/// What the clones share.
struct Owner {
    record: Arc<Record>,
    /// The main interpreter ends with the runtime.
    is_main: bool,
}

impl Drop for Owner {
    fn drop(&mut self) {
        if !self.is_main {
            // Nobody is inside, for entries and sessions hold the interpreter. One that cannot end now, because of its
            // threads or because this is its own code, is left for the end of the runtime, which reports it.
            let _ = end(&self.record);
        }
    }
}

impl Interpreter {
    pub(super) fn new(record: Arc<Record>, is_main: bool) -> Self {
        Self(Arc::new(Owner { record, is_main }))
    }

    pub(super) fn record(&self) -> &Arc<Record> {
        &self.0.record
    }

    /// Its number, which no other interpreter of this process has, had or will have.
    pub fn number(&self) -> u64 {
        self.0.record.number
    }

    /// Whether it can be entered, at this moment.
    pub fn is_open(&self) -> bool {
        self.0.record.is_open()
    }

    /// Runs Rust code in the interpreter.
    ///
    /// The code gets a fresh brand: no object of this entry can leave it, and none of another entry can get in, because
    /// the closure captures only what is `'static`.
    ///
    /// # Errors
    ///
    /// [`Error::Raised`] with what `code` raises; [`Error::Ended`] if the interpreter has ended, or the runtime was
    /// finished; [`Error::Busy`] from code that runs while an interpreter is made. A panic goes on.
    ///
    /// ```no_run
    /// # use insula::embed::{Interpreter, Error, import};
    /// # fn tau(interpreter: &Interpreter) -> Result<f64, Error> {
    /// interpreter.run(|py| {
    ///     let pi = import(py, "math")?.getattr("pi")?;
    ///     Ok(2.0 * pi.extract::<f64>()?)
    /// })
    /// # }
    /// ```
    ///
    /// ```compile_fail
    /// # use insula::embed::{Interpreter, import};
    /// # fn leak(interpreter: &Interpreter) {
    /// let module = interpreter.run(|py| import(py, "math")); // an object cannot leave
    /// # }
    /// ```
    pub fn run<R, F>(&self, code: F) -> Result<R, Error>
    where
        R: 'static,
        F: for<'py> FnOnce(Py<'py>) -> PyResult<'py, R> + 'static,
    {
        entry::run(&self.0.record, code)
    }

    /// Runs statements in the namespace of `__main__`.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    ///
    /// ```no_run
    /// # use insula::embed::{Interpreter, Error};
    /// # fn f(interpreter: &Interpreter) -> Result<(), Error> {
    /// interpreter.exec("import sys\nsys.path.append('/opt/app')")
    /// # }
    /// ```
    pub fn exec(&self, code: &str) -> Result<(), Error> {
        let code = code.to_owned();
        self.run(move |py| code::exec(py, &code))
    }

    /// The value of an expression in the namespace of `__main__`.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run), and if the object cannot leave by value.
    ///
    /// ```no_run
    /// # use insula::embed::{Interpreter, Error, Value};
    /// # fn f(interpreter: &Interpreter) -> Result<(), Error> {
    /// assert_eq!(interpreter.eval("[1, 'a']")?, Value::List(vec![Value::from(1), Value::from("a")]));
    /// # Ok(())
    /// # }
    /// ```
    pub fn eval(&self, expression: &str) -> Result<Value, Error> {
        let expression = expression.to_owned();
        self.run(move |py| Value::from_object(&code::eval(py, &expression)?))
    }

    /// Calls a function of a module by its name, which may have dots: `Class.method`.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run), and if the result cannot leave by value.
    ///
    /// ```no_run
    /// # use insula::embed::{Interpreter, Error, Value};
    /// # fn f(interpreter: &Interpreter) -> Result<(), Error> {
    /// assert_eq!(interpreter.call("builtins", "str.upper", vec!["a".into()])?, Value::from("A"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn call(&self, module: &str, function: &str, args: Vec<Value>) -> Result<Value, Error> {
        let (module, function) = (module.to_owned(), function.to_owned());
        self.run(move |py| Value::from_object(&code::call(py, &module, &function, args)?))
    }

    /// Calls a function by its name; the result leaves as a pickle.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run), and if the result cannot be pickled.
    ///
    /// ```no_run
    /// # use insula::embed::{Interpreter, Error, Value};
    /// # fn f(one: &Interpreter, two: &Interpreter) -> Result<(), Error> {
    /// let complex = one.call_pickled("builtins", "complex", vec![3.0.into(), 4.0.into()])?;
    /// assert_eq!(two.call("builtins", "abs", vec![complex.into()])?, Value::Float(5.0));
    /// # Ok(())
    /// # }
    /// ```
    pub fn call_pickled(&self, module: &str, function: &str, args: Vec<Value>) -> Result<Pickle, Error> {
        let (module, function) = (module.to_owned(), function.to_owned());
        self.run(move |py| pickle(&code::call(py, &module, &function, args)?))
    }

    /// Keeps a thread state for this thread, for many entries.
    ///
    /// # Errors
    ///
    /// [`Error::Ended`] and [`Error::Busy`], as [`run`](Self::run).
    ///
    /// ```no_run
    /// # use insula::embed::{Interpreter, Error};
    /// # fn f(interpreter: &Interpreter) -> Result<(), Error> {
    /// let session = interpreter.session()?;
    /// session.exec("x = 1")?;
    /// session.exec("x += 1")
    /// # }
    /// ```
    pub fn session(&self) -> Result<Session, Error> {
        Session::new(self)
    }

    /// Ends the interpreter, from any thread: waits until every thread has left it and those that it started have
    /// ended, runs its exit functions, and lets CPython clean up. The main interpreter ends with
    /// [`Runtime::finish`](super::Runtime::finish) only.
    ///
    /// # Errors
    ///
    /// [`Error::Ended`] if that is done, or another thread is about it; [`Error::Inside`] from inside, or for the main
    /// interpreter; [`Error::Busy`] if others are inside and this thread is inside of some interpreter;
    /// [`Error::Threads`] if threads stay. In the last three cases it lives on.
    pub fn end(&self) -> Result<(), Error> {
        if self.0.is_main { Err(Error::Inside) } else { end(&self.0.record) }
    }
}

impl std::fmt::Debug for Interpreter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Interpreter").field(&self.number()).finish()
    }
}
