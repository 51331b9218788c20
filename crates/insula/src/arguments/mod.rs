//! The arguments of a call, and the place that it happens at.

pub(crate) mod scope;
pub(crate) mod signature;
pub(crate) mod vectorcall;
