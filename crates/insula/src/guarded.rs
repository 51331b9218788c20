//! `Guarded`: any data behind a run-time borrow flag.

use std::cell::{BorrowError, BorrowMutError, Ref, RefCell, RefMut};
use std::ops::{Deref, DerefMut};

use crate::brand::Brand;
use crate::trace::{Trace, Visitor};

/// A field of any traced data that methods borrow and change, checked at run time.
///
/// Python code can re-enter a method while another one holds a borrow, so borrowing may fail and returns a `Result`; there is
/// no panicking form. The collector skips the value while it is mutably borrowed: what it does not see stays alive.
///
/// ```
/// use insula::prelude::*;
/// fn remember<'py>(list: &Guarded<'py, Vec<Obj<'py>>>, item: &Obj<'py>) -> PyResult<'py, usize> {
///     let Ok(mut items) = list.try_borrow_mut() else {
///         return Err(RuntimeError::new_err(item.py(), "the list is in use"));
///     };
///     items.push(item.clone());
///     Ok(items.len())
/// }
/// ```
pub struct Guarded<'py, T> {
    value: RefCell<T>,
    brand: Brand<'py>,
}

/// A shared borrow of a [`Guarded`] value.
pub struct GuardedRef<'a, T>(Ref<'a, T>);

/// A mutable borrow of a [`Guarded`] value.
pub struct GuardedMut<'a, T>(RefMut<'a, T>);

impl<'py, T: Trace<'py>> Guarded<'py, T> {
    /// Guards `value`.
    pub fn new(value: T) -> Self {
        Guarded { value: RefCell::new(value), brand: Brand::default() }
    }

    /// Borrows the value.
    ///
    /// # Errors
    ///
    /// If it is mutably borrowed.
    pub fn try_borrow(&self) -> Result<GuardedRef<'_, T>, BorrowError> {
        self.value.try_borrow().map(GuardedRef)
    }

    /// Borrows the value to change it.
    ///
    /// # Errors
    ///
    /// If it is borrowed.
    pub fn try_borrow_mut(&self) -> Result<GuardedMut<'_, T>, BorrowMutError> {
        self.value.try_borrow_mut().map(GuardedMut)
    }
}

impl<T> Deref for GuardedRef<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> Deref for GuardedMut<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for GuardedMut<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

// SAFETY: the value is reported once, or, while a method changes it, not at all: then its references look as if they were held
// from outside, and the collector leaves them alone. clear takes the value out before anything is released.
unsafe impl<'py, T: Trace<'py> + Default> Trace<'py> for Guarded<'py, T> {
    fn trace(&self, visitor: &mut Visitor<'_>) {
        if let Ok(value) = self.value.try_borrow() {
            value.trace(visitor);
        }
    }

    fn clear(&self) {
        let taken = self.value.try_borrow_mut().map(|mut value| std::mem::take(&mut *value));
        // Released only here, when the flag is free again: releasing may run Python code that borrows.
        drop(taken);
    }
}

impl<T: std::fmt::Debug> std::fmt::Debug for Guarded<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.value.fmt(f)
    }
}
