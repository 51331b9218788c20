//! What another interpreter of the same GIL has, at this moment.

use insula::prelude::*;

/// The addresses of all objects that the garbage collector of the interpreter with this number tracks now. None where
/// interpreters may have GILs of their own, or if there is none of that number.
#[cfg(Py_3_12)]
pub fn tracked(_py: Py<'_>, _id: i64) -> Option<Vec<usize>> {
    None
}

/// The addresses of all objects that the garbage collector of the interpreter with this number tracks now. None where
/// interpreters may have GILs of their own, or if there is none of that number.
#[cfg(not(Py_3_12))]
pub fn tracked(py: Py<'_>, id: i64) -> Option<Vec<usize>> {
    use pyo3_ffi as ffi;

    let interpreter = crate::life::look_up(py, id)?;
    // SAFETY: attached. The one GIL of the process is held from here to the end, for no bytecode is run that would let
    // another thread have it; so the interpreter stays as it is. The new thread state is of this thread, is the current
    // one only between the swaps, and is gone afterwards.
    unsafe {
        let state = ffi::PyThreadState_New(interpreter);
        if state.is_null() {
            return None;
        }
        let before = ffi::PyThreadState_Swap(state);
        let found = tracked_here();
        ffi::PyErr_Clear();
        ffi::PyThreadState_Clear(state);
        ffi::PyThreadState_Swap(before);
        ffi::PyThreadState_Delete(state);
        found
    }
}

/// What `gc.get_objects()` says in the current interpreter, which has imported `gc`.
///
/// # Safety
///
/// The thread is attached.
#[cfg(not(Py_3_12))]
unsafe fn tracked_here() -> Option<Vec<usize>> {
    use pyo3_ffi as ffi;

    // SAFETY: attached, as the caller promises. Each result is checked for NULL, and each reference released once; the
    // items of the list are borrowed, and nothing but their addresses is used.
    unsafe {
        let name = ffi::PyUnicode_FromString(c"gc".as_ptr());
        if name.is_null() {
            return None;
        }
        // Not an import: that would run the import hooks.
        let module = ffi::PyImport_GetModule(name);
        ffi::Py_DECREF(name);
        if module.is_null() {
            return None;
        }
        let function = ffi::PyObject_GetAttrString(module, c"get_objects".as_ptr());
        ffi::Py_DECREF(module);
        if function.is_null() {
            return None;
        }
        let list = ffi::PyObject_CallObject(function, std::ptr::null_mut());
        ffi::Py_DECREF(function);
        if list.is_null() {
            return None;
        }
        let items = if ffi::PyList_Check(list) == 0 { 0 } else { ffi::PyList_Size(list) };
        let found = (0..items).map(|at| ffi::PyList_GetItem(list, at).addr()).collect();
        ffi::Py_DECREF(list);
        Some(found)
    }
}
