//! Values: Python data as Rust data, copied on the way in and on the way out.

use std::ffi::CString;

use super::code::{call_object, import};
use crate::brand::Py;
use crate::ffi;
use crate::object::convert::IntoPy;
use crate::object::err::{PyErr, PyResult};
use crate::object::exceptions::{BuiltinException, RecursionError, TypeError, ValueError};
use crate::object::obj::Obj;
use crate::object::types::{Bool, ByteArray, Bytes, Dict, Float, Int, List, Str, Tuple};

/// Python data by value. It goes from one interpreter to another, or to another thread, because it refers to none.
///
/// ```
/// use insula::embed::Value;
/// let value = Value::from(vec![Value::from("answer"), Value::from(42)]);
/// assert_eq!(value, Value::List(vec![Value::Str("answer".to_owned()), Value::Int(42)]));
/// assert_eq!(i64::try_from(Value::from(42)), Ok(42));
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// `None`.
    None,
    /// A `bool`.
    Bool(bool),
    /// An `int` that fits.
    Int(i64),
    /// An `int` of any size, as `hex()` writes it: `-0x1f`.
    BigInt(String),
    /// A `float`.
    Float(f64),
    /// A `str`; one with lone surrogates is refused.
    Str(String),
    /// `bytes`; a `bytearray` becomes one.
    Bytes(Vec<u8>),
    /// A `list`.
    List(Vec<Value>),
    /// A `tuple`.
    Tuple(Vec<Value>),
    /// A `dict`, in its order.
    Dict(Vec<(Value, Value)>),
    /// Any object, pickled: it is made anew in the interpreter that the value goes into. Nothing comes out as one by
    /// itself: ask with [`Interpreter::call_pickled`](super::Interpreter::call_pickled).
    Pickle(Pickle),
}

/// An object as `pickle.dumps` writes it.
///
/// Making an object of it runs whatever code the pickle names: take pickles only from where you would take code.
///
/// ```
/// use insula::embed::Pickle;
/// assert_eq!(Pickle(b"\x80\x04N.".to_vec()).0.len(), 4);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pickle(
    /// The bytes.
    pub Vec<u8>,
);

/// How deep lists may nest. A list that contains itself is refused here.
const DEPTH: usize = 200;

macro_rules! from {
    ($($ty:ty: $value:ident => $made:expr;)*) => { $(
        impl From<$ty> for Value {
            fn from($value: $ty) -> Self {
                $made
            }
        }
    )* };
}
from! {
    (): _value => Self::None;
    bool: value => Self::Bool(value);
    i32: value => Self::Int(value.into());
    u32: value => Self::Int(value.into());
    i64: value => Self::Int(value);
    u64: value => i64::try_from(value).map_or_else(|_| Self::BigInt(format!("{value:#x}")), Self::Int);
    f64: value => Self::Float(value);
    &str: value => Self::Str(value.to_owned());
    String: value => Self::Str(value);
    &[u8]: value => Self::Bytes(value.to_vec());
    Vec<u8>: value => Self::Bytes(value);
    Vec<Value>: value => Self::List(value);
    Pickle: value => Self::Pickle(value);
}

macro_rules! into {
    ($($ty:ty: $variant:ident;)*) => { $(
        /// The value itself, if it is of another kind.
        impl TryFrom<Value> for $ty {
            type Error = Value;

            fn try_from(value: Value) -> Result<Self, Value> {
                match value {
                    Value::$variant(value) => Ok(value),
                    other => Err(other),
                }
            }
        }
    )* };
}
into! {
    bool: Bool;
    i64: Int;
    f64: Float;
    String: Str;
    Vec<u8>: Bytes;
    Vec<Value>: List;
}

impl<'py> IntoPy<'py> for Value {
    fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        match self {
            Self::None => Ok(py.none()),
            Self::Bool(value) => value.into_py(py),
            Self::Int(value) => value.into_py(py),
            Self::BigInt(text) => big_int(py, text),
            Self::Float(value) => value.into_py(py),
            Self::Str(value) => value.into_py(py),
            Self::Bytes(value) => value.as_slice().into_py(py),
            Self::List(items) => items.into_py(py),
            Self::Tuple(items) => Tuple::new(py, items).map(Obj::into_any),
            Self::Dict(items) => {
                let dict = Dict::new(py)?;
                for (key, value) in items {
                    dict.set(&key.into_py(py)?, &value.into_py(py)?)?;
                }
                Ok(dict.into_any())
            }
            Self::Pickle(Pickle(bytes)) => {
                let bytes = bytes.as_slice().into_py(py)?;
                import(py, "pickle")?.getattr("loads")?.call_one(&bytes)
            }
        }
    }
}

fn big_int(py: Py<'_>, text: String) -> PyResult<'_, Obj<'_>> {
    let invalid = || ValueError::new_err(py, "a BigInt is written as hex() writes it, such as -0x1f");
    let digits = text.strip_prefix('-').unwrap_or(&text).strip_prefix("0x").ok_or_else(invalid)?;
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(invalid());
    }
    let text = CString::new(text).map_err(|_| invalid())?;
    // SAFETY: a NUL-terminated string; the call returns a new reference or NULL with an exception.
    unsafe { Obj::from_owned(py, ffi::PyLong_FromString(text.as_ptr(), std::ptr::null_mut(), 16)) }
}

