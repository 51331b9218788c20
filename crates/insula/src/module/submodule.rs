//! Submodules: module objects with types and state of their own, which a module makes for itself.

use std::ffi::CStr;

use super::export::ModuleTable;
use crate::brand::Py;
use crate::def::{EntryDef, Listed, ModuleDef};
use crate::ffi;
use crate::object::err::{PyErr, PyResult};
use crate::object::exceptions::{BuiltinException, ImportError};
use crate::object::obj::Obj;
use crate::object::types::{Dict, Module, Str};

/// A module marked `#[module(submodule)]`, or written inside another.
///
/// # Safety
///
/// For the macro to implement: the table is that of the module `Self`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no submodule",
    label = "an extension module of its own, which CPython imports by its file",
    note = "mark it #[insula::module(submodule)]"
)]
pub unsafe trait SubmoduleDef: ModuleDef + Listed {
    /// Its name in the module that it is part of.
    const OWN_NAME: &'static CStr;

    /// What CPython reads to make it.
    fn table() -> &'static ModuleTable;
}

impl EntryDef {
    /// A submodule.
    pub const fn submodule<S: SubmoduleDef>() -> Self {
        EntryDef::Submodule { name: S::OWN_NAME, make: make::<S>, register: register::<S> }
    }
}

/// Makes the submodule of a module object, and executes it.
fn make<'py, S: SubmoduleDef>(parent: &Obj<'py, Module>) -> PyResult<'py, Obj<'py, Module>> {
    let py = parent.py();
    let own = S::OWN_NAME.to_string_lossy();
    let package = parent.name()?;
    let name = Str::new(py, &format!("{}.{own}", package.to_str()?))?;
    // `importlib.machinery.ModuleSpec`, where it lives: this module is always loaded, which the other is not.
    let spec = py.import("_frozen_importlib")?.getattr("ModuleSpec")?.call((name, py.none()))?;
    // SAFETY: attached; the table describes a module with multi-phase initialisation and lives as long as the library,
    // and the spec has the attribute `name` that `PyModule_FromDefAndSpec` asks for. The result is a new module object,
    // since there is no Py_mod_create, or NULL with an exception.
    let module: Obj<'py, Module> = unsafe { Obj::from_owned(py, S::table().module_from_spec(spec.as_ptr()))? };
    module.setattr("__spec__", spec)?;
    module.setattr("__package__", package)?;
    // SAFETY: a module object made from this table just now, whose exec has not run.
    PyErr::check(py, unsafe { S::table().execute(module.as_ptr()) })?;
    Ok(module)
}

/// Whether a module has submodules.
pub(super) const fn has_submodules<M: ModuleDef>() -> bool {
    let mut index = 0;
    while index < M::ENTRIES.len() {
        if matches!(M::ENTRIES[index], EntryDef::Submodule { .. }) {
            return true;
        }
        index += 1;
    }
    false
}

/// Puts the submodules of a module into `sys.modules` if it is there itself, as the import system puts it there before
/// it executes it. A copy that somebody makes without that is nobody's import, and its submodules are its attributes
/// only.
pub(super) fn register_if_imported<'py, M: ModuleDef>(module: &Obj<'py, Module>) -> PyResult<'py, ()> {
    let imported = modules(module.py())?.get(module.name()?)?;
    match imported {
        Some(imported) if imported.is(module) => register::<M>(module),
        _ => Ok(()),
    }
}

/// Puts the submodules of a module, and theirs, into `sys.modules`, in the place of those of an earlier import.
fn register<'py, M: ModuleDef>(module: &Obj<'py, Module>) -> PyResult<'py, ()> {
    let modules = modules(module.py())?;
    for entry in M::ENTRIES {
        if let EntryDef::Submodule { name, register, .. } = entry {
            let submodule = module.getattr(&Str::intern(module.py(), name)?)?;
            let Some(submodule) = submodule.downcast::<Module>() else {
                let message = format!("the module's '{}' is not its submodule any more", name.to_string_lossy());
                return Err(ImportError::new_err(module.py(), message));
            };
            modules.set(submodule.name()?, submodule)?;
            register(submodule)?;
        }
    }
    Ok(())
}

/// `sys.modules`.
fn modules(py: Py<'_>) -> PyResult<'_, Obj<'_, Dict>> {
    // SAFETY: attached; the result is borrowed from the interpreter, never NULL while it runs, and made our own at
    // once.
    unsafe { Obj::from_borrowed(py, ffi::PyImport_GetModuleDict()) }
}
