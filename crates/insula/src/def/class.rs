//! What `#[class]` says about a class, and how the class is found again from an instance.

use std::ffi::CStr;
use std::ptr::NonNull;

use super::base::{Base, BaseFor};
use super::module::ModuleDef;
use crate::brand::Py;
use crate::ffi;
use crate::object::err::PyResult;
use crate::object::exceptions::{BuiltinException, SystemError};
use crate::object::obj::Obj;
use crate::object::trace::Trace;
use crate::object::types::{Module, Type};

/// What `#[class]` says about a class; implemented for the type with the brand `'static`.
///
/// # Safety
///
/// For the macro to implement. `Of<'b>` is this type with the brand `'b`. `INDEX` is the place of the class among its
/// module's entries, `methods()` a table of its own (its address identifies the class), and `SLOTS` holds functions for
/// instances of this class. A class whose instances the base's own `__new__` makes has no fields.
pub unsafe trait ClassDef: Sized + 'static {
    /// The class with a brand.
    type Of<'b>: Class<'b, Def = Self>;
    /// The module that owns the class.
    type Module: ModuleDef;
    /// What it derives from.
    type Base: BaseFor<Self::Module>;
    /// The place in the module's table of objects.
    const INDEX: usize;
    /// The qualified name, `module.Name`.
    const NAME: &'static CStr;
    /// The docstring, with the text signature.
    const DOC: &'static CStr;
    /// Whether Python code may derive from it.
    const SUBCLASSABLE: bool;
    /// Whether Python code may change the attributes of the class.
    const MUTABLE: bool;
    /// Whether the class says how its instances are pickled.
    const PICKLES: bool;
    /// Its `__qualname__`, where that is not its name.
    const QUALNAME: Option<&'static CStr>;
    /// Whether its instances can be referenced weakly.
    const WEAKREF: bool;
    /// Whether its instances have a `__dict__`.
    const DICT: bool;
    /// How many blocks of dead instances are kept for new ones.
    const FREELIST: usize;
    /// The class attributes.
    const ATTRIBUTES: &'static [ClassAttribute];
    /// The constructor.
    const NEW: New;
    /// The `__dunder__` methods.
    const SLOTS: &'static [ffi::PyType_Slot];

    /// The place of the type of the objects with the fields, where the base is found when the module is executed.
    const FIELDS: usize = usize::MAX;

    /// Finds the base, for a class with the option `base_from`.
    ///
    /// # Errors
    ///
    /// What the user's function raises.
    fn find_base<'py>(module: &Obj<'py, Module>) -> PyResult<'py, Obj<'py, Type>> {
        Err(SystemError::new_err(module.py(), "the base of the class is known"))
    }

    /// What is done with the type once it is made: the members of an enum, for example.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    fn finish<'py>(_made: &Obj<'py, Type>) -> PyResult<'py, ()> {
        Ok(())
    }

    /// The methods, ended by a zeroed entry; one table for the process, at an address of its own.
    fn methods() -> *mut ffi::PyMethodDef;
    /// The getters and setters, ended by a zeroed entry.
    fn getset() -> *mut ffi::PyGetSetDef;
}

/// A `#[classattr]`.
pub struct ClassAttribute {
    /// Its name.
    pub name: &'static CStr,
    /// Makes its value.
    pub make: for<'py> fn(Py<'py>) -> PyResult<'py, Obj<'py>>,
}

/// A class of a module, with the brand of this call.
///
/// Implemented by `#[class]`, for nothing else. `Obj<'py, T>` dereferences to such a `T`.
///
/// # Safety
///
/// For the macro to implement: `Def` is this type with the brand `'static`, and `place` that of its type or of one that
/// derives from it without fields of its own.
pub unsafe trait Class<'py>: Trace<'py> + Sized {
    /// The definition.
    #[doc(hidden)]
    type Def: ClassDef;

    /// The place of the type of an instance with this value: that of the class, but of an enum that of the variant.
    #[doc(hidden)]
    #[inline]
    fn place(&self) -> usize {
        <Self::Def as ClassDef>::INDEX
    }
}

