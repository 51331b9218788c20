//! Functions, methods, getters and setters: from CPython's calling conventions to the user's Rust function.
//!
//! The convention follows the shape (METH_O for one argument, METH_FASTCALL for functions otherwise, METH_NOARGS for
//! methods without arguments), because CPython's specialising interpreter has fast paths for just these. METH_METHOD is
//! not among them: the state is found from the class instead.

use std::ffi::{CStr, c_int, c_void};

use crate::arguments::scope::{ClassScope, FunctionScope, Scope, StaticScope};
use crate::arguments::vectorcall::Arguments;
use crate::brand::Py;
use crate::class::layout::check_complete;
use crate::def::{ClassDef, ModuleDef};
use crate::ffi;
use crate::object::convert::IntoPy;
use crate::object::err::{PyErr, PyResult};
use crate::object::exceptions::{AttributeError, BuiltinException, TypeError};
use crate::object::obj::{Obj, lent};
use crate::object::raise::IntoPyErr;
use crate::object::types::Type;
use crate::trampoline::enter;

/// What kind of result a handler gives CPython.
pub trait Kind {
    /// The result before it becomes C's.
    type Out<'py>;
}

/// Any Python object.
pub enum Object {}
impl Kind for Object {
    type Out<'py> = Obj<'py>;
}

/// Nothing: success is enough.
pub enum Nothing {}
impl Kind for Nothing {
    type Out<'py> = ();
}

/// What a user's function may return where CPython expects a `K`, at the place `S`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the result of this function",
    note = "return a value that Python can have, or a `Result` of one",
    note = "an instance of a class that derives from another is made with `cx.new(With(..))`, and one within an \
            `Option`, `Vec` or tuple with `cx.new(value)?`",
    note = "the error of a `Result` is a `PyErr`, an error of the standard library's, `Box<dyn Error>`, or an error \
            type of your own that derives it: #[derive(IntoPyErr)] #[raise(ValueError)]"
)]
pub trait Return<'py, K: Kind, S> {
    /// Converts.
    ///
    /// # Errors
    ///
    /// The error it is, or that of the conversion.
    fn into_out(self, py: Py<'py>, scope: &S) -> PyResult<'py, K::Out<'py>>;
}

impl<'py, S, T: IntoPy<'py>> Return<'py, Object, S> for T {
    #[inline]
    fn into_out(self, py: Py<'py>, _: &S) -> PyResult<'py, Obj<'py>> {
        self.into_py(py)
    }
}

impl<'py, K, S, T, E> Return<'py, K, S> for Result<T, E>
where
    K: Kind,
    T: Return<'py, K, S>,
    E: IntoPyErr<'py, S>,
{
    #[inline]
    fn into_out(self, py: Py<'py>, scope: &S) -> PyResult<'py, K::Out<'py>> {
        match self {
            Ok(value) => value.into_out(py, scope),
            Err(error) => Err(error.into_py_err(py, scope)),
        }
    }
}

impl<'py, S> Return<'py, Nothing, S> for () {
    #[inline]
    fn into_out(self, _: Py<'py>, _: &S) -> PyResult<'py, ()> {
        Ok(())
    }
}

/// Converts a user's result.
///
/// # Errors
///
/// As `Return::into_out`.
#[inline]
pub fn result<'py, K: Kind, S: Scope<'py>, R: Return<'py, K, S>>(scope: &S, value: R) -> PyResult<'py, K::Out<'py>> {
    value.into_out(scope.py(), scope)
}

/// Which arguments a handler takes, and so by which convention CPython calls it.
#[derive(Clone, Copy)]
pub enum Shape {
    /// Just so many, by position.
    Exactly(usize),
    /// By position; the handler's signature checks them.
    Positional,
    /// By position and by keyword; the handler's signature checks them.
    Keywords,
}

/// A `#[function]`.
pub trait Function {
    /// The module.
    type Module: ModuleDef;
    /// The function's name, for messages.
    const NAME: &'static CStr;
    /// Which arguments it takes.
    const SHAPE: Shape;

    /// Calls the user's function. Generic over the brand: the user's function cannot choose it.
    ///
    /// # Errors
    ///
    /// What it raises, or the conversion of an argument.
    fn call<'a, 'py>(scope: &'a FunctionScope<'py, Self::Module>, args: Arguments<'a, 'py>) -> PyResult<'py, Obj<'py>>;
}

/// A method, slot, getter or setter of a class, with a result of kind `K`.
pub trait Method<K: Kind> {
    /// The class.
    type Class: ClassDef;
    /// The method's name, for messages.
    const NAME: &'static CStr;
    /// Which arguments it takes beside `self`.
    const SHAPE: Shape;

