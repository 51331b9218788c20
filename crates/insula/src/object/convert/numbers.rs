//! Numbers.

use std::fmt::Display;
use std::num::NonZero;

use crate::brand::Py;
use crate::ffi;
use crate::object::convert::{Argument, Downcast, FromPy, IntoPy};
use crate::object::err::{PyErr, PyResult};
use crate::object::exceptions::{BuiltinException, OverflowError, ValueError};
use crate::object::obj::Obj;
use crate::object::types::{Bool, Buffer, Bytes, Int};

impl<'py, S> FromPy<'_, 'py, S> for bool {
    #[inline]
    fn from_py(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, Self> {
        // SAFETY: Py_True has no precondition.
        Bool::downcast(argument).map(|object| object.as_ptr() == unsafe { ffi::Py_True() })
    }
}

impl<'py, S> FromPy<'_, 'py, S> for f64 {
    #[inline]
    fn from_py(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, Self> {
        let object = argument.object;
        // SAFETY: a live object; -1.0 with an exception set means failure.
        unsafe {
            let value = ffi::PyFloat_AsDouble(object.as_ptr());
            if value == -1.0 && !ffi::PyErr_Occurred().is_null() {
                return Err(PyErr::take(object.py()));
            }
            Ok(value)
        }
    }
}

impl<'py, S> FromPy<'_, 'py, S> for f32 {
    #[inline]
    fn from_py(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, Self> {
        #[allow(
            clippy::cast_possible_truncation,
            reason = "rounding to the nearest float is what a narrower float means"
        )]
        f64::from_py(argument).map(|value| value as f32)
    }
}

impl<'py, S> FromPy<'_, 'py, S> for i64 {
    #[inline]
    fn from_py(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, Self> {
        let object = argument.object;
        // SAFETY: a live object; -1 with an exception set means failure. `__index__` is called for objects that are no
        // `int`.
        unsafe {
            let value = ffi::PyLong_AsLongLong(object.as_ptr());
            if value == -1 && !ffi::PyErr_Occurred().is_null() {
                return Err(PyErr::take(object.py()));
            }
            Ok(value)
        }
    }
}

impl<'py, S> FromPy<'_, 'py, S> for u64 {
    #[inline]
    fn from_py(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, Self> {
        let object = argument.object;
        // SAFETY: a live object. PyNumber_Index gives a new `int` or NULL with an exception; PyLong_AsUnsignedLongLong
        // takes only that, and returns the highest value with an exception set on failure.
        unsafe {
            let int: Obj<'py, Int> = Obj::from_owned(object.py(), ffi::PyNumber_Index(object.as_ptr()))?;
            let value = ffi::PyLong_AsUnsignedLongLong(int.as_ptr());
            if value == u64::MAX && !ffi::PyErr_Occurred().is_null() {
                return Err(PyErr::take(object.py()));
            }
            Ok(value)
        }
    }
}

#[cold]
fn out_of_range<'py>(py: Py<'py>, value: impl Display, lowest: impl Display, highest: impl Display) -> PyErr<'py> {
    OverflowError::new_err(py, format!("{value} is not in the range {lowest} to {highest}").as_str())
}

macro_rules! narrow {
    ($($ty:ident from $wide:ident),*) => { $(
        impl<'py, S> FromPy<'_, 'py, S> for $ty {
            #[inline]
            fn from_py(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, Self> {
                let wide = $wide::from_py(argument)?;
                wide.try_into().map_err(|_| out_of_range(argument.py(), wide, $ty::MIN, $ty::MAX))
            }
        }
    )* };
}
narrow!(i8 from i64, i16 from i64, i32 from i64, isize from i64, u16 from u64, u32 from u64, usize from u64);

impl<'py> IntoPy<'py> for bool {
    #[inline]
    fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        // SAFETY: a new reference to one of the two singletons.
        unsafe { Obj::from_owned(py, ffi::PyBool_FromLong(self.into())) }
    }
}

impl<'py> IntoPy<'py> for f64 {
    #[inline]
    fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        // SAFETY: a new reference or NULL with an exception.
        unsafe { Obj::from_owned(py, ffi::PyFloat_FromDouble(self)) }
    }
}

impl<'py> IntoPy<'py> for f32 {
    #[inline]
    fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        f64::from(self).into_py(py)
    }
}

