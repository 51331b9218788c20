//! `Slot`: a field that holds a reference which can be replaced.

use std::marker::PhantomData;
use std::ptr::{self, NonNull};

use crate::brand::{Brand, NotSend};
use crate::ffi;
use crate::object::obj::{Any, Obj};
use crate::object::trace::{Trace, Visitor};
use crate::thread::sync::Place;

/// An optional reference that can be replaced through `&self`: the field type for attributes that Python code may set.
///
/// [`get`](Slot::get) hands out a new reference, never a borrow, so nothing dangles when the slot changes under a
/// running method. [`set`](Slot::set) puts the new value in place *before* the old one is released, as `Py_XSETREF`
/// does: releasing may run any Python code, which then finds the new value.
///
/// ```
/// use insula::prelude::*;
/// fn swap<'py>(a: &Slot<'py>, b: &Slot<'py>) {
///     let kept = a.get();
///     a.set(b.get());
///     b.set(kept);
/// }
/// ```
pub struct Slot<'py, T = Any> {
    value: Place<ffi::PyObject>,
    brand: Brand<'py>,
    not_send: NotSend,
    of: PhantomData<fn() -> T>,
}

impl<'py, T> Slot<'py, T> {
    /// A slot that holds nothing.
    pub fn empty() -> Self {
        Self::holding(ptr::null_mut())
    }

    /// A slot that holds `value`.
    pub fn new(value: Obj<'py, T>) -> Self {
        Self::holding(value.into_ptr())
    }

    /// The pointer is NULL, or comes with its strong reference, to an object of type `T`.
    fn holding(pointer: *mut ffi::PyObject) -> Self {
        Slot { value: Place::new(pointer), brand: Brand::default(), not_send: NotSend::default(), of: PhantomData }
    }

    /// A new reference to what the slot holds.
    #[inline]
    pub fn get(&self) -> Option<Obj<'py, T>> {
        // SAFETY: 1) the slot is branded, so the thread is attached to its interpreter; 2) the slot's own reference
        // keeps the object alive until another thread takes it out, which waits until the new reference is there;
        // taking it runs no other code.
        let held = self.value.get(|held| unsafe { ffi::Py_INCREF(held.as_ptr()) });
        // SAFETY: the new reference; the slot holds objects of type `T` only.
        held.map(|held| unsafe { Obj::from_owned_non_null(held) })
    }

    /// Puts `value` in place and returns what was there.
    #[inline]
    pub fn replace(&self, value: Option<Obj<'py, T>>) -> Option<Obj<'py, T>> {
        let before = self.value.replace(value.map_or(ptr::null_mut(), Obj::into_ptr));
        // SAFETY: the slot's own reference, which nobody else has taken out.
        NonNull::new(before).map(|before| unsafe { Obj::from_owned_non_null(before) })
    }

    /// Puts `value` in place, then releases what was there.
    #[inline]
    pub fn set(&self, value: Option<Obj<'py, T>>) {
        drop(self.replace(value));
    }
}

impl<T> Drop for Slot<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.set(None);
    }
}

impl<'py, T> From<Option<Obj<'py, T>>> for Slot<'py, T> {
    fn from(value: Option<Obj<'py, T>>) -> Self {
        value.map_or_else(Self::empty, Self::new)
    }
}

impl<'py, T> From<Obj<'py, T>> for Slot<'py, T> {
    fn from(value: Obj<'py, T>) -> Self {
        Self::new(value)
    }
}

impl<T> Default for Slot<'_, T> {
    fn default() -> Self {
        Self::empty()
    }
}

// SAFETY: the one reference is reported once; clear takes it out first and releases it last.
unsafe impl<'py, T> Trace<'py> for Slot<'py, T> {
    #[inline]
    fn trace_objects(&self, visitor: &mut Visitor<'_>) {
        // SAFETY: the slot owns the reference, if it holds one. A traversal runs no Python code and holds the GIL, or
        // has stopped all other threads: nobody changes the slot.
        unsafe { visitor.visit(self.value.peek()) }
    }

    fn clear_objects(&self) {
        self.set(None);
    }
}

impl<T> std::fmt::Debug for Slot<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Slot").field(&self.get()).finish()
    }
}
