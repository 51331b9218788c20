//! Classes that derive from a type that is found when the module is executed: one of another module, in Python or C.
//!
//! How long the base's instances are is known only then, and the functions of a Python class cannot be delegated to:
//! they look for the first type whose functions are others, beginning with the instance's own type. So such an instance
//! has one pointer beyond its base's part, a member like one of `__slots__`, which CPython's own functions for Python
//! classes visit, clear and release. It points to an object with the fields, of a hidden type whose layout is known.

use std::ffi::{CStr, c_int, c_void};
use std::mem::offset_of;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

use crate::arguments::vectorcall::Arguments;
use crate::brand::Py;
use crate::class::attributes::{set_attributes, with_dict};
use crate::class::trashcan::dealloc_nested;
use crate::class::type_spec::TypeSpec;
use crate::def::{Base, BaseFor, Block, Class, ClassDef, EntryDef, Initializer, New, Origin, RootBase, defining_type};
use crate::ffi;
use crate::object::err::PyResult;
use crate::object::exceptions::{BuiltinException, RuntimeError, TypeError};
use crate::object::obj::{Any, Obj};
use crate::object::trace::{Trace, Visitor};
use crate::object::types::{Dict, Module, Str, Tuple, Type};
use crate::trampoline::enter_silent;

/// The base of a class with the option `base_from`.
pub enum RuntimeBase {}

