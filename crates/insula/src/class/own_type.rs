//! The library's own types: heap types that a module object has made for itself when the first instance is asked for,
//! and owns as it owns those of its classes. It is the instances that lead back to the module: asyncio keeps the types
//! of coroutines for as long as the interpreter lives, and would keep every module, too.

use std::ffi::{CStr, c_int, c_void};
use std::mem::offset_of;
use std::ptr::{self, NonNull};
use std::sync::atomic::Ordering;

use super::trashcan::dealloc_nested;
use super::type_spec::TypeSpec;
use crate::arguments::scope::FunctionScope;
use crate::brand::Py;
use crate::def::{Block, ModuleDef, OWN_TYPES};
use crate::ffi;
use crate::object::err::{PyErr, PyResult};
use crate::object::exceptions::{BuiltinException, RuntimeError};
use crate::object::obj::Obj;
use crate::object::trace::{Trace, Visitor};
use crate::object::types::Type;
use crate::trampoline::enter_silent;

/// A type of the library's own. Python code can neither call it nor derive from it, and its attributes cannot be set.
///
/// # Safety
///
/// 1. `Of<'b>` is one type with the brand `'b`.
/// 2. What `describe` adds is for instances of this type: functions that take them, and offsets from [`offset`].
/// 3. `PLACE` is that of no other own type.
pub(crate) unsafe trait OwnType: 'static {
    /// What an instance holds.
    type Of<'b>: Trace<'b>;
    /// The place among the own types of a module.
    const PLACE: usize;
    /// Its name, after `insula.`.
    const NAME: &'static CStr;
    /// Its docstring.
    const DOC: &'static CStr;

    /// Adds its slots and members.
    fn describe(spec: &mut TypeSpec);

    /// What is done after the value of a dying instance was dropped.
    ///
    /// # Safety
    ///
    /// Attached; `module` is the module object of the instance, alive.
    unsafe fn dropped(_module: *mut ffi::PyObject) {}
}

/// An instance.
#[repr(C)]
struct Instance<T> {
    head: ffi::PyObject,
    weak_references: *mut ffi::PyObject,
    /// The module object that it was made for, owned.
    module: *mut ffi::PyObject,
    value: T,
}

/// Where the value lies in an instance.
pub(crate) const fn offset<T: OwnType>() -> usize {
    offset_of!(Instance<T::Of<'static>>, value)
}

/// What an instance holds.
///
/// # Safety
///
/// `object` is a live instance of the type, of the interpreter that `'py` names; it lives for `'a`.
#[inline]
pub(crate) unsafe fn value<'a, 'py, T: OwnType>(object: *mut ffi::PyObject) -> &'a T::Of<'py> {
    // SAFETY: `create` wrote the value before anybody saw the object; the brand changes no layout (obligation 1).
    unsafe { &*object.byte_add(offset::<T>()).cast::<T::Of<'py>>() }
}

/// The module object that an instance belongs to, borrowed from it.
///
/// # Safety
///
/// `object` is a live instance of an own type.
pub(crate) unsafe fn module_of(object: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: the field is in the same place whatever the value.
    unsafe { (*object.cast::<Instance<()>>()).module }
}

/// The scope of the module that an instance belongs to.
///
/// # Safety
///
/// `object` is a live instance of an own type that a module of `M` made; it lives for the call.
pub(crate) unsafe fn scope_of<'py, M: ModuleDef>(py: Py<'py>, object: *mut ffi::PyObject) -> FunctionScope<'py, M> {
    // SAFETY: the caller's promise; the instance holds the module for as long as it lives.
    unsafe { FunctionScope::new(py, module_of(object)) }
}

/// A new instance, of the type that this module object has made.
///
/// # Errors
///
/// `MemoryError`; the value is then dropped.
pub(crate) fn create<'py, T: OwnType, M: ModuleDef>(
    py: Py<'py>,
    block: &Block<M>,
    value: T::Of<'py>,
) -> PyResult<'py, Obj<'py>> {
    let module = block.module.load(Ordering::Acquire);
    if module.is_null() {
        return Err(RuntimeError::new_err(py, "the module is not initialised"));
    }
    let ty = type_of::<T, M>(py, block)?;
    let ty = ty.as_ptr().cast::<ffi::PyTypeObject>();
    // SAFETY: 1) a ready type has a tp_alloc, which gives zeroed memory, or NULL with an exception. 2) The block lies
    // in the memory of the module, which is alive while somebody has the block. 3) The value is moved in before any
    // other code runs; the brand changes no layout.
    unsafe {
        let Some(object) = NonNull::new(ffi::call_2((*ty).tp_alloc.unwrap_unchecked(), ty, 0)) else {
            return Err(PyErr::take(py));
        };
        ffi::Py_INCREF(module);
        (*object.as_ptr().cast::<Instance<()>>()).module = module;
        object.as_ptr().byte_add(offset::<T>()).cast::<T::Of<'py>>().write(value);
        Ok(Obj::from_owned_non_null(object))
    }
}

