//! `serde`: whatever serializes becomes Python objects, and is made of them.

mod read;
mod write;

use std::fmt::{self, Display};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::brand::Py;
use crate::object::convert::{Argument, FromPy, IntoPy};
use crate::object::err::{PyErr, PyResult};
use crate::object::exceptions::{BuiltinException, ValueError};
use crate::object::obj::Obj;

/// A value of a type that `serde` knows, as a parameter or result: from and to plain objects of Python's, as the `json`
/// module has them, with `bytes`, `tuple` and `set` besides.
///
/// A struct is a `dict`, or any mapping; a variant of an enum without data the `str` of its name, one with data a
/// `dict` of one entry.
///
/// ```
/// # #[insula::module]
/// # mod demo {
/// #     use insula::prelude::*;
/// use insula::Serde;
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct Settings {
///     name: String,
///     #[serde(default)]
///     depth: Option<u32>,
/// }
///
/// #[function]
/// fn deeper(Serde(mut settings): Serde<Settings>) -> Serde<Settings> {
///     settings.depth = settings.depth.map(|depth| depth + 1);
///     Serde(settings)
/// }
/// # }
/// # fn main() {}
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Serde<T>(
    /// The value.
    pub T,
);

impl<'py, S, T: DeserializeOwned> FromPy<'_, 'py, S> for Serde<T> {
    fn from_py(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, Self> {
        let read = T::deserialize(read::Reader::new(argument.object()));
        read.map(Serde).map_err(|error| error.into_py_err(argument.py()))
    }
}

impl<'py, T: Serialize> IntoPy<'py> for Serde<T> {
    fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        self.0.serialize(write::Writer(py)).map_err(|error| error.into_py_err(py))
    }
}

/// What goes wrong on the way.
#[derive(Debug)]
enum Error<'py> {
    /// What Python raised.
    Raised(PyErr<'py>),
    /// What does not fit, in serde's words.
    Message(String),
}

impl<'py> Error<'py> {
    fn into_py_err(self, py: Py<'py>) -> PyErr<'py> {
        match self {
            Error::Raised(error) => error,
            Error::Message(message) => ValueError::new_err(py, message),
        }
    }
}

impl<'py> From<PyErr<'py>> for Error<'py> {
    fn from(error: PyErr<'py>) -> Self {
        Error::Raised(error)
    }
}

impl Display for Error<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Raised(error) => Display::fmt(error, f),
            Error::Message(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for Error<'_> {}

impl serde::de::Error for Error<'_> {
    fn custom<T: Display>(message: T) -> Self {
        Error::Message(message.to_string())
    }
}

impl serde::ser::Error for Error<'_> {
    fn custom<T: Display>(message: T) -> Self {
        Error::Message(message.to_string())
    }
}
