//! `num-bigint`, `rust_decimal`, `ordered-float`.

#![cfg(any(feature = "num-bigint", feature = "rust_decimal", feature = "ordered-float"))]

use crate::brand::Py;
use crate::object::convert::{Argument, FromPy, IntoPy};
use crate::object::err::PyResult;
use crate::object::exceptions::BuiltinException;
#[cfg(feature = "num-bigint")]
use crate::object::exceptions::OverflowError;
#[cfg(any(feature = "rust_decimal", feature = "ordered-float"))]
use crate::object::exceptions::ValueError;
use crate::object::obj::Obj;
#[cfg(feature = "num-bigint")]
use crate::object::types::Int;

/// From an `int` of any size, or what has an `__index__`.
#[cfg(feature = "num-bigint")]
impl<'py, S> FromPy<'_, 'py, S> for num_bigint::BigInt {
    fn from_py(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, Self> {
        let bytes = argument.object().index()?.to_le_bytes()?;
        Ok(Self::from_signed_bytes_le(&bytes))
    }
}

#[cfg(feature = "num-bigint")]
impl<'py> IntoPy<'py> for &num_bigint::BigInt {
    fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        Int::from_le_bytes(py, &self.to_signed_bytes_le(), true).map(Obj::into_any)
    }
}

#[cfg(feature = "num-bigint")]
impl<'py> IntoPy<'py> for num_bigint::BigInt {
    fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        (&self).into_py(py)
    }
}

/// From an `int` that is not negative.
#[cfg(feature = "num-bigint")]
impl<'py, S> FromPy<'_, 'py, S> for num_bigint::BigUint {
    fn from_py(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, Self> {
        let negative = || OverflowError::new_err(argument.py(), "can't convert negative int to unsigned");
        num_bigint::BigInt::from_py(argument)?.to_biguint().ok_or_else(negative)
    }
}

#[cfg(feature = "num-bigint")]
impl<'py> IntoPy<'py> for &num_bigint::BigUint {
    fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        Int::from_le_bytes(py, &self.to_bytes_le(), false).map(Obj::into_any)
    }
}

#[cfg(feature = "num-bigint")]
impl<'py> IntoPy<'py> for num_bigint::BigUint {
    fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        (&self).into_py(py)
    }
}

/// From a `decimal.Decimal` or an `int` that fits without rounding; a `float` is none.
#[cfg(feature = "rust_decimal")]
impl<'py, S> FromPy<'_, 'py, S> for rust_decimal::Decimal {
    fn from_py(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, Self> {
        if argument.object().downcast::<crate::object::types::Int>().is_none() {
            super::check_class(argument, "decimal", "Decimal")?;
        }
        let text = argument.object().str()?;
        let text = text.to_str()?;
        decimal(text).ok_or_else(|| {
            let message = format!("{text} does not fit a decimal of 96 bits with at most 28 places");
            ValueError::new_err(argument.py(), message)
        })
    }
}

/// The number that Python writes so, if it fits without rounding.
#[cfg(feature = "rust_decimal")]
fn decimal(text: &str) -> Option<rust_decimal::Decimal> {
    use rust_decimal::Decimal;
    let Some((digits, exponent)) = text.split_once('E') else { return Decimal::from_str_exact(text).ok() };
    let mut number = Decimal::from_str_exact(digits).ok()?;
    let exponent: i64 = exponent.parse().ok()?;
    let scale = i64::from(number.scale()) - exponent;
    if number.is_zero() {
        number.set_scale(u32::try_from(scale.clamp(0, 28)).ok()?).ok()?;
        return Some(number);
    }
    if scale >= 0 {
        number.set_scale(u32::try_from(scale).ok()?).ok()?;
        return Some(number);
    }
    number.set_scale(0).ok()?;
    for _ in 0..u32::try_from(-scale).ok().filter(|zeros| *zeros <= 28)? {
        number = number.checked_mul(Decimal::TEN)?;
    }
    Some(number)
}

/// A `decimal.Decimal`, with just as many places.
#[cfg(feature = "rust_decimal")]
impl<'py> IntoPy<'py> for rust_decimal::Decimal {
    fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        py.import("decimal")?.getattr("Decimal")?.call((self.to_string(),))
    }
}

#[cfg(feature = "ordered-float")]
impl<'a, 'py, S, T: FromPy<'a, 'py, S>> FromPy<'a, 'py, S> for ordered_float::OrderedFloat<T> {
    fn from_py(argument: &Argument<'a, 'py, '_, S>) -> PyResult<'py, Self> {
        T::from_py(argument).map(Self)
    }
}

#[cfg(feature = "ordered-float")]
impl<'py, T: IntoPy<'py>> IntoPy<'py> for ordered_float::OrderedFloat<T> {
    fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        self.0.into_py(py)
    }
}

/// `ValueError` for NaN.
#[cfg(feature = "ordered-float")]
impl<'a, 'py, S, T: FromPy<'a, 'py, S> + ordered_float::FloatCore> FromPy<'a, 'py, S> for ordered_float::NotNan<T> {
    fn from_py(argument: &Argument<'a, 'py, '_, S>) -> PyResult<'py, Self> {
        let nan = |_| ValueError::new_err(argument.py(), "expected a number, not NaN");
        Self::new(T::from_py(argument)?).map_err(nan)
    }
}

#[cfg(feature = "ordered-float")]
impl<'py, T: IntoPy<'py>> IntoPy<'py> for ordered_float::NotNan<T> {
    fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        self.into_inner().into_py(py)
    }
}
