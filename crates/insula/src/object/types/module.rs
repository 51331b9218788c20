//! Modules.

use crate::brand::Py;
use crate::ffi;
use crate::object::convert::IntoPy;
use crate::object::err::PyResult;
use crate::object::obj::{Name, Obj};
use crate::object::types::native::native;
use crate::object::types::{Dict, Str};

native! {
    /// A module object.
    ///
    /// ```
    /// use insula::prelude::*;
    /// fn add_constants<'py>(module: &Obj<'py, Module>) -> PyResult<'py, ()> {
    ///     module.add("LIMIT", 10)?;
    ///     module.add("NAMES", ["a", "b"])
    /// }
    /// ```
    Module "module" PyModule_Check PyModule_Type;
}

impl<'py> Py<'py> {
    /// `importlib.import_module(name)`: usually a module, but `sys.modules` may hold any object.
    ///
    /// What it gives belongs to this interpreter: keep it, or what it holds, in the module state.
    ///
    /// ```
    /// use insula::prelude::*;
    /// fn now<'py>(py: Py<'py>) -> PyResult<'py, f64> {
    ///     py.import("time")?.getattr("time")?.call(())?.extract()
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// `ImportError` if there is no such module; what importing it raises.
    pub fn import(self, name: impl Name<'py>) -> PyResult<'py, Obj<'py>> {
        let name = name.to_name(self)?;
        // SAFETY: a live `str`; PyImport_Import returns a new reference or NULL with an exception.
        unsafe { Obj::from_owned(self, ffi::PyImport_Import(name.as_ptr())) }
    }
}

impl<'py> Obj<'py, Module> {
    /// Puts `value` into the module's `__dict__` under `name`.
    ///
    /// The module state should keep its own reference to what Rust code needs: Python code may replace the attribute.
    ///
    /// # Errors
    ///
    /// What the conversion of the value raises; `MemoryError`.
    pub fn add(&self, name: impl Name<'py>, value: impl IntoPy<'py>) -> PyResult<'py, ()> {
        self.setattr(name, value)
    }

    /// The module's `__dict__`.
    pub fn dict(&self) -> PyResult<'py, Obj<'py, Dict>> {
        // SAFETY: a live module; its dictionary is borrowed from it, and becomes a new reference at once.
        unsafe { Obj::from_borrowed(self.py(), ffi::PyModule_GetDict(self.as_ptr())) }
    }

    /// The module's `__name__`.
    ///
    /// # Errors
    ///
    /// `SystemError` if it has none.
    pub fn name(&self) -> PyResult<'py, Obj<'py, Str>> {
        // SAFETY: a live module; PyModule_GetNameObject returns a `str` or NULL with an exception.
        unsafe { Obj::from_owned(self.py(), ffi::PyModule_GetNameObject(self.as_ptr())) }
    }
}
