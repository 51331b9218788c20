//! `str`.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::ffi::{CStr, CString};
use std::fmt;

use crate::brand::Py;
use crate::ffi;
use crate::object::convert::IntoPy;
use crate::object::err::{PyErr, PyResult};
use crate::object::exceptions::{BuiltinException, IndexError, ValueError};
use crate::object::obj::Obj;
use crate::object::types::native::native;
use crate::object::types::object::truth;
use crate::object::types::{Bytes, List};

native! {
    /// Python's `str`.
    ///
    /// Positions and lengths count code points. A `str` may hold lone surrogates, which Rust text cannot: what has to
    /// make Rust text of one raises.
    ///
    /// ```
    /// use insula::prelude::*;
    /// fn greeting<'py>(name: &Obj<'py, Str>) -> PyResult<'py, Obj<'py, Str>> {
    ///     Str::format(name.py(), format_args!("Hello, {}!", name.to_str()?))
    /// }
    /// ```
    Str "str" PyUnicode_Check PyUnicode_Type;
}

impl Str {
    /// A new `str`.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    pub fn new<'py>(py: Py<'py>, text: &str) -> PyResult<'py, Obj<'py, Str>> {
        // SAFETY: the pointer and length are those of valid UTF-8; the length of a Rust slice fits Py_ssize_t.
        unsafe { Obj::from_owned(py, ffi::PyUnicode_FromStringAndSize(text.as_ptr().cast(), text.len().cast_signed())) }
    }

    /// A new `str` of formatted pieces: `Str::format(py, format_args!("{a}, {b}"))`.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    pub fn format<'py>(py: Py<'py>, pieces: fmt::Arguments<'_>) -> PyResult<'py, Obj<'py, Str>> {
        Str::new(py, &fmt::format(pieces))
    }

    /// An interned `str`, for names that are looked up often. Keep it in the module state: interning is per
    /// interpreter.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    pub fn intern<'py>(py: Py<'py>, text: &CStr) -> PyResult<'py, Obj<'py, Str>> {
        // SAFETY: a NUL-terminated string; invalid UTF-8 raises.
        unsafe { Obj::from_owned(py, ffi::PyUnicode_InternFromString(text.as_ptr())) }
    }
}

/// The name of an encoding or of an error handler, for C.
pub(crate) fn c_name<'py>(py: Py<'py>, name: &str) -> PyResult<'py, CString> {
    CString::new(name).map_err(|_| ValueError::new_err(py, "embedded null character"))
}

