//! `indexmap`, `smallvec`, `bytes`, `either`.

#![cfg(any(feature = "indexmap", feature = "smallvec", feature = "bytes", feature = "either"))]

use crate::brand::Py;
#[cfg(feature = "indexmap")]
use crate::object::convert::collections::{entries, members};
use crate::object::convert::{Argument, FromPy, IntoPy};
use crate::object::err::PyResult;
use crate::object::obj::Obj;

/// As a `HashMap`, in the order of the `dict`.
#[cfg(feature = "indexmap")]
impl<'py, S, K, V, H> FromPy<'_, 'py, S> for indexmap::IndexMap<K, V, H>
where
    K: for<'item> FromPy<'item, 'py, S> + std::hash::Hash + Eq,
    V: for<'item> FromPy<'item, 'py, S>,
    H: std::hash::BuildHasher + Default,
{
    fn from_py(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, Self> {
        entries(argument)
    }
}

/// A `dict` in this order.
#[cfg(feature = "indexmap")]
impl<'py, K: IntoPy<'py>, V: IntoPy<'py>, H> IntoPy<'py> for indexmap::IndexMap<K, V, H> {
    fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        crate::object::types::Dict::of(py, self).map(Obj::into_any)
    }
}

#[cfg(feature = "indexmap")]
impl<'py, S, T, H> FromPy<'_, 'py, S> for indexmap::IndexSet<T, H>
where
    T: for<'item> FromPy<'item, 'py, S> + std::hash::Hash + Eq,
    H: std::hash::BuildHasher + Default,
{
    fn from_py(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, Self> {
        members(argument)
    }
}

/// A `set`, which has no order.
#[cfg(feature = "indexmap")]
impl<'py, T: IntoPy<'py>, H> IntoPy<'py> for indexmap::IndexSet<T, H> {
    fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        crate::object::types::Set::new(py, self).map(Obj::into_any)
    }
}

/// As a `Vec`.
#[cfg(feature = "smallvec")]
impl<'py, S, A: smallvec::Array> FromPy<'_, 'py, S> for smallvec::SmallVec<A>
where
    A::Item: for<'item> FromPy<'item, 'py, S>,
{
    fn from_py(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, Self> {
        Vec::from_py(argument).map(Self::from_vec)
    }
}

#[cfg(feature = "smallvec")]
impl<'py, A: smallvec::Array> IntoPy<'py> for smallvec::SmallVec<A>
where
    A::Item: IntoPy<'py>,
{
    fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        A::Item::many_into_py(self, py)
    }
}

/// A copy of a buffer of bytes, or of a `list` of integers.
#[cfg(feature = "bytes")]
impl<'py, S> FromPy<'_, 'py, S> for bytes::Bytes {
    fn from_py(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, Self> {
        Vec::<u8>::from_py(argument).map(Self::from)
    }
}

/// `bytes`.
#[cfg(feature = "bytes")]
impl<'py> IntoPy<'py> for bytes::Bytes {
    fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        crate::object::types::Bytes::new(py, &self).map(Obj::into_any)
    }
}

/// The first of the two that fits.
#[cfg(feature = "either")]
impl<'a, 'py, S, L: FromPy<'a, 'py, S>, R: FromPy<'a, 'py, S>> FromPy<'a, 'py, S> for either::Either<L, R> {
    fn from_py(argument: &Argument<'a, 'py, '_, S>) -> PyResult<'py, Self> {
        let mut variants = crate::object::convert::derive::Variants::new();
        match L::from_py(argument) {
            Ok(value) => return Ok(either::Either::Left(value)),
            Err(error) => variants.failed(argument.py(), "Left", error)?,
        }
        match R::from_py(argument) {
            Ok(value) => return Ok(either::Either::Right(value)),
            Err(error) => variants.failed(argument.py(), "Right", error)?,
        }
        Err(variants.error(argument, "Either"))
    }
}

#[cfg(feature = "either")]
impl<'py, L: IntoPy<'py>, R: IntoPy<'py>> IntoPy<'py> for either::Either<L, R> {
    fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        match self {
            either::Either::Left(value) => value.into_py(py),
            either::Either::Right(value) => value.into_py(py),
        }
    }
}
