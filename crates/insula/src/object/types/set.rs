//! `set` and `frozenset`.

use crate::brand::Py;
use crate::ffi;
use crate::object::convert::IntoPy;
use crate::object::err::{PyErr, PyResult};
use crate::object::exceptions::KeyError;
use crate::object::obj::Obj;
use crate::object::types::Iter;
use crate::object::types::native::native;
use crate::object::types::object::truth;

native! {
    /// Python's `set`.
    ///
    /// ```
    /// use insula::prelude::*;
    /// fn unique<'py>(items: &Obj<'py>) -> PyResult<'py, usize> {
    ///     let seen = Set::new::<Obj<'py>>(items.py(), [])?;
    ///     for item in items.iter()? {
    ///         seen.add(item?)?;
    ///     }
    ///     Ok(seen.len())
    /// }
    /// ```
    Set "set" PySet_Check PySet_Type;
    /// Python's `frozenset`.
    ///
    /// ```
    /// use insula::prelude::*;
    /// fn vowels<'py>(py: Py<'py>) -> PyResult<'py, Obj<'py, FrozenSet>> {
    ///     FrozenSet::new(py, "aeiou".chars())
    /// }
    /// ```
    FrozenSet "frozenset" PyFrozenSet_Check PyFrozenSet_Type;
}

impl Set {
    /// A new `set` of `items`.
    ///
    /// # Errors
    ///
    /// What a conversion, or an item's `__hash__` or `__eq__`, raises; `MemoryError`.
    pub fn new<'py, T: IntoPy<'py>>(py: Py<'py>, items: impl IntoIterator<Item = T>) -> PyResult<'py, Obj<'py, Set>> {
        // SAFETY: no precondition but attachment; NULL stands for no items.
        let set: Obj<'py, Set> = unsafe { Obj::from_owned(py, ffi::PySet_New(std::ptr::null_mut()))? };
        for item in items {
            set.add(item)?;
        }
        Ok(set)
    }
}

impl FrozenSet {
    /// A new `frozenset` of `items`.
    ///
    /// # Errors
    ///
    /// What a conversion, or an item's `__hash__` or `__eq__`, raises; `MemoryError`.
    pub fn new<'py, T: IntoPy<'py>>(
        py: Py<'py>,
        items: impl IntoIterator<Item = T>,
    ) -> PyResult<'py, Obj<'py, FrozenSet>> {
        let set = Set::new(py, items)?;
        // SAFETY: a live set; PyFrozenSet_New returns a `frozenset` or NULL with an exception.
        unsafe { Obj::from_owned(py, ffi::PyFrozenSet_New(set.as_ptr())) }
    }
}

/// What both kinds of set can be asked.
macro_rules! queries {
    ($($name:ident)*) => { $(
        impl<'py> Obj<'py, $name> {
            /// `len(self)`.
            pub fn len(&self) -> usize {
                // SAFETY: a live set; its size is not negative.
                unsafe { ffi::PySet_Size(self.as_ptr()).cast_unsigned() }
            }

            /// Whether the set has no items.
            pub fn is_empty(&self) -> bool {
                self.len() == 0
            }

            /// `item in self`.
            ///
            /// # Errors
            ///
            /// What the item's `__hash__` or `__eq__` raises.
            pub fn contains(&self, item: impl IntoPy<'py>) -> PyResult<'py, bool> {
                let item = item.into_py(self.py())?;
                // SAFETY: both objects are alive.
                truth(self.py(), unsafe { ffi::PySet_Contains(self.as_ptr(), item.as_ptr()) })
            }

            /// `iter(self)`. If the set changes its size meanwhile, the next step raises `RuntimeError`.
            ///
            /// # Errors
            ///
            /// What the `__iter__` of a subclass raises; `MemoryError`.
            pub fn iter(&self) -> PyResult<'py, Obj<'py, Iter>> {
                self.as_any().iter()
            }
        }
    )* };
}
queries! { Set FrozenSet }

impl<'py> Obj<'py, Set> {
    /// `self.add(item)`.
    ///
    /// # Errors
    ///
    /// What a conversion, or the item's `__hash__` or `__eq__`, raises; `MemoryError`.
    pub fn add(&self, item: impl IntoPy<'py>) -> PyResult<'py, ()> {
        let item = item.into_py(self.py())?;
        // SAFETY: both objects are alive; the set takes its own reference.
        PyErr::check(self.py(), unsafe { ffi::PySet_Add(self.as_ptr(), item.as_ptr()) })
    }

    /// `self.discard(item)`: whether it was there.
    ///
    /// # Errors
    ///
    /// What the item's `__hash__` or `__eq__` raises.
    pub fn discard(&self, item: impl IntoPy<'py>) -> PyResult<'py, bool> {
        let item = item.into_py(self.py())?;
        // SAFETY: both objects are alive.
        truth(self.py(), unsafe { ffi::PySet_Discard(self.as_ptr(), item.as_ptr()) })
    }

    /// Removes any one item, or gives nothing if the set is empty.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    pub fn pop(&self) -> PyResult<'py, Option<Obj<'py>>> {
        // SAFETY: a live set; PySet_Pop returns a new reference, or NULL with an exception: KeyError if it is empty.
        match unsafe { Obj::from_owned(self.py(), ffi::PySet_Pop(self.as_ptr())) } {
            Ok(item) => Ok(Some(item)),
            Err(error) if error.is::<KeyError>(self.py()) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// `self.clear()`.
    pub fn clear(&self) {
        // SAFETY: a live set: the call fails for nothing else.
        unsafe { ffi::PySet_Clear(self.as_ptr()) };
    }
}
