//! `int`, of any size.

use crate::brand::Py;
use crate::ffi;
use crate::object::convert::IntoPy;
use crate::object::err::{PyErr, PyResult};
use crate::object::exceptions::{BuiltinException, SystemError, TypeError};
use crate::object::obj::Obj;
use crate::object::types::native::native;
use crate::object::types::object::call_own;
use crate::object::types::{Bool, Bytes, Str, Type};

native! {
    /// Python's `int`, which has no limit.
    ///
    /// Rust's integers, up to `i128` and `u128`, convert from and to it; beyond, there are its bytes.
    ///
    /// ```
    /// use insula::prelude::*;
    /// fn times_256<'py>(number: &Obj<'py, Int>) -> PyResult<'py, Obj<'py, Int>> {
    ///     let mut bytes = number.to_le_bytes()?;
    ///     bytes.insert(0, 0);
    ///     Int::from_le_bytes(number.py(), &bytes, true)
    /// }
    /// ```
    Int "int" PyLong_Check PyLong_Type;
}

impl Int {
    /// A new `int`.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    pub fn new<'py>(py: Py<'py>, value: impl Into<i128>) -> PyResult<'py, Obj<'py, Int>> {
        let value: i128 = value.into();
        match i64::try_from(value) {
            // SAFETY: a new `int` or NULL with an exception.
            Ok(value) => unsafe { Obj::from_owned(py, ffi::PyLong_FromLongLong(value)) },
            Err(_) => Int::from_le_bytes(py, &value.to_le_bytes(), true),
        }
    }

    /// `int.from_bytes(bytes, "little", signed=signed)`.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    pub fn from_le_bytes<'py>(py: Py<'py>, bytes: &[u8], signed: bool) -> PyResult<'py, Obj<'py, Int>> {
        let from_bytes = Type::of::<Int>(py).getattr("from_bytes")?;
        let signed = Bool::new(py, signed).into_any();
        let number = from_bytes.call_kw((Bytes::new(py, bytes)?, "little"), &[("signed", &signed)])?;
        number.downcast_into().map_err(|_| SystemError::new_err(py, "int.from_bytes returned no int"))
    }

    /// `int(text, base)`; a base of 0 reads the prefix, as Python code does.
    ///
    /// # Errors
    ///
    /// `ValueError` if the text is no number.
    pub fn parse<'py>(py: Py<'py>, text: &str, base: u32) -> PyResult<'py, Obj<'py, Int>> {
        let number = Type::of::<Int>(py).call((text, base))?;
        number.downcast_into().map_err(|_| SystemError::new_err(py, "int() returned no int"))
    }
}

impl<'py> Obj<'py, Int> {
    /// How many bits the absolute value has; 0 has none.
    ///
    /// # Errors
    ///
    /// `OverflowError` if there are too many to count.
    pub fn bit_length(&self) -> PyResult<'py, usize> {
        call_own(self, "bit_length", [])?.extract()
    }

    /// The number as bytes in two's complement, the lowest first: as few as have room for the sign.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    pub fn to_le_bytes(&self) -> PyResult<'py, Vec<u8>> {
        let length = self.bit_length()? / 8 + 1;
        let to_bytes = Type::of::<Int>(self.py()).getattr("to_bytes")?;
        let signed = Bool::new(self.py(), true).into_any();
        let bytes = to_bytes.call_kw((self, length, "little"), &[("signed", &signed)])?;
        match bytes.downcast::<Bytes>() {
            Some(bytes) => Ok(without_repeated_sign(bytes.as_bytes()).to_vec()),
            None => Err(TypeError::new_err(self.py(), "int.to_bytes returned no bytes")),
        }
    }

    /// The number as an `i64`, if it fits.
    pub fn to_i64(&self) -> Option<i64> {
        let mut overflow = 0;
        // SAFETY: a live `int`: the call raises for nothing else, and tells overflow apart.
        let value = unsafe { ffi::PyLong_AsLongLongAndOverflow(self.as_ptr(), &mut overflow) };
        (overflow == 0).then_some(value)
    }

    /// -1, 0 or 1, as the number is negative, zero or positive.
    pub fn signum(&self) -> i32 {
        let mut overflow = 0;
        // SAFETY: a live `int`: the call raises for nothing else, and tells overflow apart, with its sign.
        let value = unsafe { ffi::PyLong_AsLongLongAndOverflow(self.as_ptr(), &mut overflow) };
        if overflow == 0 { value.cmp(&0) as i32 } else { overflow }
    }

    /// The number in digits of base 10.
    ///
    /// # Errors
    ///
    /// `ValueError` if there are more than `sys.set_int_max_str_digits` allows.
    pub fn to_decimal(&self) -> PyResult<'py, Obj<'py, Str>> {
        let text = call_own(self, "__repr__", [])?;
        text.downcast_into().map_err(|_| PyErr::new::<TypeError>(self.py(), "int.__repr__ returned no str"))
    }
}

/// The bytes without those at the end that only repeat the sign.
fn without_repeated_sign(mut bytes: &[u8]) -> &[u8] {
    while let [rest @ .., last @ (0 | 0xff)] = bytes
        && rest.last().is_some_and(|before| before >> 7 == last >> 7)
    {
        bytes = rest;
    }
    bytes
}

impl<'py> IntoPy<'py> for i128 {
    fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        Int::new(py, self).map(Obj::into_any)
    }
}

impl<'py> IntoPy<'py> for u128 {
    fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        match i128::try_from(self) {
            Ok(value) => value.into_py(py),
            Err(_) => Int::from_le_bytes(py, &self.to_le_bytes(), false).map(Obj::into_any),
        }
    }
}
