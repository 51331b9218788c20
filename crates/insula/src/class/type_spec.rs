//! The specification of a heap type: what CPython is told about every type that we make.

use std::ffi::{CStr, c_int, c_ulong, c_void};

use crate::brand::Py;
use crate::def::ClassDef;
use crate::ffi;
use crate::object::err::PyResult;
use crate::object::exceptions::{BuiltinException, MemoryError, OverflowError};
use crate::object::obj::Obj;
use crate::object::types::{Module, Type};

/// A `PyType_Spec` under construction.
pub(crate) struct TypeSpec {
    name: &'static CStr,
    size: usize,
    flags: c_ulong,
    slots: Vec<ffi::PyType_Slot>,
    members: Vec<ffi::PyMemberDef>,
}

impl TypeSpec {
    /// A type whose instances have `size` bytes; 0 to inherit the size of the base.
    pub(crate) fn new(name: &'static CStr, size: usize) -> Self {
        TypeSpec { name, size, flags: ffi::Py_TPFLAGS_DEFAULT, slots: Vec::new(), members: Vec::new() }
    }

    /// The type of a class: its docstring, methods and attributes, and what Python code may do with it.
    pub(crate) fn of_class<C: ClassDef>(size: usize) -> Self {
        let mut spec = Self::new(C::NAME, size);
        spec.slot(ffi::Py_tp_doc, C::DOC.as_ptr().cast_mut().cast());
        spec.slot(ffi::Py_tp_methods, C::methods().cast());
        spec.slot(ffi::Py_tp_getset, C::getset().cast());
        if !C::MUTABLE {
            spec.flag(ffi::Py_TPFLAGS_IMMUTABLETYPE);
        }
        if C::SUBCLASSABLE {
            spec.flag(ffi::Py_TPFLAGS_BASETYPE);
        }
        spec
    }

    pub(crate) fn flag(&mut self, flag: c_ulong) {
        self.flags |= flag;
    }

    pub(crate) fn slot(&mut self, slot: c_int, pfunc: *mut c_void) {
        self.slots.push(ffi::PyType_Slot { slot, pfunc });
    }

    pub(crate) fn slots(&mut self, slots: &[ffi::PyType_Slot]) {
        self.slots.extend_from_slice(slots);
    }

    /// Tells CPython where a word of an instance lies.
    pub(crate) fn member(&mut self, name: &'static CStr, type_code: c_int, offset: usize, flags: c_int) {
        let (name, offset) = (name.as_ptr(), offset.cast_signed());
        self.members.push(ffi::PyMemberDef { name, type_code, offset, flags, doc: std::ptr::null() });
    }

    /// Makes the type for a module object. Where CPython runs out of memory in the middle of it, it may forget to say
    /// so.
    ///
    /// # Safety
    ///
    /// The functions are for instances of this size, of a type that derives from `base`, which is a live type or NULL.
    /// The tables that CPython does not copy (methods, attributes, the docstring) are static.
    pub(crate) unsafe fn make<'py>(
        self,
        module: &Obj<'py, Module>,
        base: *mut ffi::PyObject,
    ) -> PyResult<'py, Obj<'py, Type>> {
        // SAFETY: the caller's promise.
        unsafe { self.make_for(module.py(), module.as_ptr(), base) }
    }

    /// The same for a module that is alive or NULL: the type then leads to none.
    ///
    /// # Safety
    ///
    /// As [`make`](Self::make).
    pub(crate) unsafe fn make_for<'py>(
        mut self,
        py: Py<'py>,
        module: *mut ffi::PyObject,
        base: *mut ffi::PyObject,
    ) -> PyResult<'py, Obj<'py, Type>> {
        if !self.members.is_empty() {
            self.members.push(ffi::PyMemberDef::default());
            let members = self.members.as_mut_ptr().cast();
            self.slot(ffi::Py_tp_members, members);
        }
        self.slot(0, std::ptr::null_mut());
        // Where the base is found when the module is executed, its size counts, too.
        let Ok(basicsize) = c_int::try_from(self.size) else {
            let message = format!("instances of '{}' are larger than CPython can make", self.name.to_string_lossy());
            return Err(OverflowError::new_err(py, message));
        };
        let mut spec = ffi::PyType_Spec {
            name: self.name.as_ptr(),
            basicsize,
            itemsize: 0,
            flags: self.flags as _,
            slots: self.slots.as_mut_ptr(),
        };
        // SAFETY: 1) the specification and both lists are ended; CPython copies the specification and the members. 2)
        // The caller's promise for the rest. 3) The result is a new reference to a type, or NULL.
        unsafe {
            let made = ffi::PyType_FromModuleAndSpec(module, &mut spec, base);
            if made.is_null() && ffi::PyErr_Occurred().is_null() {
                return Err(MemoryError::with_args(py, ()));
            }
            Obj::from_owned(py, made)
        }
    }
}
