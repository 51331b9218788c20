//! Calls: arguments as Rust tuples, passed on by CPython's vectorcall.

use crate::brand::Py;
use crate::ffi;
use crate::object::convert::IntoPy;
use crate::object::err::PyResult;
use crate::object::obj::{Name, Obj};
use crate::object::recursion::Call;
use crate::object::types::{Dict, Tuple};

/// The positional arguments of a call: a Rust tuple of up to sixteen, a slice of objects, or a `tuple`.
///
/// ```
/// use insula::prelude::*;
/// fn apply<'py>(function: &Obj<'py>, rest: &[Obj<'py>]) -> PyResult<'py, Obj<'py>> {
///     let first = function.call((1, "two", [3, 4]))?;
///     function.call(rest)?;
///     first.call_method_kw("replace", ("two",), &[("count", &first)])
/// }
/// ```
pub trait CallArguments<'py>: sealed::Sealed {
    /// Calls `call` with the converted arguments behind one empty place, which vectorcall lets the callee use.
    #[doc(hidden)]
    fn with<R>(self, py: Py<'py>, call: impl FnOnce(&mut [Option<Obj<'py>>]) -> PyResult<'py, R>) -> PyResult<'py, R>;
}

mod sealed {
    use crate::object::obj::Obj;
    use crate::object::types::Tuple;

    /// Implemented here only: what `with` passes on must hold no empty place but the first.
    pub trait Sealed {}
    impl Sealed for &[Obj<'_>] {}
    impl<const N: usize> Sealed for &[Obj<'_>; N] {}
    impl Sealed for &Obj<'_, Tuple> {}
    impl Sealed for () {}
}

impl<'py> CallArguments<'py> for &[Obj<'py>] {
    fn with<R>(self, _: Py<'py>, call: impl FnOnce(&mut [Option<Obj<'py>>]) -> PyResult<'py, R>) -> PyResult<'py, R> {
        let mut array: Vec<_> = std::iter::once(None).chain(self.iter().cloned().map(Some)).collect();
        call(&mut array)
    }
}

impl<'py, const N: usize> CallArguments<'py> for &[Obj<'py>; N] {
    fn with<R>(self, py: Py<'py>, call: impl FnOnce(&mut [Option<Obj<'py>>]) -> PyResult<'py, R>) -> PyResult<'py, R> {
        self.as_slice().with(py, call)
    }
}

impl<'py> CallArguments<'py> for &Obj<'py, Tuple> {
    fn with<R>(self, _: Py<'py>, call: impl FnOnce(&mut [Option<Obj<'py>>]) -> PyResult<'py, R>) -> PyResult<'py, R> {
        let mut array: Vec<_> = std::iter::once(None).chain(self.iter().map(Some)).collect();
        call(&mut array)
    }
}

impl<'py> CallArguments<'py> for () {
    fn with<R>(self, _: Py<'py>, call: impl FnOnce(&mut [Option<Obj<'py>>]) -> PyResult<'py, R>) -> PyResult<'py, R> {
        call(&mut [None])
    }
}

macro_rules! tuples {
    ($(($($name:ident $index:tt),+))*) => { $(
        impl<$($name),+> sealed::Sealed for ($($name,)+) {}
        impl<'py, $($name: IntoPy<'py>),+> CallArguments<'py> for ($($name,)+) {
            #[inline]
            fn with<R>(
                self,
                py: Py<'py>,
                call: impl FnOnce(&mut [Option<Obj<'py>>]) -> PyResult<'py, R>,
            ) -> PyResult<'py, R> {
                call(&mut [None, $(Some(self.$index.into_py(py)?)),+])
            }
        }
    )* };
}
tuples! {
    (A 0)
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, F 5)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12, N 13)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12, N 13, O 14)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12, N 13, O 14, P 15)
}

/// Vectorcall with the arguments behind an empty place.
fn vectorcall<'py>(
    callable: *mut ffi::PyObject,
    py: Py<'py>,
    array: &mut [Option<Obj<'py>>],
) -> PyResult<'py, Obj<'py>> {
    // SAFETY: 1) the callers pass a live object; 2) `Option<Obj>` is one pointer, NULL for `None`, and only the first
    // place is `None`: the array is that of vectorcall, with the place before the first argument that
    // PY_VECTORCALL_ARGUMENTS_OFFSET promises the callee it may change and restore, for which it is borrowed mutably;
    // 3) the result is a new reference or NULL with an exception.
    unsafe {
        let args = array.as_mut_ptr().add(1).cast::<*mut ffi::PyObject>();
        let count = (array.len() - 1) | ffi::PY_VECTORCALL_ARGUMENTS_OFFSET;
        Obj::from_owned(py, ffi::PyObject_Vectorcall(callable, args, count, std::ptr::null_mut()))
    }
}

