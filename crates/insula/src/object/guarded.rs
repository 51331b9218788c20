//! `Guarded`: any data behind a run-time borrow flag.

use std::cell::UnsafeCell;
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

use crate::brand::{Brand, NotSend};
use crate::object::trace::{Trace, Visitor};
use crate::thread::sync::Flag;

/// A field of any traced data that methods borrow and change, checked at run time.
///
/// Python code can re-enter a method while another one holds a borrow, so borrowing may fail and returns a `Result`;
/// there is no panicking form. On a free-threaded build another thread may hold one, too: nobody waits for it, because
/// who holds a borrow may itself be waiting. The collector skips the value while it is mutably borrowed: what it does
/// not see stays alive. To break a cycle it takes the value out and leaves a default one: a field `Guarded<'py, T>`
/// needs `T: Default`. Where there is none, `Guarded<'py, Option<T>>` will do.
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
    value: UnsafeCell<T>,
    flag: Flag,
    brand: Brand<'py>,
    not_send: NotSend,
}

/// A shared borrow of a [`Guarded`] value.
pub struct GuardedRef<'a, T> {
    value: &'a T,
    flag: &'a Flag,
    not_send: NotSend,
}

/// A mutable borrow of a [`Guarded`] value.
pub struct GuardedMut<'a, T> {
    value: NonNull<T>,
    flag: &'a Flag,
    of: PhantomData<&'a mut T>,
}

/// A [`Guarded`] value is borrowed already, in a way that does not allow the borrow asked for.
///
/// With `?` it becomes a `RuntimeError`.
///
/// ```
/// use insula::prelude::*;
/// fn count<'py>(list: &Guarded<'py, Vec<Obj<'py>>>) -> PyResult<'py, usize> {
///     Ok(list.try_borrow()?.len())
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InUse;

impl fmt::Display for InUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the value is in use")
    }
}

impl std::error::Error for InUse {}

impl<'py, T: Trace<'py>> Guarded<'py, T> {
    /// Guards `value`.
    pub fn new(value: T) -> Self {
        let value = UnsafeCell::new(value);
        Guarded { value, flag: Flag::new(), brand: Brand::default(), not_send: NotSend::default() }
    }

    /// Borrows the value.
    ///
    /// # Errors
    ///
    /// If it is mutably borrowed.
    #[inline]
    pub fn try_borrow(&self) -> Result<GuardedRef<'_, T>, InUse> {
        if !self.flag.share() {
            return Err(InUse);
        }
        // SAFETY: nobody changes the value until the flag says so again, when the borrow is dropped.
        Ok(GuardedRef { value: unsafe { &*self.value.get() }, flag: &self.flag, not_send: NotSend::default() })
    }

    /// Borrows the value to change it.
    ///
    /// # Errors
    ///
    /// If it is borrowed.
    #[inline]
    pub fn try_borrow_mut(&self) -> Result<GuardedMut<'_, T>, InUse> {
        if !self.flag.seize() {
            return Err(InUse);
        }
        // SAFETY: an address inside of `self` is not NULL.
        let value = unsafe { NonNull::new_unchecked(self.value.get()) };
        Ok(GuardedMut { value, flag: &self.flag, of: PhantomData })
    }
}

impl<T> Drop for GuardedRef<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.flag.unshare();
    }
}

impl<T> Drop for GuardedMut<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.flag.release();
    }
}

impl<T> Deref for GuardedRef<'_, T> {
    type Target = T;
    #[inline]
    fn deref(&self) -> &T {
        self.value
    }
}

impl<T> Deref for GuardedMut<'_, T> {
    type Target = T;
    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the flag keeps all others away from the value until this is dropped.
        unsafe { self.value.as_ref() }
    }
}

impl<T> DerefMut for GuardedMut<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the flag keeps all others away from the value until this is dropped.
        unsafe { self.value.as_mut() }
    }
}

// SAFETY: the value is reported once, or, while a method changes it, not at all: then its references look as if they
// were held from outside, and the collector leaves them alone. clear takes the value out before anything is released.
unsafe impl<'py, T: Trace<'py> + Default> Trace<'py> for Guarded<'py, T> {
    fn trace_objects(&self, visitor: &mut Visitor<'_>) {
        if let Ok(value) = self.try_borrow() {
            value.trace_objects(visitor);
        }
    }

    fn clear_objects(&self) {
        let taken = self.try_borrow_mut().map(|mut value| std::mem::take(&mut *value));
        // Released only here, when the flag is free again: releasing may run Python code that borrows.
        drop(taken);
    }
}

impl<'py, T: Trace<'py> + fmt::Debug> fmt::Debug for Guarded<'py, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.try_borrow() {
            Ok(value) => f.debug_tuple("Guarded").field(&*value).finish(),
            Err(InUse) => f.write_str("Guarded(<in use>)"),
        }
    }
}
