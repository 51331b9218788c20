//! Shims for calls that would reach another interpreter, or find another image than the caller's own.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::path::Path;
use std::sync::Arc;

use pyo3_ffi as ffi;

use crate::image::Image;
use crate::owner::{Owner, PendingCall};
use crate::python;
use crate::shim_threads;
use crate::shims::{Shim, owner, shims};

pub(crate) static SHIMS: &[Shim] = &shims! {
    c"Py_AddPendingCall" => add_pending_call,
    c"PyModule_Create2" => create_module,
    c"PyModule_FromDefAndSpec2" => module_from_definition,
    c"dlsym" => dlsym,
    c"dlopen" => dlopen,
    c"dladdr" => dladdr,
};

/// `Py_AddPendingCall` means the main interpreter.
unsafe extern "C" fn add_pending_call(function: PendingCall, argument: *mut c_void) -> c_int {
    let owner = owner();
    let Some(add) = owner.services.add_pending_call else { return -1 };
    // The queue is the interpreter's, so it must not end meanwhile.
    if owner.enter() {
        // SAFETY: the interpreter does not end before `leave`; the call may come from any thread, attached or not.
        let added = unsafe { add(owner.interpreter(), function, argument, 0) };
        owner.leave();
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

/// A function that is looked up by name is a shim, too, where there is one.
unsafe extern "C" fn dlsym(handle: *mut c_void, name: *const c_char) -> *mut c_void {
    // SAFETY: the caller's own promise to dlsym(3).
    let mut found = unsafe { libc::dlsym(handle, name) };
    if name.is_null() {
        return found;
    }
    let owner = owner();
    if found.is_null() && handle == libc::RTLD_DEFAULT {
        // For the caller, "default" includes its own image and what that needs.
        // SAFETY: a string, as the caller promises.
        let name = unsafe { CStr::from_ptr(name) };
        let images = owner.images().clone();
        found = images.iter().find_map(|image| image.symbol(name)).map_or(found, |found| found.as_ptr());
    }
    // SAFETY: as above.
    let shim = owner.shims.get().and_then(|shims| shims.find(unsafe { CStr::from_ptr(name) }));
    match shim {
        // Only where the name means the function that the shim stands in for.
        // SAFETY: as above.
        Some((_, address)) if found == unsafe { libc::dlsym(libc::RTLD_DEFAULT, name) } && !found.is_null() => {
            std::ptr::with_exposed_provenance_mut(address)
        }
        _ => found,
    }
}

/// The interpreter's own copy, where there is one or can be one.
unsafe extern "C" fn dlopen(name: *const c_char, flags: c_int) -> *mut c_void {
    if !name.is_null() {
        // SAFETY: the caller's own promise to dlopen(3).
        let text = unsafe { CStr::from_ptr(name) };
        if let Some(image) = own_image(owner(), text)
            && let Some(handle) = image.open_again(flags)
        {
            return handle.as_ptr();
        }
    }
    // SAFETY: as above.
    unsafe { libc::dlopen(name, flags) }
}

fn own_image(owner: &'static Owner, name: &CStr) -> Option<Arc<Image>> {
    let text = name.to_str().ok()?;
    if text.contains('/') {
        return (owner.services.library)(owner, Path::new(text));
    }
    let images = owner.images().clone();
    let named = |image: &&Arc<Image>| {
        let file = image.elf.name.file_name().is_some_and(|file| file == text);
        file || image.elf.soname.as_ref().is_some_and(|soname| soname.value == text)
    };
    if let Some(image) = images.iter().find(named) {
        return Some(Arc::clone(image));
    }
    // The caller's own search path is that of its image: any of the interpreter's will do.
    let mut beside = images.iter().flat_map(|image| image.elf.folders()).map(|folder| folder.join(text));
    let path = beside.find(|path| path.is_file())?;
    (owner.services.library)(owner, &path)
}

/// Code that asks where it lies learns the file that it was copied from.
unsafe extern "C" fn dladdr(address: *const c_void, info: *mut libc::Dl_info) -> c_int {
    // SAFETY: the caller's own promise to dladdr(3).
    let found = unsafe { libc::dladdr(address, info) };
    if found != 0
        && let Some(image) = owner().image_at(address)
    {
        // SAFETY: dladdr(3) has filled the structure; the image keeps its path, and the owner the image.
        unsafe { (*info).dli_fname = image.original.as_ptr() };
    }
    found
}
