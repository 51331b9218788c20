//! What `#[derive(FromPy)]` and `#[derive(IntoPy)]` expand to calls of.

use crate::brand::Py;
use crate::object::convert::{Argument, Downcast, FromPy, IntoPy};
use crate::object::err::{PyErr, PyResult};
use crate::object::exceptions::{
    ArithmeticError, AttributeError, BuiltinException, KeyError, LookupError, TypeError, ValueError,
};
use crate::object::obj::Obj;
use crate::object::types::{Dict, Str, Tuple};

pub use crate::object::recursion::Level;

/// Where a field's value is found.
#[derive(Clone, Copy)]
pub enum Place {
    /// `object.name`.
    Attribute(&'static str),
    /// `object["name"]`.
    Item(&'static str),
}

/// The value of a field, converted; `default`, where there is one, stands in if it is missing.
///
/// # Errors
///
/// What the look-up or the conversion raises, with a note that tells the field.
pub fn field<'py, S, T>(
    argument: &Argument<'_, 'py, '_, S>,
    owner: &str,
    place: Place,
    default: Option<fn() -> T>,
) -> PyResult<'py, T>
where
    T: for<'item> FromPy<'item, 'py, S>,
{
    let found = match place {
        Place::Attribute(name) => argument.object().getattr(name),
        Place::Item(name) => argument.object().getitem(name),
    };
    let value = match (found, default) {
        (Ok(value), _) => value,
        (Err(error), Some(default)) if missing(argument.py(), &error, place) => return Ok(default()),
        (Err(error), _) => return Err(error),
    };
    let (Place::Attribute(name) | Place::Item(name)) = place;
    T::from_py(&argument.part(&value))
        .map_err(|error| noted(argument.py(), error, &format!("in the field '{name}' of {owner}")))
}

fn missing<'py>(py: Py<'py>, error: &PyErr<'py>, place: Place) -> bool {
    match place {
        Place::Attribute(_) => error.is::<AttributeError>(py),
        Place::Item(_) => error.is::<KeyError>(py),
    }
}

/// An error with a note added, as `BaseException.add_note` does.
fn noted<'py>(py: Py<'py>, error: PyErr<'py>, note: &str) -> PyErr<'py> {
    match error.add_note(py, note) {
        Ok(()) => error,
        Err(failure) => failure,
    }
}

/// The argument as a tuple of `count` items, for a tuple struct.
///
/// # Errors
///
/// `TypeError` if it is none; `ValueError` if it has another length.
pub fn tuple<'a, 'py, S>(argument: &Argument<'a, 'py, '_, S>, count: usize) -> PyResult<'py, &'a Obj<'py, Tuple>> {
    let tuple = Tuple::downcast(argument)?;
    if tuple.len() != count {
        let message = format!("expected a tuple of {count} items, not {}", tuple.len());
        return Err(ValueError::new_err(argument.py(), message.as_str()));
    }
    Ok(tuple)
}

/// An item of a tuple, converted.
///
/// # Errors
///
/// What the conversion raises, with a note that tells the field.
pub fn element<'py, S, T>(
    argument: &Argument<'_, 'py, '_, S>,
    owner: &str,
    tuple: &Obj<'py, Tuple>,
    index: usize,
) -> PyResult<'py, T>
where
    T: for<'item> FromPy<'item, 'py, S>,
{
    let item = tuple.get(index).ok_or_else(|| ValueError::new_err(argument.py(), "tuple is too short"))?;
    T::from_py(&argument.part(&item))
        .map_err(|error| noted(argument.py(), error, &format!("in the field {index} of {owner}")))
}

/// Whether the argument is the `str` that a variant without fields stands for.
///
/// # Errors
///
/// `TypeError` if it is no `str`; `ValueError` if it is another one.
pub fn unit<'py, S>(argument: &Argument<'_, 'py, '_, S>, name: &str) -> PyResult<'py, ()> {
    if Str::downcast(argument)?.is_text(name) {
        return Ok(());
    }
    Err(ValueError::new_err(argument.py(), format!("expected '{name}'").as_str()))
}

/// The attempts at the variants of an enum.
pub struct Variants {
    failures: Vec<String>,
}

impl Variants {
    /// None was tried so far.
    #[allow(clippy::new_without_default, reason = "only the macro makes it")]
    pub fn new() -> Self {
        Variants { failures: Vec::new() }
    }

    /// Notes how an attempt failed.
    ///
    /// # Errors
    ///
    /// An error that tells of more than an object that does not fit, such as `MemoryError` or `KeyboardInterrupt`, is
    /// passed on.
    pub fn failed<'py>(&mut self, py: Py<'py>, variant: &str, error: PyErr<'py>) -> PyResult<'py, ()> {
        let about_the_object = error.is::<TypeError>(py)
            || error.is::<ValueError>(py)
            || error.is::<ArithmeticError>(py)
            || error.is::<AttributeError>(py)
            || error.is::<LookupError>(py);
        if !about_the_object {
            return Err(error);
        }
        let value = error.value(py);
        let text = value.str().map(|text| text.to_str_lossy().into_owned());
        self.failures.push(format!("{variant} ({}: {})", value.type_name(), text.unwrap_or_default()));
        Ok(())
    }

    /// The error if no variant fits: it lists them all.
    pub fn error<'py, S>(self, argument: &Argument<'_, 'py, '_, S>, owner: &str) -> PyErr<'py> {
        let found = argument.object().type_name();
        let message = format!("'{found}' object fits no variant of {owner}: {}", self.failures.join(", "));
        TypeError::new_err(argument.py(), message.as_str())
    }
}

/// A new `dict`, for the fields of a struct.
///
/// # Errors
///
/// `MemoryError`.
pub fn dict(py: Py<'_>) -> PyResult<'_, Obj<'_, Dict>> {
    Dict::new(py)
}

/// Puts a field into the `dict`.
///
/// # Errors
///
/// What the conversion raises; `MemoryError`.
pub fn put<'py>(dict: &Obj<'py, Dict>, name: &str, value: impl IntoPy<'py>) -> PyResult<'py, ()> {
    dict.set(name, value)
}

/// A new `tuple` of the fields of a tuple struct.
///
/// # Errors
///
/// `MemoryError`.
pub fn new_tuple<'py>(py: Py<'py>, items: Vec<Obj<'py>>) -> PyResult<'py, Obj<'py>> {
    Tuple::new(py, items).map(Obj::into_any)
}
