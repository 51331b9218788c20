//! What a class can derive from.

use crate::ffi;
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
    /// By the `__new__` of a type that is found when the module is executed.
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
    /// What an instance of the class `T` that derives from this is made of.
    type Init<'b, T>;
    /// How instances come to be.
    const ORIGIN: Origin;
    /// Whether a class may derive from it.
    const SUBCLASSABLE: bool;
    /// Whether Python code may change the attributes of the type.
    const MUTABLE: bool;
    /// Of a class, its place in the module's table of objects, which is filled in this order.
    const PLACE: Option<usize>;
    /// How many classes of the module come from the built-in type down to it: a base has fewer than what derives from
    /// it.
    const DEPTH: usize;
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

/// What a class of the module `M` can derive from: a type that CPython or another package has, or a class of the same
/// module.
///
/// # Safety
///
/// `type_ptr` finds the type in the table of a module object of `M`.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the base of a class of this module",
    label = "neither a built-in type that classes can derive from nor a class of this module",
    note = "for a type of another module, write a function that finds it: base_from = find_base"
)]
pub unsafe trait BaseFor<M>: Base {}

/// Being one and the same module.
///
/// # Safety
///
/// Implemented below, for nothing else.
#[diagnostic::on_unimplemented(
    message = "a class of another module cannot be the base of a class or exception of this module",
    label = "each module object has types of its own; in this module's table there is none of that module's",
    note = "for a type of another module, write a function that finds it: base_from = find_base"
)]
pub unsafe trait SameModule<M> {}
// SAFETY: one type.
unsafe impl<M> SameModule<M> for M {}

/// A built-in type as a base: there is no class of a module above it.
#[doc(hidden)]
pub trait RootBase: Base {}
