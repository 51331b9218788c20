//! Slots: what `__dunder__` methods become.
//!
//! C passes NULL where an operation deletes; each function here says what then happens, so that no handler sees it.

use std::ffi::{c_int, c_void};
use std::ptr::NonNull;

use crate::arguments::scope::ClassScope;
use crate::arguments::vectorcall::Collected;
use crate::brand::Py;
use crate::call::methods::{Kind, Method, Nothing, Object, Return, check, invoke};
use crate::class::layout::{check_complete, is_complete};
use crate::def::{ClassDef, defining_type};
use crate::ffi;
use crate::object::convert::IntoPy;
use crate::object::err::{PyErr, PyResult};
use crate::object::exceptions::{AttributeError, BuiltinException, OverflowError, TypeError};
use crate::object::obj::Obj;
use crate::thread::pending::Pending;
use crate::trampoline::{enter, enter_silent};

/// A length (`__len__`).
pub enum Length {}
impl Kind for Length {
    type Out<'py> = usize;
}
/// A truth value (`__bool__`, `__contains__`).
pub enum Truth {}
impl Kind for Truth {
    type Out<'py> = bool;
}
/// A hash (`__hash__`).
pub enum Hash {}
impl Kind for Hash {
    type Out<'py> = isize;
}
/// The next item, or the end (`__next__`).
pub enum Next {}
impl Kind for Next {
    type Out<'py> = Option<Obj<'py>>;
}

macro_rules! plain_results {
    ($($kind:ident: $ty:ty),*) => { $(
        impl<'py, S> Return<'py, $kind, S> for $ty {
            #[inline]
            fn into_out(self, _: Py<'py>, _: &S) -> PyResult<'py, $ty> {
                Ok(self)
            }
        }
    )* };
}
plain_results!(Length: usize, Truth: bool, Hash: isize);

/// What Rust's hashers end in. It wraps where `Py_hash_t` is smaller.
macro_rules! hashes {
    ($($ty:ty),*) => { $(
        impl<'py, S> Return<'py, Hash, S> for $ty {
            #[inline]
            fn into_out(self, _: Py<'py>, _: &S) -> PyResult<'py, isize> {
                #[expect(clippy::cast_possible_truncation, reason = "any value is as good a hash")]
                #[allow(clippy::cast_possible_wrap, clippy::allow_attributes, reason = "as above, of the unsigned one")]
                Ok(self as isize)
            }
        }
    )* };
}
hashes!(i64, u64);

impl<'py, S, T: IntoPy<'py>> Return<'py, Next, S> for Option<T> {
    #[inline]
    fn into_out(self, py: Py<'py>, _: &S) -> PyResult<'py, Option<Obj<'py>>> {
        self.map(|item| item.into_py(py)).transpose()
    }
}
const fn slot(slot: c_int, function: *const c_void) -> ffi::PyType_Slot {
    ffi::PyType_Slot { slot, pfunc: function.cast_mut() }
}

unsafe extern "C" fn unary<H: Method<Object>>(slf: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: a slot of the class, called attached on an instance.
    unsafe { enter(|py| invoke::<Object, H>(py, slf, &[]).map(Obj::into_ptr)) }
}

unsafe extern "C" fn binary<H: Method<Object>>(slf: *mut ffi::PyObject, arg: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: a slot of the class, called attached on an instance with a live argument.
    unsafe { enter(|py| invoke::<Object, H>(py, slf, &[arg]).map(Obj::into_ptr)) }
}

/// A slot that takes the object and gives another: `__repr__`, `__iter__`, `__neg__`, `__await__` and their kin.
pub const fn unary_slot<H: Method<Object>>(id: c_int) -> ffi::PyType_Slot {
    slot(id, unary::<H> as *const c_void)
}

/// A slot that takes the object and one argument: `__getitem__`, `__getattribute__`, in-place operators.
pub const fn binary_slot<H: Method<Object>>(id: c_int) -> ffi::PyType_Slot {
    slot(id, binary::<H> as *const c_void)
}

/// The result of an operator whose argument is of a type it does not know: `NotImplemented`, so that CPython asks the
/// other operand.
///
/// # Errors
///
/// Any error but a `TypeError`.
#[cold]
pub fn not_implemented<'py>(py: Py<'py>, error: PyErr<'py>) -> PyResult<'py, Obj<'py>> {
    if error.is::<TypeError>(py) { Ok(py.not_implemented()) } else { Err(error) }
}

/// Whether the object is an instance of the class, of whichever copy of the module.
///
/// # Safety
///
/// `object` is alive.
unsafe fn is_instance<C: ClassDef>(object: *mut ffi::PyObject) -> bool {
    // SAFETY: a live object holds its type.
    unsafe { defining_type::<C>(NonNull::new_unchecked(ffi::Py_TYPE(object))).is_some() }
}

