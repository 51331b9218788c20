//! Calls: from CPython's calling conventions and slots to the user's Rust functions.

pub(crate) mod absent;
pub(crate) mod deleter;
pub(crate) mod methods;
pub(crate) mod new;
pub(crate) mod slots;
