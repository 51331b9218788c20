//! `tuple`.

use crate::brand::Py;
use crate::ffi;
use crate::object::convert::IntoPy;
use crate::object::err::{PyErr, PyResult};
use crate::object::obj::{Obj, lent};
use crate::object::types::List;
use crate::object::types::native::native;

native! {
    /// Python's `tuple`.
    ///
    /// A Rust tuple converts to one by itself; [`Tuple::new`] is for a number of items that only shows at run time.
    ///
    /// ```
    /// use insula::prelude::*;
    /// fn reversed<'py>(tuple: &Obj<'py, Tuple>) -> PyResult<'py, Obj<'py, Tuple>> {
    ///     let mut items: Vec<_> = tuple.iter().collect();
    ///     items.reverse();
    ///     Tuple::new(tuple.py(), items)
    /// }
    /// ```
    Tuple "tuple" PyTuple_Check PyTuple_Type;
}

impl Tuple {
    /// A new `tuple` of `items`.
    ///
    /// # Errors
    ///
    /// What the conversion of an item raises; `MemoryError`.
    pub fn new<'py, T: IntoPy<'py>>(py: Py<'py>, items: impl IntoIterator<Item = T>) -> PyResult<'py, Obj<'py, Tuple>> {
        // All are converted first: conversions run code, which must not find the tuple half-filled.
        let items: Vec<Obj<'py>> = items.into_iter().map(|item| item.into_py(py)).collect::<PyResult<'py, _>>()?;
        // SAFETY: a new tuple is filled before anybody else sees it: PyTuple_SetItem takes over each reference, for an
        // index in range.
        unsafe {
            let tuple: Obj<'py, Tuple> = Obj::from_owned(py, ffi::PyTuple_New(items.len().cast_signed()))?;
            for (index, item) in items.into_iter().enumerate() {
                PyErr::check(py, ffi::PyTuple_SetItem(tuple.as_ptr(), index.cast_signed(), item.into_ptr()))?;
            }
            Ok(tuple)
        }
    }

    /// `tuple(iterable)`.
    ///
    /// # Errors
    ///
    /// `TypeError` if the object is not iterable; what the iteration raises.
    pub fn from_iterable<'py, T>(iterable: &Obj<'py, T>) -> PyResult<'py, Obj<'py, Tuple>> {
        // SAFETY: a live object; PySequence_Tuple returns a `tuple` or NULL with an exception.
        unsafe { Obj::from_owned(iterable.py(), ffi::PySequence_Tuple(iterable.as_ptr())) }
    }
}

impl<'py> Obj<'py, Tuple> {
    /// `len(self)`.
    #[inline]
    pub fn len(&self) -> usize {
        // SAFETY: a live `tuple`; its size is not negative.
        unsafe { ffi::PyTuple_GET_SIZE(self.as_ptr()).cast_unsigned() }
    }

    /// The items, borrowed: they lie one after the other in the tuple, which never changes.
    #[inline]
    pub(crate) fn items(&self) -> &[Obj<'py>] {
        // SAFETY: a live `tuple` holds `len` references from its first item on; `Obj` is `repr(transparent)` over a
        // reference.
        let items = unsafe {
            let tuple = self.as_ptr().cast::<ffi::PyTupleObject>();
            std::slice::from_raw_parts((&raw const (*tuple).ob_item).cast(), self.len())
        };
        lent(items);
        items
    }

    /// Whether the tuple has no items.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A new reference to the item at `index`, counted from the start, or nothing past the end.
    pub fn get(&self, index: usize) -> Option<Obj<'py>> {
        if index >= self.len() {
            return None;
        }
        // SAFETY: the index is in range; the borrowed result becomes a new reference at once.
        unsafe { Obj::from_borrowed(self.py(), ffi::PyTuple_GetItem(self.as_ptr(), index.cast_signed())).ok() }
    }

    /// `self[start:end]`: a tuple. Positions past the end mean the end.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    pub fn slice(&self, start: usize, end: usize) -> PyResult<'py, Obj<'py, Tuple>> {
        let end = end.min(self.len());
        let start = start.min(end);
        // SAFETY: a live tuple and positions within it; a new `tuple` or NULL with an exception.
        unsafe {
            Obj::from_owned(self.py(), ffi::PyTuple_GetSlice(self.as_ptr(), start.cast_signed(), end.cast_signed()))
        }
    }

    /// `list(self)`.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    pub fn to_list(&self) -> PyResult<'py, Obj<'py, List>> {
        List::new(self.py(), self.iter())
    }

    /// The items.
    pub fn iter(&self) -> TupleIter<'_, 'py> {
        TupleIter { tuple: self, next: 0 }
    }
}

/// The items of a tuple; see [`Obj::<Tuple>::iter`].
pub struct TupleIter<'a, 'py> {
    tuple: &'a Obj<'py, Tuple>,
    next: usize,
}

impl<'py> Iterator for TupleIter<'_, 'py> {
    type Item = Obj<'py>;

    fn next(&mut self) -> Option<Obj<'py>> {
        let item = self.tuple.get(self.next)?;
        self.next += 1;
        Some(item)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.tuple.len() - self.next;
        (left, Some(left))
    }
}

impl ExactSizeIterator for TupleIter<'_, '_> {}

impl<'a, 'py> IntoIterator for &'a Obj<'py, Tuple> {
    type Item = Obj<'py>;
    type IntoIter = TupleIter<'a, 'py>;

    fn into_iter(self) -> TupleIter<'a, 'py> {
        self.iter()
    }
}
