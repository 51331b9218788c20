//! Iterators.

use std::ptr::NonNull;

use crate::ffi;
use crate::object::convert::{Argument, Downcast};
use crate::object::err::{PyErr, PyResult};
use crate::object::exceptions::{BuiltinException, StopIteration, TypeError};
use crate::object::obj::Obj;

/// A Python iterator. `Obj<'py, Iter>` is a Rust iterator, whose items are `PyResult`s: each step runs Python code.
///
/// ```
/// use insula::prelude::*;
/// fn total<'py>(numbers: &Obj<'py>) -> PyResult<'py, f64> {
///     let mut total = 0.0;
///     for number in numbers.iter()? {
///         total += number?.extract::<f64>()?;
///     }
///     Ok(total)
/// }
/// ```
pub enum Iter {}

impl<'py, S> Downcast<'py, S> for Iter {
    fn downcast<'a>(argument: &Argument<'a, 'py, '_, S>) -> PyResult<'py, &'a Obj<'py, Self>> {
        argument.object().as_iter().ok_or_else(|| argument.wrong_type("an iterator"))
    }
}

impl<'py> Obj<'py> {
    /// `iter(self)`.
    ///
    /// # Errors
    ///
    /// `TypeError` if the object is not iterable; what its `__iter__` raises.
    pub fn iter(&self) -> PyResult<'py, Obj<'py, Iter>> {
        // SAFETY: a live object; PyObject_GetIter returns an iterator or NULL with an exception.
        unsafe { Obj::from_owned(self.py(), ffi::PyObject_GetIter(self.as_ptr())) }
    }

    /// This object as an iterator, if it is one already: it has `__next__`.
    pub fn as_iter(&self) -> Option<&Obj<'py, Iter>> {
        // SAFETY: a live object; `Iter` promises no more than `next` checks again.
        unsafe { (ffi::PyIter_Check(self.as_ptr()) != 0).then(|| self.cast_unchecked()) }
    }
}

impl<'py> Iterator for Obj<'py, Iter> {
    type Item = PyResult<'py, Obj<'py>>;

    fn next(&mut self) -> Option<Self::Item> {
        // SAFETY: a live object. tp_iternext returns a new reference, or NULL, with an exception if that is not just
        // the end.
        unsafe {
            let Some(next) = (*ffi::Py_TYPE(self.as_ptr())).tp_iternext else {
                return Some(Err(self.no_iterator()));
            };
            match NonNull::new(ffi::call_1(next, self.as_ptr())) {
                Some(item) => Some(Ok(Obj::from_owned_non_null(item))),
                None => self.end().map(Err),
            }
        }
    }
}

impl<'py> Obj<'py, Iter> {
    /// Python code may have given the object another class, without `__next__`, since it was checked.
    #[cold]
    fn no_iterator(&self) -> PyErr<'py> {
        let message = format!("'{}' object is not an iterator", self.type_name());
        TypeError::new_err(self.py(), message.as_str())
    }

    /// What ended the iteration, if it is an error.
    fn end(&self) -> Option<PyErr<'py>> {
        PyErr::take_if_set(self.py()).filter(|error| !error.is::<StopIteration>(self.py()))
    }
}
