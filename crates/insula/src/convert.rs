//! Conversions: arguments from Python, results to Python.

use std::ffi::CStr;

use pyo3_ffi as ffi;

use crate::brand::Py;
use crate::err::{PyErr, PyResult};
use crate::exceptions::{BuiltinException, OverflowError, TypeError, ValueError};
use crate::obj::{Any, Obj};
use crate::types::{Bool, Bytes, Dict, Float, Int, List, Module, Native, Str, Tuple, Type};

/// An object on its way into Rust: the object, the place of the call, and what to call it in an error.
pub struct Argument<'a, 'py, 's, S> {
    object: &'a Obj<'py>,
    scope: &'s S,
    name: Name,
}

/// What an error calls the argument.
#[derive(Clone, Copy)]
pub(crate) enum Name {
    /// It is no argument of a call.
    None,
    /// The n-th positional argument of a function, counted from 1.
    Position(&'static CStr, usize),
    /// A named argument of a function.
    Keyword(&'static CStr, &'static CStr),
    /// The value that is assigned to an attribute or item.
    Value,
}

impl<'a, 'py, 's, S> Argument<'a, 'py, 's, S> {
    #[inline]
    pub(crate) fn new(object: &'a Obj<'py>, scope: &'s S, name: Name) -> Self {
        Argument { object, scope, name }
    }

    /// The object.
    #[inline]
    pub fn object(&self) -> &'a Obj<'py> {
        self.object
    }

    /// The place of the call.
    #[inline]
    pub fn scope(&self) -> &'s S {
        self.scope
    }

    /// The proof of attachment.
    #[inline]
    pub fn py(&self) -> Py<'py> {
        self.object.py()
    }

    /// A part of this argument, such as an item of a list.
    #[inline]
    pub fn part<'b>(&self, object: &'b Obj<'py>) -> Argument<'b, 'py, 's, S> {
        Argument { object, scope: self.scope, name: self.name }
    }

    /// The TypeError, in CPython's words, for an object that is no `expected`.
    #[cold]
    pub fn wrong_type(&self, expected: &str) -> PyErr<'py> {
        let what = match self.name {
            Name::None => return wrong_type(self.object, expected),
            Name::Position(function, position) => format!("{}() argument {position}", function.to_string_lossy()),
            Name::Keyword(function, name) => {
                format!("{}() argument '{}'", function.to_string_lossy(), name.to_string_lossy())
            }
            Name::Value => "value".to_owned(),
        };
        let found = if self.object.is_none() { "None".to_owned() } else { self.object.type_name() };
        TypeError::new_err(self.py(), format!("{what} must be {expected}, not {found}").as_str())
    }
}

/// A parameter's type: made from the argument, which is borrowed for `'a`.
///
/// `S` is the place of the call ([`Scope`](crate::Scope)); conversions to a class of the module need it to find the class.
///
/// ```
/// use insula::prelude::*;
/// struct Percent(f64);
/// impl<'py, S> FromPy<'_, 'py, S> for Percent {
///     fn from_py(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, Self> {
///         match f64::from_py(argument)? {
///             value if (0.0..=100.0).contains(&value) => Ok(Percent(value)),
///             _ => Err(ValueError::new_err(argument.py(), "a percentage lies between 0 and 100")),
///         }
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be made from a Python argument",
    note = "parameters can be `&Obj<'py>`, `&Obj<'py, T>`, `Cx<'py, State>`, `Py<'py>`, bool, integers, floats, `&str`, `String`, `&[u8]`, `Option`, `Vec` and tuples of these"
)]
pub trait FromPy<'a, 'py, S>: Sized {
    /// Converts.
    ///
    /// # Errors
    ///
    /// `TypeError` for an object of another type; `OverflowError` and `ValueError` for a value that does not fit.
    fn from_py(argument: &Argument<'a, 'py, '_, S>) -> PyResult<'py, Self>;
}

/// What a result can be: converted to a new Python object.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be made into a Python object",
    note = "return `Obj<'py, T>`, (), bool, integers, floats, text, `Option`, `Vec` or tuples of these, or a `PyResult` of one",
    note = "an instance of a class is made with `cx.new(value)`"
)]
pub trait IntoPy<'py> {
    /// Converts.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>>;
}

