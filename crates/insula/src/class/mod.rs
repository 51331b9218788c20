//! Classes: heap types made for each module object, how their instances are laid out, made, traced and released.

pub(crate) mod attributes;
pub(crate) mod base;
pub(crate) mod buffer;
pub(crate) mod class_of;
pub(crate) mod class_state;
mod dealloc;
pub(crate) mod exception;
pub(crate) mod freelist;
pub(crate) mod heap_type;
pub(crate) mod initializer;
pub(crate) mod instance;
pub(crate) mod layout;
pub(crate) mod member;
pub(crate) mod own_type;
pub(crate) mod pickle;
pub(crate) mod runtime_base;
mod trashcan;
pub(crate) mod type_spec;
pub(crate) mod variants;
