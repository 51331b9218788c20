//! Classes: heap types made for each module object, and the memory of their instances (HOWTO, "Heap Types").

use std::ffi::{CStr, c_int, c_void};
use std::ops::Deref;
use std::ptr::NonNull;

use pyo3_ffi as ffi;

use crate::base::{Base, Initializer, Layout, Root, is_complete, payload, pointer_at};
use crate::brand::Py;
use crate::convert::Argument;
use crate::err::{PyErr, PyResult};
use crate::exceptions::{BuiltinException, MemoryError, RuntimeError, SystemError, TypeError};
use crate::foreign;
use crate::freelist::{self, FreeList, has_list};
use crate::module::ModuleDef;
use crate::new::New;
use crate::obj::Obj;
use crate::pickle::refusal;
use crate::scope::Scope;
use crate::signature::Arguments;
use crate::trace::{Trace, Visitor};
use crate::trashcan::dealloc_nested;
use crate::types::{Dict, Module, Str, Tuple, Type};

/// What `#[class]` says about a class; implemented for the type with the brand `'static`.
///
/// # Safety
///
/// For the macro to implement. `Of<'b>` is this type with the brand `'b`. `INDEX` is the place of the class among its module's entries, `methods()` a table of its own
/// (its address identifies the class), and `SLOTS` holds functions for instances of this class. A class whose instances the base's
/// own `__new__` makes has no fields.
pub unsafe trait ClassDef: Sized + 'static {
    /// The class with a brand.
    type Of<'b>: Class<'b, Def = Self>;
    /// The module that owns the class.
    type Module: ModuleDef;
    /// What it derives from.
    type Base: Base;
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

