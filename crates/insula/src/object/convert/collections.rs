//! Sequences, maps and sets. All are copies: Python code may change the originals at any time.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::hash::{BuildHasher, Hash};

use crate::brand::Py;
use crate::ffi;
use crate::object::convert::{Argument, FromPy, IntoPy};
use crate::object::err::PyResult;
use crate::object::exceptions::{BuiltinException, TypeError, ValueError};
use crate::object::obj::Obj;
use crate::object::recursion::Level;
use crate::object::types::{Dict, FrozenSet, List, Native, Set, Str, Tuple, Type};

/// What a collection of items is made of: any iterable, but for text and mappings, whose iteration gives what is hardly
/// meant by it.
const ITERABLE: &str = "an iterable other than str and dict";

/// The items of an iterable, converted.
fn iterated<'py, S, T, C>(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, C>
where
    T: for<'item> FromPy<'item, 'py, S>,
    C: FromIterator<T>,
{
    let object = argument.object();
    let refused = object.downcast::<Str>().is_some() || object.downcast::<Dict>().is_some();
    // SAFETY: a live object holds its type, whose slots are set once it is ready.
    let has_iter = unsafe { (*ffi::Py_TYPE(object.as_ptr())).tp_iter.is_some() };
    let items = match object.iter() {
        _ if refused => return Err(argument.wrong_type(ITERABLE)),
        Err(error) if !has_iter && error.is::<TypeError>(argument.py()) => return Err(argument.wrong_type(ITERABLE)),
        items => items?,
    };
    items.map(|item| T::from_py(&argument.part(&item?))).collect()
}

/// The object as a `list`, `tuple` or `dict`, if iterating over it gives what it holds: a subclass may have an
/// `__iter__` of its own.
pub(super) fn iterated_as<'a, 'py, T: Native>(object: &'a Obj<'py>) -> Option<&'a Obj<'py, T>> {
    // SAFETY: a live object holds its type; the slots of both types are set.
    let is_own = unsafe {
        let (ty, base) = (ffi::Py_TYPE(object.as_ptr()), T::type_ptr());
        ty == base || (*ty).tp_iter.map(|iter| iter as usize) == (*base).tp_iter.map(|iter| iter as usize)
    };
    object.downcast::<T>().filter(|_| is_own)
}

/// From any iterable but a `str` or a `dict`; bytes also from any buffer of bytes.
impl<'py, S, T> FromPy<'_, 'py, S> for Vec<T>
where
    T: for<'item> FromPy<'item, 'py, S>,
{
    fn from_py(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, Self> {
        if let Some(items) = T::from_buffer(argument) {
            return items;
        }
        let _level = Level::enter(argument.py())?;
        let convert = |item: Obj<'py>| T::from_py(&argument.part(&item));
        if let Some(tuple) = iterated_as::<Tuple>(argument.object()) {
            tuple.iter().map(convert).collect()
        } else if let Some(list) = iterated_as::<List>(argument.object()) {
            // Converting an item may run Python code that changes the list: each item is looked up when it is its turn.
            list.iter().map(convert).collect()
        } else {
            iterated::<S, T, Self>(argument)
        }
    }
}

/// A `list`; of bytes, `bytes`.
impl<'py, T: IntoPy<'py>> IntoPy<'py> for Vec<T> {
    fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        T::many_into_py(self, py)
    }
}

/// What differs from `Vec` only in its memory.
macro_rules! like_vec {
    ($($ty:ty)*) => { $(
        impl<'py, S, T> FromPy<'_, 'py, S> for $ty
        where
            T: for<'item> FromPy<'item, 'py, S>,
        {
            fn from_py(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, Self> {
                Vec::from_py(argument).map(Into::into)
            }
        }

        impl<'py, T: IntoPy<'py>> IntoPy<'py> for $ty {
            fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
                T::many_into_py(self, py)
            }
        }
    )* };
}
like_vec! { VecDeque<T> Box<[T]> }

impl<'py, S, T, const N: usize> FromPy<'_, 'py, S> for [T; N]
where
    T: for<'item> FromPy<'item, 'py, S>,
{
    fn from_py(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, Self> {
        let object = argument.object();
        if object.downcast::<Set>().is_some() || object.downcast::<FrozenSet>().is_some() {
            // What comes first is no accident in an array.
            return Err(argument.wrong_type("an iterable with an order"));
        }
        Self::try_from(Vec::from_py(argument)?).map_err(|items: Vec<T>| {
            let message = format!("expected a sequence of length {N}, not {}", items.len());
            ValueError::new_err(argument.py(), message.as_str())
        })
    }
}

impl<'py, T: IntoPy<'py>, const N: usize> IntoPy<'py> for [T; N] {
    fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        T::many_into_py(self, py)
    }
}

