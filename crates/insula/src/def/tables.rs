//! The tables that a module is made of. They are the only statics: names, docstrings and function pointers, no Python
//! object.

use std::cell::UnsafeCell;

use crate::ffi;

/// A table of methods or functions; the last entry is zeroed.
#[repr(transparent)]
pub struct MethodTable<const N: usize>(UnsafeCell<[ffi::PyMethodDef; N]>);

// SAFETY: plain data that is never changed; CPython only reads it.
unsafe impl<const N: usize> Sync for MethodTable<N> {}

impl<const N: usize> MethodTable<N> {
    /// The table; the last entry must be [`END`](MethodTable::END).
    pub const fn new(entries: [ffi::PyMethodDef; N]) -> Self {
        assert!(N > 0 && entries[N - 1].ml_name.is_null(), "the table must be ended");
        MethodTable(UnsafeCell::new(entries))
    }

    /// The address for CPython.
    pub const fn as_ptr(&self) -> *mut ffi::PyMethodDef {
        self.0.get().cast()
    }
}

impl MethodTable<0> {
    /// The entry that ends a table.
    pub const END: ffi::PyMethodDef = ffi::PyMethodDef::zeroed();
}

/// A table of getters and setters; the last entry is zeroed.
#[repr(transparent)]
pub struct GetSetTable<const N: usize>(UnsafeCell<[ffi::PyGetSetDef; N]>);

// SAFETY: plain data that is never changed; CPython only reads it.
unsafe impl<const N: usize> Sync for GetSetTable<N> {}

impl<const N: usize> GetSetTable<N> {
    /// The table; the last entry must be [`END`](GetSetTable::END).
    pub const fn new(entries: [ffi::PyGetSetDef; N]) -> Self {
        assert!(N > 0 && entries[N - 1].name.is_null(), "the table must be ended");
        GetSetTable(UnsafeCell::new(entries))
    }

    /// The address for CPython.
    pub const fn as_ptr(&self) -> *mut ffi::PyGetSetDef {
        self.0.get().cast()
    }
}

impl GetSetTable<0> {
    /// The entry that ends a table.
    pub const END: ffi::PyGetSetDef = ffi::PyGetSetDef {
        name: std::ptr::null(),
        get: None,
        set: None,
        doc: std::ptr::null(),
        closure: std::ptr::null_mut(),
    };
}
