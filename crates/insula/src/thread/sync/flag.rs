//! A borrow flag.

#[cfg(not(Py_GIL_DISABLED))]
use std::cell::Cell;

#[cfg(Py_GIL_DISABLED)]
use super::primitives::{AtomicIsize, Ordering};

/// How a value is borrowed: not at all, by some who read it, or by one who changes it. Nobody waits.
pub(crate) struct Flag {
    /// How many read it; -1 if one changes it. Where there is a GIL, all who come here hold it.
    #[cfg(not(Py_GIL_DISABLED))]
    count: Cell<isize>,
    #[cfg(Py_GIL_DISABLED)]
    count: AtomicIsize,
}

impl Flag {
    /// Not borrowed.
    #[inline]
    pub(crate) fn new() -> Self {
        #[cfg(not(Py_GIL_DISABLED))]
        let count = Cell::new(0);
        #[cfg(Py_GIL_DISABLED)]
        let count = AtomicIsize::new(0);
        Flag { count }
    }

    /// Replaces the count by `change` of it, if that gives something; what another thread did before is seen.
    #[inline]
    fn change(&self, change: impl Fn(isize) -> Option<isize>) -> bool {
        #[cfg(not(Py_GIL_DISABLED))]
        let changed = change(self.count.get()).map(|count| self.count.set(count)).is_some();
        #[cfg(Py_GIL_DISABLED)]
        let changed = self.count.fetch_update(Ordering::AcqRel, Ordering::Relaxed, change).is_ok();
        changed
    }

    /// Begins to read, unless the value is being changed. Ends with [`unshare`](Self::unshare).
    #[inline]
    #[must_use]
    pub(crate) fn share(&self) -> bool {
        self.change(|count| if count < 0 { None } else { count.checked_add(1) })
    }

    /// Stops reading.
    #[inline]
    pub(crate) fn unshare(&self) {
        self.change(|count| Some(count - 1));
    }

    /// Begins to change, unless the value is borrowed. Ends with [`release`](Self::release).
    #[inline]
    #[must_use]
    pub(crate) fn seize(&self) -> bool {
        self.change(|count| (count == 0).then_some(-1))
    }

    /// Stops changing.
    #[inline]
    pub(crate) fn release(&self) {
        self.change(|_| Some(0));
    }
}
