//! Slices that are made from others, with an exception where there is no memory for them.

use insula::exceptions::{BuiltinException, MemoryError};
use insula::{Py, PyResult};

/// Room for just so many items.
pub(crate) fn room<'py, T>(py: Py<'py>, len: usize) -> PyResult<'py, Vec<T>> {
    let mut items = Vec::new();
    match items.try_reserve_exact(len) {
        Ok(()) => Ok(items),
        Err(_) => Err(MemoryError::with_args(py, ())),
    }
}

/// Puts an item before that at `index`.
pub(crate) fn push<'py, T>(py: Py<'py>, items: &mut Vec<T>, index: usize, item: T) -> PyResult<'py, ()> {
    items.try_reserve(1).map_err(|_| MemoryError::with_args(py, ()))?;
    items.insert(index, item);
    Ok(())
}

/// The items, with one more before that at `index`.
pub(crate) fn with<'py, T: Clone>(py: Py<'py>, items: &[T], index: usize, item: T) -> PyResult<'py, Box<[T]>> {
    let mut made = room(py, items.len() + 1)?;
    made.extend_from_slice(&items[..index]);
    made.push(item);
    made.extend_from_slice(&items[index..]);
    Ok(made.into_boxed_slice())
}

/// The items, with another in the place of that at `index`.
pub(crate) fn replaced<'py, T: Clone>(py: Py<'py>, items: &[T], index: usize, item: T) -> PyResult<'py, Box<[T]>> {
    let mut made = room(py, items.len())?;
    made.extend_from_slice(&items[..index]);
    made.push(item);
    made.extend_from_slice(&items[index + 1..]);
    Ok(made.into_boxed_slice())
}

/// The items but that at `index`.
pub(crate) fn without<'py, T: Clone>(py: Py<'py>, items: &[T], index: usize) -> PyResult<'py, Box<[T]>> {
    let mut made = room(py, items.len() - 1)?;
    made.extend_from_slice(&items[..index]);
    made.extend_from_slice(&items[index + 1..]);
    Ok(made.into_boxed_slice())
}

/// The same items.
pub(crate) fn copied<'py, T: Clone>(py: Py<'py>, items: &[T]) -> PyResult<'py, Box<[T]>> {
    if items.is_empty() {
        return Ok(Box::new([]));
    }
    let mut made = room(py, items.len())?;
    made.extend_from_slice(items);
    Ok(made.into_boxed_slice())
}