/// The type `T` of a `&Obj<'py, T>` parameter.
pub trait Downcast<'py, S>: Sized {
    /// Views the object as a `T`.
    ///
    /// # Errors
    ///
    /// `TypeError` if it is of another type.
    fn downcast<'a>(argument: &Argument<'a, 'py, '_, S>) -> PyResult<'py, &'a Obj<'py, Self>>;
}

/// The TypeError for an object that is no `expected`.
#[cold]
pub(crate) fn wrong_type<'py>(object: &Obj<'py>, expected: &str) -> PyErr<'py> {
    TypeError::new_err(object.py(), format!("expected {expected}, not {}", object.type_name()).as_str())
}

impl<'py, S> Downcast<'py, S> for Any {
    #[inline]
    fn downcast<'a>(argument: &Argument<'a, 'py, '_, S>) -> PyResult<'py, &'a Obj<'py>> {
        Ok(argument.object)
    }
}

macro_rules! native {
    ($($name:ident),*) => { $(
        impl<'py, S> Downcast<'py, S> for $name {
            #[inline]
            fn downcast<'a>(argument: &Argument<'a, 'py, '_, S>) -> PyResult<'py, &'a Obj<'py, Self>> {
                argument.object.downcast().ok_or_else(|| argument.wrong_type(Self::NAME))
            }
        }
    )* };
}
native!(Str, Bytes, Int, Float, Bool, Tuple, List, Dict, Type, Module);

impl<'a, 'py, S, T: Downcast<'py, S>> FromPy<'a, 'py, S> for &'a Obj<'py, T> {
    #[inline]
    fn from_py(argument: &Argument<'a, 'py, '_, S>) -> PyResult<'py, Self> {
        T::downcast(argument)
    }
}

impl<'py, S, T: Downcast<'py, S>> FromPy<'_, 'py, S> for Obj<'py, T> {
    #[inline]
    fn from_py(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, Self> {
        T::downcast(argument).cloned()
    }
}

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

/// Only from `bytes`: the memory of other buffers may change or move under the borrow.
impl<'a, 'py, S> FromPy<'a, 'py, S> for &'a [u8] {
    #[inline]
    fn from_py(argument: &Argument<'a, 'py, '_, S>) -> PyResult<'py, Self> {
        Bytes::downcast(argument).map(Obj::as_bytes)
    }
}

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
        // SAFETY: a live object; -1 with an exception set means failure. `__index__` is called for objects that are no `int`.
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
        // SAFETY: a live object. PyNumber_Index gives a new `int` or NULL with an exception; PyLong_AsUnsignedLongLong takes
        // only that, and returns the highest value with an exception set on failure.
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

macro_rules! narrow {
    ($($ty:ident from $wide:ident),*) => { $(
        impl<'py, S> FromPy<'_, 'py, S> for $ty {
            #[inline]
            fn from_py(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, Self> {
                let wide = $wide::from_py(argument)?;
                wide.try_into().map_err(|_| {
                    let range = format!("{wide} is not in the range {} to {}", $ty::MIN, $ty::MAX);
                    OverflowError::new_err(argument.py(), range.as_str())
                })
            }
        }
    )* };
}
narrow!(i8 from i64, i16 from i64, i32 from i64, isize from i64, u8 from u64, u16 from u64, u32 from u64, usize from u64);

