//! Types of other crates, a feature each.

#[cfg(feature = "chrono")]
mod chrono;
#[cfg(any(feature = "chrono", feature = "jiff"))]
mod clock;
#[cfg(feature = "jiff")]
mod jiff;
mod numbers;
mod sequences;
#[cfg(feature = "serde")]
pub(crate) mod serde;
#[cfg(feature = "uuid")]
mod uuid;

#[cfg(any(feature = "uuid", feature = "rust_decimal"))]
use crate::object::convert::Argument;
#[cfg(any(feature = "uuid", feature = "rust_decimal"))]
use crate::object::err::PyResult;

/// `TypeError` unless the argument is an instance of a class of a module of Python's.
#[cfg(any(feature = "uuid", feature = "rust_decimal"))]
fn check_class<'py, S>(argument: &Argument<'_, 'py, '_, S>, module: &str, class: &str) -> PyResult<'py, ()> {
    let found = argument.py().import(module)?.getattr(class)?;
    if argument.object().is_instance(&found)? { Ok(()) } else { Err(argument.wrong_type(&format!("{module}.{class}"))) }
}
