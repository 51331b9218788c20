//! `PyCell`: plain data that a method changes.

use std::cell::UnsafeCell;

use crate::brand::{Brand, NotSend};
use crate::object::trace::{Plain, Trace, Visitor};
use crate::thread::sync::FieldLock;

/// A cell for small plain data (a counter, a flag) in a class or in the module state.
///
/// On a free-threaded build each `get` and `set` is one step; between the two another thread may come. Where that
/// matters, use an atomic.
///
/// It carries the brand, so only the thread attached to its interpreter can reach it, and it admits only data that has
/// none: `Copy` and [`Plain`] (`Send + Sync + 'static`) keep `&'py Obj` and [`Py`](crate::Py) out.
///
/// ```
/// use insula::PyCell;
/// fn bump(cell: &PyCell<'_, u64>) -> u64 {
///     cell.set(cell.get() + 1);
///     cell.get()
/// }
/// ```
pub struct PyCell<'py, T: Copy + Plain> {
    value: UnsafeCell<T>,
    lock: FieldLock,
    brand: Brand<'py>,
    not_send: NotSend,
}

impl<T: Copy + Plain> PyCell<'_, T> {
    /// A cell that holds `value`.
    pub fn new(value: T) -> Self {
        PyCell {
            value: UnsafeCell::new(value),
            lock: FieldLock::new(),
            brand: Brand::default(),
            not_send: NotSend::default(),
        }
    }

    /// A copy of the value.
    #[inline]
    pub fn get(&self) -> T {
        // SAFETY: the cell is branded, so the thread is attached to its interpreter; the GIL, or else the lock, keeps
        // all others out. Copying plain data runs no other code.
        self.lock.hold(|| unsafe { *self.value.get() })
    }

    /// Replaces the value.
    #[inline]
    pub fn set(&self, value: T) {
        // SAFETY: as in `get`; the old value is `Copy`, so that nothing is dropped.
        self.lock.hold(|| unsafe { *self.value.get() = value });
    }

    /// Replaces the value by what `change` makes of it, in one step, and returns the new one. `change` runs no Python
    /// code and does not wait.
    #[inline]
    pub(crate) fn update(&self, change: impl FnOnce(T) -> T) -> T {
        // SAFETY: as in `get`.
        self.lock.hold(|| unsafe {
            let value = change(*self.value.get());
            *self.value.get() = value;
            value
        })
    }
}

// SAFETY: plain data: no reference to report.
unsafe impl<'py, T: Copy + Plain> Trace<'py> for PyCell<'py, T> {
    const HOLDS_OBJECTS: bool = false;
    #[inline]
    fn trace_objects(&self, _: &mut Visitor<'_>) {}
}

impl<T: Copy + Plain + std::fmt::Debug> std::fmt::Debug for PyCell<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("PyCell").field(&self.get()).finish()
    }
}
