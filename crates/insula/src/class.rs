//! Classes: heap types made for each module object, and the memory of their instances (HOWTO, "Heap Types").

use std::ffi::{CStr, c_int, c_void};
use std::ops::Deref;
use std::ptr::NonNull;

use pyo3_ffi as ffi;

use crate::boundary::enter_silent;
use crate::brand::Py;
use crate::convert::Argument;
use crate::err::{PyErr, PyResult};
use crate::exceptions::{BuiltinException, SystemError};
use crate::module::ModuleDef;
use crate::new::New;
use crate::obj::Obj;
use crate::scope::Scope;
use crate::trace::{Trace, Visitor};
use crate::trashcan::dealloc_nested;
use crate::types::{Dict, Module, Str, Type};

/// What `#[class]` says about a class; implemented for the type with the brand `'static`.
///
/// # Safety
///
/// For the macro to implement. `Of<'b>` is this type with the brand `'b`. `INDEX` is the place of the class among its module's entries, `methods()` a table of its own
/// (its address identifies the class), and `SLOTS` holds functions for instances of this class. A class without fields only
/// may have a `Base` other than `Object`.
pub unsafe trait ClassDef: Sized + 'static {
    /// The class with a brand.
    type Of<'b>: Class<'b, Def = Self>;
    /// The module that owns the class.
    type Module: ModuleDef;
    /// The built-in type it derives from.
    type Base: Base;
    /// The place in the module's table of objects.
    const INDEX: usize;
    /// The qualified name, `module.Name`.
    const NAME: &'static CStr;
    /// The docstring, with the text signature.
    const DOC: &'static CStr;
    /// Whether Python code may derive from it.
    const SUBCLASSABLE: bool;
    /// Whether its instances can be referenced weakly.
    const WEAKREF: bool;
    /// Whether its instances have a `__dict__`.
    const DICT: bool;
    /// Whether it has a `__del__`.
    const FINALIZED: bool;
    /// The class attributes.
    const ATTRIBUTES: &'static [ClassAttribute];
    /// The constructor.
    const NEW: New;
    /// The `__dunder__` methods.
    const SLOTS: &'static [ffi::PyType_Slot];

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
/// For the macro to implement: `Def` is this type with the brand `'static`.
pub unsafe trait Class<'py>: Trace<'py> + Sized {
    /// The definition.
    #[doc(hidden)]
    type Def: ClassDef;
}

/// A built-in type that a class may derive from.
///
/// # Safety
///
/// `Layout` is the C structure of the type's instances, and `type_ptr` its type object.
pub unsafe trait Base {
    /// The C structure of an instance.
    type Layout;
    /// Whether instances are made by the type's own `__new__`; then the class adds no fields.
    const INHERITS_NEW: bool;
    /// The type object.
    fn type_ptr() -> *mut ffi::PyTypeObject;
}

/// Python's `object`: the base of a class that names none.
pub enum Object {}

// SAFETY: an `object` is a bare header.
unsafe impl Base for Object {
    type Layout = ffi::PyObject;
    const INHERITS_NEW: bool = false;
    fn type_ptr() -> *mut ffi::PyTypeObject {
        &raw mut ffi::PyBaseObject_Type
    }
}

// SAFETY: a `str` subclass has the layout of the non-compact form.
unsafe impl Base for Str {
    type Layout = ffi::PyUnicodeObject;
    const INHERITS_NEW: bool = true;
    fn type_ptr() -> *mut ffi::PyTypeObject {
        &raw mut ffi::PyUnicode_Type
    }
}

#[repr(C)]
struct Instance<B, T> {
    base: B,
    payload: T,
}

/// Sizes and offsets of a class's instances.
struct Layout<C>(std::marker::PhantomData<C>);

impl<C: ClassDef> Layout<C> {
    const OFFSET: usize = {
        assert!(
            align_of::<C>() <= 2 * size_of::<usize>(),
            "a class must not demand an alignment above two words: CPython's allocator does not give it"
        );
        assert!(
            !<C::Base as Base>::INHERITS_NEW || size_of::<C>() == 0,
            "a class that derives from a built-in type other than object has no fields yet"
        );
        std::mem::offset_of!(Instance<<C::Base as Base>::Layout, C>, payload)
    };

