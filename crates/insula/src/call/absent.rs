//! What stands for the parts of a slot that a class does not define.

use std::marker::PhantomData;

use crate::arguments::scope::{ClassScope, Scope};
use crate::arguments::vectorcall::Arguments;
use crate::call::methods::{Method, Nothing, Object, Shape};
use crate::def::ClassDef;
use crate::ffi;
use crate::object::err::{PyErr, PyResult};
use crate::object::exceptions::{AttributeError, BuiltinException, TypeError};
use crate::object::obj::Obj;
use crate::object::types::Str;

/// Stands for the half of a shared slot that the class does not define. For attributes it does what `object` does.
pub struct Absent<C, W>(PhantomData<(C, W)>);

/// The missing half, by the operation it would be.
pub trait Operation {
    /// What happens instead.
    ///
    /// # Errors
    ///
    /// Usually always.
    ///
    /// # Safety
    ///
    /// `slf` is an instance of a class that has the slot, and `args` are the arguments of the operation.
    unsafe fn instead<'py>(slf: &Obj<'py>, args: &[Obj<'py>]) -> PyResult<'py, ()>;
}

/// `__setattr__` that is not defined.
pub enum SetAttr {}
impl Operation for SetAttr {
    unsafe fn instead<'py>(slf: &Obj<'py>, args: &[Obj<'py>]) -> PyResult<'py, ()> {
        let py = slf.py();
        // SAFETY: three live objects.
        PyErr::check(py, unsafe { ffi::PyObject_GenericSetAttr(slf.as_ptr(), args[0].as_ptr(), args[1].as_ptr()) })
    }
}

/// `__delattr__` that is not defined.
pub enum DelAttr {}
impl Operation for DelAttr {
    unsafe fn instead<'py>(slf: &Obj<'py>, args: &[Obj<'py>]) -> PyResult<'py, ()> {
        let py = slf.py();
        // SAFETY: two live objects; NULL stands for `del`.
        PyErr::check(py, unsafe { ffi::PyObject_GenericSetAttr(slf.as_ptr(), args[0].as_ptr(), std::ptr::null_mut()) })
    }
}

/// `__setitem__` that is not defined.
pub enum SetItem {}
impl Operation for SetItem {
    unsafe fn instead<'py>(slf: &Obj<'py>, _: &[Obj<'py>]) -> PyResult<'py, ()> {
        let message = format!("'{}' object does not support item assignment", slf.type_name());
        Err(TypeError::new_err(slf.py(), message.as_str()))
    }
}

/// `__delitem__` that is not defined.
pub enum DelItem {}
impl Operation for DelItem {
    unsafe fn instead<'py>(slf: &Obj<'py>, _: &[Obj<'py>]) -> PyResult<'py, ()> {
        let message = format!("'{}' object doesn't support item deletion", slf.type_name());
        Err(TypeError::new_err(slf.py(), message.as_str()))
    }
}

/// `__set__` that is not defined.
pub enum SetDescriptor {}
impl Operation for SetDescriptor {
    unsafe fn instead<'py>(slf: &Obj<'py>, _: &[Obj<'py>]) -> PyResult<'py, ()> {
        Err(AttributeError::new_err(slf.py(), "__set__"))
    }
}

/// `__delete__` that is not defined.
pub enum DelDescriptor {}
impl Operation for DelDescriptor {
    unsafe fn instead<'py>(slf: &Obj<'py>, _: &[Obj<'py>]) -> PyResult<'py, ()> {
        Err(AttributeError::new_err(slf.py(), "__delete__"))
    }
}

/// An operator or comparison that is not defined.
pub enum Operator {}

impl<C: ClassDef> Method<Object> for Absent<C, Operator> {
    type Class = C;
    const NAME: &'static std::ffi::CStr = c"";
    const SHAPE: Shape = Shape::Positional;
    fn call<'a, 'py>(
        scope: &'a ClassScope<'py, C>,
        _: &'a Obj<'py, C::Of<'py>>,
        _: Arguments<'a, 'py>,
    ) -> PyResult<'py, Obj<'py>> {
        Ok(scope.py().not_implemented())
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
        // SAFETY: called for the slot of the class, which passes the arguments of its operation.
        unsafe { W::instead(slf.as_any(), args.values()) }
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
