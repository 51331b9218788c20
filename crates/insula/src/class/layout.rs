//! The layout of an instance: the base's part, then the class's own fields, then the pointers for weak references and
//! `__dict__`.

use std::ffi::c_int;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicU8, Ordering};

use super::runtime_base;
use crate::brand::Py;
use crate::def::{Base, Class, ClassDef, New, Origin};
use crate::ffi;
use crate::object::err::{PyErr, PyResult};
use crate::object::exceptions::{BuiltinException, RuntimeError};

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
            !matches!(<C::Base as Base>::ORIGIN, Origin::Inherited) || size_of::<C>() == 0,
            "a class that derives from such a built-in type has no fields"
        );
        aligned(<C::Base as Base>::SIZE, align_of::<C>())
    };

    /// Where the fields end. At least one word beyond the base: otherwise CPython takes the layouts for the same and
    /// lets `__class__` be assigned between them.
    const END: usize = {
        let end = aligned(Self::OFFSET + size_of::<C>(), WORD);
        let least = <C::Base as Base>::SIZE + WORD;
        if end > least { end } else { least }
    };

    /// Whether a byte tells that the fields are written: where the root's `__new__` makes the object, the collector may
    /// see it before; where Python code may replace the class's `__new__`, so may anybody.
    const FLAGGED: bool = match <C::Base as Base>::ORIGIN {
        Origin::Object => C::MUTABLE,
        Origin::New { .. } => true,
        Origin::Inherited | Origin::RuntimeBase => false,
    };

    /// Whether the base is found when the module is executed.
    const AT_RUN_TIME: bool = matches!(<C::Base as Base>::ORIGIN, Origin::RuntimeBase);

    /// Whether every use of an instance has to look at that byte. (A class whose base makes the instances has no
    /// fields.)
    const CHECKED: bool = (Self::AT_RUN_TIME || C::MUTABLE && Self::FLAGGED) && !matches!(C::NEW, New::Inherited);

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

/// How a class without a `#[new]` function and without fields gets instances: as its base does, if that is no class
/// with fields.
pub const fn inherited_new<B: Base>() -> New {
    if B::PLACE.is_some() { New::Absent } else { New::Inherited }
}

/// The offset of a class's fields in its instances: evaluating it checks at compile time what the traits do not.
pub const fn payload_offset<C: ClassDef>() -> usize {
    assert!(
        size_of::<C>() <= LARGEST && Layout::<C>::BASICSIZE <= LARGEST,
        "an instance of this class is larger than CPython can make: its `tp_basicsize` is a C `int`"
    );
    assert!(
        C::FREELIST == 0
            || <C::Base as Base>::SIZE == size_of::<ffi::PyObject>()
                && !C::MUTABLE
                && !C::DICT
                && !<C as Base>::FINALIZES,
        "a class with a free list has no other base than `object`, no finaliser, no `__dict__`, and is not mutable"
    );
    if let Some(place) = C::Base::PLACE {
        assert!(C::Base::SUBCLASSABLE, "a class derives from a class that is not #[class(subclassable)]");
        assert!(place < C::INDEX, "a class is declared after the one that it derives from");
        assert!(
            C::MUTABLE || !C::Base::MUTABLE,
            "a class that derives from a mutable class is mutable: #[class(mutable)]"
        );
        assert!(
            !matches!(C::Base::ORIGIN, Origin::RuntimeBase),
            "the base of the class is found when the module is executed, and so is what derives from it: use base_from"
        );
        assert!(
            !matches!(C::NEW, New::Inherited),
            "a class that derives from a class of the module has its own #[new]"
        );
    }
    Layout::<C>::OFFSET
}

/// The largest instance: what CPython adds for the collector, and to round the size up, must fit too.
const LARGEST: usize = c_int::MAX.unsigned_abs() as usize - 64;

/// Where the fields of an instance lie.
///
/// # Safety
///
/// `object` points at memory for an instance of `C` or a subclass.
#[inline]
pub(crate) unsafe fn payload<C: ClassDef>(object: *mut ffi::PyObject) -> *mut C {
    // SAFETY: the instance is at least `BASICSIZE` long, which covers the fields at their offset.
    unsafe {
        if Layout::<C>::AT_RUN_TIME {
            return runtime_base::payload::<C>(object);
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
pub(crate) unsafe fn written<C: ClassDef>(object: *mut ffi::PyObject) -> bool {
    if Layout::<C>::AT_RUN_TIME {
        // SAFETY: the caller's promise.
        return unsafe { runtime_base::is_written::<C>(object) };
    }
    // SAFETY: the caller's promise. Without the byte, nobody sees an instance before its fields are written (or it has
    // none).
    !Layout::<C>::FLAGGED || unsafe { flag::<C>(object) }.load(Ordering::Acquire) != 0
}

/// The byte that says so: where there is no GIL, another thread that found the object with `gc` may look at it
/// meanwhile.
///
/// # Safety
///
/// As [`written`], of a class that has the byte.
#[inline]
unsafe fn flag<'a, C: ClassDef>(object: *mut ffi::PyObject) -> &'a AtomicU8 {
    // SAFETY: the instance covers the byte, and outlives the use of the reference by the callers; the byte is used in
    // this way only.
    unsafe { AtomicU8::from_ptr(object.byte_add(Layout::<C>::END).cast()) }
}

/// Whether an instance that Python code came by can be used: see
/// [`check_complete`](crate::class::layout::check_complete).
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

/// An error for an object of a class with the option `mutable` that was made without the class's own `__new__`: its
/// fields were never written. Python code can come by one only where it replaced `__new__`; elsewhere this is no check
/// at all.
///
/// # Safety
///
/// `object` is alive, and an instance of `C` or a subclass.
#[inline]
pub(crate) unsafe fn check_complete<C: ClassDef>(py: Py<'_>, object: *mut ffi::PyObject) -> PyResult<'_, ()> {
    // SAFETY: the caller's promise.
    if unsafe { is_complete::<C>(object) } { Ok(()) } else { Err(incomplete::<C>(py)) }
}

#[cold]
fn incomplete<C: ClassDef>(py: Py<'_>) -> PyErr<'_> {
    let name = C::NAME.to_string_lossy();
    RuntimeError::new_err(py, format!("'{name}' object was made without the __new__ of its class"))
}

/// Moves the fields of one class into their place.
///
/// # Safety
///
/// As [`Initializer::write`].
#[inline]
pub(crate) unsafe fn write_part<'py, T: Class<'py>>(object: *mut ffi::PyObject, value: T) {
    // SAFETY: the memory is an instance's; the flag follows the write.
    unsafe {
        payload::<T::Def>(object).cast::<T>().write(value);
        if Layout::<T::Def>::FLAGGED {
            flag::<T::Def>(object).store(1, Ordering::Release);
        }
        if Layout::<T::Def>::AT_RUN_TIME {
            runtime_base::set_written::<T::Def>(object);
        }
    }
}
