//! The heap type of a class, made for each module object (HOWTO, "Heap Types").

use std::ffi::c_void;
use std::ptr::NonNull;

use super::attributes::set_attributes;
use super::dealloc::{clear, dealloc, traverse};
use super::layout::Layout;
use super::type_spec::TypeSpec;
use crate::def::{Base, ClassDef, EntryDef, New, Origin, defining_type};
use crate::ffi;
use crate::object::err::PyResult;
use crate::object::exceptions::{BuiltinException, SystemError};
use crate::object::obj::Obj;
use crate::object::types::{Module, Type};

impl EntryDef {
    /// A class.
    pub const fn class<C: ClassDef>() -> Self {
        EntryDef::Type(make_class::<C>)
    }

    /// A class with the option `hidden`.
    pub const fn hidden<C: ClassDef>() -> Self {
        EntryDef::Hidden(make_class::<C>)
    }
}

/// Makes the heap type of a class for one module object.
fn make_class<'py, C: ClassDef>(
    module: &Obj<'py, Module>,
    made: &[*mut ffi::PyObject],
) -> PyResult<'py, Obj<'py, Type>> {
    // SAFETY: the table is this module's.
    let base = unsafe { C::Base::type_ptr(made) };
    // SAFETY: the base is alive, and ready.
    let size = unsafe { (*base).tp_basicsize }.cast_unsigned();
    if C::Base::SIZE != 0 && C::Base::SIZE != size {
        let message = "the base type's instances are not laid out as this module was compiled for";
        return Err(SystemError::new_err(module.py(), message));
    }
    let mut spec = TypeSpec::of_class::<C>(Layout::<C>::BASICSIZE);
    spec.flag(ffi::Py_TPFLAGS_HAVE_GC);
    spec.slot(ffi::Py_tp_dealloc, dealloc::<C> as *mut c_void);
    spec.slot(ffi::Py_tp_traverse, traverse::<C> as *mut c_void);
    spec.slot(ffi::Py_tp_clear, clear::<C> as *mut c_void);
    if C::WEAKREF {
        spec.member(c"__weaklistoffset__", ffi::Py_T_PYSSIZET, Layout::<C>::WEAKLIST, ffi::Py_READONLY);
    }
    if C::DICT {
        spec.member(c"__dictoffset__", ffi::Py_T_PYSSIZET, Layout::<C>::DICT, ffi::Py_READONLY);
    }
    match C::NEW {
        New::Function { new, init, .. } => {
            spec.slot(ffi::Py_tp_new, new as *mut c_void);
            // The built-in type's own would take all arguments for its own.
            if matches!(C::Base::ORIGIN, Origin::New { .. }) {
                spec.slot(ffi::Py_tp_init, init as *mut c_void);
            }
        }
        New::Inherited => {}
        New::Absent => spec.flag(ffi::Py_TPFLAGS_DISALLOW_INSTANTIATION),
    }
    spec.slots(C::SLOTS);
    // SAFETY: the functions and slots are those of the class, the size is that of its layout, and the base is the
    // class's. tp_vectorcall has no slot before 3.14 and is set before anybody can call the type.
    unsafe {
        let made = spec.make(module, base.cast())?;
        let ty = made.as_ptr().cast::<ffi::PyTypeObject>();
        if let New::Function { vectorcall, .. } = C::NEW
            && !C::MUTABLE
        {
            // Where `__new__` and `__init__` can be replaced, calling the class has to ask for them.
            (*ty).tp_vectorcall = Some(vectorcall);
        }
        if defining_type::<C>(NonNull::new_unchecked(ty)) != NonNull::new(ty) {
            return Err(SystemError::new_err(module.py(), "the new type does not keep its table of methods"));
        }
        set_attributes::<C>(&made)?;
        Ok(made)
    }
}
