//! The feature `checked`: what the compiler cannot see of crates that lend references through thread-locals aborts.

#[cfg(feature = "checked")]
use pyo3_ffi as ffi;

/// Called wherever an object is cloned, dropped or passed to CPython.
#[cfg(not(feature = "checked"))]
#[inline(always)]
pub(crate) fn assert_attached() {}

/// Called wherever an object is cloned, dropped or passed to CPython.
#[cfg(feature = "checked")]
#[inline]
pub(crate) fn assert_attached() {
    // SAFETY: the function has no precondition.
    if unsafe { ffi::compat::PyThreadState_GetUnchecked() }.is_null() || away::is_away() {
        misused();
    }
}

#[cfg(feature = "checked")]
#[cold]
fn misused() -> ! {
    eprintln!(
        "insula: a Python object is used on a thread that is not attached to an interpreter. \
         Something lent it past `Py::detach`, as crates do that keep references in thread-locals."
    );
    std::process::abort()
}

/// Before 3.12 CPython tells which thread state is attached, not on which thread: there we keep count of the detached ones.
#[cfg(all(feature = "checked", not(Py_3_12)))]
mod away {
    use std::cell::Cell;

    thread_local!(static AWAY: Cell<bool> = const { Cell::new(false) });

    pub(super) fn is_away() -> bool {
        AWAY.try_with(Cell::get).unwrap_or(false)
    }

    /// Whether this thread is away, until this is dropped.
    pub(crate) struct Away(bool);

    impl Away {
        pub(crate) fn now(away: bool) -> Self {
            Away(AWAY.try_with(|before| before.replace(away)).unwrap_or(false))
        }
    }

    impl Drop for Away {
        fn drop(&mut self) {
            let _ = AWAY.try_with(|away| away.set(self.0));
        }
    }
}

#[cfg(not(all(feature = "checked", not(Py_3_12))))]
mod away {
    #[cfg(feature = "checked")]
    pub(super) fn is_away() -> bool {
        false
    }

    /// CPython knows.
    pub(crate) struct Away;

    impl Away {
        #[inline(always)]
        pub(crate) fn now(_: bool) -> Self {
            Away
        }
    }
}

pub(crate) use away::Away;
