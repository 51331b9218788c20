//! Boxed slices that are made from others, with an exception where there is no memory for them.

use insula::exceptions::{BuiltinException, MemoryError};
use insula::{Py, PyResult};

/// A slice of just so many items.
pub(crate) fn boxed<'py, T>(py: Py<'py>, len: usize, items: impl Iterator<Item = T>) -> PyResult<'py, Box<[T]>> {
    let mut vec = Vec::new();
    if len > 0 && vec.try_reserve_exact(len).is_err() {
        return Err(MemoryError::new_err(py, ()));
    }
    vec.extend(items);
    Ok(vec.into_boxed_slice())
}

/// The items, with one more before that at `index`.
pub(crate) fn with<'py, T: Clone>(py: Py<'py>, items: &[T], index: usize, item: T) -> PyResult<'py, Box<[T]>> {
    let (before, behind) = items.split_at(index);
    boxed(py, items.len() + 1, before.iter().cloned().chain([item]).chain(behind.iter().cloned()))
}

/// The items, with another in the place of that at `index`.
pub(crate) fn replaced<'py, T: Clone>(py: Py<'py>, items: &[T], index: usize, item: T) -> PyResult<'py, Box<[T]>> {
    let (before, behind) = (&items[..index], &items[index + 1..]);
    boxed(py, items.len(), before.iter().cloned().chain([item]).chain(behind.iter().cloned()))
}

/// The items but that at `index`.
pub(crate) fn without<'py, T: Clone>(py: Py<'py>, items: &[T], index: usize) -> PyResult<'py, Box<[T]>> {
    let (before, behind) = (&items[..index], &items[index + 1..]);
    boxed(py, items.len() - 1, before.iter().cloned().chain(behind.iter().cloned()))
}

/// The same items.
pub(crate) fn copied<'py, T: Clone>(py: Py<'py>, items: &[T]) -> PyResult<'py, Box<[T]>> {
    if items.is_empty() { Ok(Box::new([])) } else { boxed(py, items.len(), items.iter().cloned()) }
}
