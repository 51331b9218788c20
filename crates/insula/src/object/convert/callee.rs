//! What messages call a function.

use std::ffi::CStr;

use crate::object::obj::Obj;
use crate::object::types::Str;

/// What messages call the function that the arguments are for.
#[derive(Clone, Copy)]
pub enum Callee<'a, 'py> {
    /// Nobody asks.
    Unknown,
    /// A function or method of a module.
    Function(&'static CStr),
    /// A closure, by its `__name__`.
    Closure(&'a Obj<'py, Str>),
}

impl Callee<'_, '_> {
    /// The name with `()`.
    #[cold]
    pub(crate) fn called(self) -> String {
        match self {
            Callee::Unknown => "function".to_owned(),
            Callee::Function(name) => format!("{}()", name.to_string_lossy()),
            // A name from Rust has no lone surrogates: it always is UTF-8.
            Callee::Closure(name) => name.to_str().map_or_else(|_| "function".to_owned(), |name| format!("{name}()")),
        }
    }
}
