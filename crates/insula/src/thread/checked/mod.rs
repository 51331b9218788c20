//! The feature `checked`: what the compiler cannot see of crates that lend references through thread-locals aborts.
//!
//! Such a crate can carry an object past [`Py::detach`](crate::Py::detach), so that it is used on a thread that is not
//! attached, or into an entry of another interpreter on the same thread. Without the feature, all of this is nothing.

mod away;
#[cfg(feature = "checked")]
mod entry;
#[cfg(feature = "checked")]
mod owned;

use crate::ffi;
pub(crate) use away::Away;
#[cfg(feature = "checked")]
pub(crate) use entry::Entry;

/// Called where an owned handle comes to be.
#[inline(always)]
pub(crate) fn made(object: *mut ffi::PyObject) {
    #[cfg(feature = "checked")]
    owned::add(object.addr());
    let _ = object;
}

/// Called where an owned handle ends, or is given away.
#[inline(always)]
pub(crate) fn gone(object: *mut ffi::PyObject) {
    #[cfg(feature = "checked")]
    {
        attached();
        owned::remove(object.addr());
    }
    let _ = object;
}

/// Called where places that CPython owns are viewed as handles.
#[inline(always)]
pub(crate) fn lent(addresses: impl Iterator<Item = usize>) {
    #[cfg(feature = "checked")]
    entry::lent(addresses);
    #[cfg(not(feature = "checked"))]
    drop(addresses);
}

/// Called where an object is cloned, dropped or passed to CPython.
#[inline(always)]
pub(crate) fn used(object: *mut ffi::PyObject) {
    #[cfg(feature = "checked")]
    {
        attached();
        if !entry::knows(object.addr()) {
            misused(
                "in an entry of another interpreter than its own. Something lent it past the beginning of \
                 `Root::attach` or of an entry of `insula::embed`",
            );
        }
    }
    let _ = object;
}

#[cfg(feature = "checked")]
fn attached() {
    // SAFETY: the function has no precondition.
    if unsafe { ffi::compat::PyThreadState_GetUnchecked() }.is_null() || away::is_away() {
        misused("on a thread that is not attached to an interpreter. Something lent it past `Py::detach`");
    }
}

/// The entry's side of an attachment.
#[cfg(not(feature = "checked"))]
pub(crate) struct Entry;

#[cfg(not(feature = "checked"))]
impl Entry {
    #[inline(always)]
    pub(crate) fn begin() -> Self {
        Entry
    }
}

#[cfg(feature = "checked")]
#[cold]
fn misused(how: &str) -> ! {
    eprintln!("insula: a Python object is used {how}, as crates do that keep references in thread-locals.");
    std::process::abort()
}
