//! From an image to a module object: the init function, called once, in the interpreter that imports.

use std::ffi::{CString, c_int, c_void};
use std::path::Path;
use std::ptr::NonNull;
use std::sync::atomic::Ordering;

use insula::prelude::*;
use pyo3_ffi as ffi;

use crate::image::Image;
use crate::mending::{Mending, left_out};
use crate::owner::Owner;

/// What an init function gave.
pub(crate) enum Initialised<'py> {
    /// Multi-phase initialisation: the definition (PEP 489).
    Definition(NonNull<ffi::PyModuleDef>),
    /// The slots of a module export function (PEP 793).
    #[cfg(Py_3_15)]
    Slots(NonNull<ffi::PySlot>),
    /// Single-phase initialisation: the module.
    Module(Obj<'py>),
}

/// The names of the functions that may initialise a module, the better first.
pub(crate) fn init_functions<'py>(py: Py<'py>, name: &str) -> PyResult<'py, Vec<String>> {
    let last = name.rsplit('.').next().unwrap_or(name);
    // PEP 489, "Export Hook Name".
    let (mark, encoded) = if last.is_ascii() {
        ("", last.to_owned())
    } else {
        let encoded = Str::new(py, last)?.getattr("encode")?.call(("punycode",))?;
        let encoded: String = encoded.getattr("decode")?.call(("ascii",))?.extract()?;
        ("U", encoded.replace('-', "_"))
    };
    let export = cfg!(Py_3_15).then(|| format!("PyModExport{mark}_{encoded}"));
    Ok(export.into_iter().chain([format!("PyInit{mark}_{encoded}")]).collect())
}

/// Calls the image's init function.
pub(crate) fn initialise<'py>(
    py: Py<'py>,
    owner: &'static Owner,
    image: &Image,
    name: &str,
) -> PyResult<'py, Initialised<'py>> {
    let functions = init_functions(py, name)?;
    let find = |name: &String| image.symbol(&CString::new(name.as_str()).ok()?);
    let found = functions.iter().find_map(|name| Some((name.clone(), find(name)?)));
    let Some((function_name, function)) = found else {
        let wanted = functions.join(" nor ");
        let message = format!("the file exports no {wanted}: it is no extension module of that name for this Python");
        return Err(import_error(py, &message, name, &image.elf.path));
    };
    #[cfg(Py_3_15)]
    if function_name.starts_with("PyModExport") {
        // SAFETY: PEP 793: the function of that name takes nothing and gives slots, or NULL with an exception.
        let export = unsafe {
            std::mem::transmute::<*mut c_void, unsafe extern "C" fn() -> *mut ffi::PySlot>(function.as_ptr())
        };
        // SAFETY: attached.
        let slots = NonNull::new(unsafe { export() });
        return match slots {
            Some(slots) => Ok(Initialised::Slots(slots)),
            None => Err(failed(py, name)),
        };
    }
    let _ = function_name;
    let full = CString::new(name)?;
    owner.begin_init(full);
    // SAFETY: PEP 489: the function of that name takes nothing and gives a module or a definition, or NULL with an
    // exception.
    let init =
        unsafe { std::mem::transmute::<*mut c_void, unsafe extern "C" fn() -> *mut ffi::PyObject>(function.as_ptr()) };
    // SAFETY: attached, as init functions are called.
    let made = unsafe { init() };
    owner.end_init();
    let Some(made) = NonNull::new(made) else { return Err(failed(py, name)) };
    // SAFETY: an object: a definition is one, too.
    unsafe {
        if !ffi::PyErr_Occurred().is_null() {
            let cause = taken(py);
            let message = format!("initialization of {name} raised unreported exception");
            return Err(SystemError::new_err(py, message).with_cause(py, cause));
        }
        if ffi::Py_TYPE(made.as_ptr()) == &raw mut ffi::PyModuleDef_Type {
            return Ok(Initialised::Definition(made.cast()));
        }
        if ffi::Py_TYPE(made.as_ptr()).is_null() {
            // PEP 489: a definition that PyModuleDef_Init has not seen.
            return Err(SystemError::new_err(py, format!("initialization of {name} returned an uninitialized object")));
        }
        Ok(Initialised::Module(Obj::from_raw(py, made.as_ptr())?))
    }
}

/// The exception that an init function left, or one that says that it left none.
fn failed<'py>(py: Py<'py>, name: &str) -> PyErr<'py> {
    // SAFETY: attached.
    if unsafe { ffi::PyErr_Occurred() }.is_null() {
        return SystemError::new_err(py, format!("initialization of {name} failed without raising an exception"));
    }
    taken(py)
}