    /// Where the fields end. At least one word beyond the base: otherwise CPython takes the layouts for the same and lets
    /// `__class__` be assigned between them.
    const END: usize = {
        let least = size_of::<<C::Base as Base>::Layout>() + size_of::<usize>();
        let size = size_of::<Instance<<C::Base as Base>::Layout, C>>();
        if size > least { size } else { least }
    };

    /// Where the list of weak references begins, if there is one.
    const WEAKLIST: usize = Self::END;

    /// Where the `__dict__` lies, if there is one.
    const DICT: usize = Self::WEAKLIST + if C::WEAKREF { size_of::<usize>() } else { 0 };

    /// `tp_basicsize`.
    const BASICSIZE: usize = Self::DICT + if C::DICT { size_of::<usize>() } else { 0 };
}

/// The offset of a class's fields in its instances: evaluating it checks the layout at compile time.
pub const fn payload_offset<C: ClassDef>() -> usize {
    Layout::<C>::OFFSET
}

/// Where the payload of an instance lies.
///
/// # Safety
///
/// `object` points at memory for an instance of `C` or a subclass.
#[inline]
unsafe fn payload<C: ClassDef>(object: *mut ffi::PyObject) -> *mut C {
    // SAFETY: the instance is at least `BASICSIZE` long, which covers the payload at its offset.
    unsafe { object.byte_add(Layout::<C>::OFFSET).cast() }
}