/// The entries of a `dict`, or of any mapping with an `items()`, converted. Conversions may change it: what counts is
/// what it held before.
pub(super) fn entries<'py, S, K, V, M>(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, M>
where
    K: for<'item> FromPy<'item, 'py, S>,
    V: for<'item> FromPy<'item, 'py, S>,
    M: FromIterator<(K, V)>,
{
    let _level = Level::enter(argument.py())?;
    let convert = |(key, value): (Obj<'py>, Obj<'py>)| {
        Ok((K::from_py(&argument.part(&key))?, V::from_py(&argument.part(&value))?))
    };
    let object = argument.object();
    if let Some(dict) = object.downcast::<Dict>() {
        return dict_entries(dict)?.into_iter().map(convert).collect();
    }
    let Some(items) = object.getattr_opt("items")?.filter(|_| is_mapping(object)) else {
        return Err(argument.wrong_type("dict or another mapping"));
    };
    items.call0()?.iter()?.map(|item| item?.extract().and_then(convert)).collect()
}

/// The entries of a `dict` as Python code sees them: by the `items` of a subclass, or by its `keys` if it has an
/// `__iter__` and no `items` of its own, as `dict(object)` has them.
pub(super) fn dict_entries<'py>(dict: &Obj<'py, Dict>) -> PyResult<'py, Vec<(Obj<'py>, Obj<'py>)>> {
    let (object, base) = (dict.as_any(), Type::of::<Dict>(dict.py()));
    let ty = object.get_type();
    if ty.is(&base) {
        return Ok(dict.iter().collect());
    }
    if iterated_as::<Dict>(object).is_some() || !ty.getattr("items")?.is(&base.getattr("items")?) {
        return object.call_method("items", ())?.iter()?.map(|item| item?.extract()).collect();
    }
    let pair = |key: PyResult<'py, Obj<'py>>| {
        let key = key?;
        let value = object.getitem(&key)?;
        Ok((key, value))
    };
    object.call_method("keys", ())?.iter()?.map(pair).collect()
}

/// Whether an object has items by key, as a mapping does; a class with an `items` method need not be one.
fn is_mapping(object: &Obj<'_>) -> bool {
    // SAFETY: a live object; the call looks at its type only.
    unsafe { ffi::PyMapping_Check(object.as_ptr()) != 0 }
}

impl<'py, S, K, V, H> FromPy<'_, 'py, S> for HashMap<K, V, H>
where
    K: for<'item> FromPy<'item, 'py, S> + Hash + Eq,
    V: for<'item> FromPy<'item, 'py, S>,
    H: BuildHasher + Default,
{
    fn from_py(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, Self> {
        entries(argument)
    }
}

impl<'py, S, K, V> FromPy<'_, 'py, S> for BTreeMap<K, V>
where
    K: for<'item> FromPy<'item, 'py, S> + Ord,
    V: for<'item> FromPy<'item, 'py, S>,
{
    fn from_py(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, Self> {
        entries(argument)
    }
}

impl<'py, K: IntoPy<'py>, V: IntoPy<'py>, H> IntoPy<'py> for HashMap<K, V, H> {
    fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        Dict::of(py, self).map(Obj::into_any)
    }
}

impl<'py, K: IntoPy<'py>, V: IntoPy<'py>> IntoPy<'py> for BTreeMap<K, V> {
    fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        Dict::of(py, self).map(Obj::into_any)
    }
}

/// The items of a `set` or any other iterable but a `str` or a `dict`, converted. A conversion that changes the set
/// makes the next step raise.
pub(super) fn members<'py, S, T, C>(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, C>
where
    T: for<'item> FromPy<'item, 'py, S>,
    C: FromIterator<T>,
{
    let _level = Level::enter(argument.py())?;
    iterated::<S, T, C>(argument)
}

impl<'py, S, T, H> FromPy<'_, 'py, S> for HashSet<T, H>
where
    T: for<'item> FromPy<'item, 'py, S> + Hash + Eq,
    H: BuildHasher + Default,
{
    fn from_py(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, Self> {
        members(argument)
    }
}

impl<'py, S, T> FromPy<'_, 'py, S> for BTreeSet<T>
where
    T: for<'item> FromPy<'item, 'py, S> + Ord,
{
    fn from_py(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, Self> {
        members(argument)
    }
}

impl<'py, T: IntoPy<'py>, H> IntoPy<'py> for HashSet<T, H> {
    fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        Set::new(py, self).map(Obj::into_any)
    }
}

impl<'py, T: IntoPy<'py>> IntoPy<'py> for BTreeSet<T> {
    fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        Set::new(py, self).map(Obj::into_any)
    }
}