/// A binary operator: `__add__` and `__radd__`, and their kin. C calls one function for our type on either side.
pub const fn operator_slot<C, L, R>(id: c_int) -> ffi::PyType_Slot
where
    C: ClassDef,
    L: Method<Object, Class = C>,
    R: Method<Object, Class = C>,
{
    unsafe extern "C" fn operator<C, L, R>(left: *mut ffi::PyObject, right: *mut ffi::PyObject) -> *mut ffi::PyObject
    where
        C: ClassDef,
        L: Method<Object, Class = C>,
        R: Method<Object, Class = C>,
    {
        // SAFETY: a slot of the class, called attached; at least one operand is an instance.
        unsafe {
            enter(|py| {
                if is_instance::<C>(left) {
                    let result = invoke::<Object, L>(py, left, &[right])?;
                    // As CPython's own slots: the reflected form is not tried on operands of the same type.
                    if result.as_ptr() != ffi::Py_NotImplemented() || ffi::Py_TYPE(left) == ffi::Py_TYPE(right) {
                        return Ok(result.into_ptr());
                    }
                }
                if is_instance::<C>(right) {
                    return invoke::<Object, R>(py, right, &[left]).map(Obj::into_ptr);
                }
                Ok(py.not_implemented().into_ptr())
            })
        }
    }
    slot(id, operator::<C, L, R> as *const c_void)
}

/// `__pow__` and `__rpow__`, with the modulus or `None`.
pub const fn power_slot<C, L, R>(id: c_int) -> ffi::PyType_Slot
where
    C: ClassDef,
    L: Method<Object, Class = C>,
    R: Method<Object, Class = C>,
{
    unsafe extern "C" fn power<C, L, R>(
        left: *mut ffi::PyObject,
        right: *mut ffi::PyObject,
        modulus: *mut ffi::PyObject,
    ) -> *mut ffi::PyObject
    where
        C: ClassDef,
        L: Method<Object, Class = C>,
        R: Method<Object, Class = C>,
    {
        // SAFETY: a slot of the class, called attached; at least one operand is an instance.
        unsafe {
            enter(|py| {
                if is_instance::<C>(left) {
                    let result = invoke::<Object, L>(py, left, &[right, modulus])?;
                    if result.as_ptr() != ffi::Py_NotImplemented() || ffi::Py_TYPE(left) == ffi::Py_TYPE(right) {
                        return Ok(result.into_ptr());
                    }
                }
                if is_instance::<C>(right) {
                    return invoke::<Object, R>(py, right, &[left, modulus]).map(Obj::into_ptr);
                }
                Ok(py.not_implemented().into_ptr())
            })
        }
    }
    slot(id, power::<C, L, R> as *const c_void)
}

/// `__ipow__`, with the modulus or `None`.
pub const fn inplace_power_slot<H: Method<Object>>(id: c_int) -> ffi::PyType_Slot {
    unsafe extern "C" fn power<H: Method<Object>>(
        slf: *mut ffi::PyObject,
        other: *mut ffi::PyObject,
        modulus: *mut ffi::PyObject,
    ) -> *mut ffi::PyObject {
        // SAFETY: a slot of the class, called attached on an instance with live arguments.
        unsafe { enter(|py| invoke::<Object, H>(py, slf, &[other, modulus]).map(Obj::into_ptr)) }
    }
    slot(id, power::<H> as *const c_void)
}

/// The six comparisons, which share one slot, in the order of CPython's numbers for them.
pub const fn compare_slot<C, Lt, Le, Eq, Ne, Gt, Ge>() -> ffi::PyType_Slot
where
    C: ClassDef,
    Lt: Method<Object, Class = C>,
    Le: Method<Object, Class = C>,
    Eq: Method<Object, Class = C>,
    Ne: Method<Object, Class = C>,
    Gt: Method<Object, Class = C>,
    Ge: Method<Object, Class = C>,
{
    unsafe extern "C" fn compare<C, Lt, Le, Eq, Ne, Gt, Ge>(
        slf: *mut ffi::PyObject,
        other: *mut ffi::PyObject,
        operation: c_int,
    ) -> *mut ffi::PyObject
    where
        C: ClassDef,
        Lt: Method<Object, Class = C>,
        Le: Method<Object, Class = C>,
        Eq: Method<Object, Class = C>,
        Ne: Method<Object, Class = C>,
        Gt: Method<Object, Class = C>,
        Ge: Method<Object, Class = C>,
    {
        // SAFETY: a slot of the class, called attached on an instance with a live argument.
        unsafe {
            enter(|py| {
                let result = match operation {
                    ffi::Py_LT => invoke::<Object, Lt>(py, slf, &[other]),
                    ffi::Py_LE => invoke::<Object, Le>(py, slf, &[other]),
                    ffi::Py_EQ => invoke::<Object, Eq>(py, slf, &[other]),
                    ffi::Py_GT => invoke::<Object, Gt>(py, slf, &[other]),
                    ffi::Py_GE => invoke::<Object, Ge>(py, slf, &[other]),
                    _ => {
                        let differs = invoke::<Object, Ne>(py, slf, &[other])?;
                        if differs.as_ptr() != ffi::Py_NotImplemented() {
                            return Ok(differs.into_ptr());
                        }
                        // Without a `__ne__`, the opposite of `__eq__`, as for every class.
                        let same = invoke::<Object, Eq>(py, slf, &[other])?;
                        if same.as_ptr() == ffi::Py_NotImplemented() {
                            Ok(same)
                        } else {
                            Obj::from_owned(py, ffi::PyBool_FromLong((!same.is_truthy()?).into()))
                        }
                    }
                };
                result.map(Obj::into_ptr)
            })
        }
    }
    slot(ffi::Py_tp_richcompare, compare::<C, Lt, Le, Eq, Ne, Gt, Ge> as *const c_void)
}

