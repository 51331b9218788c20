//! `dict`.

use std::ptr;

use crate::brand::Py;
use crate::ffi;
use crate::object::convert::IntoPy;
use crate::object::err::{PyErr, PyResult};
use crate::object::obj::Obj;
use crate::object::types::List;
use crate::object::types::native::native;
use crate::object::types::object::{call_own, truth};
use crate::thread::critical_section::critical_section;

native! {
    /// Python's `dict`.
    ///
    /// The methods act on the dictionary itself, as `dict.get(d, key)` does: what a subclass overrides is not called.
    ///
    /// ```
    /// use insula::prelude::*;
    /// fn invert<'py>(dict: &Obj<'py, Dict>) -> PyResult<'py, Obj<'py, Dict>> {
    ///     let inverted = Dict::new(dict.py())?;
    ///     for (key, value) in dict.iter() {
    ///         inverted.set(value, key)?;
    ///     }
    ///     Ok(inverted)
    /// }
    /// ```
    Dict "dict" PyDict_Check PyDict_Type;
}

impl Dict {
    /// A new, empty `dict`.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    pub fn new(py: Py<'_>) -> PyResult<'_, Obj<'_, Dict>> {
        // SAFETY: no precondition but attachment.
        unsafe { Obj::from_owned(py, ffi::PyDict_New()) }
    }

    /// A new `dict` of the pairs.
    ///
    /// # Errors
    ///
    /// What a conversion, or a key's `__hash__` or `__eq__`, raises; `MemoryError`.
    pub fn of<'py, K: IntoPy<'py>, V: IntoPy<'py>>(
        py: Py<'py>,
        pairs: impl IntoIterator<Item = (K, V)>,
    ) -> PyResult<'py, Obj<'py, Dict>> {
        let dict = Dict::new(py)?;
        for (key, value) in pairs {
            dict.set(key, value)?;
        }
        Ok(dict)
    }
}

impl<'py> Obj<'py, Dict> {
    /// `self.get(key)`: a new reference, or nothing if there is no such key.
    ///
    /// # Errors
    ///
    /// What the key's `__hash__` or `__eq__` raises.
    pub fn get(&self, key: impl IntoPy<'py>) -> PyResult<'py, Option<Obj<'py>>> {
        let key = key.into_py(self.py())?;
        let mut found = ptr::null_mut();
        // SAFETY: both objects are alive; `found` becomes a new reference, or NULL if there is none.
        let status = unsafe { ffi::compat::PyDict_GetItemRef(self.as_ptr(), key.as_ptr(), &mut found) };
        self.found(status, found)
    }

    /// The answer of a call that returns 1 and a new reference, 0, or -1 with an exception set.
    fn found(&self, status: i32, found: *mut ffi::PyObject) -> PyResult<'py, Option<Obj<'py>>> {
        match status {
            // SAFETY: the callers pass a new reference in this case.
            1 => unsafe { Obj::from_owned(self.py(), found).map(Some) },
            0 => Ok(None),
            _ => Err(PyErr::take(self.py())),
        }
    }