impl Value {
    /// Copies an object of a built-in type or of a subclass.
    ///
    /// # Errors
    ///
    /// `TypeError` for an object of another type, `RecursionError` for one that contains itself, `UnicodeEncodeError`
    /// for lone surrogates, `MemoryError`.
    ///
    /// ```no_run
    /// # use insula::embed::{Interpreter, Error, Value, eval};
    /// # fn f(interpreter: &Interpreter) -> Result<(), Error> {
    /// let pair = interpreter.run(|py| Value::from_object(&eval(py, "('a', b'b')")?))?;
    /// assert_eq!(pair, Value::Tuple(vec![Value::Str("a".to_owned()), Value::Bytes(b"b".to_vec())]));
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_object<'py>(object: &Obj<'py>) -> PyResult<'py, Self> {
        Self::nested(object, DEPTH)
    }

    fn nested<'py>(object: &Obj<'py>, depth: usize) -> PyResult<'py, Self> {
        let py = object.py();
        let Some(deeper) = depth.checked_sub(1) else {
            let message = format!("the value nests deeper than {DEPTH}, or contains itself");
            return Err(RecursionError::new_err(py, message.as_str()));
        };
        let items = |item: &dyn Fn(usize) -> Option<Obj<'py>>| -> PyResult<'py, Vec<Self>> {
            (0..).map_while(item).map(|item| Self::nested(&item, deeper)).collect()
        };
        if object.is_none() {
            Ok(Self::None)
        } else if object.downcast::<Bool>().is_some() {
            object.is_truthy().map(Self::Bool)
        } else if let Some(int) = object.downcast::<Int>() {
            from_int(int)
        } else if object.downcast::<Float>().is_some() {
            object.extract().map(Self::Float)
        } else if let Some(text) = object.downcast::<Str>() {
            Ok(Self::Str(text.to_str()?.to_owned()))
        } else if let Some(bytes) = object.downcast::<Bytes>() {
            Ok(Self::Bytes(bytes.as_bytes().to_vec()))
        } else if object.downcast::<ByteArray>().is_some() {
            // SAFETY: a live object; the call returns a new reference or NULL with an exception.
            let bytes: Obj<'py, Bytes> = unsafe { Obj::from_owned(py, ffi::PyBytes_FromObject(object.as_ptr()))? };
            Ok(Self::Bytes(bytes.as_bytes().to_vec()))
        } else if let Some(list) = object.downcast::<List>() {
            items(&|index| list.get(index)).map(Self::List)
        } else if let Some(tuple) = object.downcast::<Tuple>() {
            items(&|index| tuple.get(index)).map(Self::Tuple)
        } else if object.downcast::<Dict>().is_some() {
            // SAFETY: a live `dict`; the call returns a new list of pairs or NULL with an exception.
            let pairs: Obj<'py, List> = unsafe { Obj::from_owned(py, ffi::PyDict_Items(object.as_ptr()))? };
            let mut found = Vec::with_capacity(pairs.len());
            for (key, value) in pairs.extract::<Vec<(Obj<'py>, Obj<'py>)>>()? {
                found.push((Self::nested(&key, deeper)?, Self::nested(&value, deeper)?));
            }
            Ok(Self::Dict(found))
        } else {
            let message = format!("'{}' objects cannot leave an interpreter by value; pickle it", object.type_name());
            Err(TypeError::new_err(py, message.as_str()))
        }
    }
}

fn from_int<'py>(int: &Obj<'py, Int>) -> PyResult<'py, Value> {
    let mut overflow = 0;
    // SAFETY: a live `int`, for which the call cannot fail; `overflow` says whether the value fits.
    let value = unsafe { ffi::PyLong_AsLongLongAndOverflow(int.as_ptr(), &mut overflow) };
    if overflow == 0 {
        return Ok(Value::Int(value));
    }
    // SAFETY: a live `int`; the call returns a new `str` or NULL with an exception. Base 16 has no limit on digits.
    let text: Obj<'py, Str> = unsafe { Obj::from_owned(int.py(), ffi::PyNumber_ToBase(int.as_ptr(), 16))? };
    Ok(Value::BigInt(text.to_str()?.to_owned()))
}

/// `pickle.dumps(object)`.
pub(super) fn pickle<'py>(object: &Obj<'py>) -> PyResult<'py, Pickle> {
    let py = object.py();
    let dumps = import(py, "pickle")?.getattr("dumps")?;
    let bytes = call_object(&dumps, vec![object.clone()])?;
    match bytes.downcast::<Bytes>() {
        Some(bytes) => Ok(Pickle(bytes.as_bytes().to_vec())),
        None => Err(PyErr::new::<TypeError>(py, "pickle.dumps returned no bytes")),
    }
}