/// A class that defines `__eq__` without `__hash__` is unhashable.
pub const UNHASHABLE: ffi::PyType_Slot = slot(ffi::Py_tp_hash, ffi::PyObject_HashNotImplemented as *const c_void);

/// `__call__`.
pub const fn call_slot<H: Method<Object>>() -> ffi::PyType_Slot {
    unsafe extern "C" fn call<H: Method<Object>>(
        slf: *mut ffi::PyObject,
        args: *mut ffi::PyObject,
        kwargs: *mut ffi::PyObject,
    ) -> *mut ffi::PyObject {
        // SAFETY: a slot of the class, called attached on an instance with a tuple and NULL or a dict.
        unsafe {
            enter(|py| {
                let collected = Collected::new(py, kwargs)?;
                let args = Collected::arguments(collected.as_ref(), &args);
                check(py, H::NAME, H::SHAPE, &args)?;
                check_complete::<H::Class>(py, slf)?;
                H::call(&ClassScope::new(py, ffi::Py_TYPE(slf)), Obj::from_place(&slf), args).map(Obj::into_ptr)
            })
        }
    }
    slot(ffi::Py_tp_call, call::<H> as *const c_void)
}

/// `__get__`. C passes NULL for a missing instance or owner; the handler sees `None`.
pub const fn get_slot<H: Method<Object>>() -> ffi::PyType_Slot {
    unsafe extern "C" fn get<H: Method<Object>>(
        slf: *mut ffi::PyObject,
        instance: *mut ffi::PyObject,
        owner: *mut ffi::PyObject,
    ) -> *mut ffi::PyObject {
        // SAFETY: a slot of the class, called attached on an instance with live arguments or NULL; None is always
        // alive.
        unsafe {
            let or_none = |object: *mut ffi::PyObject| if object.is_null() { ffi::Py_None() } else { object };
            enter(|py| invoke::<Object, H>(py, slf, &[or_none(instance), or_none(owner)]).map(Obj::into_ptr))
        }
    }
    slot(ffi::Py_tp_descr_get, get::<H> as *const c_void)
}

/// `__set__` and `__delete__`, which share one slot.
pub const fn descriptor_set_slot<S: Method<Nothing>, D: Method<Nothing>>() -> ffi::PyType_Slot {
    slot(ffi::Py_tp_descr_set, assign::<S, D> as *const c_void)
}

/// `__del__`: called once, before an object dies or with the rest of its cycle.
pub const fn finalize_slot<H: Method<Nothing>>() -> ffi::PyType_Slot {
    unsafe extern "C" fn finalize<H: Method<Nothing>>(slf: *mut ffi::PyObject) {
        // SAFETY: a slot of the class, called attached on an instance that is alive again for the call. An exception
        // that is on its way stays as it was; one that the handler raises goes to sys.unraisablehook.
        unsafe {
            if !is_complete::<H::Class>(slf) {
                return;
            }
            let _pending = Pending::take();
            enter_silent(|| {
                if enter(|py| invoke::<Nothing, H>(py, slf, &[]).map(|()| 0)) < 0 {
                    ffi::PyErr_WriteUnraisable(slf);
                }
            });
        }
    }
    slot(ffi::Py_tp_finalize, finalize::<H> as *const c_void)
}

