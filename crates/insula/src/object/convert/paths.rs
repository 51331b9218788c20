//! Paths and text of the operating system, in the file system's encoding.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use crate::brand::Py;
use crate::ffi;
use crate::object::convert::{Argument, FromPy, IntoPy};
use crate::object::err::PyResult;
use crate::object::exceptions::{BuiltinException, ValueError};
use crate::object::obj::Obj;
use crate::object::types::{Bytes, Str};

/// From a `str`, `bytes` or `os.PathLike`.
impl<'py, S> FromPy<'_, 'py, S> for OsString {
    fn from_py(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, Self> {
        let py = argument.py();
        // SAFETY: a live object; PyOS_FSPath returns a `str` or `bytes`, or NULL with an exception.
        let path: Obj<'py> = unsafe { Obj::from_owned(py, ffi::PyOS_FSPath(argument.object().as_ptr()))? };
        let text = match path.downcast::<Str>() {
            Some(text) => decode(text)?,
            None => match path.downcast::<Bytes>() {
                Some(bytes) => decode(&of_bytes(bytes)?)?,
                None => return Err(argument.wrong_type("str, bytes or os.PathLike object")),
            },
        };
        if text.as_encoded_bytes().contains(&0) {
            return Err(ValueError::new_err(py, "embedded null character"));
        }
        Ok(text)
    }
}

/// `os.fsdecode`.
fn of_bytes<'py>(bytes: &Obj<'py, Bytes>) -> PyResult<'py, Obj<'py, Str>> {
    let data = bytes.as_bytes();
    // SAFETY: pointer and length are those of a slice; a new `str` or NULL with an exception.
    unsafe {
        let text = ffi::PyUnicode_DecodeFSDefaultAndSize(data.as_ptr().cast(), data.len().cast_signed());
        Obj::from_owned(bytes.py(), text)
    }
}

#[cfg(unix)]
fn decode<'py>(text: &Obj<'py, Str>) -> PyResult<'py, OsString> {
    use std::os::unix::ffi::OsStrExt;
    // SAFETY: a live `str`; PyUnicode_EncodeFSDefault returns a new `bytes` or NULL with an exception.
    let bytes: Obj<'py, Bytes> = unsafe { Obj::from_owned(text.py(), ffi::PyUnicode_EncodeFSDefault(text.as_ptr()))? };
    Ok(OsStr::from_bytes(bytes.as_bytes()).to_owned())
}

#[cfg(unix)]
fn encode<'py>(py: Py<'py>, text: &OsStr) -> PyResult<'py, Obj<'py, Str>> {
    of_bytes(&Bytes::new(py, text.as_encoded_bytes())?)
}

#[cfg(not(unix))]
fn decode<'py>(text: &Obj<'py, Str>) -> PyResult<'py, OsString> {
    text.to_str().map(OsString::from)
}

#[cfg(not(unix))]
fn encode<'py>(py: Py<'py>, text: &OsStr) -> PyResult<'py, Obj<'py, Str>> {
    match text.to_str() {
        Some(text) => Str::new(py, text),
        None => Err(ValueError::new_err(py, "the text is not valid Unicode")),
    }
}

impl<'py, S> FromPy<'_, 'py, S> for PathBuf {
    fn from_py(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, Self> {
        OsString::from_py(argument).map(PathBuf::from)
    }
}

impl<'py> IntoPy<'py> for &OsStr {
    fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        encode(py, self).map(Obj::into_any)
    }
}

impl<'py> IntoPy<'py> for OsString {
    fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        self.as_os_str().into_py(py)
    }
}

/// A `pathlib.Path`.
impl<'py> IntoPy<'py> for &Path {
    fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        py.import("pathlib")?.getattr("Path")?.call((self.as_os_str(),))
    }
}

/// A `pathlib.Path`.
impl<'py> IntoPy<'py> for PathBuf {
    fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        self.as_path().into_py(py)
    }
}
