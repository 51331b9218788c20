//! `#[deleter]`: what `del object.attribute` calls.

use std::ffi::{CStr, c_int, c_void};

use crate::brand::Py;
use crate::call::methods::{Method, Nothing, Object, getset_def, invoke, readonly_getset_def};
use crate::ffi;
use crate::object::err::PyResult;
use crate::object::exceptions::{AttributeError, BuiltinException};
use crate::trampoline::enter;

/// Deletes the attribute.
///
/// # Safety
///
/// CPython calls it as the `set` of a getset descriptor, attached, with an instance of the class and NULL for the
/// value.
unsafe fn delete<'py, D: Method<Nothing>>(py: Py<'py>, slf: *mut ffi::PyObject) -> PyResult<'py, c_int> {
    // SAFETY: the caller's promise.
    unsafe { invoke::<Nothing, D>(py, slf, &[]).map(|()| 0) }
}

unsafe extern "C" fn set_or_delete<S: Method<Nothing>, D: Method<Nothing>>(
    slf: *mut ffi::PyObject,
    value: *mut ffi::PyObject,
    _: *mut c_void,
) -> c_int {
    // SAFETY: CPython checked that `slf` is an instance of the class that has the attribute; attached. NULL stands for
    // `del` (the documentation of `PyGetSetDef`).
    unsafe {
        enter(
            |py| {
                if value.is_null() { delete::<D>(py, slf) } else { invoke::<Nothing, S>(py, slf, &[value]).map(|()| 0) }
            },
        )
    }
}

unsafe extern "C" fn only_delete<D: Method<Nothing>>(
    slf: *mut ffi::PyObject,
    value: *mut ffi::PyObject,
    _: *mut c_void,
) -> c_int {
    // SAFETY: as in `set_or_delete`.
    unsafe {
        enter(|py| {
            if value.is_null() {
                return delete::<D>(py, slf);
            }
            let name = D::NAME.to_string_lossy();
            Err(AttributeError::new_err(py, format!("attribute '{name}' can be deleted, but not set").as_str()))
        })
    }
}

/// The table's entry of a `#[getter]` with a `#[setter]` and a `#[deleter]`.
pub const fn getsetdel_def<G: Method<Object>, S: Method<Nothing>, D: Method<Nothing>>(
    doc: &'static CStr,
) -> ffi::PyGetSetDef {
    ffi::PyGetSetDef { set: Some(set_or_delete::<S, D>), ..getset_def::<G, S>(doc) }
}

/// The table's entry of a `#[getter]` with a `#[deleter]`.
pub const fn getdel_def<G: Method<Object>, D: Method<Nothing>>(doc: &'static CStr) -> ffi::PyGetSetDef {
    ffi::PyGetSetDef { set: Some(only_delete::<D>), ..readonly_getset_def::<G>(doc) }
}
