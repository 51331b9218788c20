//! What every object can be asked: its type, attributes, items, length, truth and text.

use std::ptr::NonNull;

use crate::brand::Py;
use crate::ffi;
use crate::object::convert::IntoPy;
use crate::object::err::{PyErr, PyResult};
use crate::object::exceptions::AttributeError;
use crate::object::obj::{Name, Obj};
use crate::object::types::{List, Native, Str, Type};

impl<'py> Py<'py> {
    /// `Ellipsis`, or `...`.
    #[inline]
    pub fn ellipsis(self) -> Obj<'py> {
        // SAFETY: the singleton is always alive; the new reference is the result's.
        unsafe {
            let singleton = ffi::Py_Ellipsis();
            ffi::Py_INCREF(singleton);
            Obj::from_owned_non_null(NonNull::new_unchecked(singleton))
        }
    }
}

impl<'py, T> Obj<'py, T> {
    /// This object as a built-in type `U`, if that is just its type; an instance of a subclass is not.
    ///
    /// The methods of an exact type cannot have been overridden by Python code.
    #[inline]
    pub fn downcast_exact<U: Native>(&self) -> Option<&Obj<'py, U>> {
        // SAFETY: a live object; its type is that of `U`.
        unsafe { (ffi::Py_TYPE(self.as_ptr()) == U::type_ptr()).then(|| self.cast_unchecked()) }
    }

    /// This reference as one to a built-in type `U` or a subclass of it, or the reference unchanged.
    ///
    /// # Errors
    ///
    /// The object itself if it is of another type.
    #[inline]
    pub fn downcast_into<U: Native>(self) -> Result<Obj<'py, U>, Self> {
        if self.downcast::<U>().is_none() {
            return Err(self);
        }
        // SAFETY: the object is of type `U`, as just checked; `into_ptr` gives up the reference that the result takes
        // over.
        unsafe { Ok(Obj::from_owned_non_null(NonNull::new_unchecked(self.into_ptr()))) }
    }

    /// `hasattr(self, name)`, but an exception other than `AttributeError` is not swallowed.
    ///
    /// # Errors
    ///
    /// What the attribute look-up raises, other than `AttributeError`.
    pub fn hasattr(&self, name: impl Name<'py>) -> PyResult<'py, bool> {
        self.getattr_opt(name).map(|found| found.is_some())
    }

    /// The attribute, or nothing if the look-up raises `AttributeError`.
    ///
    /// # Errors
    ///
    /// What the look-up raises, other than `AttributeError`.
    pub fn getattr_opt(&self, name: impl Name<'py>) -> PyResult<'py, Option<Obj<'py>>> {
        match self.getattr(name) {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.is::<AttributeError>(self.py()) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// `delattr(self, name)`.
    ///
    /// # Errors
    ///
    /// What deleting the attribute raises, usually `AttributeError`.
    pub fn delattr(&self, name: impl Name<'py>) -> PyResult<'py, ()> {
        let name = name.to_name(self.py())?;
        // SAFETY: both objects are alive; without a value, PyObject_SetAttr deletes.
        PyErr::check(self.py(), unsafe { ffi::PyObject_SetAttr(self.as_ptr(), name.as_ptr(), std::ptr::null_mut()) })
    }

    /// `isinstance(self, class)`; `class` may be a type, a union, or a tuple of these.
    ///
    /// # Errors
    ///
    /// `TypeError` if `class` is none of these; what a metaclass's `__instancecheck__` raises.
    pub fn is_instance<U>(&self, class: &Obj<'py, U>) -> PyResult<'py, bool> {
        // SAFETY: both objects are alive.
        truth(self.py(), unsafe { ffi::PyObject_IsInstance(self.as_ptr(), class.as_ptr()) })
    }
}

impl<'py> Obj<'py> {
    /// `len(self)`.
    ///
    /// # Errors
    ///
    /// `TypeError` if the object has no length; what its `__len__` raises.
    pub fn len(&self) -> PyResult<'py, usize> {
        // SAFETY: a live object; -1 with an exception set means failure.
        let length = unsafe { ffi::PyObject_Size(self.as_ptr()) };
        usize::try_from(length).map_err(|_| PyErr::take(self.py()))
    }

    /// Whether `len(self)` is 0.
    ///
    /// # Errors
    ///
    /// As [`len`](Self::len).
    pub fn is_empty(&self) -> PyResult<'py, bool> {
        self.len().map(|length| length == 0)
    }

    /// `item in self`.
    ///
    /// # Errors
    ///
    /// `TypeError` if the object is no container; what its `__contains__`, or the items' `__eq__`, raises.
    pub fn contains(&self, item: impl IntoPy<'py>) -> PyResult<'py, bool> {
        let item = item.into_py(self.py())?;
        // SAFETY: both objects are alive.
        truth(self.py(), unsafe { ffi::PySequence_Contains(self.as_ptr(), item.as_ptr()) })
    }

    /// `self[key]`.
    ///
    /// # Errors
    ///
    /// What the look-up raises, usually `KeyError` or `IndexError`.
    pub fn getitem(&self, key: impl IntoPy<'py>) -> PyResult<'py, Obj<'py>> {
        let key = key.into_py(self.py())?;
        // SAFETY: both objects are alive; the call returns a new reference or NULL with an exception.
        unsafe { Obj::from_owned(self.py(), ffi::PyObject_GetItem(self.as_ptr(), key.as_ptr())) }
    }

    /// `self[key] = value`.
    ///
    /// # Errors
    ///
    /// What the assignment raises.
    pub fn setitem(&self, key: impl IntoPy<'py>, value: impl IntoPy<'py>) -> PyResult<'py, ()> {
        let (key, value) = (key.into_py(self.py())?, value.into_py(self.py())?);
        // SAFETY: all three objects are alive.
        PyErr::check(self.py(), unsafe { ffi::PyObject_SetItem(self.as_ptr(), key.as_ptr(), value.as_ptr()) })
    }

    /// `del self[key]`.
    ///
    /// # Errors
    ///
    /// What the deletion raises, usually `KeyError` or `IndexError`.
    pub fn delitem(&self, key: impl IntoPy<'py>) -> PyResult<'py, ()> {
        let key = key.into_py(self.py())?;
        // SAFETY: both objects are alive.
        PyErr::check(self.py(), unsafe { ffi::PyObject_DelItem(self.as_ptr(), key.as_ptr()) })
    }

    /// `dir(self)`.
    ///
    /// # Errors
    ///
    /// What the object's `__dir__` raises.
    pub fn dir(&self) -> PyResult<'py, Obj<'py, List>> {
        // SAFETY: a live object; PyObject_Dir returns a new `list` or NULL with an exception.
        unsafe { Obj::from_owned(self.py(), ffi::PyObject_Dir(self.as_ptr())) }
    }

    /// `format(self, spec)`.
    ///
    /// # Errors
    ///
    /// What the object's `__format__` raises.
    pub fn format(&self, spec: &str) -> PyResult<'py, Obj<'py, Str>> {
        let spec = Str::new(self.py(), spec)?;
        // SAFETY: both objects are alive; PyObject_Format returns a new `str` or NULL with an exception.
        unsafe { Obj::from_owned(self.py(), ffi::PyObject_Format(self.as_ptr(), spec.as_ptr())) }
    }

    /// Whether the object can be called.
    pub fn is_callable(&self) -> bool {
        // SAFETY: a live object.
        unsafe { ffi::PyCallable_Check(self.as_ptr()) != 0 }
    }
}

/// The answer of a C-API call that returns 1, 0, or -1 with an exception set.
pub(crate) fn truth(py: Py<'_>, status: std::ffi::c_int) -> PyResult<'_, bool> {
    if status < 0 { Err(PyErr::take(py)) } else { Ok(status != 0) }
}

/// Calls a method that the type `T` itself defines, whatever a subclass makes of it: `T.name(slf, *args)`.
pub(crate) fn call_own<'py, T: Native>(
    slf: &Obj<'py, T>,
    name: &str,
    args: impl IntoIterator<Item = Obj<'py>>,
) -> PyResult<'py, Obj<'py>> {
    let args: Vec<Obj<'py>> = std::iter::once(slf.clone().into_any()).chain(args).collect();
    Type::of::<T>(slf.py()).getattr(name)?.call(&args[..])
}
