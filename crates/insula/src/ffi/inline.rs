//! What CPython has as macros or inline functions, or not in every version, and pyo3-ffi in Rust: the same on calls
//! that stop.

#![allow(non_snake_case, reason = "the names are CPython's")]

#[cfg(not(Py_3_13))]
use std::ffi::c_int;
use std::ptr;

use pyo3_ffi::{PyMethodDef, PyObject, PyThreadState};

use super::calls::*;
use super::stop::stops;

stops! {
    #[cfg(any(Py_GIL_DISABLED, py_sys_config = "Py_REF_DEBUG", target_pointer_width = "32"))]
    fn _Py_DecRef(object: *mut PyObject);
    #[cfg(not(any(Py_GIL_DISABLED, py_sys_config = "Py_REF_DEBUG", target_pointer_width = "32")))]
    fn _Py_Dealloc(object: *mut PyObject);
    #[cfg(Py_3_13)]
    fn _PyTrash_thread_destroy_chain(thread: *mut PyThreadState);
    #[cfg(not(Py_3_13))]
    fn _PyTrash_end(thread: *mut PyThreadState);
}

/// Releases a reference.
///
/// # Safety
///
/// As for pyo3-ffi's.
#[inline(always)]
pub(crate) unsafe fn Py_DECREF(object: *mut PyObject) {
    // SAFETY: a live object, attached. As pyo3-ffi does it: the count of an immortal object is negative as an `i32`,
    // and does not change (PEP 683).
    unsafe {
        #[cfg(any(Py_GIL_DISABLED, py_sys_config = "Py_REF_DEBUG", target_pointer_width = "32"))]
        _Py_DecRef(object);
        #[cfg(all(Py_3_12, not(any(Py_GIL_DISABLED, py_sys_config = "Py_REF_DEBUG", target_pointer_width = "32"))))]
        {
            let count = &raw mut (*object).ob_refcnt.ob_refcnt;
            if (*count as i32) < 0 {
                return;
            }
            *count -= 1;
            if *count == 0 {
                _Py_Dealloc(object);
            }
        }
        #[cfg(all(
            not(Py_3_12),
            not(any(Py_GIL_DISABLED, py_sys_config = "Py_REF_DEBUG", target_pointer_width = "32"))
        ))]
        {
            (*object).ob_refcnt -= 1;
            if (*object).ob_refcnt == 0 {
                _Py_Dealloc(object);
            }
        }
    }
}

/// Releases a reference, if there is one.
///
/// # Safety
///
/// NULL, or as for [`Py_DECREF`].
#[inline]
pub(crate) unsafe fn Py_XDECREF(object: *mut PyObject) {
    if !object.is_null() {
        // SAFETY: the caller's promise.
        unsafe { Py_DECREF(object) }
    }
}

/// Releases the reference at a place, after taking it out.
///
/// # Safety
///
/// The place owns a reference, or holds NULL; attached.
#[inline]
pub(crate) unsafe fn Py_CLEAR(place: *mut *mut PyObject) {
    // SAFETY: the caller's promise.
    unsafe { Py_XDECREF(ptr::replace(place, ptr::null_mut())) }
}

/// # Safety
///
/// As CPython documents it.
pub(crate) unsafe fn PyCFunction_New(def: *mut PyMethodDef, slf: *mut PyObject) -> *mut PyObject {
    // SAFETY: the caller's promise.
    unsafe { PyCMethod_New(def, slf, ptr::null_mut(), ptr::null_mut()) }
}

/// # Safety
///
/// As CPython documents it.
#[cfg(not(Py_3_12))]
#[inline(always)]
pub(crate) unsafe fn PyObject_CallOneArg(callable: *mut PyObject, argument: *mut PyObject) -> *mut PyObject {
    // What is called may use the place before the argument for the time of the call.
    let arguments = [ptr::null_mut(), argument];
    // SAFETY: the caller's promise.
    unsafe {
        let first = arguments.as_ptr().add(1);
        PyObject_Vectorcall(callable, first, 1 | pyo3_ffi::PY_VECTORCALL_ARGUMENTS_OFFSET, ptr::null_mut())
    }
}

/// Functions of 3.13, on what there was before.
pub(crate) mod compat {
    pub(crate) use pyo3_ffi::compat::PyThreadState_GetUnchecked;

    #[cfg(Py_3_13)]
    pub(crate) use super::super::calls::{
        PyDict_GetItemRef, PyDict_SetDefaultRef, PyList_GetItemRef, PyWeakref_GetRef,
    };
    #[cfg(not(Py_3_13))]
    pub(crate) use super::before_3_13::*;
}

#[cfg(not(Py_3_13))]
mod before_3_13 {
    use super::*;

    /// # Safety
    ///
    /// As CPython documents it.
    #[inline]
    pub(crate) unsafe fn PyDict_GetItemRef(
        dict: *mut PyObject,
        key: *mut PyObject,
        result: *mut *mut PyObject,
    ) -> c_int {
        // SAFETY: the caller's promise. What is borrowed from the dictionary is held before other code runs.
        unsafe {
            let found = PyDict_GetItemWithError(dict, key);
            pyo3_ffi::Py_XINCREF(found);
            *result = found;
            match found.is_null() {
                false => 1,
                true if pyo3_ffi::PyErr_Occurred().is_null() => 0,
                true => -1,
            }
        }
    }

    /// # Safety
    ///
    /// As CPython documents it; `result` is not NULL.
    #[inline]
    pub(crate) unsafe fn PyDict_SetDefaultRef(
        dict: *mut PyObject,
        key: *mut PyObject,
        value: *mut PyObject,
        result: *mut *mut PyObject,
    ) -> c_int {
        // SAFETY: the caller's promise.
        unsafe {
            let found = PyDict_GetItemRef(dict, key, result);
            if found != 0 {
                return found;
            }
            if PyDict_SetItem(dict, key, value) < 0 {
                return -1;
            }
            pyo3_ffi::Py_INCREF(value);
            *result = value;
            0
        }
    }

    /// # Safety
    ///
    /// As CPython documents it.
    #[inline]
    pub(crate) unsafe fn PyList_GetItemRef(list: *mut PyObject, index: pyo3_ffi::Py_ssize_t) -> *mut PyObject {
        // SAFETY: the caller's promise. What is borrowed from the list is held before other code runs.
        unsafe {
            let item = PyList_GetItem(list, index);
            pyo3_ffi::Py_XINCREF(item);
            item
        }
    }

    /// # Safety
    ///
    /// As CPython documents it, for a weak reference.
    #[inline]
    pub(crate) unsafe fn PyWeakref_GetRef(weakref: *mut PyObject, result: *mut *mut PyObject) -> c_int {
        // SAFETY: the caller's promise. The referent is borrowed, and held before other code runs.
        unsafe {
            *result = ptr::null_mut();
            let referent = PyWeakref_GetObject(weakref);
            if referent.is_null() {
                return -1;
            }
            if referent == pyo3_ffi::Py_None() {
                return 0;
            }
            pyo3_ffi::Py_INCREF(referent);
            *result = referent;
            1
        }
    }
}
