//! Pickling: a class that does not say how to do it refuses.
//!
//! `object.__reduce_ex__` knows nothing of fields in Rust. With the older protocols it writes a pickle that cannot be
//! loaded, and for a class of a built-in type one that has lost the fields.

use std::ffi::CStr;

use crate::def::MethodTable;
use crate::ffi;
use crate::object::err::PyResult;
use crate::object::exceptions::{BuiltinException, TypeError};
use crate::object::obj::Obj;
use crate::object::types::Type;
use crate::trampoline::enter;

static REFUSE: MethodTable<2> = MethodTable::new([
    ffi::PyMethodDef {
        ml_name: c"__reduce__".as_ptr(),
        ml_meth: ffi::PyMethodDefPointer { PyCFunction: refuse },
        ml_flags: ffi::METH_NOARGS,
        ml_doc: c"__reduce__($self, /)\n--\n\nRaises TypeError: instances cannot be pickled.".as_ptr(),
    },
    MethodTable::END,
]);

/// The `__reduce__` of a class without one. A subclass in Python can still define its own.
pub(crate) fn refusal<'py>(class: &Obj<'py, Type>) -> PyResult<'py, Obj<'py>> {
    // SAFETY: a live type and a definition that lives as long as the process; the result is a new reference or NULL.
    unsafe { Obj::from_owned(class.py(), ffi::PyDescr_NewMethod(class.as_ptr().cast(), REFUSE.as_ptr())) }
}

unsafe extern "C" fn refuse(slf: *mut ffi::PyObject, _: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: METH_NOARGS: CPython passes a live object, attached; a type has a name.
    unsafe {
        enter(|py| {
            let name = CStr::from_ptr((*ffi::Py_TYPE(slf)).tp_name).to_string_lossy();
            Err(TypeError::new_err(py, format!("cannot pickle '{name}' object")))
        })
    }
}
