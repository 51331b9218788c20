//! Embedding: CPython inside a Rust program, with as many interpreters as it wants (feature `embed`).
//!
//! A [`Runtime`] is CPython, started. It is a value: finishing it ends CPython, and then another can be started. In it
//! lives the main interpreter, and beside that any number of others, legacy ones or such that have a GIL of their own
//! ([`InterpreterConfig`]). An [`Interpreter`] can be used and ended from any thread, in any order.
//!
//! Code runs in an interpreter between an entry and its end ([`Interpreter::run`]). Every entry mints a fresh brand, so
//! no Python object can be carried from one entry to the next or from one interpreter to another: what goes in and
//! comes out is Rust data ([`Value`], or anything that is `'static`), and a Python exception comes out as an
//! [`Exception`], which is text. A closure that enters one interpreter from within an entry of another is `'static`, so
//! it captures no object of the outer one, which cannot be used until the inner entry ends.
//!
//! A [`Session`] keeps a thread state from one entry to the next; a [`Pool`] runs jobs on several interpreters at once.
//!
//! ```no_run
//! use insula::embed::{Config, InterpreterConfig, Runtime, Value};
//!
//! # fn main() -> Result<(), insula::embed::Error> {
//! let mut runtime = Runtime::start(&Config::isolated())?;
//! let island = runtime.interpreter(&InterpreterConfig::own_gil())?;
//! island.exec("def double(x): return 2 * x")?;
//! assert_eq!(island.call("__main__", "double", vec![Value::from(21)])?, Value::Int(42));
//! island.end()?;
//! runtime.finish()
//! # }
//! ```
//!
//! # Limits
//!
//! * One runtime at a time, as CPython has one per process, and none where somebody else started CPython.
//! * An interpreter made here must not be destroyed by Python code that knows its ID (`_interpreters.destroy`).
//! * A crate that lends a reference to other code through a thread-local variable can carry an object past the
//!   compiler's check, as with [`Py::detach`](crate::Py::detach). Do not use such crates across an entry. The feature
//!   `checked` aborts where that happens.

mod builtin;
mod code;
mod config;
mod ending;
mod entry;
mod error;
mod gate;
mod interpreter;
mod options;
mod pool;
mod record;
mod runtime;
mod session;
mod value;

#[cfg(Py_3_15)]
pub use builtin::__Definition;
pub use builtin::{__c_name, Builtin};
pub use code::{call, eval, exec, import};
pub use config::Config;
pub use error::{Error, Exception};
pub use interpreter::Interpreter;
pub use options::{Gil, InterpreterConfig};
pub use pool::{Job, Pool};
pub use runtime::{Handle, Runtime};
pub use session::Session;
pub use value::{Pickle, Value};

pub use crate::__embed_builtin as builtin;
