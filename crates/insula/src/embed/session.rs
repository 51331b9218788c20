//! Sessions: a thread state that is kept from one entry to the next.

use super::code;
use super::error::Error;
use super::gate::refuse_behind;
use super::interpreter::Interpreter;
use super::record::Visit;
use super::value::{Pickle, Value, pickle};
use crate::brand::{NotSend, Py};
use crate::object::err::PyResult;
use crate::thread::attachment::Place;

/// This thread's place in an interpreter, kept between entries: they cost less, and `threading.local` data and context
/// variables last from one to the next. All entries of this thread into the interpreter use it, also those without the
/// session.
///
/// It stays with its thread. The interpreter does not end while it exists: who wants to end it waits.
///
/// ```no_run
/// # use insula::embed::{Config, Error, Runtime, Value};
/// # fn main() -> Result<(), Error> {
/// let runtime = Runtime::start(&Config::isolated())?;
/// let main = runtime.main();
/// let session = main.session()?;
/// for n in 0..1000 {
///     assert_eq!(session.call("builtins", "abs", vec![Value::from(-n)])?, Value::from(n));
/// }
/// # Ok(())
/// # }
/// ```
///
/// ```compile_fail
/// # fn f(session: insula::embed::Session) {
/// std::thread::spawn(move || session.exec("pass")); // a session stays with its thread
/// # }
/// ```
pub struct Session {
    // Dropped in this order: the thread state, then leave, then let go of the interpreter.
    _place: Place,
    _visit: Visit,
    interpreter: Interpreter,
    not_send: NotSend,
}

impl Session {
    pub(super) fn new(interpreter: &Interpreter) -> Result<Self, Error> {
        refuse_behind()?;
        let visit = interpreter.record().visit()?;
        let record = &visit.record;
        // SAFETY: the visit keeps the interpreter alive, and is dropped after the place; on the thread that started
        // CPython this is its thread state.
        let place = unsafe { Place::find(record.state, record.home_state())? };
        Ok(Self { _place: place, _visit: visit, interpreter: interpreter.clone(), not_send: NotSend::default() })
    }

    /// The interpreter.
    pub fn interpreter(&self) -> &Interpreter {
        &self.interpreter
    }

    /// Runs Rust code in the interpreter: see [`Interpreter::run`].
    ///
    /// # Errors
    ///
    /// As [`Interpreter::run`].
    pub fn run<R, F>(&self, code: F) -> Result<R, Error>
    where
        R: 'static,
        F: for<'py> FnOnce(Py<'py>) -> PyResult<'py, R> + 'static,
    {
        // It finds the thread state that the session keeps.
        self.interpreter.run(code)
    }

    /// Runs statements in the namespace of `__main__`.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub fn exec(&self, code: &str) -> Result<(), Error> {
        let code = code.to_owned();
        self.run(move |py| code::exec(py, &code))
    }

    /// The value of an expression in the namespace of `__main__`.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run), and if the object cannot leave by value.
    pub fn eval(&self, expression: &str) -> Result<Value, Error> {
        let expression = expression.to_owned();
        self.run(move |py| Value::from_object(&code::eval(py, &expression)?))
    }

    /// Calls a function by its name.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run), and if the result cannot leave by value.
    pub fn call(&self, module: &str, function: &str, args: Vec<Value>) -> Result<Value, Error> {
        let (module, function) = (module.to_owned(), function.to_owned());
        self.run(move |py| Value::from_object(&code::call(py, &module, &function, args)?))
    }

    /// Calls a function by its name; the result leaves as a pickle.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run), and if the result cannot be pickled.
    pub fn call_pickled(&self, module: &str, function: &str, args: Vec<Value>) -> Result<Pickle, Error> {
        let (module, function) = (module.to_owned(), function.to_owned());
        self.run(move |py| pickle(&code::call(py, &module, &function, args)?))
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Session").field(&self.interpreter.number()).finish()
    }
}