/// How instances of a class come to be.
#[derive(Clone, Copy)]
pub enum New {
    /// By the user's `#[new]`.
    Function {
        /// `tp_new`.
        new: ffi::newfunc,
        /// `tp_init`, where the built-in type has one.
        init: ffi::initproc,
        /// `tp_vectorcall`.
        vectorcall: ffi::vectorcallfunc,
    },
    /// By the `__new__` of the base, called by CPython; the class has no fields.
    Inherited,
    /// Only in Rust (`Py_TPFLAGS_DISALLOW_INSTANTIATION`).
    Absent,
}

/// A class with the option `state = Type`.
///
/// # Safety
///
/// For the macro to implement: `STATE` is the place of the state in the module's table of objects.
pub unsafe trait ClassStateDef: ClassDef {
    /// The hidden class that the state is an instance of.
    type State: ClassDef<Module = Self::Module>;
    /// The value that it is made of.
    type Init<'py>: Initializer<'py, Class = <Self::State as ClassDef>::Of<'py>>;
    /// The place in the module's table of objects.
    const STATE: usize;

    /// The user's `#[class_state]` function.
    ///
    /// # Errors
    ///
    /// What it raises.
    fn make<'py>(class: &Obj<'py, Type>) -> PyResult<'py, Self::Init<'py>>;
}

/// The value that an instance of a class is made of: the class itself, or [`With`](crate::With) for one that derives
/// from another class.
///
/// # Safety
///
/// `write` writes the fields of the class and of every class that it derives from.
pub unsafe trait Initializer<'py>: Sized {
    /// The class.
    type Class: Class<'py>;

    /// The place of the type of the instance in the module's table.
    #[doc(hidden)]
    #[inline]
    fn place(&self) -> usize {
        <<Self::Class as Class<'py>>::Def as ClassDef>::INDEX
    }

    /// Moves the value into its place.
    ///
    /// # Safety
    ///
    /// `object` points at memory for an instance whose fields are not written yet.
    #[doc(hidden)]
    unsafe fn write(self, object: *mut ffi::PyObject);
}

/// The class itself among a type and its bases: the one whose table of methods is `C`'s.
///
/// It follows `tp_base`, which stays intact until the type is freed; the MRO is gone once the collector cleared the
/// type. A class whose instances are no larger than its base's can be missing on that way, where a type has several
/// bases.
///
/// # Safety
///
/// `ty` is alive.
#[inline]
pub(crate) unsafe fn defining_type<C: ClassDef>(ty: NonNull<ffi::PyTypeObject>) -> Option<NonNull<ffi::PyTypeObject>> {
    // SAFETY: alive, by the caller's promise.
    unsafe { if ty.as_ref().tp_methods == C::methods() { Some(ty) } else { defining_base::<C>(ty) } }
}

/// The rest of the way, for instances of subclasses: out of line, so that the others do not pay for it.
///
/// # Safety
///
/// `ty` is alive.
#[inline(never)]
unsafe fn defining_base<C: ClassDef>(ty: NonNull<ffi::PyTypeObject>) -> Option<NonNull<ffi::PyTypeObject>> {
    // SAFETY: a live type holds its base, and its MRO, a tuple of types, unless that was cleared.
    unsafe {
        let mut next = NonNull::new(ty.as_ref().tp_base);
        while let Some(found) = next {
            if found.as_ref().tp_methods == C::methods() {
                return Some(found);
            }
            next = NonNull::new(found.as_ref().tp_base);
        }
        if <C::Base as Base>::SIZE != 0 {
            return None;
        }
        let mro = NonNull::new(ty.as_ref().tp_mro)?.as_ptr();
        let count = ffi::PyTuple_GET_SIZE(mro);
        (0..count)
            .filter_map(|index| NonNull::new(ffi::PyTuple_GET_ITEM(mro, index).cast::<ffi::PyTypeObject>()))
            .find(|found| found.as_ref().tp_methods == C::methods())
    }
}

/// The module that a class was made with; nothing once the collector has cleared the class. What `PyType_GetModule`
/// says, but that raises where there is none, which a dying object must not do.
///
/// # Safety
///
/// `ty` is alive, and a heap type.
#[inline]
pub(crate) unsafe fn module_of(ty: NonNull<ffi::PyTypeObject>) -> Option<NonNull<ffi::PyObject>> {
    // SAFETY: a heap type's object is a `PyHeapTypeObject`; it owns its reference to the module, or holds NULL.
    NonNull::new(unsafe { (*ty.as_ptr().cast::<ffi::PyHeapTypeObject>()).ht_module })
}