    /// Calls the user's method. Generic over the brand: the user's method cannot choose it.
    ///
    /// # Errors
    ///
    /// What it raises, or the conversion of an argument.
    fn call<'a, 'py>(
        scope: &'a ClassScope<'py, Self::Class>,
        slf: &'a Obj<'py, <Self::Class as ClassDef>::Of<'py>>,
        args: Arguments<'a, 'py>,
    ) -> PyResult<'py, K::Out<'py>>;
}

/// Views pointers to objects as the objects, borrowed.
///
/// # Safety
///
/// They are alive as long as the slice.
#[inline]
unsafe fn borrowed<'py>(args: &[*mut ffi::PyObject]) -> &[Obj<'py>] {
    // SAFETY: `Obj` is `repr(transparent)` over a non-null pointer; behind shared references they are borrowed, never
    // released.
    let args = unsafe { std::slice::from_raw_parts(args.as_ptr().cast(), args.len()) };
    lent(args);
    args
}

/// # Errors
///
/// `TypeError`, in CPython's words, if the number of arguments is not what the shape says, or it takes no keywords.
#[inline]
pub(crate) fn check<'py>(py: Py<'py>, name: &CStr, shape: Shape, args: &Arguments<'_, 'py>) -> PyResult<'py, ()> {
    match shape {
        Shape::Keywords => Ok(()),
        _ if args.has_keywords() => Err(no_keywords(py, name)),
        Shape::Exactly(arity) if args.count() != arity => Err(wrong_arity(py, name, arity, args.count())),
        Shape::Exactly(_) | Shape::Positional => Ok(()),
    }
}

#[cold]
fn wrong_arity<'py>(py: Py<'py>, name: &CStr, arity: usize, given: usize) -> PyErr<'py> {
    let name = name.to_string_lossy();
    let plural = if arity == 1 { "" } else { "s" };
    TypeError::new_err(py, format!("{name} expected {arity} argument{plural}, got {given}").as_str())
}

#[cold]
fn no_keywords<'py>(py: Py<'py>, name: &CStr) -> PyErr<'py> {
    TypeError::new_err(py, format!("{}() takes no keyword arguments", name.to_string_lossy()).as_str())
}

/// Calls a method with borrowed arguments.
///
/// # Safety
///
/// `slf` is an instance of the method's class or a subclass; it and `args` are alive for the call, which CPython
/// guarantees for the arguments of any call.
#[inline]
pub(crate) unsafe fn invoke<'py, K: Kind, H: Method<K>>(
    py: Py<'py>,
    slf: *mut ffi::PyObject,
    args: &[*mut ffi::PyObject],
) -> PyResult<'py, K::Out<'py>> {
    // SAFETY: the caller's promise.
    unsafe {
        check_complete::<H::Class>(py, slf)?;
        let scope = ClassScope::new(py, ffi::Py_TYPE(slf));
        H::call(&scope, Obj::from_place(&slf), Arguments::positional(borrowed(args)))
    }
}

unsafe extern "C" fn function_one<F: Function>(
    module: *mut ffi::PyObject,
    arg: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: METH_O: CPython passes the module and one live argument, attached.
    unsafe {
        enter(|py| F::call(&FunctionScope::new(py, module), Arguments::positional(borrowed(&[arg]))).map(Obj::into_ptr))
    }
}

unsafe extern "C" fn function_fast<F: Function>(
    module: *mut ffi::PyObject,
    args: *mut *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
) -> *mut ffi::PyObject {
    // SAFETY: METH_FASTCALL is METH_FASTCALL | METH_KEYWORDS without names.
    unsafe { function_keywords::<F>(module, args, count, std::ptr::null_mut()) }
}

unsafe extern "C" fn function_keywords<F: Function>(
    module: *mut ffi::PyObject,
    args: *const *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
    names: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: METH_FASTCALL | METH_KEYWORDS: CPython passes the module and live arguments, attached.
    unsafe {
        enter(|py| {
            let args = Arguments::vectorcall(args, count.cast_unsigned(), &names);
            check(py, F::NAME, F::SHAPE, &args)?;
            F::call(&FunctionScope::new(py, module), args).map(Obj::into_ptr)
        })
    }
}

unsafe extern "C" fn method_none<H: Method<Object>>(
    slf: *mut ffi::PyObject,
    _: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: METH_NOARGS of a class's method: CPython checked that `slf` is an instance; attached.
    unsafe { enter(|py| invoke::<Object, H>(py, slf, &[]).map(Obj::into_ptr)) }
}

unsafe extern "C" fn method_one<H: Method<Object>>(
    slf: *mut ffi::PyObject,
    arg: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: METH_O of a class's method: CPython checked that `slf` is an instance; attached.
    unsafe { enter(|py| invoke::<Object, H>(py, slf, &[arg]).map(Obj::into_ptr)) }
}

