//! `Obj`: an owned reference to a Python object.

use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;

use crate::brand::{Brand, NotSend, Py};
use crate::ffi;
use crate::object::convert::IntoPy;
use crate::object::err::{PyErr, PyResult};
use crate::object::recursion::Call;
use crate::object::types::{Native, Str, Type};
use crate::thread::checked::{self, gone, made, used};

/// Any Python object: the default type of an [`Obj`].
pub enum Any {}

/// An owned (strong) reference to a Python object of type `T`, in the interpreter that `'py` names.
///
/// `&Obj` is a borrowed reference: passing it on touches no reference count. `clone` takes a new strong reference, drop
/// releases it.
///
/// `T` is [`Any`], a built-in type of [`types`](crate::types), or a class of the module, to whose fields it then
/// dereferences.
///
/// There is no handle without a brand: an `Obj` cannot be put in a `static`, a thread-local, or another thread.
///
/// ```compile_fail
/// use insula::Obj;
/// fn send<'py>(obj: Obj<'py>) {
///     std::thread::spawn(move || drop(obj));
/// }
/// ```
#[repr(transparent)]
pub struct Obj<'py, T = Any> {
    ptr: Address,
    brand: Brand<'py>,
    not_send: NotSend,
    of: PhantomData<fn() -> T>,
}

/// Where an object is. It is `not_send` that keeps an `Obj` from other threads, so that the compiler names that and not
/// this.
#[repr(transparent)]
#[derive(Clone, Copy)]
struct Address(NonNull<ffi::PyObject>);

impl Address {
    #[inline]
    const fn as_ptr(self) -> *mut ffi::PyObject {
        self.0.as_ptr()
    }
}

// SAFETY: an address alone gives access to nothing; `Obj`, which does, is neither `Send` nor `Sync` by `not_send`.
unsafe impl Send for Address {}
// SAFETY: as above.
unsafe impl Sync for Address {}

impl<T> Drop for Obj<'_, T> {
    #[inline]
    fn drop(&mut self) {
        used(self.ptr.as_ptr());
        gone(self.ptr.as_ptr());
        // SAFETY: 1) `self` owns one strong reference and gives it up here; 2) an `Obj<'py>` can only be touched while
        // the thread is attached to its interpreter, which Py_DECREF demands.
        unsafe { ffi::Py_DECREF(self.ptr.as_ptr()) }
    }
}

impl<T> Clone for Obj<'_, T> {
    #[inline]
    fn clone(&self) -> Self {
        used(self.ptr.as_ptr());
        made(self.ptr.as_ptr());
        // SAFETY: the object is alive because `self` holds a reference; the thread is attached as in `drop`.
        unsafe { ffi::Py_INCREF(self.ptr.as_ptr()) };
        Obj { ptr: self.ptr, brand: PhantomData, not_send: PhantomData, of: PhantomData }
    }
}

impl<'py, T> Obj<'py, T> {
    /// Takes over a strong reference.
    ///
    /// # Safety
    ///
    /// `ptr` is a strong reference that the caller gives up, to an object of type `T` of the interpreter that `'py`
    /// names.
    #[inline]
    pub(crate) unsafe fn from_owned_non_null(ptr: NonNull<ffi::PyObject>) -> Self {
        made(ptr.as_ptr());
        Obj { ptr: Address(ptr), brand: PhantomData, not_send: PhantomData, of: PhantomData }
    }

