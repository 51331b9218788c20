//! `Slot`: a field that holds a reference which can be replaced.

use std::cell::UnsafeCell;
use std::ptr::NonNull;

use crate::brand::{Brand, NotSend};
use crate::obj::{Any, Obj};
use crate::trace::{Trace, Visitor};

/// An optional reference that can be replaced through `&self`: the field type for attributes that Python code may set.
///
/// [`get`](Slot::get) hands out a new reference, never a borrow, so nothing dangles when the slot changes under a running
/// method. [`set`](Slot::set) puts the new value in place *before* the old one is released, as `Py_XSETREF` does: releasing may
/// run any Python code, which then finds the new value.
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
    value: UnsafeCell<Option<Obj<'py, T>>>,
    brand: Brand<'py>,
    not_send: NotSend,
}

impl<'py, T> Slot<'py, T> {
    /// A slot that holds nothing.
    pub fn empty() -> Self {
        Slot { value: UnsafeCell::new(None), brand: Brand::default(), not_send: NotSend::default() }
    }

    /// A slot that holds `value`.
    pub fn new(value: Obj<'py, T>) -> Self {
        Slot { value: UnsafeCell::new(Some(value)), brand: Brand::default(), not_send: NotSend::default() }
    }

    /// A new reference to what the slot holds.
    #[inline]
    pub fn get(&self) -> Option<Obj<'py, T>> {
        // SAFETY: 1) the slot is `!Sync` and branded, so only the thread attached to its interpreter is here (the module
        // declares that it needs the GIL); 2) taking a reference runs no other code, so the borrow ends before any change.
        unsafe { (*self.value.get()).clone() }
    }

    /// Puts `value` in place and returns what was there.
    #[inline]
    pub fn replace(&self, value: Option<Obj<'py, T>>) -> Option<Obj<'py, T>> {
        // SAFETY: as in `get`: no other thread, no borrow is alive, and moving pointers runs no other code.
        unsafe { std::mem::replace(&mut *self.value.get(), value) }
    }

    /// Puts `value` in place, then releases what was there.
    #[inline]
    pub fn set(&self, value: Option<Obj<'py, T>>) {
        drop(self.replace(value));
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
    fn trace(&self, visitor: &mut Visitor<'_>) {
        // SAFETY: a traversal runs no Python code and holds the GIL (or has stopped all other threads): nobody changes the slot.
        let held: Option<NonNull<_>> =
            unsafe { (*self.value.get()).as_ref().map(|obj| NonNull::new_unchecked(obj.as_ptr())) };
        if let Some(held) = held {
            // SAFETY: the slot owns the reference.
            unsafe { visitor.visit(held.as_ptr()) }
        }
    }

    fn clear(&self) {
        self.set(None);
    }
}

impl<T> std::fmt::Debug for Slot<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Slot").field(&self.get()).finish()
    }
}