/// `None` gives `None`.
impl<'a, 'py, S, T: FromPy<'a, 'py, S>> FromPy<'a, 'py, S> for Option<T> {
    #[inline]
    fn from_py(argument: &Argument<'a, 'py, '_, S>) -> PyResult<'py, Self> {
        if argument.object.is_none() { Ok(None) } else { T::from_py(argument).map(Some) }
    }
}

/// From a `list` or a `tuple`.
impl<'py, S, T> FromPy<'_, 'py, S> for Vec<T>
where
    T: for<'item> FromPy<'item, 'py, S>,
{
    fn from_py(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, Self> {
        let mut items = Vec::new();
        if let Some(tuple) = argument.object.downcast::<Tuple>() {
            while let Some(item) = tuple.get(items.len()) {
                items.push(T::from_py(&argument.part(&item))?);
            }
        } else if let Some(list) = argument.object.downcast::<List>() {
            // Converting an item may run Python code that changes the list: ask again each time.
            while let Some(item) = list.get(items.len()) {
                items.push(T::from_py(&argument.part(&item))?);
            }
        } else {
            return Err(argument.wrong_type("list or tuple"));
        }
        Ok(items)
    }
}

macro_rules! tuples {
    ($($count:literal ($($name:ident $index:tt),+))*) => { $(
        impl<'py, S, $($name),+> FromPy<'_, 'py, S> for ($($name,)+)
        where
            $($name: for<'item> FromPy<'item, 'py, S>,)+
        {
            fn from_py(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, Self> {
                let tuple = Tuple::downcast(argument)?;
                if tuple.len() != $count {
                    let message = format!("expected a tuple of {} items, not {}", $count, tuple.len());
                    return Err(ValueError::new_err(argument.py(), message.as_str()));
                }
                let item = |index| tuple.get(index).ok_or_else(|| ValueError::new_err(argument.py(), "tuple is too short"));
                Ok(($($name::from_py(&argument.part(&item($index)?))?,)+))
            }
        }

        impl<'py, $($name: IntoPy<'py>),+> IntoPy<'py> for ($($name,)+) {
            fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
                Tuple::new(py, vec![$(self.$index.into_py(py)?),+]).map(Obj::into_any)
            }
        }
    )* };
}
tuples! {
    1 (A 0)
    2 (A 0, B 1)
    3 (A 0, B 1, C 2)
    4 (A 0, B 1, C 2, D 3)
}

impl<'py, T> IntoPy<'py> for Obj<'py, T> {
    #[inline]
    fn into_py(self, _: Py<'py>) -> PyResult<'py, Obj<'py>> {
        Ok(self.into_any())
    }
}

impl<'py, T> IntoPy<'py> for &Obj<'py, T> {
    #[inline]
    fn into_py(self, _: Py<'py>) -> PyResult<'py, Obj<'py>> {
        Ok(self.clone().into_any())
    }
}

impl<'py> IntoPy<'py> for () {
    #[inline]
    fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        Ok(py.none())
    }
}

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
    isize by PyLong_FromSsize_t, u8 by PyLong_FromUnsignedLongLong, u16 by PyLong_FromUnsignedLongLong,
    u32 by PyLong_FromUnsignedLongLong, u64 by PyLong_FromUnsignedLongLong, usize by PyLong_FromSize_t
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

/// `bytes`.
impl<'py> IntoPy<'py> for &[u8] {
    #[inline]
    fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        Bytes::new(py, self).map(Obj::into_any)
    }
}

impl<'py, T: IntoPy<'py>> IntoPy<'py> for Option<T> {
    #[inline]
    fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        match self {
            Some(value) => value.into_py(py),
            None => Ok(py.none()),
        }
    }
}

/// A `list`.
impl<'py, T: IntoPy<'py>> IntoPy<'py> for Vec<T> {
    fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        List::new(py, self).map(Obj::into_any)
    }
}

impl<'py> Py<'py> {
    /// Converts an object: `py.extract::<i64>(&object)`.
    ///
    /// # Errors
    ///
    /// As the conversion to `T`.
    pub fn extract<'a, T: FromPy<'a, 'py, Self>>(self, object: &'a Obj<'py>) -> PyResult<'py, T> {
        T::from_py(&Argument::new(object, &self, Name::None))
    }
}