// SAFETY: instances have no part that is laid out at compile time. CPython's own functions, or those below, do the
// rest.
unsafe impl Base for RuntimeBase {
    type Of<'b> = Any;
    type Init<'b, T> = T;
    const ORIGIN: Origin = Origin::RuntimeBase;
    const SUBCLASSABLE: bool = true;
    const MUTABLE: bool = false;
    const PLACE: Option<usize> = None;
    const DEPTH: usize = 0;
    const SIZE: usize = 0;
    const HOLDS_OBJECTS: bool = true;
    const WEAKREF: bool = false;
    const FINALIZES: bool = true;
    fn root() -> *mut ffi::PyTypeObject {
        &raw mut ffi::PyBaseObject_Type
    }
    unsafe fn type_ptr(_: &[*mut ffi::PyObject]) -> *mut ffi::PyTypeObject {
        Self::root()
    }
    unsafe fn trace_part(_: *mut ffi::PyObject, _: &mut Visitor<'_>) {}
    unsafe fn clear_part(_: *mut ffi::PyObject) {}
    unsafe fn drop_part(_: *mut ffi::PyObject) {}
}
impl RootBase for RuntimeBase {}
// SAFETY: the type is not looked for in the table.
unsafe impl<M> BaseFor<M> for RuntimeBase {}

/// The object that holds the fields of one instance.
#[repr(C)]
struct Fields<C> {
    head: ffi::PyObject,
    /// Whether `value` is written. The memory is zeroed before.
    written: AtomicBool,
    value: C,
}

/// The class among the types of an instance.
///
/// # Safety
///
/// `object` is alive.
unsafe fn of_instance<C: ClassDef>(object: *mut ffi::PyObject) -> Option<NonNull<ffi::PyTypeObject>> {
    // SAFETY: a live object holds its type.
    unsafe { defining_type::<C>(NonNull::new_unchecked(ffi::Py_TYPE(object))) }
}

/// The pointer to the object with the fields.
///
/// # Safety
///
/// `object` is an instance of `C` or a subclass, and `C` has a runtime base.
unsafe fn pointer<C: ClassDef>(object: *mut ffi::PyObject) -> Option<NonNull<*mut Fields<C>>> {
    // SAFETY: the pointer is the last word of the class's part of the instance.
    unsafe {
        let class = of_instance::<C>(object)?;
        let offset = class.as_ref().tp_basicsize.cast_unsigned() - size_of::<usize>();
        NonNull::new(object.byte_add(offset).cast())
    }
}

/// The object with the fields, if they are written.
///
/// # Safety
///
/// As [`pointer`].
unsafe fn fields<C: ClassDef>(object: *mut ffi::PyObject) -> Option<NonNull<Fields<C>>> {
    // SAFETY: NULL until `create` puts an object there, whose fields it then writes; and NULL after the collector
    // cleared it.
    unsafe {
        pointer::<C>(object).and_then(|place| NonNull::new(AtomicPtr::from_ptr(place.as_ptr()).load(Ordering::Acquire)))
    }
}

/// Whether the fields of an instance are written.
///
/// # Safety
///
/// As [`pointer`].
pub(crate) unsafe fn is_written<C: ClassDef>(object: *mut ffi::PyObject) -> bool {
    // SAFETY: the caller's promise.
    unsafe { fields::<C>(object).is_some_and(|fields| fields.as_ref().written.load(Ordering::Acquire)) }
}

/// Where the fields of an instance lie; nowhere in particular if there are none.
///
/// # Safety
///
/// As [`pointer`]; the fields are written or about to be, or there are none.
pub(crate) unsafe fn payload<C: ClassDef>(object: *mut ffi::PyObject) -> *mut C {
    // SAFETY: the caller's promise. The object with the fields is released only with the instance, or when the
    // collector clears that: it is unreachable then, so no call is running that borrows the fields, for a call holds
    // its instance.
    unsafe {
        match fields::<C>(object) {
            Some(fields) => &raw mut (*fields.as_ptr()).value,
            None => NonNull::dangling().as_ptr(),
        }
    }
}

/// Notes that the fields are written.
///
/// # Safety
///
/// As [`pointer`]; they are.
pub(crate) unsafe fn set_written<C: ClassDef>(object: *mut ffi::PyObject) {
    // SAFETY: the caller's promise.
    unsafe {
        if let Some(fields) = fields::<C>(object) {
            fields.as_ref().written.store(true, Ordering::Release);
        }
    }
}

/// Makes an instance: the value exists first, then the memory for it, then the base makes an object, which gets both at
/// once.
///
/// The base's `__new__` may run Python code, and that may find the object. Its methods then raise.
///
/// # Safety
///
/// `ty` is the type object of the class, or a subclass made by Python.
pub(crate) unsafe fn create<'py, I: Initializer<'py>>(
    py: Py<'py>,
    ty: *mut ffi::PyTypeObject,
    args: Arguments<'_, 'py>,
    value: I,
) -> PyResult<'py, Obj<'py, I::Class>> {
    type Def<'py, I> = <<I as Initializer<'py>>::Class as Class<'py>>::Def;
    let not_ready = || RuntimeError::new_err(py, "the class has lost its module");
    // SAFETY: a live type; the module's table has the type of the fields at its place once exec got there.
    unsafe {
        let class = defining_type::<Def<'py, I>>(NonNull::new_unchecked(ty)).ok_or_else(not_ready)?.as_ptr();
        let block = ffi::PyType_GetModuleState(class).cast::<Block<<Def<'py, I> as ClassDef>::Module>>();
        ffi::PyErr_Clear();
        let block = NonNull::new(block).ok_or_else(not_ready)?;
        let fields_type = block.as_ref().place(<Def<'py, I> as ClassDef>::FIELDS).load(Ordering::Acquire);
        let fields_type = NonNull::new(fields_type.cast::<ffi::PyTypeObject>()).ok_or_else(not_ready)?.as_ptr();
        let fields: Obj<'py> =
            Obj::from_owned(py, ffi::call_2((*fields_type).tp_alloc.unwrap_unchecked(), fields_type, 0))?;

        let base = (*class).tp_base;
        let Some(new) = (*base).tp_new else {
            let message = format!("cannot create '{}' instances", name(base));
            return Err(TypeError::new_err(py, message));
        };
        // `object` takes no arguments from a class that has a constructor of its own.
        let plain = ffi::PyBaseObject_Type.tp_new.is_some_and(|object| std::ptr::fn_addr_eq(object, new));
        let arguments = if plain { Arguments::positional(&[]) } else { args };
        let (positional, keywords) = arguments.collect(py)?;
        let keywords = keywords.as_ref().map_or(std::ptr::null_mut(), Obj::as_ptr);
        let object: Obj<'py> = Obj::from_owned(py, ffi::call_3(new, ty, positional.as_ptr(), keywords))?;
        let is_new =
            ffi::PyObject_TypeCheck(object.as_ptr(), ty) != 0 && self::fields::<Def<'py, I>>(object.as_ptr()).is_none();
        let place = pointer::<Def<'py, I>>(object.as_ptr()).filter(|_| is_new);
        let Some(place) = place else {
            let message = format!("{}.__new__() did not return a new instance", name(base));
            return Err(TypeError::new_err(py, message));
        };
        AtomicPtr::from_ptr(place.as_ptr()).store(fields.into_ptr().cast(), Ordering::Release);
        value.write(object.as_ptr());
        Ok(Obj::from_owned_non_null(NonNull::new_unchecked(object.into_ptr())))
    }
}

/// # Safety
///
/// `ty` is alive.
unsafe fn name(ty: *mut ffi::PyTypeObject) -> String {
    // SAFETY: a type has a name.
    unsafe { CStr::from_ptr((*ty).tp_name).to_string_lossy().into_owned() }
}

impl EntryDef {
    /// A class whose base is found now.
    pub const fn with_runtime_base<C: ClassDef>() -> Self {
        EntryDef::Type(make_class::<C>)
    }

    /// The type of the objects with the fields of such a class.
    pub const fn fields<C: ClassDef>() -> Self {
        EntryDef::Hidden(make_fields::<C>)
    }
}

/// Makes the heap type of the class, derived from the type that the user's function finds.
fn make_class<'py, C: ClassDef>(module: &Obj<'py, Module>, _: &[*mut ffi::PyObject]) -> PyResult<'py, Obj<'py, Type>> {
    let py = module.py();
    let base = C::find_base(module)?;
    let base_type = base.as_ptr().cast::<ffi::PyTypeObject>();
    // SAFETY: a live type. CPython itself checks that it can be a base.
    let (size, item_size, is_heap, is_immutable) = unsafe {
        let flags = ffi::PyType_GetFlags(base_type);
        let has = |flag| flags & flag != 0;
        let is_heap = has(ffi::Py_TPFLAGS_HEAPTYPE);
        let is_immutable = !is_heap || has(ffi::Py_TPFLAGS_IMMUTABLETYPE);
        ((*base_type).tp_basicsize.cast_unsigned(), (*base_type).tp_itemsize, is_heap, is_immutable)
    };
    let refuse = |why: &str| {
        let class = C::NAME.to_string_lossy();
        Err(TypeError::new_err(py, format!("class '{class}' cannot derive from '{}': {why}", base.name())))
    };
    // An instance would have this class's fields twice, and its constructor would find itself as the base's.
    // SAFETY: a live type.
    if unsafe { defining_type::<C>(NonNull::new_unchecked(base_type)) }.is_some() {
        return refuse("that derives from this very class, of another module object");
    }
    if item_size != 0 {
        return refuse("its instances vary in size");
    }
    if !is_immutable && !C::MUTABLE {
        return refuse("that is mutable, so the class must be: #[class(mutable)]");
    }
    if cfg!(not(Py_3_12)) && !base.get_type().is(&Type::of::<Type>(py)) {
        return refuse("it has a metaclass");
    }
    // SAFETY: a live object.
    let python_new = unsafe { ffi::PyCFunction_Check(base.getattr("__new__")?.as_ptr()) == 0 };
    if python_new && !matches!(C::NEW, New::Inherited) {
        return refuse("its __new__ is a Python function");
    }

    let offset = size.div_ceil(size_of::<usize>()) * size_of::<usize>();
    const FIELDS: &CStr = c"__fields";
    let mut spec = TypeSpec::of_class::<C>(offset + size_of::<usize>());
    spec.member(FIELDS, ffi::Py_T_OBJECT_EX, offset, 0);
    // As CPython does for a Python class: the base's own allocator makes no room for what the class adds, nor for the
    // collector.
    spec.slot(ffi::Py_tp_alloc, ffi::PyType_GenericAlloc as *mut c_void);
    spec.slot(ffi::Py_tp_free, ffi::PyObject_GC_Del as *mut c_void);
    // What derives from a Python class inherits its functions, which find the member by themselves.
    if !is_heap || !traverses_as_python(&base)? {
        spec.flag(ffi::Py_TPFLAGS_HAVE_GC);
        spec.slot(ffi::Py_tp_traverse, traverse::<C> as *mut c_void);
        spec.slot(ffi::Py_tp_clear, clear::<C> as *mut c_void);
    }
    match C::NEW {
        New::Function { new, .. } => spec.slot(ffi::Py_tp_new, new as *mut c_void),
        New::Inherited => {}
        New::Absent => spec.flag(ffi::Py_TPFLAGS_DISALLOW_INSTANTIATION),
    }
    spec.slots(C::SLOTS);
    // SAFETY: the functions and slots are those of the class, the size is the base's and one word. Without a tp_dealloc
    // CPython gives the type that of Python classes, which releases the member and leaves the rest to the base.
    let made = unsafe { spec.make(module, base.as_ptr())? };
    hide_fields(&made, FIELDS)?;
    set_attributes::<C>(&made)?;
    Ok(made)
}

/// The definition of a member that is None and cannot be changed.
struct Nothing(ffi::PyMemberDef);

// SAFETY: it is never changed, and its name is a literal.
unsafe impl Sync for Nothing {}

#[expect(deprecated, reason = "no other kind of member says nothing about the object")]
static NOTHING: Nothing = Nothing(ffi::PyMemberDef {
    name: c"__fields".as_ptr(),
    type_code: ffi::_Py_T_NONE,
    offset: 0,
    flags: ffi::Py_READONLY,
    doc: std::ptr::null(),
});

/// Takes the descriptor of the member out of the new type, before any other code of ours or the user's runs: with it,
/// Python code could put another object where the fields are.
///
/// The collector may have run Python code while CPython made the type, and that code may have found the type. If it
/// kept the descriptor, the class cannot be used. Without a GIL the descriptor lives until the next collection in any
/// case, and `gc.get_objects` shows it: so it is made one of a member that is always None.
fn hide_fields<'py>(made: &Obj<'py, Type>, name: &CStr) -> PyResult<'py, ()> {
    let py = made.py();
    let name = Str::intern(py, name)?;
    let descriptor = with_dict(made, |dict| {
        let descriptor = dict.get(&name)?;
        dict.del(&name)?;
        Ok(descriptor)
    })?;
    if let Some(descriptor) = &descriptor {
        // SAFETY: CPython makes descriptors of this type, whose struct `cpython/descrobject.h` shows, from the members
        // of a type (C-API, `Py_tp_members`). The descriptor refers to the definition and does not own it; CPython's
        // functions that visit and release the member read the type's own definitions. No instance is made before the
        // class has its module.
        unsafe {
            let descriptor = descriptor.as_ptr().cast::<ffi::PyMemberDescrObject>();
            (*descriptor).d_member = (&raw const NOTHING.0).cast_mut();
        }
    }
    // Without a GIL, CPython defers the counting of references to descriptors: there they cannot be counted.
    // SAFETY: a live object.
    let kept = |descriptor: &Obj<'py>| unsafe { ffi::Py_REFCNT(descriptor.as_ptr()) } != 1;
    if cfg!(not(Py_GIL_DISABLED)) && descriptor.as_ref().is_none_or(kept) {
        return Err(RuntimeError::new_err(py, "something kept a part of the class while it was made"));
    }
    Ok(())
}

