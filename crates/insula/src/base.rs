//! What a class can derive from: `object`, another built-in type, or a class that the module declares before it.
//!
//! An instance is the C structure of the built-in type at the root, then the part of each class down to its own: its fields, and
//! where asked for the pointers for weak references and `__dict__`. Each part is traced, cleared and dropped by its class; the root
//! by the built-in type's own functions.

use std::marker::PhantomData;
use std::sync::atomic::{AtomicU8, Ordering};

use pyo3_ffi as ffi;

use crate::boundary::enter_silent;
use crate::class::{Class, ClassDef};
use crate::exceptions;
use crate::foreign;
use crate::new::New;
use crate::obj::{Any, Obj};
use crate::trace::{Trace, Visitor};
use crate::types::{Bytes, Dict, Float, Int, List, Str, Tuple};

/// How the memory of an instance comes to be, by the built-in type at the root.
#[derive(Clone, Copy, PartialEq)]
pub enum Root {
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
    Foreign,
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
    const ROOT: Root;
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

/// Python's `object`: the base of a class that names none.
pub enum Object {}

macro_rules! roots {
    ($($base:ty as $of:ty: $root:expr, $size:expr, $ty:expr;)*) => { $(
        // SAFETY: size and type object are those of the built-in type, whose own functions do the rest.
        unsafe impl Base for $base {
            type Of<'b> = $of;
            const ROOT: Root = $root;
            const SIZE: usize = $size;
            const HOLDS_OBJECTS: bool = !matches!($root, Root::Object);
            const WEAKREF: bool = false;
            const FINALIZES: bool = false;
            fn root() -> *mut ffi::PyTypeObject {
                // SAFETY: CPython sets the exception pointers when the runtime starts; the others are statics.
                #[allow(unused_unsafe, reason = "only some of the expressions need it")]
                unsafe { $ty.cast() }
            }
            unsafe fn type_ptr(_: &[*mut ffi::PyObject]) -> *mut ffi::PyTypeObject {
                Self::root()
            }
            #[inline]
            unsafe fn trace_part(object: *mut ffi::PyObject, visitor: &mut Visitor<'_>) {
                // SAFETY: the built-in type's tp_traverse, on an instance of it; it does not visit the type of a subclass.
                unsafe { visitor.delegate((*Self::root()).tp_traverse, object) }
            }
            unsafe fn clear_part(object: *mut ffi::PyObject) {
                // SAFETY: the built-in type's tp_clear, on an instance of it.
                unsafe {
                    if let Some(clear) = (*Self::root()).tp_clear {
                        clear(object);
                    }
                }
            }
            unsafe fn drop_part(_: *mut ffi::PyObject) {}
        }
        impl RootBase for $base {}
    )* };
}

roots! {
    Object as Any: Root::Object, size_of::<ffi::PyObject>(), (&raw mut ffi::PyBaseObject_Type);
    Dict as Dict: Root::New { arguments: false }, size_of::<ffi::PyDictObject>(), (&raw mut ffi::PyDict_Type);
    List as List: Root::New { arguments: false }, size_of::<ffi::PyListObject>(), (&raw mut ffi::PyList_Type);
    Str as Str: Root::Inherited, size_of::<ffi::PyUnicodeObject>(), (&raw mut ffi::PyUnicode_Type);
    Float as Float: Root::Inherited, size_of::<ffi::PyFloatObject>(), (&raw mut ffi::PyFloat_Type);
    Int as Int: Root::Inherited, 0, (&raw mut ffi::PyLong_Type);
    Bytes as Bytes: Root::Inherited, 0, (&raw mut ffi::PyBytes_Type);
    Tuple as Tuple: Root::Inherited, 0, (&raw mut ffi::PyTuple_Type);
}

/// The exceptions whose instances have no fields beyond those of `BaseException`.
macro_rules! exceptions {
    ($($name:ident $ptr:ident),*) => {
        roots! { $(
            exceptions::$name as exceptions::$name:
                Root::New { arguments: true }, size_of::<ffi::PyBaseExceptionObject>(), ffi::$ptr;
        )* }
    };
}
exceptions! {
    BaseException PyExc_BaseException, Exception PyExc_Exception, ArithmeticError PyExc_ArithmeticError,
    AssertionError PyExc_AssertionError, BufferError PyExc_BufferError, EOFError PyExc_EOFError,
    IndexError PyExc_IndexError, KeyError PyExc_KeyError, LookupError PyExc_LookupError,
    NotImplementedError PyExc_NotImplementedError, OverflowError PyExc_OverflowError,
    RecursionError PyExc_RecursionError, ReferenceError PyExc_ReferenceError, RuntimeError PyExc_RuntimeError,
    SystemError PyExc_SystemError, TypeError PyExc_TypeError, UnicodeError PyExc_UnicodeError,
    ValueError PyExc_ValueError, ZeroDivisionError PyExc_ZeroDivisionError
}

// SAFETY: the sizes are those of the class; each part is handled by its own class, then the base's.
unsafe impl<P: ClassDef> Base for P {
    type Of<'b> = <P as ClassDef>::Of<'b>;
    const ROOT: Root = P::Base::ROOT;
    const SIZE: usize = Layout::<P>::BASICSIZE;
    const HOLDS_OBJECTS: bool =
        <<P as ClassDef>::Of<'static> as Trace<'static>>::HOLDS_OBJECTS || P::DICT || P::Base::HOLDS_OBJECTS;
    const WEAKREF: bool = P::WEAKREF || P::Base::WEAKREF;
    const FINALIZES: bool = {
        // Python code may give a mutable class a `__del__` later.
        let (mut index, mut found) = (0, P::MUTABLE || P::Base::FINALIZES);
        while index < P::SLOTS.len() {
            found |= P::SLOTS[index].slot == ffi::Py_tp_finalize;
            index += 1;
        }
        found
    };

