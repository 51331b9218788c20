//! Constructors: `#[new]`.

use std::ffi::{CStr, c_int};

use crate::arguments::scope::ClassScope;
use crate::arguments::signature::Signature;
use crate::arguments::vectorcall::{Arguments, Collected};
use crate::brand::Py;
use crate::call::methods::{Shape, check};
use crate::class::instance::create;
use crate::def::{Base, ClassDef, Initializer, New, Origin};
use crate::ffi;
use crate::object::err::{PyErr, PyResult};
use crate::object::obj::Obj;
use crate::object::raise::IntoPyErr;
use crate::trampoline::enter;

/// Which of its arguments a constructor has no parameters for.
#[derive(Clone, Copy)]
pub enum Collects {
    /// None.
    Nothing,
    /// Those that the `*args` and `**kwargs` of a signature collect.
    Rest(&'static Signature),
    /// All, for it takes them as `Arguments`.
    All,
}

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

    /// Which arguments it leaves to the `__init__` of a built-in type that the class derives from.
    const COLLECTS: Collects = Collects::Nothing;

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
    let init = if initialises::<K>() { tp_init::<K> } else { nothing };
    New::Function { new: tp_new::<K>, init, vectorcall: vectorcall::<K> }
}

/// # Safety
///
/// `ty` is the type object of the class or a subclass.
#[inline(always)]
unsafe fn make<'py, K: Constructor>(
    py: Py<'py>,
    ty: *mut ffi::PyTypeObject,
    args: Arguments<'_, 'py>,
) -> PyResult<'py, Obj<'py, <K::Init<'py> as Initializer<'py>>::Class>> {
    check(py, K::NAME, K::SHAPE, &args)?;
    // SAFETY: the caller's promise; the caller of the type holds it for the call.
    unsafe {
        let value = K::construct(&ClassScope::new(py, ty), args)?;
        create(py, ty, args, value, None)
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
            make::<K>(py, ty, Collected::arguments(collected.as_ref(), &args)).map(Obj::into_ptr)
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
            let args = Arguments::vectorcall(args, count, &kwnames);
            let object = make::<K>(py, ty.cast(), args)?;
            if initialises::<K>() {
                initialise::<K>(object.as_any(), &args)?;
            }
            Ok(object.into_ptr())
        })
    }
}

/// Whether there is something to do in `__init__`: as in a Python class that has a `__new__` only, that of a `dict` or
/// `list` puts the items in. Here it gets only what `#[new]` has no parameters for. (That of an exception would keep
/// the arguments, which its `__new__` has done.)
const fn initialises<K: Constructor>() -> bool {
    let fills = matches!(<<K::Class as ClassDef>::Base as Base>::ORIGIN, Origin::New { arguments: false });
    fills && !matches!(K::COLLECTS, Collects::Nothing)
}

/// Calls `__init__` of the built-in type at the root.
///
/// # Safety
///
/// The object is an instance of the class or a subclass.
unsafe fn initialise<'py, K: Constructor>(object: &Obj<'py>, args: &Arguments<'_, 'py>) -> PyResult<'py, ()> {
    let py = object.py();
    let (args, keywords) = match K::COLLECTS {
        Collects::Nothing => return Ok(()),
        Collects::Rest(signature) => signature.collected(py, args)?,
        Collects::All => args.collect(py)?,
    };
    let keywords = keywords.as_ref().map_or(std::ptr::null_mut(), Obj::as_ptr);
    // SAFETY: the root is a type that is ready, as is each base of a class that was made.
    let Some(init) = (unsafe { (*<<K::Class as ClassDef>::Base as Base>::root()).tp_init }) else { return Ok(()) };
    // SAFETY: the object is an instance of the root, by the caller's promise; a tp_init gets a tuple, and a dict or
    // NULL.
    PyErr::check(py, unsafe { ffi::call_3(init, object.as_ptr(), args.as_ptr(), keywords) })
}

unsafe extern "C" fn tp_init<K: Constructor>(
    object: *mut ffi::PyObject,
    args: *mut ffi::PyObject,
    kwargs: *mut ffi::PyObject,
) -> c_int {
    // SAFETY: CPython calls tp_init, attached, with an instance of the class or a subclass, a tuple and NULL or a dict.
    unsafe {
        enter(|py| {
            let collected = Collected::new(py, kwargs)?;
            let args = Collected::arguments(collected.as_ref(), &args);
            initialise::<K>(Obj::from_place(&object), &args).map(|()| 0)
        })
    }
}

/// `tp_init` of a class whose constructor did everything.
unsafe extern "C" fn nothing(_: *mut ffi::PyObject, _: *mut ffi::PyObject, _: *mut ffi::PyObject) -> c_int {
    0
}