    /// Takes over the result of a C-API call that returns a new reference, or NULL with an exception set.
    ///
    /// # Safety
    ///
    /// As [`Obj::from_owned_non_null`], or NULL.
    #[inline]
    pub(crate) unsafe fn from_owned(py: Py<'py>, ptr: *mut ffi::PyObject) -> PyResult<'py, Self> {
        match NonNull::new(ptr) {
            // SAFETY: the caller's promise.
            Some(ptr) => Ok(unsafe { Self::from_owned_non_null(ptr) }),
            None => Err(PyErr::take(py)),
        }
    }

    /// Takes a new strong reference to a borrowed pointer, or the exception that NULL stands for.
    ///
    /// # Safety
    ///
    /// `ptr` is NULL or an object of type `T` that is alive now.
    #[inline]
    pub(crate) unsafe fn from_borrowed(py: Py<'py>, ptr: *mut ffi::PyObject) -> PyResult<'py, Self> {
        // SAFETY: alive or NULL, by the caller's promise; Py_XINCREF accepts NULL.
        unsafe {
            ffi::Py_XINCREF(ptr);
            Self::from_owned(py, ptr)
        }
    }

    /// Views a place that holds a borrowed pointer as a borrowed reference.
    ///
    /// # Safety
    ///
    /// `*place` is not NULL and stays alive, and of type `T`, while `place` is borrowed.
    #[inline]
    pub(crate) unsafe fn from_place(place: &*mut ffi::PyObject) -> &Self {
        // SAFETY: `Obj` is `repr(transparent)` over a non-null pointer, which `*place` is by the caller's promise.
        let handle = unsafe { &*std::ptr::from_ref(place).cast::<Self>() };
        lent(std::slice::from_ref(handle));
        handle
    }

    /// The pointer, borrowed.
    #[inline]
    pub(crate) fn as_ptr(&self) -> *mut ffi::PyObject {
        used(self.ptr.as_ptr());
        self.ptr.as_ptr()
    }

    /// The pointer with its strong reference.
    #[inline]
    pub(crate) fn into_ptr(self) -> *mut ffi::PyObject {
        gone(self.ptr.as_ptr());
        ManuallyDrop::new(self).ptr.as_ptr()
    }

    /// The pointer, borrowed: for a crate that calls the C-API itself.
    #[inline]
    pub fn as_raw(&self) -> *mut ffi::PyObject {
        self.as_ptr()
    }

    /// Takes over the result of a C-API call: a new reference, or NULL with an exception set. For a crate that calls
    /// the C-API itself.
    ///
    /// # Errors
    ///
    /// The exception that NULL stands for.
    ///
    /// # Safety
    ///
    /// 1. `ptr` is NULL, or a strong reference that the caller gives up.
    /// 2. The object is of type `T`, and of the interpreter that `py` is attached to.
    #[inline]
    pub unsafe fn from_raw(py: Py<'py>, ptr: *mut ffi::PyObject) -> PyResult<'py, Self> {
        // SAFETY: the caller's promise.
        unsafe { Self::from_owned(py, ptr) }
    }

    /// Changes the type without a check.
    ///
    /// # Safety
    ///
    /// The object is of type `U`.
    #[inline]
    pub(crate) unsafe fn cast_unchecked<U>(&self) -> &Obj<'py, U> {
        // SAFETY: both are `repr(transparent)` over the pointer; the type is the caller's promise.
        unsafe { &*std::ptr::from_ref(self).cast::<Obj<'py, U>>() }
    }

    /// Changes the type of the reference without a check.
    ///
    /// # Safety
    ///
    /// The object is of type `U`.
    #[inline]
    pub(crate) unsafe fn cast_into_unchecked<U>(self) -> Obj<'py, U> {
        // SAFETY: `into_ptr` gives up the reference that the result takes over; the type is the caller's promise.
        unsafe { Obj::from_owned_non_null(NonNull::new_unchecked(self.into_ptr())) }
    }

    /// The proof of attachment that holding this object implies.
    #[inline]
    pub fn py(&self) -> Py<'py> {
        // SAFETY: an `Obj<'py>` can only be touched while attached to its interpreter, and it carries `'py` already.
        unsafe { Py::assume_attached() }
    }

    /// This object as one of any type.
    #[inline]
    pub fn as_any(&self) -> &Obj<'py> {
        // SAFETY: every object is of type `Any`.
        unsafe { self.cast_unchecked() }
    }

