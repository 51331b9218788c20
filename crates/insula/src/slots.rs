//! Slots: what `__dunder__` methods become.
//!
//! C passes NULL where an operation deletes; each function here says what then happens, so that no handler sees it.

use std::ffi::{c_int, c_void};
use std::marker::PhantomData;

use pyo3_ffi as ffi;

use crate::boundary::enter;
use crate::brand::Py;
use crate::call::{Kind, Method, Nothing, Object, Return, Shape, invoke};
use crate::class::ClassDef;
use crate::err::{PyErr, PyResult};
use crate::exceptions::{AttributeError, BuiltinException, OverflowError, TypeError};
use crate::obj::Obj;
use crate::scope::ClassScope;
use crate::signature::Arguments;
use crate::types::Str;

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
        impl<'py> Return<'py, $kind> for $ty {
            #[inline]
            fn into_out(self, _: Py<'py>) -> PyResult<'py, $ty> {
                Ok(self)
            }
        }
        impl<'py> Return<'py, $kind> for PyResult<'py, $ty> {
            #[inline]
            fn into_out(self, _: Py<'py>) -> PyResult<'py, $ty> {
                self
            }
        }
    )* };
}
plain_results!(Length: usize, Truth: bool, Hash: isize);

impl<'py, T: crate::convert::IntoPy<'py>> Return<'py, Next> for Option<T> {
    #[inline]
    fn into_out(self, py: Py<'py>) -> PyResult<'py, Option<Obj<'py>>> {
        self.map(|item| item.into_py(py)).transpose()
    }
}
impl<'py, T: crate::convert::IntoPy<'py>> Return<'py, Next> for PyResult<'py, Option<T>> {
    #[inline]
    fn into_out(self, py: Py<'py>) -> PyResult<'py, Option<Obj<'py>>> {
        Return::<Next>::into_out(self?, py)
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

/// `__repr__`.
pub const fn repr_slot<H: Method<Object>>() -> ffi::PyType_Slot {
    slot(ffi::Py_tp_repr, unary::<H> as *const c_void)
}
/// `__str__`.
pub const fn str_slot<H: Method<Object>>() -> ffi::PyType_Slot {
    slot(ffi::Py_tp_str, unary::<H> as *const c_void)
}
/// `__iter__`.
pub const fn iter_slot<H: Method<Object>>() -> ffi::PyType_Slot {
    slot(ffi::Py_tp_iter, unary::<H> as *const c_void)
}
/// `__getitem__`.
pub const fn getitem_slot<H: Method<Object>>() -> ffi::PyType_Slot {
    slot(ffi::Py_mp_subscript, binary::<H> as *const c_void)
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
                    Err(error) if error.is::<AttributeError>() => {
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

/// Stands for the half of a shared slot that the class does not define. For attributes it does what `object` does.
pub struct Absent<C, W>(PhantomData<(C, W)>);

/// The missing half, by the operation it would be.
pub trait Operation {
    /// What happens instead.
    ///
    /// # Errors
    ///
    /// Usually always.
    fn instead<'py>(slf: &Obj<'py>, args: &[Obj<'py>]) -> PyResult<'py, ()>;
}

/// `__setattr__` that is not defined.
pub enum SetAttr {}
impl Operation for SetAttr {
    fn instead<'py>(slf: &Obj<'py>, args: &[Obj<'py>]) -> PyResult<'py, ()> {
        let py = slf.py();
        // SAFETY: three live objects.
        PyErr::check(py, unsafe { ffi::PyObject_GenericSetAttr(slf.as_ptr(), args[0].as_ptr(), args[1].as_ptr()) })
    }
}

/// `__delattr__` that is not defined.
pub enum DelAttr {}
impl Operation for DelAttr {
    fn instead<'py>(slf: &Obj<'py>, args: &[Obj<'py>]) -> PyResult<'py, ()> {
        let py = slf.py();
        // SAFETY: two live objects; NULL stands for `del`.
        PyErr::check(py, unsafe { ffi::PyObject_GenericSetAttr(slf.as_ptr(), args[0].as_ptr(), std::ptr::null_mut()) })
    }
}

/// `__setitem__` that is not defined.
pub enum SetItem {}
impl Operation for SetItem {
    fn instead<'py>(slf: &Obj<'py>, _: &[Obj<'py>]) -> PyResult<'py, ()> {
        let message = format!("'{}' object does not support item assignment", slf.type_name());
        Err(TypeError::new_err(slf.py(), message.as_str()))
    }
}

/// `__delitem__` that is not defined.
pub enum DelItem {}
impl Operation for DelItem {
    fn instead<'py>(slf: &Obj<'py>, _: &[Obj<'py>]) -> PyResult<'py, ()> {
        let message = format!("'{}' object doesn't support item deletion", slf.type_name());
        Err(TypeError::new_err(slf.py(), message.as_str()))
    }
}

impl<C: ClassDef, W: Operation> Method<Nothing> for Absent<C, W> {
    type Class = C;
    const NAME: &'static std::ffi::CStr = c"";
    const SHAPE: Shape = Shape::Positional;
    fn call<'a, 'py>(
        _: &'a ClassScope<'py, C>,
        slf: &'a Obj<'py, C::Of<'py>>,
        args: Arguments<'a, 'py>,
    ) -> PyResult<'py, ()> {
        W::instead(slf.as_any(), args.values())
    }
}

/// The AttributeError that `object.__getattribute__` would raise, for a `__getattr__` that finds nothing.
impl<'py, T> Obj<'py, T> {
    /// `AttributeError` in CPython's words: this object has no attribute `name`.
    pub fn no_attribute(&self, name: &Obj<'py, Str>) -> PyErr<'py> {
        match self.as_any().generic_getattr(name) {
            Err(error) => error,
            Ok(_) => AttributeError::new_err(self.py(), name),
        }
    }
}