/// The exception that is set.
fn taken<'py>(py: Py<'py>) -> PyErr<'py> {
    // SAFETY: NULL stands for the exception.
    match unsafe { Obj::<Any>::from_raw(py, std::ptr::null_mut()) } {
        Err(error) => error,
        Ok(_) => SystemError::new_err(py, "no exception was set"),
    }
}

/// Whether the module declares that it supports interpreters with their own GILs.
pub(crate) fn declares_own_gil(initialised: &Initialised<'_>) -> bool {
    // `Py_mod_multiple_interpreters` in the numbering before 3.15, and since.
    const KINDS: [c_int; 2] = [3, 86];
    match initialised {
        Initialised::Module(_) => false,
        Initialised::Definition(definition) => {
            // SAFETY: a definition that PyModuleDef_Init has seen; its slots end with a zero.
            let mut slot = unsafe { definition.as_ref() }.m_slots;
            // SAFETY: as above.
            while !slot.is_null() && unsafe { (*slot).slot } != 0 {
                // SAFETY: as above.
                let (kind, value) = unsafe { ((*slot).slot, (*slot).value) };
                if KINDS.contains(&kind) {
                    return value.addr() == 2;
                }
                // SAFETY: as above: this was not the last.
                slot = unsafe { slot.add(1) };
            }
            false
        }
        #[cfg(Py_3_15)]
        Initialised::Slots(slots) => {
            let mut slot = slots.as_ptr();
            // SAFETY: slots that end with a zero (PEP 793, PEP 820).
            while unsafe { (*slot).sl_id } != 0 {
                // SAFETY: as above; the value of this kind is a pointer.
                let (kind, value) = unsafe { (c_int::from((*slot).sl_id), (*slot).anon2.sl_ptr) };
                if KINDS.contains(&kind) {
                    return value.addr() == 2;
                }
                // SAFETY: as above.
                slot = unsafe { slot.add(1) };
            }
            false
        }
    }
}

/// Makes the module object.
pub(crate) fn create<'py>(
    initialised: Initialised<'py>,
    spec: &Obj<'py>,
    name: &str,
    image: &Image,
    path: &Path,
) -> PyResult<'py, Obj<'py>> {
    let py = spec.py();
    match initialised {
        // SAFETY: attached; a definition, and a live spec; the result is a new reference or NULL with an exception.
        Initialised::Definition(definition) => unsafe {
            let make = || ffi::PyModule_FromDefAndSpec2(definition.as_ptr(), spec.as_raw(), ffi::PYTHON_API_VERSION);
            Obj::from_raw(py, with_undeclared(make))
        },
        // SAFETY: attached; slots, and a live spec; the result is a new reference or NULL with an exception.
        #[cfg(Py_3_15)]
        Initialised::Slots(slots) => unsafe {
            Obj::from_raw(py, with_undeclared(|| ffi::PyModule_FromSlotsAndSpec(slots.as_ptr(), spec.as_raw())))
        },
        Initialised::Module(module) => {
            // SAFETY: a live object; NULL, perhaps with an exception, where it is no module with a definition.
            let definition = unsafe { ffi::PyModule_GetDef(module.as_raw()) };
            if definition.is_null() {
                // SAFETY: attached.
                unsafe { ffi::PyErr_Clear() };
                let message = format!("initialization of {name} did not return an extension module");
                return Err(SystemError::new_err(py, message));
            }
            image.definition.store(definition, Ordering::Release);
            module.setattr("__file__", path.as_os_str())?;
            if !left_out(Mending::State) {
                // SAFETY: attached; a module and its definition. CPython does the same after a single-phase init
                // function; adding the same module again would be fatal.
                unsafe {
                    if ffi::PyState_FindModule(definition) != module.as_raw()
                        && ffi::PyState_AddModule(module.as_raw(), definition) < 0
                    {
                        return Err(taken(py));
                    }
                }
            }
            Ok(module)
        }
    }
}

