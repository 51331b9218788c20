//! Threads and interpreters: who is attached to what, how a thread attaches and detaches, and the locks of our own.

pub(crate) mod attachment;
pub(crate) mod checked;
pub(crate) mod critical_section;
pub(crate) mod detach;
#[cfg(unix)]
pub(crate) mod fork;
pub(crate) mod pending;
pub(crate) mod state;
pub(crate) mod sync;
pub(crate) mod unwind;