unsafe extern "C" fn method_fast<H: Method<Object>>(
    slf: *mut ffi::PyObject,
    args: *mut *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
) -> *mut ffi::PyObject {
    // SAFETY: METH_FASTCALL is METH_FASTCALL | METH_KEYWORDS without names.
    unsafe { method_keywords::<H>(slf, args, count, std::ptr::null_mut()) }
}

unsafe extern "C" fn method_keywords<H: Method<Object>>(
    slf: *mut ffi::PyObject,
    args: *const *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
    names: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: METH_FASTCALL | METH_KEYWORDS of a class's method: CPython checked that `slf` is an instance, and passes
    // live arguments; attached.
    unsafe {
        enter(|py| {
            let args = Arguments::vectorcall(args, count.cast_unsigned(), &names);
            check(py, H::NAME, H::SHAPE, &args)?;
            check_complete::<H::Class>(py, slf)?;
            H::call(&ClassScope::new(py, ffi::Py_TYPE(slf)), Obj::from_place(&slf), args).map(Obj::into_ptr)
        })
    }
}

/// The method table's entry of a module function.
pub const fn function_def<F: Function>(doc: &'static CStr) -> ffi::PyMethodDef {
    use ffi::PyMethodDefPointer as Pointer;
    let (pointer, flags) = match F::SHAPE {
        Shape::Exactly(1) => (Pointer { PyCFunction: function_one::<F> }, ffi::METH_O),
        Shape::Exactly(_) | Shape::Positional => (Pointer { PyCFunctionFast: function_fast::<F> }, ffi::METH_FASTCALL),
        Shape::Keywords => {
            (Pointer { PyCFunctionFastWithKeywords: function_keywords::<F> }, ffi::METH_FASTCALL | ffi::METH_KEYWORDS)
        }
    };
    ffi::PyMethodDef { ml_name: F::NAME.as_ptr(), ml_meth: pointer, ml_flags: flags, ml_doc: doc.as_ptr() }
}

/// The method table's entry of a method.
pub const fn method_def<H: Method<Object>>(doc: &'static CStr) -> ffi::PyMethodDef {
    use ffi::PyMethodDefPointer as Pointer;
    let (pointer, flags) = match H::SHAPE {
        Shape::Exactly(0) => (Pointer { PyCFunction: method_none::<H> }, ffi::METH_NOARGS),
        Shape::Exactly(1) => (Pointer { PyCFunction: method_one::<H> }, ffi::METH_O),
        Shape::Exactly(_) | Shape::Positional => (Pointer { PyCFunctionFast: method_fast::<H> }, ffi::METH_FASTCALL),
        Shape::Keywords => {
            (Pointer { PyCFunctionFastWithKeywords: method_keywords::<H> }, ffi::METH_FASTCALL | ffi::METH_KEYWORDS)
        }
    };
    ffi::PyMethodDef { ml_name: H::NAME.as_ptr(), ml_meth: pointer, ml_flags: flags, ml_doc: doc.as_ptr() }
}

/// A `#[classmethod]`: its receiver is the class that it is called on, or a subclass of the one that defines it.
pub trait ClassMethod {
    /// The class.
    type Class: ClassDef;
    /// The method's name, for messages.
    const NAME: &'static CStr;
    /// Which arguments it takes beside the class.
    const SHAPE: Shape;

    /// Calls the user's function. Generic over the brand: the user's function cannot choose it.
    ///
    /// # Errors
    ///
    /// What it raises, or the conversion of an argument.
    fn call<'a, 'py>(
        scope: &'a ClassScope<'py, Self::Class>,
        slf: &'a Obj<'py, Type>,
        args: Arguments<'a, 'py>,
    ) -> PyResult<'py, Obj<'py>>;
}

/// A `#[staticmethod]`: it has neither receiver nor module.
pub trait StaticMethod {
    /// The module.
    type Module: ModuleDef;
    /// The method's name, for messages.
    const NAME: &'static CStr;
    /// Which arguments it takes.
    const SHAPE: Shape;

    /// Calls the user's function. Generic over the brand: the user's function cannot choose it.
    ///
    /// # Errors
    ///
    /// What it raises, or the conversion of an argument.
    fn call<'a, 'py>(scope: &'a StaticScope<'py, Self::Module>, args: Arguments<'a, 'py>) -> PyResult<'py, Obj<'py>>;
}