    fn root() -> *mut ffi::PyTypeObject {
        P::Base::root()
    }

    unsafe fn type_ptr(made: &[*mut ffi::PyObject]) -> *mut ffi::PyTypeObject {
        made[P::INDEX].cast()
    }

    #[inline]
    unsafe fn trace_part(object: *mut ffi::PyObject, visitor: &mut Visitor<'_>) {
        // SAFETY: an instance: its fields are written if `written` says so. The erased brand changes no layout.
        unsafe {
            if written::<P>(object) {
                (*payload::<P>(object).cast::<<P as ClassDef>::Of<'static>>()).trace(visitor);
            }
            if P::DICT {
                visitor.visit(*pointer_at(object, Layout::<P>::DICT));
            }
            P::Base::trace_part(object, visitor);
        }
    }

    unsafe fn clear_part(object: *mut ffi::PyObject) {
        // SAFETY: as in `trace_part`; what is cleared stays usable.
        unsafe {
            if written::<P>(object) {
                enter_silent(|| (*payload::<P>(object).cast::<<P as ClassDef>::Of<'static>>()).clear());
            }
            if P::DICT {
                ffi::Py_CLEAR(pointer_at(object, Layout::<P>::DICT));
            }
            P::Base::clear_part(object);
        }
    }

    unsafe fn drop_part(object: *mut ffi::PyObject) {
        // SAFETY: the fields, if written, are dropped once: the object is dying.
        unsafe {
            if written::<P>(object) {
                enter_silent(|| payload::<P>(object).drop_in_place());
            }
            if P::DICT {
                ffi::Py_CLEAR(pointer_at(object, Layout::<P>::DICT));
            }
            P::Base::drop_part(object);
        }
    }
}

/// Sizes and offsets of a class's instances.
pub(crate) struct Layout<C>(PhantomData<C>);

const WORD: usize = size_of::<usize>();

const fn aligned(offset: usize, to: usize) -> usize {
    offset.div_ceil(to) * to
}

impl<C: ClassDef> Layout<C> {
    /// Where the fields of the class begin.
    pub(crate) const OFFSET: usize = {
        assert!(
            align_of::<C>() <= 2 * WORD,
            "a class must not demand an alignment above two words: CPython's allocator does not give it"
        );
        assert!(
            !matches!(<C::Base as Base>::ROOT, Root::Inherited) || size_of::<C>() == 0,
            "a class that derives from such a built-in type has no fields"
        );
        aligned(<C::Base as Base>::SIZE, align_of::<C>())
    };

    /// Where the fields end. At least one word beyond the base: otherwise CPython takes the layouts for the same and lets
    /// `__class__` be assigned between them.
    const END: usize = {
        let end = aligned(Self::OFFSET + size_of::<C>(), WORD);
        let least = <C::Base as Base>::SIZE + WORD;
        if end > least { end } else { least }
    };

    /// Whether a byte tells that the fields are written: where the root's `__new__` makes the object, the collector may see it
    /// before; where Python code may replace the class's `__new__`, so may anybody.
    const FLAGGED: bool = match <C::Base as Base>::ROOT {
        Root::Object => C::MUTABLE,
        Root::New { .. } => true,
        Root::Inherited | Root::Foreign => false,
    };

    /// Whether the base is found when the module is executed.
    const FOREIGN: bool = matches!(<C::Base as Base>::ROOT, Root::Foreign);

    /// Whether every use of an instance has to look at that byte. (A class whose base makes the instances has no fields.)
    const CHECKED: bool = (Self::FOREIGN || C::MUTABLE && Self::FLAGGED) && !matches!(C::NEW, New::Inherited);

    /// Where the list of weak references begins, if there is one.
    pub(crate) const WEAKLIST: usize = Self::END + if Self::FLAGGED { WORD } else { 0 };

    /// Where the `__dict__` lies, if there is one.
    pub(crate) const DICT: usize = Self::WEAKLIST + if C::WEAKREF { WORD } else { 0 };

    /// `tp_basicsize`; 0, to inherit it, where instances vary in size.
    pub(crate) const BASICSIZE: usize = if <C::Base as Base>::SIZE == 0 {
        assert!(!C::WEAKREF && !C::DICT, "a class of such a built-in type has neither weakref nor dict");
        0
    } else {
        Self::DICT + if C::DICT { WORD } else { 0 }
    };
}

/// The offset of a class's fields in its instances: evaluating it checks the layout at compile time.
pub const fn payload_offset<C: ClassDef>() -> usize {
    assert!(Layout::<C>::BASICSIZE != 1);
    assert!(
        C::FREELIST == 0
            || <C::Base as Base>::SIZE == size_of::<ffi::PyObject>()
                && !C::MUTABLE
                && !C::DICT
                && !<C as Base>::FINALIZES,
        "a class with a free list has no other base than `object`, no finaliser, no `__dict__`, and is not mutable"
    );
    Layout::<C>::OFFSET
}

/// Where the fields of an instance lie.
///
/// # Safety
///
/// `object` points at memory for an instance of `C` or a subclass.
#[inline]
pub(crate) unsafe fn payload<C: ClassDef>(object: *mut ffi::PyObject) -> *mut C {
    // SAFETY: the instance is at least `BASICSIZE` long, which covers the fields at their offset.
    unsafe {
        if Layout::<C>::FOREIGN {
            return foreign::payload::<C>(object);
        }
        object.byte_add(Layout::<C>::OFFSET).cast()
    }
}

/// Whether the fields of an instance are written.
///
/// # Safety
///
/// `object` points at memory for an instance of `C` or a subclass, zeroed when it was allocated.
#[inline]
unsafe fn written<C: ClassDef>(object: *mut ffi::PyObject) -> bool {
    if Layout::<C>::FOREIGN {
        // SAFETY: the caller's promise.
        return unsafe { foreign::is_written::<C>(object) };
    }
    // SAFETY: the caller's promise. Without the byte, nobody sees an instance before its fields are written (or it has none).
    !Layout::<C>::FLAGGED || unsafe { flag::<C>(object) }.load(Ordering::Acquire) != 0
}

/// The byte that says so: where there is no GIL, another thread that found the object with `gc` may look at it meanwhile.
///
/// # Safety
///
/// As [`written`], of a class that has the byte.
#[inline]
unsafe fn flag<'a, C: ClassDef>(object: *mut ffi::PyObject) -> &'a AtomicU8 {
    // SAFETY: the instance covers the byte, and outlives the use of the reference by the callers; the byte is used in this way only.
    unsafe { AtomicU8::from_ptr(object.byte_add(Layout::<C>::END).cast()) }
}

/// Whether an instance that Python code came by can be used: see [`check_complete`](crate::class::check_complete).
///
/// # Safety
///
/// As [`written`].
#[inline]
pub(crate) unsafe fn is_complete<C: ClassDef>(object: *mut ffi::PyObject) -> bool {
    // SAFETY: the caller's promise.
    !Layout::<C>::CHECKED || unsafe { written::<C>(object) }
}

/// The pointer that an instance keeps for its weak references or its `__dict__`.
///
/// # Safety
///
/// `object` is an instance of the class that has a pointer at this offset.
pub(crate) unsafe fn pointer_at(object: *mut ffi::PyObject, offset: usize) -> *mut *mut ffi::PyObject {
    // SAFETY: the instance covers the offset.
    unsafe { object.byte_add(offset).cast() }
}

/// The value that an instance of a class is made of: the class itself, or [`With`] for one that derives from another class.
///
/// # Safety
///
/// `write` writes the fields of the class and of every class that it derives from.
pub unsafe trait Initializer<'py>: Sized {
    /// The class.
    type Class: Class<'py>;

    /// Moves the value into its place.
    ///
    /// # Safety
    ///
    /// `object` points at memory for an instance whose fields are not written yet.
    #[doc(hidden)]
    unsafe fn write(self, object: *mut ffi::PyObject);
}

/// Moves the fields of one class into their place.
///
/// # Safety
///
/// As [`Initializer::write`].
#[inline]
unsafe fn write_part<'py, T: Class<'py>>(object: *mut ffi::PyObject, value: T) {
    // SAFETY: the memory is an instance's; the flag follows the write.
    unsafe {
        payload::<T::Def>(object).cast::<T>().write(value);
        if Layout::<T::Def>::FLAGGED {
            flag::<T::Def>(object).store(1, Ordering::Release);
        }
        if Layout::<T::Def>::FOREIGN {
            foreign::set_written::<T::Def>(object);
        }
    }
}

// SAFETY: the class derives from a built-in type: there are no other fields.
unsafe impl<'py, T: Class<'py>> Initializer<'py> for T
where
    <T::Def as ClassDef>::Base: RootBase,
{
    type Class = T;

    #[inline]
    unsafe fn write(self, object: *mut ffi::PyObject) {
        // SAFETY: the caller's promise.
        unsafe { write_part(object, self) }
    }
}

/// The value of a class that derives from another class of the module: its own fields, and the value of the other.
///
/// ```
/// # #[insula::module]
/// # mod demo {
/// #     use insula::prelude::*;
/// #[class(subclassable)]
/// struct Shape {
///     name: String,
/// }
///
/// #[class(base = Shape)]
/// struct Circle {
///     radius: f64,
/// }
///
/// #[methods]
/// impl Circle {
///     #[new]
///     fn new(radius: f64) -> With<Self, Shape> {
///         With(Circle { radius }, Shape { name: "circle".to_owned() })
///     }
/// }
/// # }
/// # fn main() {}
/// ```
#[derive(Debug)]
pub struct With<C, B>(
    /// The fields of the class itself.
    pub C,
    /// The value of the class it derives from.
    pub B,
);

// SAFETY: the second value is one of the class that the first derives from, and writes its fields and those above.
unsafe impl<'py, C, B> Initializer<'py> for With<C, B>
where
    C: Class<'py>,
    B: Initializer<'py>,
    C::Def: ClassDef<Base = <B::Class as Class<'py>>::Def>,
{
    type Class = C;

    #[inline]
    unsafe fn write(self, object: *mut ffi::PyObject) {
        // SAFETY: the caller's promise, for each part.
        unsafe {
            self.1.write(object);
            write_part(object, self.0);
        }
    }
}

impl<'py, T: Class<'py>> Obj<'py, T> {
    /// This instance as one of the class or built-in type that its class derives from.
    pub fn as_base(&self) -> &Obj<'py, <<T::Def as ClassDef>::Base as Base>::Of<'py>> {
        // SAFETY: an instance of a class is one of its base.
        unsafe { self.cast_unchecked() }
    }
}