    /// This reference as one to any type.
    #[inline]
    pub fn into_any(self) -> Obj<'py> {
        // SAFETY: `into_ptr` gives up the reference that the result takes over.
        unsafe { Obj::from_owned_non_null(NonNull::new_unchecked(self.into_ptr())) }
    }

    /// Whether both are the same object (`is`).
    #[inline]
    pub fn is<U>(&self, other: &Obj<'py, U>) -> bool {
        self.ptr.0 == other.ptr.0
    }

    /// Where the object lies, as `repr` usually says: not an identity beyond the object's life.
    #[inline]
    pub fn address(&self) -> usize {
        self.ptr.0.addr().get()
    }

    /// Whether this is `None`.
    #[inline]
    pub fn is_none(&self) -> bool {
        // SAFETY: Py_None has no precondition.
        self.as_ptr() == unsafe { ffi::Py_None() }
    }

    /// The object's type.
    #[inline]
    pub fn get_type(&self) -> Obj<'py, Type> {
        // SAFETY: `Py_TYPE` of a live object is a live type object.
        unsafe {
            let ty = ffi::Py_TYPE(self.as_ptr()).cast::<ffi::PyObject>();
            ffi::Py_INCREF(ty);
            Obj::from_owned_non_null(NonNull::new_unchecked(ty))
        }
    }

    /// The name of the object's type, for messages.
    pub fn type_name(&self) -> String {
        self.get_type().name()
    }

    /// This object as a built-in type `U` or a subclass of it, if it is one.
    #[inline]
    pub fn downcast<U: Native>(&self) -> Option<&Obj<'py, U>> {
        // SAFETY: `check` tells that the object is of type `U`.
        unsafe { U::check(self.as_ptr()).then(|| self.cast_unchecked()) }
    }

    /// `getattr(self, name)`.
    ///
    /// # Errors
    ///
    /// What the attribute look-up raises, usually `AttributeError`.
    pub fn getattr(&self, name: impl Name<'py>) -> PyResult<'py, Obj<'py>> {
        let name = name.to_name(self.py())?;
        // SAFETY: both objects are alive; the call returns a new reference or NULL with an exception.
        unsafe { Obj::from_owned(self.py(), ffi::PyObject_GetAttr(self.as_ptr(), name.as_ptr())) }
    }

    /// `setattr(self, name, value)`.
    ///
    /// # Errors
    ///
    /// What setting the attribute raises.
    pub fn setattr(&self, name: impl Name<'py>, value: impl IntoPy<'py>) -> PyResult<'py, ()> {
        let (name, value) = (name.to_name(self.py())?, value.into_py(self.py())?);
        // SAFETY: all three objects are alive.
        PyErr::check(self.py(), unsafe { ffi::PyObject_SetAttr(self.as_ptr(), name.as_ptr(), value.as_ptr()) })
    }

    /// The attribute as `object.__getattribute__` finds it, without the type's own `__getattr__`.
    ///
    /// # Errors
    ///
    /// `AttributeError` if there is none.
    pub fn generic_getattr(&self, name: &Obj<'py, Str>) -> PyResult<'py, Obj<'py>> {
        // SAFETY: both objects are alive; the call returns a new reference or NULL with an exception.
        unsafe { Obj::from_owned(self.py(), ffi::PyObject_GenericGetAttr(self.as_ptr(), name.as_ptr())) }
    }

    /// `self()`.
    ///
    /// # Errors
    ///
    /// What the call raises.
    pub fn call0(&self) -> PyResult<'py, Obj<'py>> {
        let _call = Call::of(self)?;
        // SAFETY: the object is alive; the call returns a new reference or NULL with an exception.
        unsafe { Obj::from_owned(self.py(), ffi::PyObject_CallNoArgs(self.as_ptr())) }
    }

    /// `self(arg)`: [`call`](Self::call) with one object, which needs no array.
    ///
    /// # Errors
    ///
    /// What the call raises.
    pub fn call_one<U>(&self, arg: &Obj<'py, U>) -> PyResult<'py, Obj<'py>> {
        let _call = Call::of(self)?;
        // SAFETY: both objects are alive; the call returns a new reference or NULL with an exception.
        unsafe { Obj::from_owned(self.py(), ffi::PyObject_CallOneArg(self.as_ptr(), arg.as_ptr())) }
    }

    /// `str(self)`.
    ///
    /// # Errors
    ///
    /// What the object's `__str__` raises.
    pub fn str(&self) -> PyResult<'py, Obj<'py, Str>> {
        // SAFETY: the object is alive; PyObject_Str returns a new `str` or NULL with an exception.
        unsafe { Obj::from_owned(self.py(), ffi::PyObject_Str(self.as_ptr())) }
    }

    /// `repr(self)`.
    ///
    /// # Errors
    ///
    /// What the object's `__repr__` raises.
    pub fn repr(&self) -> PyResult<'py, Obj<'py, Str>> {
        // SAFETY: the object is alive; PyObject_Repr returns a new `str` or NULL with an exception.
        unsafe { Obj::from_owned(self.py(), ffi::PyObject_Repr(self.as_ptr())) }
    }

    /// `bool(self)`.
    ///
    /// # Errors
    ///
    /// What the object's `__bool__` or `__len__` raises.
    pub fn is_truthy(&self) -> PyResult<'py, bool> {
        // SAFETY: the object is alive.
        match unsafe { ffi::PyObject_IsTrue(self.as_ptr()) } {
            -1 => Err(PyErr::take(self.py())),
            truth => Ok(truth != 0),
        }
    }
}

impl<T> std::fmt::Debug for Obj<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "<{} object at {:p}>", self.type_name(), self.as_ptr())
    }
}

impl<'py> Py<'py> {
    /// `None`.
    #[inline]
    pub fn none(self) -> Obj<'py> {
        // SAFETY: Py_None is always alive; the new reference is the result's.
        unsafe {
            let none = ffi::Py_None();
            ffi::Py_INCREF(none);
            Obj::from_owned_non_null(NonNull::new_unchecked(none))
        }
    }

    /// `NotImplemented`.
    #[inline]
    pub fn not_implemented(self) -> Obj<'py> {
        // SAFETY: Py_NotImplemented is always alive; the new reference is the result's.
        unsafe {
            let singleton = ffi::Py_NotImplemented();
            ffi::Py_INCREF(singleton);
            Obj::from_owned_non_null(NonNull::new_unchecked(singleton))
        }
    }
}

/// An attribute's name: Rust text, or a `str` that is at hand (cheaper: nothing is made for the call).
pub trait Name<'py> {
    /// The name as a `str`.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    fn to_name(self, py: Py<'py>) -> PyResult<'py, Obj<'py, Str>>;
}

impl<'py> Name<'py> for &str {
    fn to_name(self, py: Py<'py>) -> PyResult<'py, Obj<'py, Str>> {
        Str::new(py, self)
    }
}

impl<'py> Name<'py> for &Obj<'py, Str> {
    fn to_name(self, _: Py<'py>) -> PyResult<'py, Obj<'py, Str>> {
        Ok(self.clone())
    }
}

/// Called where places that CPython owns are viewed as handles: see the feature `checked`.
#[inline(always)]
pub(crate) fn lent<T>(places: &[Obj<'_, T>]) {
    checked::lent(places.iter().map(Obj::address));
}