unsafe extern "C" fn class_method<H: ClassMethod>(
    class: *mut ffi::PyObject,
    args: *const *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
    names: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: METH_CLASS | METH_FASTCALL | METH_KEYWORDS: CPython checked that `class` is the class or a subclass, and
    // passes live arguments; attached.
    unsafe {
        enter(|py| {
            let args = Arguments::vectorcall(args, count.cast_unsigned(), &names);
            check(py, H::NAME, H::SHAPE, &args)?;
            H::call(&ClassScope::new(py, class.cast()), Obj::from_place(&class), args).map(Obj::into_ptr)
        })
    }
}

unsafe extern "C" fn static_method<H: StaticMethod>(
    _: *mut ffi::PyObject,
    args: *const *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
    names: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: METH_STATIC | METH_FASTCALL | METH_KEYWORDS: CPython passes live arguments; attached.
    unsafe {
        enter(|py| {
            let args = Arguments::vectorcall(args, count.cast_unsigned(), &names);
            check(py, H::NAME, H::SHAPE, &args)?;
            H::call(&StaticScope::new(py), args).map(Obj::into_ptr)
        })
    }
}

/// The method table's entry of a class method.
pub const fn class_method_def<H: ClassMethod>(doc: &'static CStr) -> ffi::PyMethodDef {
    ffi::PyMethodDef {
        ml_name: H::NAME.as_ptr(),
        ml_meth: ffi::PyMethodDefPointer { PyCFunctionFastWithKeywords: class_method::<H> },
        ml_flags: ffi::METH_FASTCALL | ffi::METH_KEYWORDS | ffi::METH_CLASS,
        ml_doc: doc.as_ptr(),
    }
}

/// The method table's entry of a static method.
pub const fn static_method_def<H: StaticMethod>(doc: &'static CStr) -> ffi::PyMethodDef {
    ffi::PyMethodDef {
        ml_name: H::NAME.as_ptr(),
        ml_meth: ffi::PyMethodDefPointer { PyCFunctionFastWithKeywords: static_method::<H> },
        ml_flags: ffi::METH_FASTCALL | ffi::METH_KEYWORDS | ffi::METH_STATIC,
        ml_doc: doc.as_ptr(),
    }
}

/// `__dict__` of a class whose instances have one.
pub const DICT_GETSET: ffi::PyGetSetDef = ffi::PyGetSetDef {
    name: c"__dict__".as_ptr(),
    get: Some(ffi::PyObject_GenericGetDict),
    set: Some(ffi::PyObject_GenericSetDict),
    doc: std::ptr::null(),
    closure: std::ptr::null_mut(),
};

/// `__class_getitem__` of a generic class: `Class[item]` is a `types.GenericAlias`.
pub const CLASS_GETITEM: ffi::PyMethodDef = ffi::PyMethodDef {
    ml_name: c"__class_getitem__".as_ptr(),
    ml_meth: ffi::PyMethodDefPointer { PyCFunction: ffi::Py_GenericAlias },
    ml_flags: ffi::METH_O | ffi::METH_CLASS,
    ml_doc: c"See PEP 585".as_ptr(),
};

unsafe extern "C" fn getter<G: Method<Object>>(slf: *mut ffi::PyObject, _: *mut c_void) -> *mut ffi::PyObject {
    // SAFETY: CPython checked that `slf` is an instance of the class that has the getter; attached.
    unsafe { enter(|py| invoke::<Object, G>(py, slf, &[]).map(Obj::into_ptr)) }
}

unsafe extern "C" fn setter<S: Method<Nothing>>(
    slf: *mut ffi::PyObject,
    value: *mut ffi::PyObject,
    _: *mut c_void,
) -> c_int {
    // SAFETY: as in `getter`; NULL stands for `del`.
    unsafe {
        enter(|py| {
            if value.is_null() {
                let name = S::NAME.to_string_lossy();
                return Err(AttributeError::new_err(py, format!("attribute '{name}' cannot be deleted").as_str()));
            }
            invoke::<Nothing, S>(py, slf, &[value]).map(|()| 0)
        })
    }
}

/// The table's entry of a `#[getter]` without a setter.
pub const fn readonly_getset_def<G: Method<Object>>(doc: &'static CStr) -> ffi::PyGetSetDef {
    ffi::PyGetSetDef {
        name: G::NAME.as_ptr(),
        get: Some(getter::<G>),
        set: None,
        doc: doc.as_ptr(),
        closure: std::ptr::null_mut(),
    }
}

/// The table's entry of a `#[getter]` with a `#[setter]`.
pub const fn getset_def<G: Method<Object>, S: Method<Nothing>>(doc: &'static CStr) -> ffi::PyGetSetDef {
    ffi::PyGetSetDef {
        name: G::NAME.as_ptr(),
        get: Some(getter::<G>),
        set: Some(setter::<S>),
        doc: doc.as_ptr(),
        closure: std::ptr::null_mut(),
    }
}