impl<'py, T: Class<'py>> Deref for Obj<'py, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: 1) an `Obj<'py, T>` is an instance of `T`'s class or a subclass; 2) its payload was written before anybody
        // saw the object and is dropped only when it dies; 3) `T::Def` and `T` differ in the brand only.
        unsafe { &*payload::<T::Def>(self.as_ptr()).cast::<T>() }
    }
}

/// Makes an instance: the value exists first, then the memory, then the value is moved in. No Python code runs in between.
///
/// # Safety
///
/// `ty` is the type object of the class, or a subclass made by Python; `list` its free list, if the caller has it at hand.
#[inline]
pub(crate) unsafe fn create<'py, I: Initializer<'py>>(
    py: Py<'py>,
    ty: *mut ffi::PyTypeObject,
    args: Arguments<'_, 'py>,
    value: I,
    list: Option<NonNull<FreeList>>,
) -> PyResult<'py, Obj<'py, I::Class>> {
    // SAFETY: a ready type has a tp_alloc, and a built-in type of this kind a tp_new that makes an instance of a subclass; both
    // give zeroed memory for what the class adds, or NULL with an exception.
    unsafe {
        if has_list::<<I::Class as Class<'py>>::Def>()
            && let Some(object) = freelist::take::<<I::Class as Class<'py>>::Def>(ty, list)
        {
            let object = object.as_ptr();
            if <<I::Class as Class<'py>>::Def as ClassDef>::WEAKREF {
                pointer_at(object, Layout::<<I::Class as Class<'py>>::Def>::WEAKLIST).write(std::ptr::null_mut());
            }
            value.write(object);
            ffi::PyObject_GC_Track(object.cast());
            return Ok(Obj::from_owned_non_null(NonNull::new_unchecked(object)));
        }
        let object = match <<<I::Class as Class<'py>>::Def as ClassDef>::Base as Base>::ROOT {
            Root::Object => ((*ty).tp_alloc.unwrap_unchecked())(ty, 0),
            Root::New { arguments } => {
                let args = args.values().iter().filter(|_| arguments).cloned();
                let args = Tuple::new(py, args.collect::<Vec<_>>())?;
                let root = <<<I::Class as Class<'py>>::Def as ClassDef>::Base as Base>::root();
                ((*root).tp_new.unwrap_unchecked())(ty, args.as_ptr(), std::ptr::null_mut())
            }
            Root::Foreign => return foreign::create(py, ty, args, value),
            Root::Inherited => {
                let message = "instances of this class are made by calling it";
                return Err(TypeError::new_err(py, message));
            }
        };
        let Some(object) = NonNull::new(object) else {
            return Err(PyErr::take(py));
        };
        value.write(object.as_ptr());
        Ok(Obj::from_owned_non_null(object))
    }
}

/// The class itself among a type and its bases: the one whose table of methods is `C`'s.
///
/// It follows `tp_base`, which stays intact until the type is freed; the MRO is gone once the collector cleared the type. A class
/// whose instances are no larger than its base's can be missing on that way, where a type has several bases.
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
        if Layout::<C>::BASICSIZE != 0 {
            return None;
        }
        let mro = NonNull::new(ty.as_ref().tp_mro)?.as_ptr();
        let count = ffi::PyTuple_GET_SIZE(mro);
        (0..count)
            .filter_map(|index| NonNull::new(ffi::PyTuple_GET_ITEM(mro, index).cast::<ffi::PyTypeObject>()))
            .find(|found| found.as_ref().tp_methods == C::methods())
    }
}

/// An error for an object of a class with the option `mutable` that was made without the class's own `__new__`: its fields were
/// never written. Python code can come by one only where it replaced `__new__`; elsewhere this is no check at all.
///
/// # Safety
///
/// `object` is alive, and an instance of `C` or a subclass.
#[inline]
pub(crate) unsafe fn check_complete<C: ClassDef>(py: Py<'_>, object: *mut ffi::PyObject) -> PyResult<'_, ()> {
    // SAFETY: the caller's promise.
    if unsafe { is_complete::<C>(object) } { Ok(()) } else { Err(incomplete::<C>(py)) }
}

#[cold]
fn incomplete<C: ClassDef>(py: Py<'_>) -> PyErr<'_> {
    let name = C::NAME.to_string_lossy();
    RuntimeError::new_err(py, format!("'{name}' object was made without the __new__ of its class"))
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
            check_complete::<T::Def>(argument.py(), argument.object().as_ptr())?;
            return Ok(argument.object().cast_unchecked());
        }
    }
    Err(argument.wrong_type(<T::Def as ClassDef>::NAME.to_str().unwrap_or("?")))
}

/// `PyType_FromModuleAndSpec`. Where CPython runs out of memory in the middle of it, it may forget to say so.
///
/// # Safety
///
/// The specification is complete and ended; `base` is a live type or NULL.
pub(crate) unsafe fn from_spec<'py>(
    module: &Obj<'py, Module>,
    spec: &mut ffi::PyType_Spec,
    base: *mut ffi::PyObject,
) -> PyResult<'py, Obj<'py, Type>> {
    // SAFETY: the caller's promise; the result is a new type or NULL.
    unsafe {
        let made = ffi::PyType_FromModuleAndSpec(module.as_ptr(), spec, base);
        if made.is_null() && ffi::PyErr_Occurred().is_null() {
            return Err(MemoryError::new_err(module.py(), ()));
        }
        Obj::from_owned(module.py(), made)
    }
}

/// Makes the heap type of a class for one module object.
pub(crate) fn make_class<'py, C: ClassDef>(
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
    let mut flags = ffi::Py_TPFLAGS_DEFAULT | ffi::Py_TPFLAGS_HAVE_GC;
    if !C::MUTABLE {
        flags |= ffi::Py_TPFLAGS_IMMUTABLETYPE;
    }
    if C::SUBCLASSABLE {
        flags |= ffi::Py_TPFLAGS_BASETYPE;
    }
    match C::NEW {
        New::Function { new, .. } => {
            slots.push(slot(ffi::Py_tp_new, new as *mut c_void));
            // The built-in type's tp_init would take the arguments for its own.
            if matches!(C::Base::ROOT, Root::New { .. }) {
                slots.push(slot(ffi::Py_tp_init, init as *mut c_void));
            }
        }
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
        let made: Obj<'py, Type> = from_spec(module, &mut spec, base.cast())?;
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
        set_attributes::<C>(&made, None)?;
        Ok(made)
    }
}

/// Whether instances can be pickled though the class does not say how: as the base does, where that is all there is to them.
const fn pickles_as_base<C: ClassDef>() -> bool {
    // An exception is made again from its `args`.
    matches!(C::NEW, New::Inherited) || matches!(C::Base::ROOT, Root::New { arguments: true })
}

/// Gives a type that nobody has seen yet its qualified name and the class attributes, and takes out one that nobody shall see.
pub(crate) fn set_attributes<'py, C: ClassDef>(
    made: &Obj<'py, Type>,
    unseen: Option<&'static CStr>,
) -> PyResult<'py, ()> {
    let py = made.py();
    if let Some(name) = C::QUALNAME {
        let name = Str::intern(py, name)?.into_ptr();
        // SAFETY: a heap type owns a reference to its `__qualname__`, which is released once the new one is in place.
        unsafe {
            let ty = made.as_ptr().cast::<ffi::PyHeapTypeObject>();
            let before = std::mem::replace(&mut (*ty).ht_qualname, name);
            ffi::Py_XDECREF(before);
        }
    }
    for ClassAttribute { name, make } in C::ATTRIBUTES {
        set_attribute(made, name, &make(py)?)?;
    }
    if let Some(name) = unseen {
        with_dict(made, |dict| dict.del(&Str::intern(py, name)?))?;
    }
    if !C::PICKLES && !pickles_as_base::<C>() {
        set_attribute(made, c"__reduce__", &refusal(made)?)?;
    }
    Ok(())
}

/// Puts an attribute into the dictionary of a heap type of the module, which may be immutable for others.
pub(crate) fn set_attribute<'py>(made: &Obj<'py, Type>, name: &CStr, value: &Obj<'py>) -> PyResult<'py, ()> {
    with_dict(made, |dict| dict.set(&Str::intern(made.py(), name)?, value))
}

/// Changes the dictionary of such a type.
fn with_dict<'py>(
    made: &Obj<'py, Type>,
    change: impl FnOnce(&Obj<'py, Dict>) -> PyResult<'py, ()>,
) -> PyResult<'py, ()> {
    let py = made.py();
    let ty = made.as_ptr().cast::<ffi::PyTypeObject>();
    // SAFETY: a ready heap type has a dictionary of its own; PyType_GetDict gives a new reference to it. PyType_Modified makes
    // CPython forget what it may have cached.
    unsafe {
        #[cfg(Py_3_12)]
        let dict: Obj<'_, Dict> = Obj::from_owned(py, ffi::PyType_GetDict(ty))?;
        #[cfg(not(Py_3_12))]
        let dict: Obj<'_, Dict> = Obj::from_borrowed(py, (*ty).tp_dict)?;
        change(&dict)?;
        ffi::PyType_Modified(ty);
    }
    Ok(())
}

/// `tp_init` of a class whose constructor did everything.
unsafe extern "C" fn init(_: *mut ffi::PyObject, _: *mut ffi::PyObject, _: *mut ffi::PyObject) -> c_int {
    0
}

/// `tp_dealloc`: untrack, drop the fields, free, release the type (HOWTO, "Garbage-Collection Protocol").
unsafe extern "C" fn dealloc<C: ClassDef>(object: *mut ffi::PyObject) {
    // SAFETY: CPython calls it once, attached, when the last reference is gone. Untracked first, so that the collector does not
    // see a half-dead object. What holds no objects, and runs no finaliser, nests no other deallocation in its own.
    unsafe {
        ffi::PyObject_GC_UnTrack(object.cast());
        if <C as Base>::HOLDS_OBJECTS || <C as Base>::FINALIZES {
            dealloc_nested(object, dealloc::<C>, || release::<C>(object));
        } else {
            release::<C>(object);
        }
    }
}

/// The rest of a deallocation.
///
/// # Safety
///
/// `object` is a dying, untracked instance of the class or a subclass; attached.
#[inline]
unsafe fn release<C: ClassDef>(object: *mut ffi::PyObject) {
    // SAFETY: 1) The finaliser and the weak references are the class's own or those of a class it derives from; CPython's
    // `subtype_dealloc`, which calls this for subclasses made by Python, has seen to those that the subclass adds. 2) The fields
    // of each class on the way to the root are dropped once. 3) `object` frees by tp_free. Another root's own tp_dealloc,
    // tracked again if it expects that, frees what the root holds and the memory; it is a static type's and does not touch the
    // reference to the type. 4) The type was kept alive by the instance until here.
    unsafe {
        let ty = ffi::Py_TYPE(object);
        if <C as Base>::FINALIZES {
            // Whole again for its finaliser, which may bring it back to life.
            ffi::PyObject_GC_Track(object.cast());
            if ffi::PyObject_CallFinalizerFromDealloc(object) < 0 {
                return;
            }
            ffi::PyObject_GC_UnTrack(object.cast());
        }
        if <C as Base>::WEAKREF && may_be_referenced::<C>(object) {
            ffi::PyObject_ClearWeakRefs(object);
        }
        <C as Base>::drop_part(object);
        if <C as Base>::ROOT == Root::Object {
            if !has_list::<C>() || !freelist::give::<C>(object) {
                ((*ty).tp_free.unwrap_unchecked())(object.cast());
            }
        } else {
            let root = <C as Base>::root();
            if ffi::PyType_IS_GC(root) != 0 {
                ffi::PyObject_GC_Track(object.cast());
            }
            match (*root).tp_dealloc {
                Some(root_dealloc) => root_dealloc(object),
                None => ffi::PyObject_GC_Del(object.cast()),
            }
        }
        ffi::Py_DECREF(ty.cast());
    }
}

/// Whether there may be weak references to a dying instance.
///
/// # Safety
///
/// As [`release`].
#[inline]
unsafe fn may_be_referenced<C: ClassDef>(object: *mut ffi::PyObject) -> bool {
    // SAFETY: the instance covers the pointer. Without a GIL others may be looking at it, which CPython's function deals with.
    !C::WEAKREF || cfg!(Py_GIL_DISABLED) || unsafe { !(*pointer_at(object, Layout::<C>::WEAKLIST)).is_null() }
}

/// `tp_traverse`: the type, exactly once, and what the parts of the instance own.
unsafe extern "C" fn traverse<C: ClassDef>(
    object: *mut ffi::PyObject,
    visit: ffi::visitproc,
    arg: *mut c_void,
) -> c_int {
    let mut visitor = Visitor::new(visit, arg);
    // SAFETY: a live instance: it owns a reference to its type (3.9+).
    unsafe {
        visitor.visit(ffi::Py_TYPE(object).cast());
        <C as Base>::trace_part(object, &mut visitor);
    }
    visitor.status()
}

/// `tp_clear`.
unsafe extern "C" fn clear<C: ClassDef>(object: *mut ffi::PyObject) -> c_int {
    // SAFETY: a live instance, attached.
    unsafe { <C as Base>::clear_part(object) };
    0
}
