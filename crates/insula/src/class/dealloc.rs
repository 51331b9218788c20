//! What CPython calls on instances that die or are looked at by the collector: `tp_dealloc`, `tp_traverse`, `tp_clear`.

use std::ffi::{c_int, c_void};

use super::freelist::{self, has_list};
use super::layout::{Layout, pointer_at};
use super::trashcan::dealloc_nested;
use crate::def::{Base, ClassDef, Origin};
use crate::ffi;
use crate::object::trace::Visitor;

/// `tp_dealloc`: untrack, drop the fields, free, release the type (HOWTO, "Garbage-Collection Protocol").
pub(super) unsafe extern "C" fn dealloc<C: ClassDef>(object: *mut ffi::PyObject) {
    // SAFETY: CPython calls it once, attached, when the last reference is gone. Untracked first, so that the collector
    // does not see a half-dead object. What holds no objects, and runs no finaliser, nests no other deallocation in its
    // own.
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
    // SAFETY: 1) The finaliser and the weak references are the class's own or those of a class it derives from;
    // CPython's `subtype_dealloc`, which calls this for subclasses made by Python, has seen to those that the subclass
    // adds. 2) The fields of each class on the way to the root are dropped once. 3) `object` frees by tp_free. Another
    // root's own tp_dealloc, tracked again if it expects that, frees what the root holds and the memory; it is a static
    // type's and does not touch the reference to the type. 4) The type was kept alive by the instance until here.
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
        if <C as Base>::ORIGIN == Origin::Object {
            if !has_list::<C>() || !freelist::give::<C>(object) {
                ffi::call_1((*ty).tp_free.unwrap_unchecked(), object.cast());
            }
        } else {
            let root = <C as Base>::root();
            if ffi::PyType_IS_GC(root) != 0 {
                ffi::PyObject_GC_Track(object.cast());
            }
            match (*root).tp_dealloc {
                Some(root_dealloc) => ffi::call_1(root_dealloc, object),
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
    // SAFETY: the instance covers the pointer. Without a GIL others may be looking at it, which CPython's function
    // deals with.
    !C::WEAKREF || cfg!(Py_GIL_DISABLED) || unsafe { !(*pointer_at(object, Layout::<C>::WEAKLIST)).is_null() }
}

/// `tp_traverse`: the type, exactly once, and what the parts of the instance own.
pub(super) unsafe extern "C" fn traverse<C: ClassDef>(
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
pub(super) unsafe extern "C" fn clear<C: ClassDef>(object: *mut ffi::PyObject) -> c_int {
    // SAFETY: a live instance, attached.
    unsafe { <C as Base>::clear_part(object) };
    0
}