/// Whether a type's `tp_traverse` is that of Python classes.
fn traverses_as_python<'py>(ty: &Obj<'py, Type>) -> PyResult<'py, bool> {
    let py = ty.py();
    // That function has no name: a Python class made for the purpose has it.
    let arguments = (Str::new(py, "class")?, Tuple::new(py, Vec::<i64>::new())?, Dict::new(py)?);
    let class = Type::of::<Type>(py).as_any().call(arguments)?;
    // SAFETY: two live types.
    let [python, its] =
        [class.as_ptr(), ty.as_ptr()].map(|ty| unsafe { (*ty.cast::<ffi::PyTypeObject>()).tp_traverse });
    Ok(matches!((python, its), (Some(python), Some(its)) if std::ptr::fn_addr_eq(python, its)))
}

/// `tp_traverse` of a class whose base is no Python class: the fields, the base's part, and the type once.
unsafe extern "C" fn traverse<C: ClassDef>(
    object: *mut ffi::PyObject,
    visit: ffi::visitproc,
    arg: *mut c_void,
) -> c_int {
    let mut visitor = Visitor::new(visit, arg);
    // SAFETY: a live instance, which owns the references.
    unsafe {
        let ty = ffi::Py_TYPE(object);
        if let Some(fields) = fields::<C>(object) {
            visitor.visit(fields.as_ptr().cast());
        }
        let base = of_instance::<C>(object).map_or(std::ptr::null_mut(), |class| class.as_ref().tp_base);
        if !base.is_null() {
            visitor.delegate((*base).tp_traverse, object);
        }
        if !visits_type(base) {
            visitor.visit(ty.cast());
        }
    }
    visitor.status()
}

