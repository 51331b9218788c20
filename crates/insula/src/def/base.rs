//! What a class can derive from.

use pyo3_ffi as ffi;

use crate::object::trace::Visitor;

/// How the memory of an instance comes to be, by the built-in type at the root.
#[derive(Clone, Copy, PartialEq)]
pub enum Origin {
    /// `object`: by `tp_alloc`.
    Object,
    /// By the built-in type's `__new__`, which runs no Python code: without arguments, or with those of the call.
    New {
        /// Whether the arguments are passed on: exceptions keep them as `args`.
        arguments: bool,
    },
    /// By the built-in type's `__new__`, called by CPython: a class of such a type has no fields.
    Inherited,
    /// By the `__new__` of a type that is found when the module is executed: see [`foreign`].
    RuntimeBase,
}

/// What a class can derive from.
///
/// # Safety
///
/// Instances begin with `SIZE` bytes that belong to the base; the functions do to these what their names say.
#[doc(hidden)]
pub unsafe trait Base {
    /// The type of an instance seen as one of the base.
    type Of<'b>;
    /// How instances come to be.
    const ORIGIN: Origin;
    /// `tp_basicsize` of the base; 0 for a type whose instances vary in size, to which no class can add.
    const SIZE: usize;
    /// Whether the part of an instance, or one above it, can own a reference beside that to the type.
    const HOLDS_OBJECTS: bool;
    /// Whether the class, or one above it, can be referenced weakly.
    const WEAKREF: bool;
    /// Whether the class, or one above it, has a finaliser, or may get one.
    const FINALIZES: bool;

    /// The built-in type at the root.
    fn root() -> *mut ffi::PyTypeObject;

    /// The type object; `made` is the module's table of objects so far.
    ///
    /// # Safety
    ///
    /// `made` is the table of the module that the class is for.
    unsafe fn type_ptr(made: &[*mut ffi::PyObject]) -> *mut ffi::PyTypeObject;

    /// Reports what the base's part of an instance owns; not the type.
    ///
    /// # Safety
    ///
    /// `object` is an instance.
    unsafe fn trace_part(object: *mut ffi::PyObject, visitor: &mut Visitor<'_>);

    /// Clears what can change in the base's part of an instance.
    ///
    /// # Safety
    ///
    /// `object` is an instance, the thread attached.
    unsafe fn clear_part(object: *mut ffi::PyObject);

    /// Drops the fields in the base's part of an instance; the root's part is left to its `tp_dealloc`.
    ///
    /// # Safety
    ///
    /// `object` is a dying instance, the thread attached.
    unsafe fn drop_part(object: *mut ffi::PyObject);
}

/// A built-in type as a base: there is no class of a module above it.
#[doc(hidden)]
pub trait RootBase: Base {}
