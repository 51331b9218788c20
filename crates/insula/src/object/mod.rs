//! Python objects: the reference, its errors, its conversions and the built-in types. They need one another, so they
//! are one layer.

pub(crate) mod cell;
pub(crate) mod convert;
pub(crate) mod err;
pub(crate) mod exception;
pub mod exceptions;
pub(crate) mod guarded;
pub(crate) mod interpreter;
pub(crate) mod memo;
pub(crate) mod obj;
pub(crate) mod raise;
pub(crate) mod recursion;
pub(crate) mod slot;
pub(crate) mod trace;
pub mod types;
mod warn;
