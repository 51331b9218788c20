//! The interpreter's own dictionary, which CPython keeps for extensions.

use crate::brand::Py;
use crate::ffi;
use crate::object::err::PyResult;
use crate::object::exceptions::{BuiltinException, MemoryError};
use crate::object::obj::Obj;
use crate::object::types::Dict;

/// The dictionary of the interpreter that the thread is attached to: all modules of the interpreter share it, and it is
/// gone with it.
pub(crate) fn interpreter_dict<'py>(py: Py<'py>) -> PyResult<'py, Obj<'py, Dict>> {
    // SAFETY: attached, so there is an interpreter; the result is borrowed, or NULL without an exception.
    let dict = unsafe { ffi::PyInterpreterState_GetDict(ffi::PyInterpreterState_Get()) };
    if dict.is_null() {
        return Err(MemoryError::new_err(py, "no dictionary for the interpreter"));
    }
    // SAFETY: alive, and a dictionary.
    unsafe { Obj::from_borrowed(py, dict) }
}
