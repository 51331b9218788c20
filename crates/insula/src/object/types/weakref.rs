//! Weak references.

use crate::ffi;
use crate::object::err::{PyErr, PyResult};
use crate::object::obj::Obj;
use crate::object::types::native::native;

native! {
    /// Python's `weakref.ref`.
    ///
    /// ```
    /// use insula::prelude::*;
    /// #[derive(Trace)]
    /// struct Watcher<'py> {
    ///     watched: Obj<'py, WeakRef>,
    /// }
    /// fn watched<'py>(watcher: &Watcher<'py>) -> PyResult<'py, Option<Obj<'py>>> {
    ///     watcher.watched.upgrade()
    /// }
    /// ```
    WeakRef "weakref.ReferenceType" PyWeakref_CheckRef _PyWeakref_RefType;
}

impl WeakRef {
    /// `weakref.ref(object)`.
    ///
    /// # Errors
    ///
    /// `TypeError` if objects of its type cannot be referenced weakly.
    pub fn new<'py, T>(object: &Obj<'py, T>) -> PyResult<'py, Obj<'py, WeakRef>> {
        // SAFETY: a live object; NULL stands for no callback; a new reference or NULL with an exception.
        unsafe { Obj::from_owned(object.py(), ffi::PyWeakref_NewRef(object.as_ptr(), std::ptr::null_mut())) }
    }

    /// `weakref.ref(object, callback)`: the callback is called with the weak reference when the object dies.
    ///
    /// # Errors
    ///
    /// `TypeError` if objects of its type cannot be referenced weakly.
    pub fn with_callback<'py, T>(object: &Obj<'py, T>, callback: &Obj<'py>) -> PyResult<'py, Obj<'py, WeakRef>> {
        // SAFETY: both objects are alive; a new reference or NULL with an exception.
        unsafe { Obj::from_owned(object.py(), ffi::PyWeakref_NewRef(object.as_ptr(), callback.as_ptr())) }
    }
}

impl<'py> Obj<'py, WeakRef> {
    /// `self()`: the object, or nothing if it is gone.
    ///
    /// # Errors
    ///
    /// None for a weak reference that is intact.
    pub fn upgrade(&self) -> PyResult<'py, Option<Obj<'py>>> {
        let mut object = std::ptr::null_mut();
        // SAFETY: a live weak reference; `object` becomes a new reference, or NULL if it is gone.
        unsafe {
            match ffi::compat::PyWeakref_GetRef(self.as_ptr(), &mut object) {
                1 => Obj::from_owned(self.py(), object).map(Some),
                0 => Ok(None),
                _ => Err(PyErr::take(self.py())),
            }
        }
    }
}
