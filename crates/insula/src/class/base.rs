//! What a class can derive from: `object`, another built-in type, or a class that the module declares before it.
//!
//! An instance is the C structure of the built-in type at the root, then the part of each class down to its own: its
//! fields, and where asked for the pointers for weak references and `__dict__`. Each part is traced, cleared and
//! dropped by its class; the root by the built-in type's own functions.

use crate::class::initializer::With;
use crate::class::layout::{Layout, payload, pointer_at, written};
use crate::def::{Base, BaseFor, ClassDef, Origin, RootBase, SameModule};
use crate::ffi;
use crate::object::exceptions;
use crate::object::obj::Any;
use crate::object::trace::{Trace, Visitor};
use crate::object::types::{Bytes, Dict, Float, Int, List, Str, Tuple};
use crate::trampoline::enter_silent;

/// Python's `object`: the base of a class that names none.
pub enum Object {}

macro_rules! roots {
    ($($base:ty as $of:ty: $root:expr, $size:expr, $ty:expr;)*) => { $(
        // SAFETY: size and type object are those of the built-in type, whose own functions do the rest.
        unsafe impl Base for $base {
            type Of<'b> = $of;
            type Init<'b, T> = T;
            const ORIGIN: Origin = $root;
            const SUBCLASSABLE: bool = true;
            const MUTABLE: bool = false;
            const PLACE: Option<usize> = None;
            const DEPTH: usize = 0;
            const SIZE: usize = $size;
            const HOLDS_OBJECTS: bool = !matches!($root, Origin::Object);
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
                // SAFETY: the built-in type's tp_traverse, on an instance of it; it does not visit the type of a
                // subclass.
                unsafe { visitor.delegate((*Self::root()).tp_traverse, object) }
            }
            unsafe fn clear_part(object: *mut ffi::PyObject) {
                // SAFETY: the built-in type's tp_clear, on an instance of it.
                unsafe {
                    if let Some(clear) = (*Self::root()).tp_clear {
                        ffi::call_1(clear, object);
                    }
                }
            }
            unsafe fn drop_part(_: *mut ffi::PyObject) {}
        }
        impl RootBase for $base {}
        // SAFETY: the type is the same for every module.
        unsafe impl<M> BaseFor<M> for $base {}
    )* };
}

roots! {
    Object as Any: Origin::Object, size_of::<ffi::PyObject>(), (&raw mut ffi::PyBaseObject_Type);
    Dict as Dict: Origin::New { arguments: false }, size_of::<ffi::PyDictObject>(), (&raw mut ffi::PyDict_Type);
    List as List: Origin::New { arguments: false }, size_of::<ffi::PyListObject>(), (&raw mut ffi::PyList_Type);
    Str as Str: Origin::Inherited, size_of::<ffi::PyUnicodeObject>(), (&raw mut ffi::PyUnicode_Type);
    Float as Float: Origin::Inherited, size_of::<ffi::PyFloatObject>(), (&raw mut ffi::PyFloat_Type);
    Int as Int: Origin::Inherited, 0, (&raw mut ffi::PyLong_Type);
    Bytes as Bytes: Origin::Inherited, 0, (&raw mut ffi::PyBytes_Type);
    Tuple as Tuple: Origin::Inherited, 0, (&raw mut ffi::PyTuple_Type);
}

/// The exceptions whose instances have no fields beyond those of `BaseException`.
macro_rules! exceptions {
    ($($name:ident $ptr:ident),*) => {
        roots! { $(
            exceptions::$name as exceptions::$name:
                Origin::New { arguments: true }, size_of::<ffi::PyBaseExceptionObject>(), ffi::$ptr;
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
    type Init<'b, T> = With<T, <P::Base as Base>::Init<'b, <P as ClassDef>::Of<'b>>>;
    const ORIGIN: Origin = P::Base::ORIGIN;
    const SUBCLASSABLE: bool = P::SUBCLASSABLE;
    const MUTABLE: bool = P::MUTABLE;
    const PLACE: Option<usize> = Some(P::INDEX);
    const DEPTH: usize = P::Base::DEPTH + 1;
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
                (*payload::<P>(object).cast::<<P as ClassDef>::Of<'static>>()).trace_objects(visitor);
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
                enter_silent(|| (*payload::<P>(object).cast::<<P as ClassDef>::Of<'static>>()).clear_objects());
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

// SAFETY: the place of a class is one in the table of its own module.
unsafe impl<M, P: ClassDef> BaseFor<M> for P where P::Module: SameModule<M> {}
