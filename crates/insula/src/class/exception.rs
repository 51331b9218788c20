//! Exceptions of a module: `#[exception]`.

use std::ffi::CStr;

use crate::arguments::scope::Scope;
use crate::def::{EntryDef, ExceptionDef};
use crate::ffi;
use crate::object::err::{PyErr, PyResult};
use crate::object::exceptions::ExceptionBase;
use crate::object::obj::Obj;
use crate::object::types::{Module, Type};

impl EntryDef {
    /// An exception.
    pub const fn exception<E: ExceptionDef>() -> Self {
        EntryDef::Type(make_exception::<E>)
    }
}

/// Checks at compile time what the traits do not.
pub const fn check_exception<E: ExceptionDef>() {
    if let Some(place) = <E::Base as ExceptionBase<E::Module>>::PLACE {
        assert!(place < E::INDEX, "an exception is declared after the one that it derives from");
    }
}

fn make_exception<'py, E: ExceptionDef>(
    module: &Obj<'py, Module>,
    made: &[*mut ffi::PyObject],
) -> PyResult<'py, Obj<'py, Type>> {
    let doc = E::DOC.map_or(std::ptr::null(), CStr::as_ptr);
    // SAFETY: name and docstring are NUL-terminated, the base is a live exception class; the result is a new class or
    // NULL.
    unsafe {
        let base = E::Base::base_ptr(made);
        Obj::from_owned(module.py(), ffi::PyErr_NewExceptionWithDoc(E::NAME.as_ptr(), doc, base, std::ptr::null_mut()))
    }
}

/// A new exception of the module that the place belongs to.
#[cold]
pub fn new_exception<'py, E: ExceptionDef, S: Scope<'py, Module = E::Module>>(scope: &S, message: &str) -> PyErr<'py> {
    match scope.block() {
        // SAFETY: the block is initialised and lives for the call; its entry for the exception is a live class.
        Ok(block) => PyErr::from_type(scope.py(), unsafe { *block.as_ref().object(E::INDEX) }, message),
        Err(error) => error,
    }
}