impl<'py, T: Class<'py>> Deref for Obj<'py, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: 1) an `Obj<'py, T>` is an instance of `T`'s class or a subclass; 2) its payload was written before anybody
        // saw the object and is dropped only when it dies; 3) `T::Def` and `T` differ in the brand only.
        unsafe { &*payload::<T::Def>(self.as_ptr()).cast::<T>() }
    }
}

/// Makes an instance: the value exists first, then the memory, then the value is moved in. The collector cannot see the object
/// in between, because no Python code runs.
///
/// # Safety
///
/// `ty` is the type object of `T`'s class, or a subclass made by Python.
#[inline]
pub(crate) unsafe fn create<'py, T: Class<'py>>(
    py: Py<'py>,
    ty: *mut ffi::PyTypeObject,
    value: T,
) -> PyResult<'py, Obj<'py, T>> {
    const { assert!(!<<T::Def as ClassDef>::Base as Base>::INHERITS_NEW, "instances are made by the base type's __new__") };
    // SAFETY: a ready type has a tp_alloc; it returns zeroed memory for an instance, or NULL with an exception.
    unsafe {
        let object = ((*ty).tp_alloc.unwrap_unchecked())(ty, 0);
        let Some(object) = NonNull::new(object) else {
            return Err(PyErr::take(py));
        };
        payload::<T::Def>(object.as_ptr()).cast::<T>().write(value);
        Ok(Obj::from_owned_non_null(object))
    }
}

/// The class itself among a type and its bases: the one whose table of methods is `C`'s.
///
/// It follows `tp_base`, which stays intact until the type is freed; the MRO is gone once the collector cleared the type.
///
/// # Safety
///
/// `ty` is alive.
#[inline]
pub(crate) unsafe fn defining_type<C: ClassDef>(ty: *mut ffi::PyTypeObject) -> Option<NonNull<ffi::PyTypeObject>> {
    let mut ty = NonNull::new(ty)?;
    loop {
        // SAFETY: a live type holds its base.
        unsafe {
            if ty.as_ref().tp_methods == C::methods() {
                return Some(ty);
            }
            ty = NonNull::new(ty.as_ref().tp_base)?;
        }
    }
}

/// Views an argument as an instance of a class of the module.
///
/// # Errors
///
/// `TypeError` if it is none, `RuntimeError` if the module is not initialised.
#[inline]
pub fn downcast_class<'a, 'py, T: Class<'py>, S>(argument: &Argument<'a, 'py, '_, S>) -> PyResult<'py, &'a Obj<'py, T>>
where
    S: Scope<'py, Module = <T::Def as ClassDef>::Module>,
{
    let block = argument.scope().block()?;
    // SAFETY: the block is initialised and lives for the call; its entry for the class is a live type. An instance of it or of
    // a subclass has `T`'s payload.
    unsafe {
        let ty = (*block.as_ref().object(<T::Def as ClassDef>::INDEX)).cast();
        if ffi::PyObject_TypeCheck(argument.object().as_ptr(), ty) != 0 {
            return Ok(argument.object().cast_unchecked());
        }
    }
    Err(argument.wrong_type(<T::Def as ClassDef>::NAME.to_str().unwrap_or("?")))
}

/// Makes the heap type of a class for one module object (`PyType_FromModuleAndSpec`).
pub(crate) fn make_class<'py, C: ClassDef>(
    module: &Obj<'py, Module>,
    _: &[*mut ffi::PyObject],
) -> PyResult<'py, Obj<'py, Type>> {
    let base = C::Base::type_ptr();
    // SAFETY: a built-in type is alive; the field is set when the runtime starts.
    if unsafe { (*base).tp_basicsize }.cast_unsigned() != size_of::<<C::Base as Base>::Layout>() {
        let message = "the base type's instances are not laid out as this module was compiled for";
        return Err(SystemError::new_err(module.py(), message));
    }
    let slot = |slot, pfunc| ffi::PyType_Slot { slot, pfunc };
    let mut slots = vec![
        slot(ffi::Py_tp_doc, C::DOC.as_ptr().cast_mut().cast()),
        slot(ffi::Py_tp_methods, C::methods().cast()),
        slot(ffi::Py_tp_getset, C::getset().cast()),
        slot(ffi::Py_tp_dealloc, dealloc::<C> as *mut c_void),
        slot(ffi::Py_tp_traverse, traverse::<C> as *mut c_void),
        slot(ffi::Py_tp_clear, clear::<C> as *mut c_void),
    ];
    // CPython copies the members; they tell it where the two pointers lie.
    let member = |name: &'static CStr, offset: usize| ffi::PyMemberDef {
        name: name.as_ptr(),
        type_code: ffi::Py_T_PYSSIZET,
        offset: offset.cast_signed(),
        flags: ffi::Py_READONLY,
        doc: std::ptr::null(),
    };
    let mut members = Vec::new();
    if C::WEAKREF {
        members.push(member(c"__weaklistoffset__", Layout::<C>::WEAKLIST));
    }
    if C::DICT {
        members.push(member(c"__dictoffset__", Layout::<C>::DICT));
    }
    if !members.is_empty() {
        members.push(ffi::PyMemberDef::default());
        slots.push(slot(ffi::Py_tp_members, members.as_mut_ptr().cast()));
    }
    let mut flags = ffi::Py_TPFLAGS_DEFAULT | ffi::Py_TPFLAGS_HAVE_GC | ffi::Py_TPFLAGS_IMMUTABLETYPE;
    if C::SUBCLASSABLE {
        flags |= ffi::Py_TPFLAGS_BASETYPE;
    }
    match C::NEW {
        New::Function { new, .. } => slots.push(slot(ffi::Py_tp_new, new as *mut c_void)),
        New::Inherited => {}
        New::Absent => flags |= ffi::Py_TPFLAGS_DISALLOW_INSTANTIATION,
    }
    slots.extend_from_slice(C::SLOTS);
    slots.push(slot(0, std::ptr::null_mut()));
    let mut spec = ffi::PyType_Spec {
        name: C::NAME.as_ptr(),
        basicsize: c_int::try_from(Layout::<C>::BASICSIZE).unwrap_or(c_int::MAX),
        itemsize: 0,
        flags: flags as _,
        slots: slots.as_mut_ptr(),
    };
    // SAFETY: the specification is complete and ended; CPython copies what it keeps, except the tables, which are static.
    // tp_vectorcall has no slot before 3.14 and is set before anybody can call the type.
    unsafe {
        let made: Obj<'py, Type> =
            Obj::from_owned(module.py(), ffi::PyType_FromModuleAndSpec(module.as_ptr(), &mut spec, base.cast()))?;
        let ty = made.as_ptr().cast::<ffi::PyTypeObject>();
        if let New::Function { vectorcall, .. } = C::NEW {
            (*ty).tp_vectorcall = Some(vectorcall);
        }
        if defining_type::<C>(ty) != NonNull::new(ty) {
            return Err(SystemError::new_err(module.py(), "the new type does not keep its table of methods"));
        }
        set_attributes::<C>(&made)?;
        Ok(made)
    }
}

/// Puts the class attributes into the dictionary of a type that nobody has seen yet.
fn set_attributes<'py, C: ClassDef>(made: &Obj<'py, Type>) -> PyResult<'py, ()> {
    if C::ATTRIBUTES.is_empty() {
        return Ok(());
    }
    let py = made.py();
    let ty = made.as_ptr().cast::<ffi::PyTypeObject>();
    // SAFETY: a ready heap type has a dictionary of its own; PyType_GetDict gives a new reference to it. The type is immutable
    // for others, so its attributes are set here; PyType_Modified makes CPython forget what it may have cached.
    unsafe {
        #[cfg(Py_3_12)]
        let dict: Obj<'_, Dict> = Obj::from_owned(py, ffi::PyType_GetDict(ty))?;
        #[cfg(not(Py_3_12))]
        let dict: Obj<'_, Dict> = Obj::from_borrowed(py, (*ty).tp_dict)?;
        for ClassAttribute { name, make } in C::ATTRIBUTES {
            dict.set(&Str::intern(py, name)?, &make(py)?)?;
        }
        ffi::PyType_Modified(ty);
    }
    Ok(())
}

/// The pointer that an instance keeps for its weak references or its `__dict__`.
///
/// # Safety
///
/// `object` is an instance of the class that has a pointer at this offset.
unsafe fn pointer_at(object: *mut ffi::PyObject, offset: usize) -> *mut *mut ffi::PyObject {
    // SAFETY: the instance covers the offset.
    unsafe { object.byte_add(offset).cast() }
}

/// `tp_dealloc`: untrack, drop the payload, free, release the type (HOWTO, "Garbage-Collection Protocol").
unsafe extern "C" fn dealloc<C: ClassDef>(object: *mut ffi::PyObject) {
    // SAFETY: CPython calls it once, attached, when the last reference is gone. 1) Untracked first, so that the collector does
    // not see a half-dead object. 2) The payload was written in `create`, or has no fields. 3) The base's own tp_dealloc frees
    // what the base holds, and the memory through tp_free; a built-in base does not touch the reference to the type. 4) The
    // type was kept alive by the instance until here.
    unsafe {
        let ty = ffi::Py_TYPE(object);
        ffi::PyObject_GC_UnTrack(object.cast());
        dealloc_nested(object, dealloc::<C>, || {
            if C::FINALIZED {
                // Whole again for its finaliser, which may bring it back to life.
                ffi::PyObject_GC_Track(object.cast());
                if ffi::PyObject_CallFinalizerFromDealloc(object) < 0 {
                    return;
                }
                ffi::PyObject_GC_UnTrack(object.cast());
            }
            if C::WEAKREF && !(*pointer_at(object, Layout::<C>::WEAKLIST)).is_null() {
                ffi::PyObject_ClearWeakRefs(object);
            }
            enter_silent(|| payload::<C>(object).drop_in_place());
            if C::DICT {
                ffi::Py_CLEAR(pointer_at(object, Layout::<C>::DICT));
            }
            let base = C::Base::type_ptr();
            match (*base).tp_dealloc {
                Some(base_dealloc) => base_dealloc(object),
                None => ffi::PyObject_GC_Del(object.cast()),
            }
            ffi::Py_DECREF(ty.cast());
        });
    }
}

/// `tp_traverse`: the type, exactly once, and what the fields own.
unsafe extern "C" fn traverse<C: ClassDef>(
    object: *mut ffi::PyObject,
    visit: ffi::visitproc,
    arg: *mut c_void,
) -> c_int {
    let mut visitor = Visitor::new(visit, arg);
    // SAFETY: a live instance: it owns a reference to its type (3.9+), and its payload is written, or has no fields. Its brand is
    // erased, which changes no layout.
    unsafe {
        visitor.visit(ffi::Py_TYPE(object).cast());
        (*payload::<C>(object).cast::<C::Of<'static>>()).trace(&mut visitor);
        if C::DICT {
            visitor.visit(*pointer_at(object, Layout::<C>::DICT));
        }
    }
    visitor.status()
}

/// `tp_clear`.
unsafe extern "C" fn clear<C: ClassDef>(object: *mut ffi::PyObject) -> c_int {
    // SAFETY: a live instance, attached; as in `traverse`. What is cleared stays usable.
    unsafe {
        enter_silent(|| (*payload::<C>(object).cast::<C::Of<'static>>()).clear());
        if C::DICT {
            ffi::Py_CLEAR(pointer_at(object, Layout::<C>::DICT));
        }
    }
    0
}