/// Whether the `tp_traverse` of a type visits the type of the instance: that of a heap type does, that of a static type
/// does not, also where a heap type has inherited it.
///
/// # Safety
///
/// `ty` is NULL or alive.
unsafe fn visits_type(mut ty: *mut ffi::PyTypeObject) -> bool {
    // SAFETY: a live type holds its base.
    unsafe {
        let Some(function) = ty.as_ref().and_then(|ty| ty.tp_traverse) else { return false };
        while let Some(base) = (*ty).tp_base.as_ref()
            && base.tp_traverse.is_some_and(|its| std::ptr::fn_addr_eq(its, function))
        {
            ty = (*ty).tp_base;
        }
        ffi::PyType_HasFeature(ty, ffi::Py_TPFLAGS_HEAPTYPE) != 0
    }
}

/// `tp_clear` of the same: the base's part. The object with the fields is cleared by itself.
unsafe extern "C" fn clear<C: ClassDef>(object: *mut ffi::PyObject) -> c_int {
    // SAFETY: a live instance, attached.
    unsafe {
        let class = of_instance::<C>(object);
        match class.and_then(|class| class.as_ref().tp_base.as_ref()).and_then(|base| base.tp_clear) {
            Some(clear) => ffi::call_1(clear, object),
            None => 0,
        }
    }
}

