//! Extension modules that are part of the program.

use std::ffi::CStr;

use crate::ffi;

/// An extension module that is part of the program, made with [`builtin!`](crate::embed::builtin!). Every interpreter
/// can import it.
///
/// ```no_run
/// # mod program {
/// #[insula::module]
/// mod answers {
///     use insula::prelude::*;
///
///     #[function]
///     fn answer() -> i64 {
///         42
///     }
/// }
///
/// use insula::embed::{Config, Error, Runtime, builtin};
///
/// # pub
/// fn main() -> Result<(), Error> {
///     let runtime = Runtime::start(&Config::isolated().builtin(builtin!(answers)))?;
///     runtime.main().exec("import answers; print(answers.answer())")
/// }
/// # }
/// # fn main() { program::main().unwrap() }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Builtin {
    pub(super) name: &'static CStr,
    pub(super) init: Init,
}

type Init = unsafe extern "C" fn() -> *mut ffi::PyObject;

impl Builtin {
    /// For the macro.
    ///
    /// # Safety
    ///
    /// `init` is the init function of the extension module `name`.
    #[doc(hidden)]
    pub const unsafe fn new(name: &'static CStr, init: Init) -> Self {
        Self { name, init }
    }
}

/// Names a module of this program, declared with [`module`](macro@crate::module) in whichever place, for
/// [`Config::builtin`](crate::embed::Config::builtin). One that the program does not contain is an error of the linker.
#[cfg(not(Py_3_15))]
#[doc(hidden)]
#[macro_export]
macro_rules! __embed_builtin {
    ($name:ident) => {{
        unsafe extern "C" {
            #[link_name = concat!("PyInit_", stringify!($name))]
            fn init() -> *mut $crate::rt::ffi::PyObject;
        }
        const NAME: &::std::ffi::CStr = $crate::embed::__c_name(concat!(stringify!($name), "\0"));
        // SAFETY: a function of that name is by CPython's convention the init function of the module.
        const { unsafe { $crate::embed::Builtin::new(NAME, init) } }
    }};
}

/// Names a module of this program, declared with [`module`](macro@crate::module) in whichever place, for
/// [`Config::builtin`](crate::embed::Config::builtin). One that the program does not contain is an error of the linker.
#[cfg(Py_3_15)]
#[doc(hidden)]
#[macro_export]
macro_rules! __embed_builtin {
    ($name:ident) => {{
        unsafe extern "C" {
            #[link_name = concat!("PyModExport_", stringify!($name))]
            fn export() -> *mut $crate::rt::ffi::PySlot;
        }
        static DEFINITION: $crate::embed::__Definition = $crate::embed::__Definition::new();
        unsafe extern "C" fn init() -> *mut $crate::rt::ffi::PyObject {
            // SAFETY: a function of that name is by CPython's convention (PEP 793) the export function of the module.
            unsafe { DEFINITION.init(export()) }
        }
        const NAME: &::std::ffi::CStr = $crate::embed::__c_name(concat!(stringify!($name), "\0"));
        // SAFETY: `init` returns the definition of the module.
        const { unsafe { $crate::embed::Builtin::new(NAME, init) } }
    }};
}

/// For the macro: a name that ends in NUL.
#[doc(hidden)]
pub const fn __c_name(name: &'static str) -> &'static CStr {
    match CStr::from_bytes_with_nul(name.as_bytes()) {
        Ok(name) => name,
        Err(_) => panic!("a module's name contains no NUL"),
    }
}

/// A `PyModuleDef` made from a module's slots: what CPython's table of built-in modules takes, also where extension
/// modules on disk export slots.
#[cfg(Py_3_15)]
#[doc(hidden)]
#[derive(Debug)]
pub struct __Definition(std::sync::OnceLock<Made>);

#[cfg(Py_3_15)]
#[derive(Debug)]
struct Made(*mut ffi::PyModuleDef);

// SAFETY: the definition is plain data; CPython alone changes it, under its own locks, as with every C extension.
#[cfg(Py_3_15)]
unsafe impl Send for Made {}
// SAFETY: as above.
#[cfg(Py_3_15)]
unsafe impl Sync for Made {}

#[cfg(Py_3_15)]
#[allow(clippy::new_without_default, reason = "only for a static in the macro, which needs a constant")]
impl __Definition {
    /// Not made yet.
    pub const fn new() -> Self {
        Self(std::sync::OnceLock::new())
    }

    /// What an init function returns.
    ///
    /// # Safety
    ///
    /// `slots` is what the module's export function returned: an array with an end, whose values live as long as the
    /// program and have the type that each slot demands. The thread is attached.
    pub unsafe fn init(&'static self, slots: *const ffi::PySlot) -> *mut ffi::PyObject {
        // SAFETY: the caller's promise.
        let made = self.0.get_or_init(|| Made(Box::leak(Box::new(unsafe { definition(slots) }))));
        // SAFETY: the definition is complete and is never freed; attached.
        unsafe { ffi::PyModuleDef_Init(made.0) }
    }
}

/// # Safety
///
/// As [`__Definition::init`].
#[cfg(Py_3_15)]
unsafe fn definition(slots: *const ffi::PySlot) -> ffi::PyModuleDef {
    use std::ffi::{c_int, c_void};
    use std::mem::transmute;

    let mut definition = ffi::PyModuleDef {
        m_base: ffi::PyModuleDef_HEAD_INIT,
        m_name: std::ptr::null(),
        m_doc: std::ptr::null(),
        m_size: 0,
        m_methods: std::ptr::null_mut(),
        m_slots: std::ptr::null_mut(),
        m_traverse: None,
        m_clear: None,
        m_free: None,
    };
    let mut others = Vec::new();
    // SAFETY: the array has an end, the slot 0; each value has the type that its slot demands, by the caller's promise.
    unsafe {
        for slot in (0..).map(|index| &*slots.add(index)) {
            let (id, value) = (c_int::from(slot.sl_id), slot.anon2);
            match id {
                0 => break,
                ffi::Py_mod_name => definition.m_name = value.sl_ptr.cast(),
                ffi::Py_mod_doc => definition.m_doc = value.sl_ptr.cast(),
                ffi::Py_mod_methods => definition.m_methods = value.sl_ptr.cast(),
                ffi::Py_mod_state_size => definition.m_size = value.sl_size,
                ffi::Py_mod_state_traverse => {
                    definition.m_traverse = transmute::<*mut c_void, Option<ffi::traverseproc>>(value.sl_ptr)
                }
                ffi::Py_mod_state_clear => {
                    definition.m_clear = transmute::<*mut c_void, Option<ffi::inquiry>>(value.sl_ptr)
                }
                ffi::Py_mod_state_free => {
                    definition.m_free = transmute::<*mut c_void, Option<ffi::freefunc>>(value.sl_ptr)
                }
                // What is linked into the program was compiled for it; and a definition's address is its token.
                ffi::Py_mod_abi | ffi::Py_mod_token => {}
                _ => others.push(ffi::PyModuleDef_Slot { slot: id, value: value.sl_ptr }),
            }
        }
    }
    others.push(ffi::PyModuleDef_Slot { slot: 0, value: std::ptr::null_mut() });
    definition.m_slots = others.leak().as_mut_ptr();
    definition
}
