//! Our own synchronisation, free of Python: `tests/models` checks each of these files in every order of events.

mod flag;
mod lifecycle;
mod place;
mod store;

pub(crate) use flag::Flag;
pub(crate) use lifecycle::Lifecycle;
#[cfg(feature = "embed")]
pub(crate) use lifecycle::Refusal;
#[cfg(unix)]
pub(crate) use lifecycle::State as LifecycleState;
pub(crate) use place::{FieldLock, Place};
#[cfg(unix)]
pub(crate) use store::Inner as StoreInner;
pub(crate) use store::Store;

/// What these files are built from; the models put others of the same name here.
mod primitives {
    #[cfg(Py_GIL_DISABLED)]
    pub(super) use std::sync::atomic::AtomicIsize;
    pub(super) use std::sync::atomic::{AtomicPtr, Ordering};
    pub(super) use std::sync::{Condvar, Mutex, MutexGuard};
    pub(super) use std::thread::{ThreadId, current};
}