/// `__next__`.
pub const fn next_slot<H: Method<Next>>() -> ffi::PyType_Slot {
    unsafe extern "C" fn next<H: Method<Next>>(slf: *mut ffi::PyObject) -> *mut ffi::PyObject {
        // SAFETY: a slot of the class, called attached on an instance. NULL without an exception ends the iteration.
        unsafe {
            enter(|py| invoke::<Next, H>(py, slf, &[]).map(|item| item.map_or(std::ptr::null_mut(), Obj::into_ptr)))
        }
    }
    slot(ffi::Py_tp_iternext, next::<H> as *const c_void)
}

/// `__len__`.
pub const fn len_slot<H: Method<Length>>() -> ffi::PyType_Slot {
    unsafe extern "C" fn len<H: Method<Length>>(slf: *mut ffi::PyObject) -> ffi::Py_ssize_t {
        // SAFETY: a slot of the class, called attached on an instance.
        unsafe {
            enter(|py| {
                let length = invoke::<Length, H>(py, slf, &[])?;
                length
                    .try_into()
                    .map_err(|_| OverflowError::new_err(py, "cannot fit 'int' into an index-sized integer"))
            })
        }
    }
    slot(ffi::Py_mp_length, len::<H> as *const c_void)
}

/// `__bool__`.
pub const fn bool_slot<H: Method<Truth>>() -> ffi::PyType_Slot {
    unsafe extern "C" fn truth<H: Method<Truth>>(slf: *mut ffi::PyObject) -> c_int {
        // SAFETY: a slot of the class, called attached on an instance.
        unsafe { enter(|py| invoke::<Truth, H>(py, slf, &[]).map(c_int::from)) }
    }
    slot(ffi::Py_nb_bool, truth::<H> as *const c_void)
}

/// `__contains__`.
pub const fn contains_slot<H: Method<Truth>>() -> ffi::PyType_Slot {
    unsafe extern "C" fn contains<H: Method<Truth>>(slf: *mut ffi::PyObject, item: *mut ffi::PyObject) -> c_int {
        // SAFETY: a slot of the class, called attached on an instance with a live argument.
        unsafe { enter(|py| invoke::<Truth, H>(py, slf, &[item]).map(c_int::from)) }
    }
    slot(ffi::Py_sq_contains, contains::<H> as *const c_void)
}

/// `__hash__`.
pub const fn hash_slot<H: Method<Hash>>() -> ffi::PyType_Slot {
    unsafe extern "C" fn hash<H: Method<Hash>>(slf: *mut ffi::PyObject) -> ffi::Py_hash_t {
        // SAFETY: a slot of the class, called attached on an instance. -1 means an exception, so that hash becomes -2.
        unsafe { enter(|py| invoke::<Hash, H>(py, slf, &[]).map(|hash| if hash == -1 { -2 } else { hash })) }
    }
    slot(ffi::Py_tp_hash, hash::<H> as *const c_void)
}

/// `__getattr__`: called when the usual look-up finds nothing.
pub const fn getattr_slot<H: Method<Object>>() -> ffi::PyType_Slot {
    unsafe extern "C" fn getattro<H: Method<Object>>(
        slf: *mut ffi::PyObject,
        name: *mut ffi::PyObject,
    ) -> *mut ffi::PyObject {
        // SAFETY: a slot of the class, called attached on an instance with a live name.
        unsafe {
            enter(|py| {
                let found: PyResult<'_, Obj<'_>> = Obj::from_owned(py, ffi::PyObject_GenericGetAttr(slf, name));
                match found {
                    Err(error) if error.is::<AttributeError>(py) => {
                        invoke::<Object, H>(py, slf, &[name]).map(Obj::into_ptr)
                    }
                    other => other.map(Obj::into_ptr),
                }
            })
        }
    }
    slot(ffi::Py_tp_getattro, getattro::<H> as *const c_void)
}

/// `__setattr__` and `__delattr__`, which share one slot.
pub const fn setattr_slot<S: Method<Nothing>, D: Method<Nothing>>() -> ffi::PyType_Slot {
    slot(ffi::Py_tp_setattro, assign::<S, D> as *const c_void)
}

/// `__setitem__` and `__delitem__`, which share one slot.
pub const fn setitem_slot<S: Method<Nothing>, D: Method<Nothing>>() -> ffi::PyType_Slot {
    slot(ffi::Py_mp_ass_subscript, assign::<S, D> as *const c_void)
}

unsafe extern "C" fn assign<S: Method<Nothing>, D: Method<Nothing>>(
    slf: *mut ffi::PyObject,
    key: *mut ffi::PyObject,
    value: *mut ffi::PyObject,
) -> c_int {
    // SAFETY: a slot of the class, called attached on an instance with a live key; NULL for the value stands for `del`.
    unsafe {
        enter(|py| {
            if value.is_null() {
                invoke::<Nothing, D>(py, slf, &[key]).map(|()| 0)
            } else {
                invoke::<Nothing, S>(py, slf, &[key, value]).map(|()| 0)
            }
        })
    }
}