/// Adds keywords to the arguments, then calls.
fn keyword_call<'py>(
    callable: *mut ffi::PyObject,
    py: Py<'py>,
    array: &mut [Option<Obj<'py>>],
    keywords: &[(&str, &Obj<'py>)],
) -> PyResult<'py, Obj<'py>> {
    if keywords.is_empty() {
        return vectorcall(callable, py, array);
    }
    // Through a dictionary: of two keywords with one name the last is passed, where vectorcall would demand unique
    // names.
    let dict = Dict::new(py)?;
    for (name, value) in keywords {
        dict.set(*name, *value)?;
    }
    dict_call(callable, py, array, &dict)
}

fn dict_call<'py>(
    callable: *mut ffi::PyObject,
    py: Py<'py>,
    array: &mut [Option<Obj<'py>>],
    keywords: &Obj<'py, Dict>,
) -> PyResult<'py, Obj<'py>> {
    // SAFETY: as in `vectorcall`; CPython unpacks the dictionary and raises where a key is no `str`.
    unsafe {
        let args = array.as_mut_ptr().add(1).cast::<*mut ffi::PyObject>();
        let count = (array.len() - 1) | ffi::PY_VECTORCALL_ARGUMENTS_OFFSET;
        Obj::from_owned(py, ffi::PyObject_VectorcallDict(callable, args, count, keywords.as_ptr()))
    }
}

impl<'py, T> Obj<'py, T> {
    /// `self(*args)`, with a tuple of objects or of what becomes one.
    ///
    /// # Errors
    ///
    /// What the conversion of an argument or the call raises.
    #[doc(alias = "call1")]
    #[inline]
    pub fn call(&self, args: impl CallArguments<'py>) -> PyResult<'py, Obj<'py>> {
        let _call = Call::of(self)?;
        args.with(self.py(), |array| vectorcall(self.as_ptr(), self.py(), array))
    }

    /// `self(*args, **keywords)`.
    ///
    /// # Errors
    ///
    /// What the conversion of an argument or the call raises.
    pub fn call_kw(&self, args: impl CallArguments<'py>, keywords: &[(&str, &Obj<'py>)]) -> PyResult<'py, Obj<'py>> {
        let _call = Call::of(self)?;
        args.with(self.py(), |array| keyword_call(self.as_ptr(), self.py(), array, keywords))
    }

    /// `self(*args, **keywords)`, with the keywords in a `dict`.
    ///
    /// # Errors
    ///
    /// `TypeError` if a key is no `str`; what the conversion of an argument or the call raises.
    pub fn call_dict(&self, args: impl CallArguments<'py>, keywords: &Obj<'py, Dict>) -> PyResult<'py, Obj<'py>> {
        let _call = Call::of(self)?;
        args.with(self.py(), |array| dict_call(self.as_ptr(), self.py(), array, keywords))
    }

    /// `self.name(*args)`, without making a bound method.
    ///
    /// # Errors
    ///
    /// `AttributeError` if there is no such method; what the conversion of an argument or the call raises.
    pub fn call_method(&self, name: impl Name<'py>, args: impl CallArguments<'py>) -> PyResult<'py, Obj<'py>> {
        let name = name.to_name(self.py())?;
        // The method may be a type.
        let _call = Call::enter(self.py())?;
        args.with(self.py(), |array| {
            array[0] = Some(self.clone().into_any());
            // SAFETY: every place of the array holds a live object, the receiver first, which PyObject_VectorcallMethod
            // demands; without PY_VECTORCALL_ARGUMENTS_OFFSET it changes none. The result is a new reference or NULL
            // with an exception.
            unsafe {
                let args = array.as_ptr().cast::<*mut ffi::PyObject>();
                let result = ffi::PyObject_VectorcallMethod(name.as_ptr(), args, array.len(), std::ptr::null_mut());
                Obj::from_owned(self.py(), result)
            }
        })
    }

    /// `self.name(*args, **keywords)`.
    ///
    /// # Errors
    ///
    /// `AttributeError` if there is no such method; what the conversion of an argument or the call raises.
    pub fn call_method_kw(
        &self,
        name: impl Name<'py>,
        args: impl CallArguments<'py>,
        keywords: &[(&str, &Obj<'py>)],
    ) -> PyResult<'py, Obj<'py>> {
        self.getattr(name)?.call_kw(args, keywords)
    }
}
