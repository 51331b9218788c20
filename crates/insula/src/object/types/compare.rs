//! Comparison and hashing, as Python does them: by the objects' own `__eq__`, `__lt__` and `__hash__`, which may raise.

use std::ffi::c_int;

use crate::ffi;
use crate::object::convert::IntoPy;
use crate::object::err::{PyErr, PyResult};
use crate::object::obj::Obj;
use crate::object::types::object::truth;

macro_rules! comparisons {
    ($($name:ident $symbol:literal $operator:ident)*) => { $(
        #[doc = concat!("`bool(self ", $symbol, " other)`.")]
        ///
        /// # Errors
        ///
        /// What the objects' comparison, or the truth of its result, raises.
        pub fn $name(&self, other: impl IntoPy<'py>) -> PyResult<'py, bool> {
            self.rich_compare(other, ffi::$operator)?.is_truthy()
        }
    )* };
}

impl<'py> Obj<'py> {
    fn rich_compare(&self, other: impl IntoPy<'py>, operator: c_int) -> PyResult<'py, Obj<'py>> {
        let other = other.into_py(self.py())?;
        // SAFETY: both objects are alive; the call returns a new reference or NULL with an exception.
        unsafe { Obj::from_owned(self.py(), ffi::PyObject_RichCompare(self.as_ptr(), other.as_ptr(), operator)) }
    }

    comparisons! {
        eq "==" Py_EQ
        ne "!=" Py_NE
        lt "<" Py_LT
        le "<=" Py_LE
        gt ">" Py_GT
        ge ">=" Py_GE
    }

    /// `self is other or self == other`: how containers compare their items. An object is identical to itself even if
    /// its `__eq__` denies it, as a NaN's does.
    ///
    /// # Errors
    ///
    /// What the objects' `__eq__`, or the truth of its result, raises.
    pub fn is_or_eq(&self, other: &Obj<'py>) -> PyResult<'py, bool> {
        // SAFETY: both objects are alive.
        truth(self.py(), unsafe { ffi::PyObject_RichCompareBool(self.as_ptr(), other.as_ptr(), ffi::Py_EQ) })
    }

    /// `hash(self)`.
    ///
    /// # Errors
    ///
    /// `TypeError` if the object is not hashable; what its `__hash__` raises.
    pub fn hash(&self) -> PyResult<'py, isize> {
        // SAFETY: a live object; -1 means an exception.
        match unsafe { ffi::PyObject_Hash(self.as_ptr()) } {
            -1 => Err(PyErr::take(self.py())),
            hash => Ok(hash),
        }
    }
}