impl<'py> Obj<'py, Str> {
    /// The text as UTF-8, without a copy of its own (CPython caches the encoded form).
    ///
    /// # Errors
    ///
    /// `UnicodeEncodeError` if the text contains a lone surrogate; `MemoryError`.
    pub fn to_str(&self) -> PyResult<'py, &str> {
        let mut length = 0;
        // SAFETY: a live `str`.
        let text = unsafe { ffi::PyUnicode_AsUTF8AndSize(self.as_ptr(), &mut length) };
        if text.is_null() {
            return Err(PyErr::take(self.py()));
        }
        // SAFETY: CPython returns valid UTF-8 of that length, cached in the immutable `str` for as long as it lives;
        // `&self` keeps it alive.
        unsafe { Ok(std::str::from_utf8_unchecked(std::slice::from_raw_parts(text.cast(), length.cast_unsigned()))) }
    }

    /// The text, with U+FFFD in place of each lone surrogate.
    pub fn to_str_lossy(&self) -> Cow<'_, str> {
        match self.to_str() {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => (0..self.len()).map(|index| self.code_point(index)).map(replaced).collect(),
        }
    }

    /// The length in code points.
    pub fn len(&self) -> usize {
        // SAFETY: a live `str`; its length is not negative.
        unsafe { ffi::PyUnicode_GetLength(self.as_ptr()).cast_unsigned() }
    }

    /// Whether the text is empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The code point at an index in range.
    fn code_point(&self, index: usize) -> u32 {
        // SAFETY: a live `str`; the callers' index is in range, and the call checks it again.
        unsafe { ffi::PyUnicode_ReadChar(self.as_ptr(), index.cast_signed()) }
    }

    /// The character at `index`.
    ///
    /// # Errors
    ///
    /// `IndexError` past the end; `ValueError` for a lone surrogate.
    pub fn char_at(&self, index: usize) -> PyResult<'py, char> {
        if index >= self.len() {
            return Err(IndexError::new_err(self.py(), "string index out of range"));
        }
        let code = self.code_point(index);
        char::from_u32(code).ok_or_else(|| {
            let message = format!("'\\u{code:x}' in position {index}: surrogates not allowed");
            ValueError::new_err(self.py(), message.as_str())
        })
    }

    /// `self[start:end]`. Positions past the end mean the end.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    pub fn slice(&self, start: usize, end: usize) -> PyResult<'py, Obj<'py, Str>> {
        let end = end.min(self.len());
        let start = start.min(end);
        // SAFETY: a live `str` and positions within it; a new `str` or NULL with an exception.
        unsafe {
            let part = ffi::PyUnicode_Substring(self.as_ptr(), start.cast_signed(), end.cast_signed());
            Obj::from_owned(self.py(), part)
        }
    }

    /// `self + other`.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    pub fn concat(&self, other: &Obj<'py, Str>) -> PyResult<'py, Obj<'py, Str>> {
        // SAFETY: both are live `str`s; a new `str` or NULL with an exception.
        unsafe { Obj::from_owned(self.py(), ffi::PyUnicode_Concat(self.as_ptr(), other.as_ptr())) }
    }

    /// `self.join(iterable)`.
    ///
    /// # Errors
    ///
    /// `TypeError` if an item is no `str`; what the iteration raises.
    pub fn join<T>(&self, iterable: &Obj<'py, T>) -> PyResult<'py, Obj<'py, Str>> {
        // SAFETY: both objects are alive; a new `str` or NULL with an exception.
        unsafe { Obj::from_owned(self.py(), ffi::PyUnicode_Join(self.as_ptr(), iterable.as_ptr())) }
    }

    /// Where `part` first occurs, in code points.
    ///
    /// # Errors
    ///
    /// What the conversion of a `part` that is Rust text raises; `MemoryError`.
    pub fn find(&self, part: &str) -> PyResult<'py, Option<usize>> {
        let part = Str::new(self.py(), part)?;
        // SAFETY: both are live `str`s; -1 means "not found", -2 an exception. The end of the range is bounded by the
        // length.
        match unsafe { ffi::PyUnicode_Find(self.as_ptr(), part.as_ptr(), 0, isize::MAX, 1) } {
            -2 => Err(PyErr::take(self.py())),
            index => Ok(usize::try_from(index).ok()),
        }
    }

    /// `part in self`.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    pub fn contains(&self, part: &str) -> PyResult<'py, bool> {
        let part = Str::new(self.py(), part)?;
        // SAFETY: both are live `str`s.
        truth(self.py(), unsafe { ffi::PyUnicode_Contains(self.as_ptr(), part.as_ptr()) })
    }

    /// `self.replace(from, to)`.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    pub fn replace(&self, from: &str, to: &str) -> PyResult<'py, Obj<'py, Str>> {
        let (from, to) = (Str::new(self.py(), from)?, Str::new(self.py(), to)?);
        // SAFETY: all are live `str`s; -1 stands for every occurrence; a new `str` or NULL with an exception.
        unsafe {
            let replaced = ffi::PyUnicode_Replace(self.as_ptr(), from.as_ptr(), to.as_ptr(), -1);
            Obj::from_owned(self.py(), replaced)
        }
    }

    /// `self.split(separator)`.
    ///
    /// # Errors
    ///
    /// `ValueError` for an empty separator; `MemoryError`.
    pub fn split(&self, separator: &str) -> PyResult<'py, Obj<'py, List>> {
        let separator = Str::new(self.py(), separator)?;
        // SAFETY: both are live `str`s; -1 stands for no limit; a new `list` or NULL with an exception.
        unsafe { Obj::from_owned(self.py(), ffi::PyUnicode_Split(self.as_ptr(), separator.as_ptr(), -1)) }
    }

    /// Whether this is just `text`. A `str` with lone surrogates equals none.
    pub fn is_text(&self, text: &str) -> bool {
        self.to_str().is_ok_and(|own| own == text)
    }

    /// Compares by code points, as `<` does.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    pub fn compare(&self, other: &Obj<'py, Str>) -> PyResult<'py, Ordering> {
        // SAFETY: both are live `str`s; -1 may also mean an exception.
        unsafe {
            let order = ffi::PyUnicode_Compare(self.as_ptr(), other.as_ptr());
            if order == -1 && !ffi::PyErr_Occurred().is_null() {
                return Err(PyErr::take(self.py()));
            }
            Ok(order.cmp(&0))
        }
    }

    /// `self.encode(encoding, errors)`.
    ///
    /// # Errors
    ///
    /// `UnicodeEncodeError`; `LookupError` for an unknown encoding.
    pub fn encode(&self, encoding: &str, errors: &str) -> PyResult<'py, Obj<'py, Bytes>> {
        let (encoding, errors) = (c_name(self.py(), encoding)?, c_name(self.py(), errors)?);
        // SAFETY: a live `str` and NUL-terminated names; the call returns a new `bytes` or NULL with an exception.
        unsafe {
            let data = ffi::PyUnicode_AsEncodedString(self.as_ptr(), encoding.as_ptr(), errors.as_ptr());
            Obj::from_owned(self.py(), data)
        }
    }
}

fn replaced(code: u32) -> char {
    char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
}

impl<'py> IntoPy<'py> for fmt::Arguments<'_> {
    fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        Str::format(py, self).map(Obj::into_any)
    }
}