/// Makes the hidden type of the objects with the fields.
fn make_fields<'py, C: ClassDef>(module: &Obj<'py, Module>, _: &[*mut ffi::PyObject]) -> PyResult<'py, Obj<'py, Type>> {
    const {
        assert!(
            align_of::<C>() <= 2 * size_of::<usize>(),
            "the fields of a class must not demand an alignment above two words: CPython's allocator does not give it"
        );
    }
    let mut spec = TypeSpec::new(c"insula.Fields", size_of::<Fields<C>>());
    spec.flag(ffi::Py_TPFLAGS_HAVE_GC);
    spec.flag(ffi::Py_TPFLAGS_IMMUTABLETYPE);
    spec.flag(ffi::Py_TPFLAGS_DISALLOW_INSTANTIATION);
    spec.slot(ffi::Py_tp_dealloc, dealloc_fields::<C> as *mut c_void);
    spec.slot(ffi::Py_tp_traverse, traverse_fields::<C> as *mut c_void);
    spec.slot(ffi::Py_tp_clear, clear_fields::<C> as *mut c_void);
    // SAFETY: the functions are for objects of this size; the base is `object`.
    unsafe { spec.make(module, std::ptr::null_mut()) }
}

/// The value, if it is written, with the brand erased.
///
/// # Safety
///
/// `object` is an object with the fields of `C`.
unsafe fn value<'a, C: ClassDef>(object: *mut ffi::PyObject) -> Option<&'a C::Of<'static>> {
    let fields = object.cast::<Fields<C>>();
    // SAFETY: alive; the brand changes no layout.
    unsafe { (*fields).written.load(Ordering::Acquire).then(|| &*(&raw const (*fields).value).cast()) }
}

unsafe extern "C" fn traverse_fields<C: ClassDef>(
    object: *mut ffi::PyObject,
    visit: ffi::visitproc,
    arg: *mut c_void,
) -> c_int {
    let mut visitor = Visitor::new(visit, arg);
    // SAFETY: a live object of this type: it owns a reference to the type and those of its fields.
    unsafe {
        visitor.visit(ffi::Py_TYPE(object).cast());
        if let Some(value) = value::<C>(object) {
            value.trace_objects(&mut visitor);
        }
    }
    visitor.status()
}

unsafe extern "C" fn clear_fields<C: ClassDef>(object: *mut ffi::PyObject) -> c_int {
    // SAFETY: a live object of this type, attached; what is cleared stays usable.
    unsafe {
        if let Some(value) = value::<C>(object) {
            enter_silent(|| value.clear_objects());
        }
    }
    0
}

unsafe extern "C" fn dealloc_fields<C: ClassDef>(object: *mut ffi::PyObject) {
    // SAFETY: called once, attached, when the last reference is gone: untracked first, the fields dropped once, freed
    // as it was allocated, then the type released.
    unsafe {
        let ty = ffi::Py_TYPE(object);
        ffi::PyObject_GC_UnTrack(object.cast());
        dealloc_nested(object, dealloc_fields::<C>, || {
            if value::<C>(object).is_some() {
                enter_silent(|| object.byte_add(offset_of!(Fields<C>, value)).cast::<C>().drop_in_place());
            }
            ffi::PyObject_GC_Del(object.cast());
            ffi::Py_DECREF(ty.cast());
        });
    }
}