    /// `self[key] = value`.
    ///
    /// # Errors
    ///
    /// What a conversion, or the key's `__hash__` or `__eq__`, raises; `MemoryError`.
    pub fn set(&self, key: impl IntoPy<'py>, value: impl IntoPy<'py>) -> PyResult<'py, ()> {
        let (key, value) = (key.into_py(self.py())?, value.into_py(self.py())?);
        // SAFETY: all three objects are alive; the dictionary takes its own references.
        PyErr::check(self.py(), unsafe { ffi::PyDict_SetItem(self.as_ptr(), key.as_ptr(), value.as_ptr()) })
    }

    /// `del self[key]`.
    ///
    /// # Errors
    ///
    /// `KeyError` if there is no such key; what the key's `__hash__` or `__eq__` raises.
    pub fn del(&self, key: impl IntoPy<'py>) -> PyResult<'py, ()> {
        let key = key.into_py(self.py())?;
        // SAFETY: both objects are alive.
        PyErr::check(self.py(), unsafe { ffi::PyDict_DelItem(self.as_ptr(), key.as_ptr()) })
    }

    /// `key in self`.
    ///
    /// # Errors
    ///
    /// What the key's `__hash__` or `__eq__` raises.
    pub fn contains(&self, key: impl IntoPy<'py>) -> PyResult<'py, bool> {
        let key = key.into_py(self.py())?;
        // SAFETY: both objects are alive.
        truth(self.py(), unsafe { ffi::PyDict_Contains(self.as_ptr(), key.as_ptr()) })
    }

    /// `self.setdefault(key, default)`: the value there was, or `default`, which now is there.
    ///
    /// # Errors
    ///
    /// What a conversion, or the key's `__hash__` or `__eq__`, raises; `MemoryError`.
    pub fn setdefault(&self, key: impl IntoPy<'py>, default: impl IntoPy<'py>) -> PyResult<'py, Obj<'py>> {
        let (key, default) = (key.into_py(self.py())?, default.into_py(self.py())?);
        let mut value = ptr::null_mut();
        // SAFETY: all three objects are alive; unless an exception is set, `value` becomes a new reference.
        unsafe {
            let status = ffi::compat::PyDict_SetDefaultRef(self.as_ptr(), key.as_ptr(), default.as_ptr(), &mut value);
            PyErr::check(self.py(), status)?;
            Obj::from_owned(self.py(), value)
        }
    }

    /// The value of `key`, or, if there is none, the one that `make` makes, which then is there. If something else put
    /// one there while `make` ran, that one stays and is the result.
    ///
    /// # Errors
    ///
    /// What `make`, or the key's `__hash__` or `__eq__`, raises; `MemoryError`.
    pub fn get_or_insert_with<V: IntoPy<'py>>(
        &self,
        key: impl IntoPy<'py>,
        make: impl FnOnce() -> PyResult<'py, V>,
    ) -> PyResult<'py, Obj<'py>> {
        let key = key.into_py(self.py())?;
        match self.get(&key)? {
            Some(value) => Ok(value),
            None => self.setdefault(key, make()?),
        }
    }

    /// Removes `key`: the value it had, or nothing if there was none.
    ///
    /// # Errors
    ///
    /// What the key's `__hash__` or `__eq__` raises.
    pub fn pop(&self, key: impl IntoPy<'py>) -> PyResult<'py, Option<Obj<'py>>> {
        let key = key.into_py(self.py())?;
        #[cfg(Py_3_13)]
        {
            let mut found = ptr::null_mut();
            // SAFETY: both objects are alive; `found` becomes a new reference, or NULL if there is none.
            let status = unsafe { ffi::PyDict_Pop(self.as_ptr(), key.as_ptr(), &mut found) };
            self.found(status, found)
        }
        #[cfg(not(Py_3_13))]
        {
            // A list that nobody else has stands for "nothing": it is no value of the dictionary.
            let nothing = List::new::<Obj<'py>>(self.py(), [])?.into_any();
            let value = call_own(self, "pop", [key, nothing.clone()])?;
            Ok(if value.is(&nothing) { None } else { Some(value) })
        }
    }

    /// `self.clear()`.
    pub fn clear(&self) {
        // SAFETY: a live dictionary.
        unsafe { ffi::PyDict_Clear(self.as_ptr()) }
    }

    /// `self.copy()`: a new `dict` of the same items.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    pub fn copy(&self) -> PyResult<'py, Obj<'py, Dict>> {
        // SAFETY: a live dictionary; PyDict_Copy returns a new `dict` or NULL with an exception.
        unsafe { Obj::from_owned(self.py(), ffi::PyDict_Copy(self.as_ptr())) }
    }

    /// `self.update(other)`, from a mapping or from an iterable of pairs.
    ///
    /// # Errors
    ///
    /// What `dict.update` raises.
    pub fn update<T>(&self, other: &Obj<'py, T>) -> PyResult<'py, ()> {
        call_own(self, "update", [other.clone().into_any()]).map(drop)
    }

    /// `len(self)`.
    pub fn len(&self) -> usize {
        // SAFETY: a live `dict`; the size of a dictionary is not negative.
        unsafe { ffi::PyDict_Size(self.as_ptr()).cast_unsigned() }
    }

    /// Whether the dictionary has no items.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// `list(self.keys())`.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    pub fn keys(&self) -> PyResult<'py, Obj<'py, List>> {
        // SAFETY: a live dictionary; the call returns a new `list` or NULL with an exception.
        unsafe { Obj::from_owned(self.py(), ffi::PyDict_Keys(self.as_ptr())) }
    }

    /// `list(self.values())`.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    pub fn values(&self) -> PyResult<'py, Obj<'py, List>> {
        // SAFETY: a live dictionary; the call returns a new `list` or NULL with an exception.
        unsafe { Obj::from_owned(self.py(), ffi::PyDict_Values(self.as_ptr())) }
    }

    /// `list(self.items())`.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    pub fn items(&self) -> PyResult<'py, Obj<'py, List>> {
        // SAFETY: a live dictionary; the call returns a new `list` or NULL with an exception.
        unsafe { Obj::from_owned(self.py(), ffi::PyDict_Items(self.as_ptr())) }
    }

    /// The items as they are now: what the loop does to the dictionary does not disturb it.
    pub fn iter(&self) -> std::vec::IntoIter<(Obj<'py>, Obj<'py>)> {
        let mut items = Vec::with_capacity(self.len());
        let mut position = 0;
        let (mut key, mut value) = (ptr::null_mut(), ptr::null_mut());
        // SAFETY: a live dictionary, which cannot change during the loop: between two steps no Python code runs, for
        // taking references runs none, and the GIL is held, or the dictionary's lock. PyDict_Next gives borrowed
        // references, which become new ones at once.
        let mut take = || unsafe {
            while ffi::PyDict_Next(self.as_ptr(), &mut position, &mut key, &mut value) != 0 {
                let pair = (Obj::from_borrowed(self.py(), key), Obj::from_borrowed(self.py(), value));
                if let (Ok(key), Ok(value)) = pair {
                    items.push((key, value));
                }
            }
        };
        // SAFETY: a live dictionary; attached.
        unsafe { critical_section(self.as_ptr(), &mut take) };
        items.into_iter()
    }
}
