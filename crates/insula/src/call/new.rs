//! Constructors: `#[new]`.

use std::ffi::CStr;

use crate::arguments::scope::ClassScope;
use crate::arguments::vectorcall::{Arguments, Collected};
use crate::brand::Py;
use crate::call::methods::{Shape, check};
use crate::class::instance::create;
use crate::def::{ClassDef, Initializer, New};
use crate::ffi;
use crate::object::err::PyResult;
use crate::object::obj::Obj;
use crate::object::raise::IntoPyErr;
use crate::trampoline::enter;

/// A `#[new]` function.
pub trait Constructor {
    /// The class.
    type Class: ClassDef;
    /// The class's name, for messages.
    const NAME: &'static CStr;
    /// What an instance is made of.
    type Init<'py>: Initializer<'py, Class = <Self::Class as ClassDef>::Of<'py>>;
    /// Which arguments it takes.
    const SHAPE: Shape;

    /// Calls the user's function.
    ///
    /// # Errors
    ///
    /// What it raises, or the conversion of an argument.
    fn construct<'a, 'py>(
        scope: &'a ClassScope<'py, Self::Class>,
        args: Arguments<'a, 'py>,
    ) -> PyResult<'py, Self::Init<'py>>;
}

/// What a `#[new]` function may return at the place `S`: the value, or a result of it.
///
/// # Errors
///
/// The error it is.
pub fn constructed<'py, T, S, R: Constructed<'py, T, S>>(py: Py<'py>, scope: &S, result: R) -> PyResult<'py, T> {
    result.into_result(py, scope)
}

/// See [`constructed`].
pub trait Constructed<'py, T, S> {
    /// As a result.
    ///
    /// # Errors
    ///
    /// The error it is.
    fn into_result(self, py: Py<'py>, scope: &S) -> PyResult<'py, T>;
}

impl<'py, S, T: Initializer<'py>> Constructed<'py, T, S> for T {
    fn into_result(self, _: Py<'py>, _: &S) -> PyResult<'py, T> {
        Ok(self)
    }
}

impl<'py, S, T: Initializer<'py>, E: IntoPyErr<'py, S>> Constructed<'py, T, S> for Result<T, E> {
    fn into_result(self, py: Py<'py>, scope: &S) -> PyResult<'py, T> {
        self.map_err(|error| error.into_py_err(py, scope))
    }
}

/// The constructor of a class.
pub const fn new_slot<K: Constructor>() -> New {
    New::Function { new: tp_new::<K>, vectorcall: vectorcall::<K> }
}

/// # Safety
///
/// `ty` is the type object of the class or a subclass.
#[inline(always)]
unsafe fn make<'py, K: Constructor>(
    py: Py<'py>,
    ty: *mut ffi::PyTypeObject,
    args: Arguments<'_, 'py>,
) -> PyResult<'py, *mut ffi::PyObject> {
    check(py, K::NAME, K::SHAPE, &args)?;
    // SAFETY: the caller's promise; the caller of the type holds it for the call.
    unsafe {
        let value = K::construct(&ClassScope::new(py, ty), args)?;
        create(py, ty, args, value, None).map(Obj::into_ptr)
    }
}

unsafe extern "C" fn tp_new<K: Constructor>(
    ty: *mut ffi::PyTypeObject,
    args: *mut ffi::PyObject,
    kwargs: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: CPython calls tp_new, attached, with the type or a subclass, a tuple and NULL or a dict.
    unsafe {
        enter(|py| {
            let collected = Collected::new(py, kwargs)?;
            make::<K>(py, ty, Collected::arguments(collected.as_ref(), &args))
        })
    }
}

unsafe extern "C" fn vectorcall<K: Constructor>(
    ty: *mut ffi::PyObject,
    args: *const *mut ffi::PyObject,
    nargsf: usize,
    kwnames: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: the vectorcall protocol: `args` holds the positional arguments, alive for the call; attached.
    unsafe {
        enter(|py| {
            let count = ffi::PyVectorcall_NARGS(nargsf).cast_unsigned();
            make::<K>(py, ty.cast(), Arguments::vectorcall(args, count, &kwnames))
        })
    }
}
