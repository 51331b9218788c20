//! Exceptions and warnings as Rust raises them: `tests/python/test_raising.py` calls these functions.

#![forbid(unsafe_code)]

/// Every way in which Rust raises an exception or a warning.
#[insula::module]
mod errors {
    use std::error::Error;
    use std::fmt;
    use std::io;

    use insula::prelude::*;

    #[state]
    struct State;

    /// An exception of the module's own.
    #[exception(base = ValueError)]
    struct Malformed;

    /// A warning of the module's own.
    #[exception(base = UserWarning)]
    struct Odd;

    /// An error of a Rust library's, which also is a `std::error::Error`, as most are.
    #[derive(Debug, IntoPyErr)]
    #[raise(LookupError)]
    enum LoadError {
        #[raise(Malformed)]
        Syntax {
            line: usize,
        },
        #[raise(KeyError)]
        Missing(String),
        #[raise(transparent)]
        Io(io::Error),
        Other,
    }

    impl fmt::Display for LoadError {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            match self {
                LoadError::Syntax { line } => write!(f, "line {line} is malformed"),
                LoadError::Missing(name) => f.write_str(name),
                LoadError::Io(error) => write!(f, "{error}"),
                LoadError::Other => f.write_str("something else"),
            }
        }
    }

    impl Error for LoadError {}

    fn load_error(kind: &str) -> LoadError {
        match kind {
            "syntax" => LoadError::Syntax { line: 7 },
            "missing" => LoadError::Missing("the name".to_owned()),
            "io" => LoadError::Io(io::Error::from(io::ErrorKind::TimedOut)),
            _ => LoadError::Other,
        }
    }

    /// From each kind of handler: a function, a constructor, a method, a getter, a setter, slots, class methods.
    #[function]
    fn load(kind: &str) -> Result<usize, LoadError> {
        if kind.is_empty() { Ok(0) } else { Err(load_error(kind)) }
    }

    #[class]
    struct Loader {
        fails: bool,
    }

    #[methods]
    impl Loader {
        #[new]
        fn new(kind: &str) -> Result<Self, LoadError> {
            match kind {
                "" | "later" => Ok(Loader { fails: kind == "later" }),
                _ => Err(load_error(kind)),
            }
        }
        fn method(&self) -> Result<Option<usize>, LoadError> {
            if self.fails { Err(load_error("syntax")) } else { Ok(None) }
        }
        #[getter]
        fn value(&self) -> Result<usize, LoadError> {
            if self.fails { Err(load_error("syntax")) } else { Ok(1) }
        }
        #[setter]
        fn set_value(&self, _value: usize) -> Result<(), LoadError> {
            if self.fails { Err(load_error("syntax")) } else { Ok(()) }
        }
        #[classmethod]
        fn of_the_class<'py>(_class: &Obj<'py, Type>) -> Result<(), LoadError> {
            Err(load_error("syntax"))
        }
        fn __len__(&self) -> Result<usize, LoadError> {
            if self.fails { Err(load_error("syntax")) } else { Ok(1) }
        }
        fn __bool__(&self) -> Result<bool, LoadError> {
            if self.fails { Err(load_error("syntax")) } else { Ok(true) }
        }
        fn __hash__(&self) -> Result<isize, LoadError> {
            if self.fails { Err(load_error("syntax")) } else { Ok(1) }
        }
        fn __next__(&self) -> Result<Option<usize>, LoadError> {
            if self.fails { Err(load_error("syntax")) } else { Ok(None) }
        }
        fn __setitem__(&self, _key: usize, _value: usize) -> Result<(), LoadError> {
            if self.fails { Err(load_error("syntax")) } else { Ok(()) }
        }
        /// Nowhere is there a way to the module: a built-in exception alone can come from here.
        #[staticmethod]
        fn parse(text: &str) -> Result<u8, std::num::ParseIntError> {
            text.parse()
        }
    }

    /// An error that raises nothing of the module's goes through `?`.
    #[derive(Debug, IntoPyErr)]
    #[raise(PermissionError)]
    struct Forbidden(&'static str);

    impl fmt::Display for Forbidden {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl Error for Forbidden {}

    fn forbidden() -> Result<(), Forbidden> {
        Err(Forbidden("not for you"))
    }

    #[function]
    fn question_mark<'py>() -> PyResult<'py, ()> {
        Ok(forbidden()?)
    }

    #[function]
    fn boxed(kind: &str) -> Result<(), Box<dyn Error + Send + Sync>> {
        match kind {
            "parse" => Err("x".parse::<u8>().unwrap_err().into()),
            "text" => Err("only text".into()),
            _ => Ok(std::fs::read("/nonexistent/file").map(drop)?),
        }
    }

    #[function]
    fn boxed_local() -> Result<(), Box<dyn Error>> {
        Err(Box::new(u8::try_from(256).unwrap_err()))
    }

    #[function]
    fn with_anyhow(kind: &str) -> anyhow::Result<()> {
        use anyhow::Context;
        match kind {
            "text" => anyhow::bail!("only text"),
            "bare" => Ok(std::fs::read("/nonexistent/file").map(drop)?),
            _ => std::fs::read("/nonexistent/file").map(drop).context("no settings"),
        }
    }

    #[function]
    fn with_eyre(kind: &str) -> eyre::Result<()> {
        use eyre::WrapErr;
        match kind {
            "text" => eyre::bail!("only text"),
            _ => "x".parse::<u8>().map(drop).wrap_err("no settings"),
        }
    }

    #[function]
    fn from_error<'py>() -> PyResult<'py, ()> {
        Err(PyErr::from_error(load_error("other")))
    }

    #[function]
    fn of_kind(kind: &str) -> io::Result<()> {
        use io::ErrorKind as Kind;
        let kinds = [
            ("NotFound", Kind::NotFound),
            ("PermissionDenied", Kind::PermissionDenied),
            ("AlreadyExists", Kind::AlreadyExists),
            ("WouldBlock", Kind::WouldBlock),
            ("Other", Kind::Other),
        ];
        let kind = kinds.into_iter().find(|(name, _)| *name == kind).map_or(Kind::Other, |(_, kind)| kind);
        Err(io::Error::new(kind, "said by hand"))
    }

    #[function]
    fn of_number(number: i32) -> io::Result<()> {
        Err(io::Error::from_raw_os_error(number))
    }

    /// One argument is one argument.
    #[function]
    fn one_argument<'py>(value: &Obj<'py>) -> PyResult<'py, ()> {
        Err(KeyError::new_err(value.py(), value))
    }

    #[function]
    fn no_argument<'py>(py: Py<'py>) -> PyResult<'py, ()> {
        Err(KeyError::with_args(py, ()))
    }

    #[function]
    fn of_the_module<'py>(cx: Cx<'py, State>, value: &Obj<'py>) -> PyResult<'py, ()> {
        Err(cx.new_err::<Malformed>(value))
    }

    #[function]
    fn five_arguments<'py>(data: &Obj<'py, Bytes>) -> PyResult<'py, ()> {
        Err(UnicodeDecodeError::with_args(data.py(), ("utf-8", data, 0, 1, "a reason")))
    }

    /// What `Display` and `Debug` say of an exception, before and after it was made.
    #[function]
    fn shown<'py>(value: &Obj<'py>) -> (String, String) {
        let error = PyErr::from_value(value);
        (error.to_string(), format!("{error:?}"))
    }

    #[function]
    fn shown_late<'py>(py: Py<'py>) -> (String, String, bool, String) {
        let error = PyErr::from(Forbidden("not for you"));
        let before = error.to_string();
        let again = error.to_string();
        let is_one = error.is::<OSError>(py);
        (before, again, is_one, error.to_string())
    }

    #[function(signature = (message, stack_level = 1))]
    fn warn<'py>(py: Py<'py>, message: &str, stack_level: usize) -> PyResult<'py, ()> {
        py.warn::<DeprecationWarning>(message, stack_level)
    }

    #[function]
    fn warn_of_the_module<'py>(cx: Cx<'py, State>) -> PyResult<'py, ()> {
        cx.py().warn_of(cx.exception::<Odd>(), "how odd", 1)
    }

    #[function]
    fn warn_of<'py>(category: &Obj<'py, Type>) -> PyResult<'py, ()> {
        category.py().warn_of(category, "of any class", 1)
    }

    #[exec]
    fn exec<'py>(_: &Obj<'py, Module>) -> PyResult<'py, State> {
        insula::logging::init(log::LevelFilter::Trace);
        Ok(State)
    }

    /// Logs a line of each level.
    #[function]
    fn log_all(text: &str) {
        log::error!(target: "errors::part", "{text}");
        log::warn!("{text}");
        log::info!("{text}");
        log::debug!("{text}");
        log::trace!("{text}");
    }

    /// Logs where the thread is detached, and fails after a line.
    #[function]
    fn log_detached<'py>(py: Py<'py>) {
        py.detach((), |()| log::error!("detached"));
    }

    /// The class of each exception that Rust knows, by its name here.
    #[function]
    fn classes<'py>(py: Py<'py>) -> PyResult<'py, Obj<'py, Dict>> {
        let found = Dict::new(py)?;
        macro_rules! each {
            ($($name:ident)*) => { $( found.set(stringify!($name), class_of::<$name>(py))?; )* };
        }
        each! {
            BaseException BaseExceptionGroup Exception ExceptionGroup ArithmeticError AssertionError AttributeError
            BlockingIOError BrokenPipeError BufferError ChildProcessError ConnectionAbortedError ConnectionError
            ConnectionRefusedError ConnectionResetError EOFError EnvironmentError FileExistsError FileNotFoundError
            FloatingPointError GeneratorExit IOError ImportError IndentationError IndexError InterruptedError
            IsADirectoryError KeyError KeyboardInterrupt LookupError MemoryError ModuleNotFoundError NameError
            NotADirectoryError NotImplementedError OSError OverflowError PermissionError ProcessLookupError
            RecursionError ReferenceError RuntimeError StopAsyncIteration StopIteration SyntaxError SystemError
            SystemExit TabError TimeoutError TypeError UnboundLocalError UnicodeDecodeError UnicodeEncodeError
            UnicodeError UnicodeTranslateError ValueError ZeroDivisionError
            Warning BytesWarning DeprecationWarning EncodingWarning FutureWarning ImportWarning
            PendingDeprecationWarning ResourceWarning RuntimeWarning SyntaxWarning UnicodeWarning UserWarning
        }
        Ok(found)
    }

    fn class_of<'py, E: BuiltinException>(py: Py<'py>) -> Obj<'py, Type> {
        E::class(py)
    }
}
