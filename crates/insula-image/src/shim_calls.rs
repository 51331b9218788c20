//! Shims for calls that would reach another interpreter.

use std::ffi::{CStr, c_int, c_void};

use pyo3_ffi as ffi;

use crate::owner::PendingCall;
use crate::python;
use crate::shim_threads;
use crate::shims::{Shim, owner, shims};

pub(crate) static SHIMS: &[Shim] = &shims! {
    c"Py_AddPendingCall" => add_pending_call,
    c"PyModule_Create2" => create_module,
    c"PyModule_FromDefAndSpec2" => module_from_definition,
};

/// `Py_AddPendingCall` means the main interpreter.
unsafe extern "C" fn add_pending_call(function: PendingCall, argument: *mut c_void) -> c_int {
    let owner = owner();
    let Some(add) = owner.services.add_pending_call else { return -1 };
    // The queue is the interpreter's, so it must not end meanwhile.
    if owner.gate.pass() {
        // SAFETY: the interpreter does not end before `passed`; the call may come from any thread, attached or not.
        let added = unsafe { add(owner.interpreter(), function, argument, 0) };
        owner.gate.passed();
        return added;
    }
    if !owner.has_ended() && shim_threads::is_attached(owner) {
        // SAFETY: this thread is attached to the interpreter, so it has not ended.
        return unsafe { add(owner.interpreter(), function, argument, 0) };
    }
    // There is nobody left for whom to call it.
    0
}

/// CPython gives a single-phase module its full name through the package context, which has no public setter: so the
/// name is put into the definition for as long as the module is made.
unsafe extern "C" fn create_module(definition: *mut ffi::PyModuleDef, version: c_int) -> *mut ffi::PyObject {
    // SAFETY: callers of PyModule_Create2 pass a definition, which is this interpreter's alone and not used by another
    // thread: the init function runs attached.
    unsafe {
        let short = (*definition).m_name;
        let full = if short.is_null() { None } else { owner().take_context(CStr::from_ptr(short)) };
        let Some(full) = full else { return ffi::PyModule_Create2(definition, version) };
        (*definition).m_name = full.as_ptr();
        let module = ffi::PyModule_Create2(definition, version);
        (*definition).m_name = short;
        module
    }
}

/// A module that the image makes itself, such as a submodule, is alone in its image as well, whether or not it declares
/// its support for interpreters.
unsafe extern "C" fn module_from_definition(
    definition: *mut ffi::PyModuleDef,
    spec: *mut ffi::PyObject,
    version: c_int,
) -> *mut ffi::PyObject {
    // SAFETY: the caller's own promise to CPython: attached, with a definition and a spec.
    unsafe { python::with_undeclared(|| ffi::PyModule_FromDefAndSpec2(definition, spec, version)) }
}

/// The same by slots (PEP 793).
#[cfg(Py_3_15)]
unsafe extern "C" fn module_from_slots(slots: *const ffi::PySlot, spec: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: the caller's own promise to CPython.
    unsafe { python::with_undeclared(|| ffi::PyModule_FromSlotsAndSpec(slots, spec)) }
}

/// Those of some versions only.
#[cfg(Py_3_15)]
pub(crate) static MORE: &[Shim] = &shims! { c"PyModule_FromSlotsAndSpec" => module_from_slots };
#[cfg(not(Py_3_15))]
pub(crate) static MORE: &[Shim] = &[];
