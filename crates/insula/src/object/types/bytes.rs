//! `bytes` and `bytearray`.

use crate::brand::Py;
use crate::ffi;
use crate::object::err::{PyErr, PyResult};
use crate::object::exceptions::{BuiltinException, ValueError};
use crate::object::obj::Obj;
use crate::object::types::native::native;
use crate::object::types::str::c_name;
use crate::object::types::{Str, object::call_own};

native! {
    /// Python's `bytes`.
    ///
    /// ```
    /// use insula::prelude::*;
    /// fn zeros<'py>(data: &Obj<'py, Bytes>) -> usize {
    ///     data.as_bytes().iter().filter(|&&byte| byte == 0).count()
    /// }
    /// ```
    Bytes "bytes" PyBytes_Check PyBytes_Type;
    /// Python's `bytearray`. Its memory moves and changes, so it is only ever copied.
    ///
    /// ```
    /// use insula::prelude::*;
    /// fn shout<'py>(text: &Obj<'py, ByteArray>) -> PyResult<'py, ()> {
    ///     let upper = text.to_vec().to_ascii_uppercase();
    ///     text.write(0, &upper)?;
    ///     text.extend(b"!")
    /// }
    /// ```
    ByteArray "bytearray" PyByteArray_Check PyByteArray_Type;
}

impl Bytes {
    /// A new `bytes`.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    pub fn new<'py>(py: Py<'py>, data: &[u8]) -> PyResult<'py, Obj<'py, Bytes>> {
        // SAFETY: pointer and length are those of a slice.
        unsafe { Obj::from_owned(py, ffi::PyBytes_FromStringAndSize(data.as_ptr().cast(), data.len().cast_signed())) }
    }
}

impl<'py> Obj<'py, Bytes> {
    /// The data, without a copy.
    pub fn as_bytes(&self) -> &[u8] {
        // SAFETY: a live `bytes` object is immutable; its memory lives as long as `&self` keeps it alive.
        unsafe {
            let data = ffi::PyBytes_AsString(self.as_ptr()).cast::<u8>();
            std::slice::from_raw_parts(data, ffi::PyBytes_Size(self.as_ptr()).cast_unsigned())
        }
    }

    /// `len(self)`.
    pub fn len(&self) -> usize {
        self.as_bytes().len()
    }

    /// Whether there are no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// `self.decode(encoding, errors)`.
    ///
    /// # Errors
    ///
    /// `UnicodeDecodeError`; `LookupError` for an unknown encoding.
    pub fn decode(&self, encoding: &str, errors: &str) -> PyResult<'py, Obj<'py, Str>> {
        let (encoding, errors) = (c_name(self.py(), encoding)?, c_name(self.py(), errors)?);
        // SAFETY: a live object and NUL-terminated names; the call returns a new `str` or NULL with an exception.
        unsafe {
            let text = ffi::PyUnicode_FromEncodedObject(self.as_ptr(), encoding.as_ptr(), errors.as_ptr());
            Obj::from_owned(self.py(), text)
        }
    }
}

impl ByteArray {
    /// A new `bytearray`.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    pub fn new<'py>(py: Py<'py>, data: &[u8]) -> PyResult<'py, Obj<'py, ByteArray>> {
        // SAFETY: pointer and length are those of a slice.
        unsafe {
            let array = ffi::PyByteArray_FromStringAndSize(data.as_ptr().cast(), data.len().cast_signed());
            Obj::from_owned(py, array)
        }
    }
}

impl<'py> Obj<'py, ByteArray> {
    /// `len(self)`.
    pub fn len(&self) -> usize {
        // SAFETY: a live `bytearray`; its size is not negative.
        unsafe { ffi::PyByteArray_Size(self.as_ptr()).cast_unsigned() }
    }

    /// Whether there are no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A copy of the data.
    pub fn to_vec(&self) -> Vec<u8> {
        // SAFETY: a live `bytearray`: pointer and size belong together, and no Python code runs until the copy is made.
        unsafe {
            let data = ffi::PyByteArray_AsString(self.as_ptr()).cast::<u8>();
            std::slice::from_raw_parts(data, self.len()).to_vec()
        }
    }

    /// `self[offset:offset + len(data)] = data`, within the present length.
    ///
    /// # Errors
    ///
    /// `ValueError` if the data does not fit in.
    pub fn write(&self, offset: usize, data: &[u8]) -> PyResult<'py, ()> {
        if offset.checked_add(data.len()).is_none_or(|end| end > self.len()) {
            let message = format!("{} bytes at {offset} do not fit into {}", data.len(), self.len());
            return Err(ValueError::new_err(self.py(), message.as_str()));
        }
        // SAFETY: a live `bytearray`, within whose memory the bytes fit, as just checked. `data` cannot overlap it:
        // nothing borrows the memory of a `bytearray`.
        unsafe {
            let start = ffi::PyByteArray_AsString(self.as_ptr()).cast::<u8>().add(offset);
            start.copy_from_nonoverlapping(data.as_ptr(), data.len());
        }
        Ok(())
    }

    /// Makes it longer, by zeros, or shorter.
    ///
    /// # Errors
    ///
    /// `BufferError` while something uses its memory; `MemoryError`.
    pub fn resize(&self, length: usize) -> PyResult<'py, ()> {
        let before = self.len();
        let Ok(wanted) = isize::try_from(length) else {
            return Err(ValueError::new_err(self.py(), "the length does not fit into memory"));
        };
        // SAFETY: a live `bytearray` and a length that is not negative. What is new is uninitialised: it is zeroed at
        // once.
        unsafe {
            PyErr::check(self.py(), ffi::PyByteArray_Resize(self.as_ptr(), wanted))?;
            if length > before {
                ffi::PyByteArray_AsString(self.as_ptr()).add(before).write_bytes(0, length - before);
            }
        }
        Ok(())
    }

    /// `self.extend(data)`.
    ///
    /// # Errors
    ///
    /// `BufferError` while something uses its memory; `MemoryError`.
    pub fn extend(&self, data: &[u8]) -> PyResult<'py, ()> {
        call_own(self, "extend", [Bytes::new(self.py(), data)?.into_any()]).map(drop)
    }
}
