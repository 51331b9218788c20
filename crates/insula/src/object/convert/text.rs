//! Text.

use std::borrow::Cow;

use crate::brand::Py;
use crate::object::convert::{Argument, Downcast, FromPy, IntoPy};
use crate::object::err::PyResult;
use crate::object::exceptions::{BuiltinException, ValueError};
use crate::object::obj::Obj;
use crate::object::types::Str;

impl<'a, 'py, S> FromPy<'a, 'py, S> for &'a str {
    #[inline]
    fn from_py(argument: &Argument<'a, 'py, '_, S>) -> PyResult<'py, Self> {
        Str::downcast(argument)?.to_str()
    }
}

impl<'py, S> FromPy<'_, 'py, S> for String {
    fn from_py(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, Self> {
        <&str>::from_py(argument).map(str::to_owned)
    }
}

impl<'py> IntoPy<'py> for &str {
    #[inline]
    fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        Str::new(py, self).map(Obj::into_any)
    }
}

impl<'py> IntoPy<'py> for String {
    #[inline]
    fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        self.as_str().into_py(py)
    }
}

impl<'py, S> FromPy<'_, 'py, S> for Box<str> {
    fn from_py(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, Self> {
        <&str>::from_py(argument).map(Box::from)
    }
}

impl<'a, 'py, S> FromPy<'a, 'py, S> for Cow<'a, str> {
    fn from_py(argument: &Argument<'a, 'py, '_, S>) -> PyResult<'py, Self> {
        <&str>::from_py(argument).map(Cow::Borrowed)
    }
}

/// From a `str` of one character.
impl<'py, S> FromPy<'_, 'py, S> for char {
    fn from_py(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, Self> {
        let text = Str::downcast(argument)?;
        match text.len() {
            1 => text.char_at(0),
            length => {
                let message = format!("expected a character, but a string of length {length} found");
                Err(ValueError::new_err(argument.py(), message.as_str()))
            }
        }
    }
}

impl<'py> IntoPy<'py> for &String {
    fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        self.as_str().into_py(py)
    }
}

impl<'py> IntoPy<'py> for Box<str> {
    fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        (*self).into_py(py)
    }
}

impl<'py> IntoPy<'py> for Cow<'_, str> {
    fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        (*self).into_py(py)
    }
}

impl<'py> IntoPy<'py> for char {
    fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        self.encode_utf8(&mut [0; 4]).into_py(py)
    }
}