/// The type; it is made if the module object does not have it yet.
fn type_of<'py, T: OwnType, M: ModuleDef>(py: Py<'py>, block: &Block<M>) -> PyResult<'py, Obj<'py, Type>> {
    const { assert!(T::PLACE < OWN_TYPES) };
    let place = &block.own_types[T::PLACE];
    let mut ty = place.load(Ordering::Acquire);
    if ty.is_null() {
        ty = make::<T>(py)?.into_ptr();
        // Making it may have run other code, which was faster.
        if let Err(other) = place.compare_exchange(ptr::null_mut(), ty, Ordering::AcqRel, Ordering::Acquire) {
            // SAFETY: the type that was not put in place.
            drop(unsafe { Obj::<Type>::from_owned(py, ty)? });
            ty = other;
        }
    }
    // SAFETY: a live type, which the block owns until its module dies.
    unsafe { Obj::from_borrowed(py, ty) }
}

fn make<T: OwnType>(py: Py<'_>) -> PyResult<'_, Obj<'_, Type>> {
    const {
        assert!(
            align_of::<Instance<T::Of<'static>>>() <= 2 * size_of::<usize>(),
            "an alignment that CPython's allocator gives"
        );
    }
    let mut spec = TypeSpec::new(T::NAME, size_of::<Instance<T::Of<'static>>>());
    spec.flag(ffi::Py_TPFLAGS_HAVE_GC | ffi::Py_TPFLAGS_IMMUTABLETYPE | ffi::Py_TPFLAGS_DISALLOW_INSTANTIATION);
    spec.slot(ffi::Py_tp_doc, T::DOC.as_ptr().cast_mut().cast());
    spec.slot(ffi::Py_tp_dealloc, dealloc::<T> as *mut c_void);
    spec.slot(ffi::Py_tp_traverse, traverse::<T> as *mut c_void);
    spec.slot(ffi::Py_tp_clear, clear::<T> as *mut c_void);
    let weak_references = offset_of!(Instance<T::Of<'static>>, weak_references);
    spec.member(c"__weaklistoffset__", ffi::Py_T_PYSSIZET, weak_references, ffi::Py_READONLY);
    T::describe(&mut spec);
    // SAFETY: the functions are for instances of this size, by the type's obligations; the base is `object`; what
    // CPython does not copy is static.
    unsafe { spec.make_for(py, ptr::null_mut(), ptr::null_mut()) }
}

/// `tp_dealloc`: untrack, drop the value, free, release the type (HOWTO, "Garbage-Collection Protocol").
unsafe extern "C" fn dealloc<T: OwnType>(object: *mut ffi::PyObject) {
    // SAFETY: CPython calls it once, attached, when the last reference is gone. Untracked first, so that the collector
    // does not see a half-dead object. The value is dropped once, and the type was kept alive by the instance until
    // here.
    unsafe {
        ffi::PyObject_GC_UnTrack(object.cast());
        dealloc_nested(object, dealloc::<T>, || {
            let ty = ffi::Py_TYPE(object);
            let references = object.byte_add(offset_of!(Instance<T::Of<'static>>, weak_references));
            if cfg!(Py_GIL_DISABLED) || !(*references.cast::<*mut ffi::PyObject>()).is_null() {
                ffi::PyObject_ClearWeakRefs(object);
            }
            let module = module_of(object);
            enter_silent(|| object.byte_add(offset::<T>()).cast::<T::Of<'static>>().drop_in_place());
            enter_silent(|| T::dropped(module));
            ffi::call_1((*ty).tp_free.unwrap_unchecked(), object.cast());
            ffi::Py_DECREF(ty.cast());
            ffi::Py_DECREF(module);
        });
    }
}

/// `tp_traverse`: the type, the module, and what the value owns.
unsafe extern "C" fn traverse<T: OwnType>(
    object: *mut ffi::PyObject,
    visit: ffi::visitproc,
    arg: *mut c_void,
) -> c_int {
    let mut visitor = Visitor::new(visit, arg);
    // SAFETY: a live instance: it owns a reference to its type (3.9+), and its value is written.
    unsafe {
        visitor.visit(ffi::Py_TYPE(object).cast());
        visitor.visit(module_of(object));
        value::<T>(object).trace_objects(&mut visitor);
    }
    visitor.status()
}

/// `tp_clear`.
unsafe extern "C" fn clear<T: OwnType>(object: *mut ffi::PyObject) -> c_int {
    // SAFETY: a live instance, attached.
    unsafe { enter_silent(|| value::<T>(object).clear_objects()) };
    0
}
