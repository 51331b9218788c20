//! Conversions: arguments from Python, results to Python.

mod bytes;
pub(crate) mod callee;
mod cells;
mod collections;
pub(crate) mod crates;
pub mod derive;
mod numbers;
mod objects;
mod paths;
mod text;
mod time;
pub(crate) mod tuples;

use std::ffi::CStr;

use crate::brand::Py;
use crate::object::convert::callee::Callee;
use crate::object::err::{PyErr, PyResult};
use crate::object::exceptions::{BuiltinException, TypeError};
use crate::object::obj::{Any, Obj};
use crate::object::types::List;

/// An object on its way into Rust: the object, the place of the call, and what to call it in an error.
pub struct Argument<'a, 'py, 's, S> {
    object: &'a Obj<'py>,
    scope: &'s S,
    name: Name<'s, 'py>,
}

/// What an error calls the argument.
#[derive(Clone, Copy)]
pub(crate) enum Name<'s, 'py> {
    /// It is no argument of a call.
    None,
    /// The n-th positional argument of a function, counted from 1.
    Position(&'static CStr, usize),
    /// The same of what is only known when it is called.
    Called(Callee<'s, 'py>, usize),
    /// A named argument of a function.
    Keyword(&'static CStr, &'static CStr),
    /// The value that is assigned to an attribute or item.
    Value,
}

impl<'a, 'py, 's, S> Argument<'a, 'py, 's, S> {
    #[inline]
    pub(crate) fn new(object: &'a Obj<'py>, scope: &'s S, name: Name<'s, 'py>) -> Self {
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
            Name::Called(callee, position) => format!("{} argument {position}", callee.called()),
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
/// `S` is the place of the call ([`Scope`](crate::Scope)); conversions to a class of the module need it to find the
/// class.
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
///
/// | Rust | from Python | to Python |
/// | --- | --- | --- |
/// | `&Obj<'py, T>`, `Obj<'py, T>` | an instance of `T` | the object |
/// | `bool` | `bool` | `bool` |
/// | integers up to `i128` and `u128`, `NonZero` of them | `int`, or what has an `__index__` | `int` |
/// | `f64`, `f32` | `float`, or what has a `__float__` or `__index__` | `float` |
/// | `&str`, `Cow<str>`, `String`, `Box<str>` | `str` without lone surrogates | `str` |
/// | `char` | `str` of one character | `str` |
/// | `&[u8]` | `bytes` only: other buffers change or move under a borrow | `bytes` |
/// | `Vec<u8>`, `[u8; N]` | a copy of any buffer of bytes, or a `list` or `tuple` of integers | `bytes` |
/// | `Vec<T>`, `VecDeque<T>`, `Box<[T]>`, `[T; N]` | any iterable but `str` and `dict` | `list` |
/// | tuples of up to sixteen | `tuple` of that length | `tuple` |
/// | `HashMap`, `BTreeMap` | `dict`, or another mapping with `items()` | `dict` |
/// | `HashSet`, `BTreeSet` | any iterable but `str` and `dict` | `set` |
/// | [`Buffer<'py, f64>`](crate::types::Buffer), other numbers | a buffer of such, as `array.array` has | |
/// | `PyCell`, `Guarded`, `Slot` | as what they hold; `None` gives an empty `Slot` | |
/// | `Option<T>` | `None`, or as `T` | `None`, or as `T` |
/// | `PathBuf`, `OsString` | `str`, `bytes` or `os.PathLike` | `pathlib.Path`; `str` |
/// | `Duration` | `datetime.timedelta`, not negative | `datetime.timedelta` |
/// | `SystemTime` | aware `datetime.datetime` | `datetime.datetime` in UTC |
/// | structs and enums | `#[derive(FromPy)]` | `#[derive(IntoPy)]` |
///
/// Structs and enums derive it. A struct is read from attributes, or from items as here; of an enum the variants are
/// tried in order, and the error lists why each did not fit.
///
/// ```
/// use insula::prelude::*;
/// #[derive(FromPy)]
/// #[py(item)]
/// struct Options {
///     depth: usize,
///     #[py(default)]
///     names: Vec<String>,
/// }
/// #[derive(FromPy)]
/// enum Source {
///     Text(String),
///     Numbers(Vec<i64>),
/// }
/// fn read<'py>(options: &Obj<'py>) -> PyResult<'py, (Options, Source)> {
///     Tuple::new(options.py(), [options, options])?.into_any().extract()
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be made from a Python argument",
    note = "parameters can be `&Obj<'py>`, `&Obj<'py, T>`, `Cx<'py, State>`, `Py<'py>`, bool, integers, floats, \
            `&str`, `String`, `&[u8]`, `Option`, `Vec`, maps, sets and tuples of these, and what derives `FromPy`",
    note = "a class by value is cloned: derive `Clone` on it, or take the object: `&Obj<'py, TheClass>`"
)]
pub trait FromPy<'a, 'py, S>: Sized {
    /// Converts.
    ///
    /// # Errors
    ///
    /// `TypeError` for an object of another type; `OverflowError` and `ValueError` for a value that does not fit.
    fn from_py(argument: &Argument<'a, 'py, '_, S>) -> PyResult<'py, Self>;

    /// How a whole buffer of memory gives many of these, if it does: only bytes do.
    #[doc(hidden)]
    fn from_buffer(_: &Argument<'a, 'py, '_, S>) -> Option<PyResult<'py, Vec<Self>>> {
        None
    }
}

/// What a result can be: converted to a new Python object.
///
/// Structs and enums derive it: named fields become a `dict`, unnamed ones a `tuple`, a single unnamed one stands for
/// itself.
///
/// ```
/// use insula::prelude::*;
/// #[derive(IntoPy)]
/// struct Found<'py> {
///     line: usize,
///     #[py(name = "match")]
///     found: Obj<'py>,
/// }
/// fn found<'py>(object: &Obj<'py>) -> PyResult<'py, Obj<'py>> {
///     Found { line: 1, found: object.clone() }.into_py(object.py())
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be made into a Python object",
    note = "return `Obj<'py, T>`, (), bool, integers, floats, text, `Option`, `Vec`, maps, sets or tuples of these, \
            what derives `IntoPy`, or a `PyResult` of one",
    note = "an instance of a class is made with `cx.new(value)`"
)]
pub trait IntoPy<'py> {
    /// Converts.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>>;

    /// What many of these become together: a `list`, but bytes become `bytes`.
    #[doc(hidden)]
    fn many_into_py(items: impl IntoIterator<Item = Self>, py: Py<'py>) -> PyResult<'py, Obj<'py>>
    where
        Self: Sized,
    {
        List::new(py, items).map(Obj::into_any)
    }
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

impl<'py, T> Obj<'py, T> {
    /// Converts the object: `object.extract::<i64>()`.
    ///
    /// # Errors
    ///
    /// As the conversion to `U`.
    pub fn extract<'a, U: FromPy<'a, 'py, Py<'py>>>(&'a self) -> PyResult<'py, U> {
        U::from_py(&Argument::new(self.as_any(), &self.py(), Name::None))
    }
}