macro_rules! integers {
    ($($ty:ident by $convert:ident),*) => { $(
        impl<'py> IntoPy<'py> for $ty {
            #[inline]
            fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
                // SAFETY: a new reference or NULL with an exception; the widening conversion is exact.
                unsafe { Obj::from_owned(py, ffi::$convert(self as _)) }
            }
        }
    )* };
}
integers! {
    i8 by PyLong_FromLongLong, i16 by PyLong_FromLongLong, i32 by PyLong_FromLongLong, i64 by PyLong_FromLongLong,
    isize by PyLong_FromSsize_t, u16 by PyLong_FromUnsignedLongLong,
    u32 by PyLong_FromUnsignedLongLong, u64 by PyLong_FromUnsignedLongLong, usize by PyLong_FromSize_t
}

impl<'py, S> FromPy<'_, 'py, S> for u8 {
    #[inline]
    fn from_py(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, Self> {
        let wide = u64::from_py(argument)?;
        wide.try_into().map_err(|_| out_of_range(argument.py(), wide, u8::MIN, u8::MAX))
    }

    /// From any buffer of bytes: `bytes`, `bytearray`, `memoryview`, `array('B')`.
    fn from_buffer(argument: &Argument<'_, 'py, '_, S>) -> Option<PyResult<'py, Vec<Self>>> {
        if let Some(bytes) = argument.object().downcast::<Bytes>() {
            return Some(Ok(bytes.as_bytes().to_vec()));
        }
        // SAFETY: a live object.
        if unsafe { ffi::PyObject_CheckBuffer(argument.object().as_ptr()) } == 0 {
            return None;
        }
        Some(Buffer::of(argument.object()).and_then(|buffer| match buffer.format().as_str() {
            "B" | "@B" | "=B" | "<B" | ">B" | "!B" => buffer.to_vec(),
            format => {
                let message = format!("expected a buffer of bytes, not one with items of the format '{format}'");
                Err(ValueError::new_err(argument.py(), message.as_str()))
            }
        }))
    }
}

impl<'py> IntoPy<'py> for u8 {
    #[inline]
    fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        u64::from(self).into_py(py)
    }

    fn many_into_py(items: impl IntoIterator<Item = Self>, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        Bytes::new(py, &items.into_iter().collect::<Vec<u8>>()).map(Obj::into_any)
    }
}

/// The `int`, and its value where that fits an `i64`, as nearly all do.
fn index<'py, S>(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, (Obj<'py, Int>, Option<i64>)> {
    let number = argument.object().index()?;
    let small = number.to_i64();
    Ok((number, small))
}

impl<'py, S> FromPy<'_, 'py, S> for i128 {
    fn from_py(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, Self> {
        let (number, small) = index(argument)?;
        if let Some(small) = small {
            return Ok(small.into());
        }
        let bytes = number.to_le_bytes()?;
        if bytes.len() > size_of::<i128>() {
            return Err(OverflowError::new_err(argument.py(), "int too big to convert"));
        }
        let mut extended = [if number.signum() < 0 { 0xff } else { 0 }; size_of::<i128>()];
        extended[..bytes.len()].copy_from_slice(&bytes);
        Ok(i128::from_le_bytes(extended))
    }
}

impl<'py, S> FromPy<'_, 'py, S> for u128 {
    fn from_py(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, Self> {
        let (number, small) = index(argument)?;
        if let Some(small) = small.and_then(|small| u128::try_from(small).ok()) {
            return Ok(small);
        }
        if number.signum() < 0 {
            return Err(OverflowError::new_err(argument.py(), "can't convert negative int to unsigned"));
        }
        let bytes = number.to_le_bytes()?;
        // One byte more than fits is the sign's alone.
        let (value, sign) = bytes.split_at(bytes.len().min(size_of::<u128>()));
        if sign.iter().any(|&byte| byte != 0) {
            return Err(OverflowError::new_err(argument.py(), "int too big to convert"));
        }
        let mut extended = [0; size_of::<u128>()];
        extended[..value.len()].copy_from_slice(value);
        Ok(u128::from_le_bytes(extended))
    }
}

macro_rules! non_zero {
    ($($ty:ident)*) => { $(
        impl<'py, S> FromPy<'_, 'py, S> for NonZero<$ty> {
            fn from_py(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, Self> {
                let zero = || ValueError::new_err(argument.py(), "expected a number other than 0");
                NonZero::new($ty::from_py(argument)?).ok_or_else(zero)
            }
        }

        impl<'py> IntoPy<'py> for NonZero<$ty> {
            fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
                self.get().into_py(py)
            }
        }
    )* };
}
non_zero! { i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize }
