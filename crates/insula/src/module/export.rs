//! The tables that a module is made of. They are the only statics: names, docstrings and function pointers, no Python
//! object.

use std::cell::UnsafeCell;
use std::ffi::{CStr, c_void};

use crate::def::{Block, ModuleDef};
use crate::ffi;
use crate::module::exec::{clear, exec, free, traverse};

/// What CPython reads to make a module: a `PyModuleDef` before 3.15, an array of slots from 3.15 on.
#[cfg(not(Py_3_15))]
#[repr(transparent)]
pub struct ModuleTable(UnsafeCell<ffi::PyModuleDef>);

/// What CPython reads to make a module: a `PyModuleDef` before 3.15, an array of slots from 3.15 on.
#[cfg(Py_3_15)]
#[repr(transparent)]
pub struct ModuleTable(UnsafeCell<[ffi::PySlot; 13]>);

// SAFETY: plain data. CPython alone changes it (the header of a `PyModuleDef`), under its own locks, as with every C
// extension.
unsafe impl Sync for ModuleTable {}

/// The parts of a table that are the same for every copy of a module, promoted to static memory.
struct Parts<M>(std::marker::PhantomData<M>);

#[cfg(not(Py_3_15))]
impl<M: ModuleDef> Parts<M> {
    const SLOTS: &'static [ffi::PyModuleDef_Slot] = &[
        ffi::PyModuleDef_Slot { slot: ffi::Py_mod_exec, value: exec::<M> as *mut c_void },
        #[cfg(Py_3_12)]
        ffi::PyModuleDef_Slot {
            slot: ffi::Py_mod_multiple_interpreters,
            value: ffi::Py_MOD_PER_INTERPRETER_GIL_SUPPORTED,
        },
        // Only free-threaded builds look at it: there `Slot`, `PyCell` and `Guarded` keep threads apart, all else is
        // `Sync` or never changes.
        #[cfg(Py_3_13)]
        ffi::PyModuleDef_Slot { slot: ffi::Py_mod_gil, value: ffi::Py_MOD_GIL_NOT_USED },
        ffi::PyModuleDef_Slot { slot: 0, value: std::ptr::null_mut() },
    ];
}

#[cfg(not(Py_3_15))]
impl ModuleTable {
    /// The table of a module with these functions.
    ///
    /// # Safety
    ///
    /// `methods` is a static table, ended by a zeroed entry, of functions for module objects of `M`.
    pub const unsafe fn new<M: ModuleDef>(methods: *mut ffi::PyMethodDef, doc: &'static CStr) -> Self {
        ModuleTable(UnsafeCell::new(ffi::PyModuleDef {
            m_base: ffi::PyModuleDef_HEAD_INIT,
            m_name: M::NAME.as_ptr(),
            m_doc: doc.as_ptr(),
            m_size: Block::<M>::SIZE,
            m_methods: methods,
            m_slots: Parts::<M>::SLOTS.as_ptr().cast_mut(),
            m_traverse: Some(traverse::<M>),
            m_clear: Some(clear::<M>),
            m_free: Some(free::<M>),
        }))
    }

    /// What the init function returns (`PyModuleDef_Init`).
    pub fn export(&self) -> *mut ffi::PyObject {
        if !is_built_for_this_python() {
            return std::ptr::null_mut();
        }
        // SAFETY: the definition is complete and lives as long as the library; CPython calls the init function
        // attached.
        unsafe { ffi::PyModuleDef_Init(self.0.get()) }
    }

    /// A module object that is not executed yet (`PyModule_FromDefAndSpec2`).
    ///
    /// # Safety
    ///
    /// Attached; `spec` is alive.
    pub(crate) unsafe fn module_from_spec(&'static self, spec: *mut ffi::PyObject) -> *mut ffi::PyObject {
        // SAFETY: the definition is complete and static; the caller's promise.
        unsafe { ffi::PyModule_FromDefAndSpec2(self.0.get(), spec, ffi::PYTHON_API_VERSION) }
    }

    /// Executes a module object (`PyModule_ExecDef`).
    ///
    /// # Safety
    ///
    /// Attached; `module` was made from this table.
    pub(crate) unsafe fn execute(&'static self, module: *mut ffi::PyObject) -> std::ffi::c_int {
        // SAFETY: the caller's promise.
        unsafe { ffi::PyModule_ExecDef(module, self.0.get()) }
    }
}

/// The version whose layouts and functions this library was compiled for.
#[cfg(not(Py_3_15))]
const BUILT_FOR: &str = match (cfg!(Py_3_12), cfg!(Py_3_13), cfg!(Py_3_14)) {
    (_, _, true) => "3.14",
    (_, true, _) => "3.13",
    (true, _, _) => "3.12",
    _ => "3.11",
};

/// Whether the running CPython is the one that this library was built for; raises ImportError if not. Where a file is
/// found by a name without a tag, CPython itself does not ask before 3.15, and layouts differ between versions. (From
/// 3.15 on CPython reads `Py_mod_abi`.)
#[cfg(not(Py_3_15))]
#[cold]
fn is_built_for_this_python() -> bool {
    // SAFETY: the version of the running CPython, a static text.
    let running = unsafe { CStr::from_ptr(ffi::Py_GetVersion()) }.to_string_lossy();
    let version = running.split_whitespace().next().unwrap_or_default();
    let has_no_gil = running.contains("free-threading build");
    let is_version =
        version.strip_prefix(BUILT_FOR).is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_digit()));
    if is_version && has_no_gil == cfg!(Py_GIL_DISABLED) {
        return true;
    }
    let kind = |has_no_gil| if has_no_gil { " without the GIL" } else { "" };
    let message = format!(
        "this extension module was built for CPython {BUILT_FOR}{}; this is CPython {version}{}",
        kind(cfg!(Py_GIL_DISABLED)),
        kind(has_no_gil),
    );
    let message = std::ffi::CString::new(message).unwrap_or_default();
    // SAFETY: CPython calls the init function attached; every version has these two.
    unsafe { ffi::PyErr_SetString(ffi::PyExc_ImportError, message.as_ptr()) };
    false
}

/// The version whose layouts and functions this library was compiled for, as in `PY_VERSION_HEX`.
#[cfg(Py_3_15)]
const BUILT_FOR: u32 = match u32::from_str_radix(env!("INSULA_PYTHON_MINOR"), 10) {
    Ok(minor) => 3 << 24 | minor << 16,
    Err(_) => panic!("the build script gives a number"),
};

#[cfg(Py_3_15)]
impl<M: ModuleDef> Parts<M> {
    /// pyo3-ffi's own leaves the version out, and CPython then asks for none.
    const ABI: &'static ffi::PyABIInfo = &ffi::PyABIInfo { abi_version: BUILT_FOR, ..ffi::_PyABIInfo_DEFAULT };
    /// Its address identifies the module's definition.
    const TOKEN: &'static CStr = M::NAME;
}

#[cfg(Py_3_15)]
impl ModuleTable {
    /// The table of a module with these functions.
    ///
    /// # Safety
    ///
    /// `methods` is a static table, ended by a zeroed entry, of functions for module objects of `M`.
    pub const unsafe fn new<M: ModuleDef>(methods: *mut ffi::PyMethodDef, doc: &'static CStr) -> Self {
        use ffi::{PySlot_END, PySlot_FUNC, PySlot_PTR, PySlot_PTR_STATIC, PySlot_SIZE};
        // SAFETY: each function has the signature that its slot demands.
        unsafe {
            ModuleTable(UnsafeCell::new([
                PySlot_PTR_STATIC(ffi::Py_mod_abi, std::ptr::from_ref(Parts::<M>::ABI).cast_mut().cast()),
                PySlot_PTR_STATIC(ffi::Py_mod_name, M::NAME.as_ptr().cast_mut().cast()),
                PySlot_PTR_STATIC(ffi::Py_mod_doc, doc.as_ptr().cast_mut().cast()),
                PySlot_PTR_STATIC(ffi::Py_mod_methods, methods.cast()),
                PySlot_SIZE(ffi::Py_mod_state_size, Block::<M>::SIZE),
                PySlot_FUNC(ffi::Py_mod_state_traverse, traverse::<M> as *mut c_void),
                PySlot_FUNC(ffi::Py_mod_state_clear, clear::<M> as *mut c_void),
                PySlot_FUNC(ffi::Py_mod_state_free, free::<M> as *mut c_void),
                PySlot_FUNC(ffi::Py_mod_exec, exec::<M> as *mut c_void),
                PySlot_PTR(ffi::Py_mod_multiple_interpreters, ffi::Py_MOD_PER_INTERPRETER_GIL_SUPPORTED),
                // Only free-threaded builds look at it: there `Slot`, `PyCell` and `Guarded` keep threads apart, all
                // else is `Sync` or never changes.
                PySlot_PTR(ffi::Py_mod_gil, ffi::Py_MOD_GIL_NOT_USED),
                PySlot_PTR_STATIC(ffi::Py_mod_token, Parts::<M>::TOKEN.as_ptr().cast_mut().cast()),
                PySlot_END(),
            ]))
        }
    }

    /// What the export function returns (PEP 793).
    pub const fn export(&self) -> *mut ffi::PySlot {
        self.0.get().cast()
    }

    /// A module object that is not executed yet (`PyModule_FromSlotsAndSpec`).
    ///
    /// # Safety
    ///
    /// Attached; `spec` is alive.
    pub(crate) unsafe fn module_from_spec(&'static self, spec: *mut ffi::PyObject) -> *mut ffi::PyObject {
        // SAFETY: the slots are complete and static; the caller's promise.
        unsafe { ffi::PyModule_FromSlotsAndSpec(self.export(), spec) }
    }

    /// Executes a module object (`PyModule_Exec`).
    ///
    /// # Safety
    ///
    /// Attached; `module` was made from this table.
    pub(crate) unsafe fn execute(&'static self, module: *mut ffi::PyObject) -> std::ffi::c_int {
        // SAFETY: the caller's promise.
        unsafe { ffi::PyModule_Exec(module) }
    }
}

/// Defines the function that CPython looks for in the library: `PyInit_NAME` (PEP 489) before 3.15.
#[cfg(not(Py_3_15))]
#[doc(hidden)]
#[macro_export]
macro_rules! __export_module {
    ($table:path, init = $init:literal, export = $export:literal) => {
        #[unsafe(export_name = $init)]
        extern "C" fn __insula_init() -> *mut $crate::rt::ffi::PyObject {
            $table.export()
        }
    };
}

/// Defines the function that CPython looks for in the library: `PyModExport_NAME` (PEP 793) from 3.15 on.
#[cfg(Py_3_15)]
#[doc(hidden)]
#[macro_export]
macro_rules! __export_module {
    ($table:path, init = $init:literal, export = $export:literal) => {
        #[unsafe(export_name = $export)]
        extern "C" fn __insula_export() -> *mut $crate::rt::ffi::PySlot {
            $table.export()
        }
    };
}

/// What a module says about a class that it lists, by the name of the class: imported with it, this macro has that
/// name. Only where the class is declared is known whether it has a brand.
#[doc(hidden)]
#[macro_export]
macro_rules! __list {
    // SAFETY: whoever calls it has written `unsafe`, and answers for it.
    ($unsafe:tt impl ($($path:tt)*) $body:tt) => { $unsafe impl $crate::rt::Listed for $($path)* $body };
}

/// The same for a class with a brand.
#[doc(hidden)]
#[macro_export]
macro_rules! __list_branded {
    // SAFETY: as in `__list`.
    ($unsafe:tt impl ($($path:tt)*) $body:tt) => { $unsafe impl<'x> $crate::rt::Listed for $($path)*<'x> $body };
}
