//! `list`.

use crate::brand::Py;
use crate::ffi;
use crate::object::convert::IntoPy;
use crate::object::err::{PyErr, PyResult};
use crate::object::exceptions::{BuiltinException, IndexError};
use crate::object::obj::Obj;
use crate::object::types::Tuple;
use crate::object::types::native::native;
use crate::object::types::object::call_own;

native! {
    /// Python's `list`.
    ///
    /// The methods act on the list itself, as `list.append(l, item)` does: what a subclass overrides is not called.
    ///
    /// ```
    /// use insula::prelude::*;
    /// fn doubled<'py>(list: &Obj<'py, List>) -> PyResult<'py, Obj<'py, List>> {
    ///     let result = List::new::<i64>(list.py(), [])?;
    ///     for item in list.iter() {
    ///         result.append(item.add(&item)?)?;
    ///     }
    ///     Ok(result)
    /// }
    /// ```
    List "list" PyList_Check PyList_Type;
}

impl List {
    /// A new `list` of `items`.
    ///
    /// # Errors
    ///
    /// `MemoryError`; what the conversion of an item raises.
    pub fn new<'py, T: IntoPy<'py>>(py: Py<'py>, items: impl IntoIterator<Item = T>) -> PyResult<'py, Obj<'py, List>> {
        // SAFETY: no precondition but attachment.
        let list: Obj<'py, List> = unsafe { Obj::from_owned(py, ffi::PyList_New(0))? };
        for item in items {
            list.append(item)?;
        }
        Ok(list)
    }

    /// `list(iterable)`.
    ///
    /// # Errors
    ///
    /// `TypeError` if the object is not iterable; what the iteration raises.
    pub fn from_iterable<'py, T>(iterable: &Obj<'py, T>) -> PyResult<'py, Obj<'py, List>> {
        // SAFETY: a live object; PySequence_List returns a new `list` or NULL with an exception.
        unsafe { Obj::from_owned(iterable.py(), ffi::PySequence_List(iterable.as_ptr())) }
    }
}

/// A position as the C-API has it. No list is longer than `isize::MAX`, so that a number beyond means its end.
fn position(index: usize) -> isize {
    isize::try_from(index).unwrap_or(isize::MAX)
}

impl<'py> Obj<'py, List> {
    /// `self.append(item)`.
    ///
    /// # Errors
    ///
    /// What the conversion raises; `MemoryError`.
    pub fn append(&self, item: impl IntoPy<'py>) -> PyResult<'py, ()> {
        let item = item.into_py(self.py())?;
        // SAFETY: both objects are alive; the list takes its own reference.
        PyErr::check(self.py(), unsafe { ffi::PyList_Append(self.as_ptr(), item.as_ptr()) })
    }

    /// `self.insert(index, item)`; past the end it appends.
    ///
    /// # Errors
    ///
    /// What the conversion raises; `MemoryError`.
    pub fn insert(&self, index: usize, item: impl IntoPy<'py>) -> PyResult<'py, ()> {
        let item = item.into_py(self.py())?;
        // SAFETY: both objects are alive; the list takes its own reference.
        PyErr::check(self.py(), unsafe { ffi::PyList_Insert(self.as_ptr(), position(index), item.as_ptr()) })
    }

    /// `self.extend(iterable)`.
    ///
    /// # Errors
    ///
    /// `TypeError` if the object is not iterable; what the iteration raises.
    pub fn extend<T>(&self, iterable: &Obj<'py, T>) -> PyResult<'py, ()> {
        call_own(self, "extend", [iterable.clone().into_any()]).map(drop)
    }

    /// `len(self)`.
    pub fn len(&self) -> usize {
        // SAFETY: a live `list`; its size is not negative.
        unsafe { ffi::PyList_Size(self.as_ptr()).cast_unsigned() }
    }

    /// Whether the list has no items.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A new reference to the item at `index`, counted from the start, or nothing past the end.
    pub fn get(&self, index: usize) -> Option<Obj<'py>> {
        if index >= self.len() {
            return None;
        }
        // SAFETY: a live list; PyList_GetItemRef returns a new reference, or NULL with an exception if another thread
        // has made the list shorter since.
        unsafe { Obj::from_owned(self.py(), ffi::compat::PyList_GetItemRef(self.as_ptr(), position(index))).ok() }
    }

    /// `self[index] = item`.
    ///
    /// # Errors
    ///
    /// `IndexError` past the end; what the conversion raises.
    pub fn set(&self, index: usize, item: impl IntoPy<'py>) -> PyResult<'py, ()> {
        let item = item.into_py(self.py())?;
        // SAFETY: a live list; PyList_SetItem takes over the reference, also when it fails.
        PyErr::check(self.py(), unsafe { ffi::PyList_SetItem(self.as_ptr(), position(index), item.into_ptr()) })
    }

    /// `del self[index]`.
    ///
    /// # Errors
    ///
    /// `IndexError` past the end.
    pub fn del(&self, index: usize) -> PyResult<'py, ()> {
        if index >= self.len() {
            return Err(IndexError::new_err(self.py(), "list index out of range"));
        }
        // SAFETY: a live list; without a replacement the slice is deleted.
        PyErr::check(self.py(), unsafe {
            ffi::PyList_SetSlice(self.as_ptr(), position(index), position(index + 1), std::ptr::null_mut())
        })
    }

    /// `self[start:end]`: a new list. Positions past the end mean the end.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    pub fn slice(&self, start: usize, end: usize) -> PyResult<'py, Obj<'py, List>> {
        // SAFETY: a live list; PyList_GetSlice bounds the positions and returns a new `list` or NULL with an exception.
        unsafe { Obj::from_owned(self.py(), ffi::PyList_GetSlice(self.as_ptr(), position(start), position(end))) }
    }

    /// `self.sort()`.
    ///
    /// # Errors
    ///
    /// What the items' `__lt__` raises; `ValueError` if one of them changes the list.
    pub fn sort(&self) -> PyResult<'py, ()> {
        // SAFETY: a live list.
        PyErr::check(self.py(), unsafe { ffi::PyList_Sort(self.as_ptr()) })
    }

    /// `self.reverse()`.
    pub fn reverse(&self) {
        // SAFETY: a live list: the call fails for nothing else.
        unsafe { ffi::PyList_Reverse(self.as_ptr()) };
    }

    /// `tuple(self)`.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    pub fn to_tuple(&self) -> PyResult<'py, Obj<'py, Tuple>> {
        // SAFETY: a live list; PyList_AsTuple returns a new `tuple` or NULL with an exception.
        unsafe { Obj::from_owned(self.py(), ffi::PyList_AsTuple(self.as_ptr())) }
    }

    /// The items, each looked up when it is its turn: the list may change meanwhile, as it may under a Python loop.
    pub fn iter(&self) -> ListIter<'_, 'py> {
        ListIter { list: self, next: 0 }
    }
}

/// The items of a list; see [`Obj::<List>::iter`].
pub struct ListIter<'a, 'py> {
    list: &'a Obj<'py, List>,
    next: usize,
}

impl<'py> Iterator for ListIter<'_, 'py> {
    type Item = Obj<'py>;

    fn next(&mut self) -> Option<Obj<'py>> {
        let item = self.list.get(self.next)?;
        self.next += 1;
        Some(item)
    }
}

impl<'a, 'py> IntoIterator for &'a Obj<'py, List> {
    type Item = Obj<'py>;
    type IntoIter = ListIter<'a, 'py>;

    fn into_iter(self) -> ListIter<'a, 'py> {
        self.iter()
    }
}