/// Makes a module whether or not it declares its support for interpreters: it is alone in its image.
///
/// # Safety
///
/// The thread is attached. `make` gives a new reference, or NULL with an exception.
pub(crate) unsafe fn with_undeclared(make: impl FnOnce() -> *mut ffi::PyObject) -> *mut ffi::PyObject {
    // CPython before 3.12 does not look, and the main interpreter may have all.
    // SAFETY: attached.
    let is_main = unsafe { ffi::PyInterpreterState_Get() == ffi::PyInterpreterState_Main() };
    if cfg!(not(Py_3_12)) || is_main {
        return make();
    }
    // SAFETY: attached; each result is a new reference, or NULL with an exception, and is released once. What is made
    // is kept while the check is switched back, and given up if that fails.
    unsafe {
        let imp = ffi::PyImport_ImportModule(c"_imp".as_ptr());
        if imp.is_null() {
            return std::ptr::null_mut();
        }
        let switch = ffi::PyObject_GetAttrString(imp, c"_override_multi_interp_extensions_check".as_ptr());
        ffi::Py_DECREF(imp);
        if switch.is_null() {
            return std::ptr::null_mut();
        }
        let off = ffi::PyLong_FromLong(-1);
        let before = if off.is_null() { off } else { ffi::PyObject_CallOneArg(switch, off) };
        ffi::Py_XDECREF(off);
        if before.is_null() {
            ffi::Py_DECREF(switch);
            return std::ptr::null_mut();
        }
        let made = make();
        // The exception of a module that was not made is not to be touched by the call.
        let raised = if made.is_null() { raised() } else { std::ptr::null_mut() };
        let back = ffi::PyObject_CallOneArg(switch, before);
        ffi::Py_DECREF(before);
        ffi::Py_DECREF(switch);
        if back.is_null() {
            ffi::Py_XDECREF(raised);
            ffi::Py_XDECREF(made);
            return std::ptr::null_mut();
        }
        ffi::Py_DECREF(back);
        if !raised.is_null() {
            raise(raised);
        }
        made
    }
}

/// Takes the exception that is set, as a new reference.
unsafe fn raised() -> *mut ffi::PyObject {
    #[cfg(Py_3_12)]
    // SAFETY: the caller is attached.
    unsafe {
        ffi::PyErr_GetRaisedException()
    }
    // Not called before 3.12: `with_undeclared` has nothing to do there.
    #[cfg(not(Py_3_12))]
    std::ptr::null_mut()
}

/// Sets the exception again, and takes the reference over.
unsafe fn raise(_exception: *mut ffi::PyObject) {
    #[cfg(Py_3_12)]
    // SAFETY: the caller is attached and gives up an exception.
    unsafe {
        ffi::PyErr_SetRaisedException(_exception);
    }
}

/// `definition.m_size` of a module that was made single-phase, and how it is made again.
pub(crate) enum Again<'py> {
    /// The init function may run again.
    Initialise,
    /// The module keeps process-wide state: a copy of what its dictionary held at first.
    Copy(Obj<'py, Dict>),
}

impl<'py> Again<'py> {
    /// How CPython makes the module when it is imported again.
    pub(crate) fn of(module: &Obj<'py>) -> PyResult<'py, Self> {
        // SAFETY: a module that came from `create`, so it has a definition.
        let size = unsafe { (*ffi::PyModule_GetDef(module.as_raw())).m_size };
        match module.downcast::<Module>() {
            Some(module) if size == -1 => Ok(Self::Copy(module.dict()?.copy()?)),
            _ => Ok(Self::Initialise),
        }
    }
}

/// A module that is imported again gets a new object with what the first held.
pub(crate) fn from_copy<'py>(copy: &Obj<'py, Dict>, image: &Image, name: &str) -> PyResult<'py, Obj<'py>> {
    let py = copy.py();
    let name = Str::new(py, name)?;
    // SAFETY: a live `str`; the result is a new reference or NULL with an exception.
    let module: Obj<'py> = unsafe { Obj::from_raw(py, ffi::PyModule_NewObject(name.as_raw()))? };
    let Some(new) = module.downcast::<Module>() else { return Ok(module) };
    new.dict()?.update(copy)?;
    let definition = image.definition.load(Ordering::Acquire);
    if !definition.is_null() {
        // SAFETY: attached; a new module, and the definition that the first was made by. CPython puts the new one in
        // its place, too.
        if unsafe { ffi::PyState_AddModule(module.as_raw(), definition) } < 0 {
            return Err(taken(py));
        }
    }
    Ok(module)
}

/// `ImportError` with the module's name and path.
pub(crate) fn import_error<'py>(py: Py<'py>, reason: &str, name: &str, path: &Path) -> PyErr<'py> {
    let message = format!("cannot isolate {name}: {reason}");
    let made = (|| {
        let (message, name, path) = (Str::new(py, &message)?, Str::new(py, name)?, path.as_os_str().into_py(py)?);
        // SAFETY: three live objects; the exception is set, and taken at once.
        unsafe { ffi::PyErr_SetImportError(message.as_raw(), name.as_raw(), path.as_raw()) };
        Ok(taken(py))
    })();
    made.unwrap_or_else(|error| error)
}

/// Counts what of the image was made: an extension, not a library.
pub(crate) fn is_extension(image: &Image) {
    image.is_extension.store(true, Ordering::Relaxed);
}
