//! The arguments of a call, as CPython hands them over.

use std::ffi::CStr;
use std::marker::PhantomData;

use crate::brand::Py;
use crate::ffi;
use crate::object::convert::callee::Callee;
use crate::object::convert::tuples::FromItems;
use crate::object::convert::{Argument, FromPy, Name};
use crate::object::err::{PyErr, PyResult};
use crate::object::exceptions::{BuiltinException, TypeError};
use crate::object::obj::{Obj, lent};
use crate::object::recursion::Call;
use crate::object::types::{Dict, Str, Tuple};
use crate::thread::critical_section::critical_section;

/// Arguments that lie one after the other, borrowed for `'a`.
#[derive(Clone, Copy)]
pub(super) struct Values<'a, 'py> {
    /// NULL or dangling if there are none.
    first: *const Obj<'py>,
    count: usize,
    during: PhantomData<&'a [Obj<'py>]>,
}

impl<'a, 'py> Values<'a, 'py> {
    #[inline]
    fn of(values: &'a [Obj<'py>]) -> Self {
        Values { first: values.as_ptr(), count: values.len(), during: PhantomData }
    }

    #[inline]
    pub(super) fn get(&self, index: usize) -> Option<&'a Obj<'py>> {
        // SAFETY: the place is one of `count`, which live for `'a`.
        let value = (index < self.count).then(|| unsafe { &*self.first.add(index) })?;
        lent(std::slice::from_ref(value));
        Some(value)
    }

    #[inline]
    pub(super) fn as_slice(&self) -> &'a [Obj<'py>] {
        // SAFETY: `count` places from the first on, which live for `'a`.
        let values = if self.count == 0 { &[] } else { unsafe { std::slice::from_raw_parts(self.first, self.count) } };
        lent(values);
        values
    }
}

/// The arguments of a call, as the vectorcall protocol hands them over.
///
/// A function or method that has a parameter of this type instead of a signature takes any arguments, and can pass them
/// on as they are: nothing is made for that.
///
/// ```
/// # #[insula::module]
/// # mod demo {
/// #     use insula::prelude::*;
/// /// Calls a function with the arguments that come after it.
/// #[function]
/// fn apply<'py>(py: Py<'py>, arguments: Arguments<'_, 'py>) -> PyResult<'py, Obj<'py>> {
///     match arguments.split_first() {
///         Some((function, arguments)) => function.call_with(arguments),
///         None => Err(TypeError::new_err(py, "which function?")),
///     }
/// }
/// # }
/// # fn main() {}
/// ```
#[derive(Clone, Copy)]
pub struct Arguments<'a, 'py> {
    /// Those by position.
    pub(super) positional: Values<'a, 'py>,
    /// The values of the others, as many as there are names.
    pub(super) keywords: Values<'a, 'py>,
    /// The names of the others.
    pub(super) names: &'a [Obj<'py>],
    /// What is called.
    callee: Callee<'a, 'py>,
}

impl<'a, 'py> Arguments<'a, 'py> {
    /// Positional arguments only.
    #[inline]
    pub(crate) fn positional(positional: &'a [Obj<'py>]) -> Self {
        Arguments { positional: Values::of(positional), keywords: Values::of(&[]), names: &[], callee: Callee::Unknown }
    }

    /// Those of a call by the vectorcall protocol.
    ///
    /// # Safety
    ///
    /// `args` points at `count` live positional arguments, then at one for each of `names`, a tuple or NULL. It may be
    /// NULL if there are none.
    #[inline]
    pub(crate) unsafe fn vectorcall(
        args: *const *mut ffi::PyObject,
        count: usize,
        names: &'a *mut ffi::PyObject,
    ) -> Self {
        // `Obj` is `repr(transparent)` over a non-null pointer; behind shared references they are borrowed, never
        // released.
        let positional = Values { first: args.cast(), count, during: PhantomData };
        if names.is_null() {
            return Arguments { positional, keywords: Values::of(&[]), names: &[], callee: Callee::Unknown };
        }
        // SAFETY: the caller's promise.
        unsafe {
            let names = Obj::<Tuple>::from_place(names).items();
            let keywords = Values { first: args.add(count).cast(), count: names.len(), during: PhantomData };
            Arguments { positional, keywords, names, callee: Callee::Unknown }
        }
    }

    /// Those of a call of `callee`, for messages.
    #[inline]
    pub(crate) fn of(self, callee: Callee<'a, 'py>) -> Self {
        Arguments { callee, ..self }
    }

    /// Those of a call of a function with a name that is known.
    #[doc(hidden)]
    #[inline]
    pub fn of_function(self, name: &'static CStr) -> Self {
        self.of(Callee::Function(name))
    }

    /// How many positional arguments there are.
    #[inline]
    pub fn count(&self) -> usize {
        self.positional.count
    }

    /// As a tuple and, if there are keyword arguments, a dict, for a `tp_new`.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    pub(crate) fn collect(&self, py: Py<'py>) -> PyResult<'py, (Obj<'py, Tuple>, Option<Obj<'py, Dict>>)> {
        self.collect_from(py, 0, |_| true)
    }

    /// The same of the positional ones from `first` on, and of the keyword arguments with such names.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    pub(crate) fn collect_from(
        &self,
        py: Py<'py>,
        first: usize,
        mut takes: impl FnMut(&Obj<'py>) -> bool,
    ) -> PyResult<'py, (Obj<'py, Tuple>, Option<Obj<'py, Dict>>)> {
        let positional = Tuple::new(py, self.values().get(first..).unwrap_or_default())?;
        let mut keywords = None;
        for (name, value) in self.names.iter().zip(self.keywords.as_slice()).filter(|(name, _)| takes(name)) {
            let keywords = match &mut keywords {
                Some(keywords) => keywords,
                none => none.insert(Dict::new(py)?),
            };
            keywords.set(name, value)?;
        }
        Ok((positional, keywords))
    }

    /// Whether there are keyword arguments.
    #[inline]
    pub fn has_keywords(&self) -> bool {
        !self.names.is_empty()
    }

    /// The first positional argument, and the other arguments.
    #[inline]
    pub fn split_first(&self) -> Option<(&'a Obj<'py>, Self)> {
        let (first, rest) = self.values().split_first()?;
        Some((first, Arguments { positional: Values::of(rest), ..*self }))
    }

    /// Converts the positional argument at `index`, which the number of arguments was checked for.
    ///
    /// # Errors
    ///
    /// As the conversion.
    #[inline]
    pub fn get<S, T: FromPy<'a, 'py, S>>(&self, function: &'static CStr, index: usize, scope: &S) -> PyResult<'py, T> {
        T::from_py(&Argument::new(&self.values()[index], scope, Name::Position(function, index + 1)))
    }

    /// Converts the value that a slot assigns.
    ///
    /// # Errors
    ///
    /// As the conversion.
    #[inline]
    pub fn value<S, T: FromPy<'a, 'py, S>>(&self, index: usize, scope: &S) -> PyResult<'py, T> {
        T::from_py(&Argument::new(&self.values()[index], scope, Name::Value))
    }

    /// The positional arguments, converted to a tuple of as many values: for a function without keyword arguments.
    ///
    /// # Errors
    ///
    /// `TypeError` if there are keyword arguments, or more or fewer by position; what a conversion raises.
    ///
    /// ```
    /// use insula::prelude::*;
    /// fn scale<'py>(py: Py<'py>, arguments: Arguments<'_, 'py>) -> PyResult<'py, f64> {
    ///     let (number, by): (f64, f64) = arguments.extract(py)?;
    ///     Ok(number * by)
    /// }
    /// ```
    pub fn extract<T>(&self, py: Py<'py>) -> PyResult<'py, T>
    where
        T: FromItems<'a, 'py>,
    {
        if self.has_keywords() {
            return Err(TypeError::new_err(py, format!("{} takes no keyword arguments", self.callee.called())));
        }
        let values = self.values();
        if values.len() == T::COUNT {
            return T::from_items(py, self.callee, values);
        }
        Err(self.wrong_count(py, T::COUNT))
    }

    /// The TypeError for a function that takes so many arguments, in CPython's words for one in Python.
    #[cold]
    fn wrong_count(&self, py: Py<'py>, takes: usize) -> PyErr<'py> {
        let (callee, given) = (self.callee.called(), self.count());
        let (plural, was) = (if takes == 1 { "" } else { "s" }, if given == 1 { "was" } else { "were" });
        let message = format!("{callee} takes {takes} positional argument{plural} but {given} {was} given");
        TypeError::new_err(py, message)
    }

    /// The keyword argument of this name, if there is one.
    pub fn keyword(&self, name: &str) -> Option<&'a Obj<'py>> {
        let is_it =
            |own: &Obj<'py>| own.downcast::<Str>().and_then(|own| own.to_str().ok()).is_some_and(|own| own == name);
        self.keywords.get(self.names.iter().position(is_it)?)
    }

    /// The positional arguments.
    #[inline]
    pub fn values(&self) -> &'a [Obj<'py>] {
        self.positional.as_slice()
    }
}

impl<'py, T> Obj<'py, T> {
    /// `self(*args, **keywords)`, with the arguments that a function was called with.
    ///
    /// # Errors
    ///
    /// What the call raises.
    #[inline]
    pub fn call_with(&self, arguments: Arguments<'_, 'py>) -> PyResult<'py, Obj<'py>> {
        let _call = Call::of(self)?;
        if arguments.has_keywords() {
            return self.call_with_keywords(arguments);
        }
        let Values { first, count, .. } = arguments.positional;
        // SAFETY: `Obj` is `repr(transparent)` over a pointer: `count` live objects from the first on, of which the
        // callee changes none without PY_VECTORCALL_ARGUMENTS_OFFSET. A new reference or NULL with an exception.
        unsafe {
            let result = ffi::PyObject_Vectorcall(self.as_ptr(), first.cast(), count, std::ptr::null_mut());
            Obj::from_owned(self.py(), result)
        }
    }

    fn call_with_keywords(&self, arguments: Arguments<'_, 'py>) -> PyResult<'py, Obj<'py>> {
        let names = Tuple::new(self.py(), arguments.names)?;
        let values = [arguments.values(), arguments.keywords.as_slice()].concat();
        // SAFETY: as in `call_with`; the last values belong to the names.
        unsafe {
            let (args, count) = (values.as_ptr().cast(), arguments.count());
            Obj::from_owned(self.py(), ffi::PyObject_Vectorcall(self.as_ptr(), args, count, names.as_ptr()))
        }
    }
}

/// Keyword arguments that came as a dictionary: they are held here, for the caller's code may change it.
pub(crate) struct Collected<'py> {
    keywords: Vec<Obj<'py>>,
    pub(super) names: Vec<Obj<'py>>,
}

impl<'py> Collected<'py> {
    /// Collects them; nothing if there is no dictionary.
    ///
    /// # Errors
    ///
    /// `TypeError` for a name that is no `str`.
    ///
    /// # Safety
    ///
    /// `kwargs` is a live dictionary or NULL.
    #[inline]
    pub(crate) unsafe fn new(py: Py<'py>, kwargs: *mut ffi::PyObject) -> PyResult<'py, Option<Self>> {
        // SAFETY: the caller's promise.
        if kwargs.is_null() { Ok(None) } else { unsafe { Self::of_dict(py, kwargs).map(Some) } }
    }

    /// # Safety
    ///
    /// `kwargs` is a live dictionary.
    #[inline(never)]
    unsafe fn of_dict(py: Py<'py>, kwargs: *mut ffi::PyObject) -> PyResult<'py, Self> {
        let mut collected = Collected { keywords: Vec::new(), names: Vec::new() };
        let (mut position, mut key, mut value) = (0, std::ptr::null_mut(), std::ptr::null_mut());
        // SAFETY: a live dictionary, by the caller's promise; PyDict_Next gives borrowed references, and nothing runs
        // before they are taken. An error ends the loop.
        let collect = || unsafe {
            while ffi::PyDict_Next(kwargs, &mut position, &mut key, &mut value) != 0 {
                let name: Obj<'py> = Obj::from_borrowed(py, key)?;
                if name.downcast::<Str>().is_none() {
                    return Err(TypeError::new_err(py, "keywords must be strings"));
                }
                collected.names.push(name);
                collected.keywords.push(Obj::from_borrowed(py, value)?);
            }
            Ok(())
        };
        // SAFETY: a live dictionary; attached.
        unsafe { critical_section(kwargs, collect)? };
        Ok(collected)
    }

    /// The arguments of a call: those of a tuple, which does not change and which the caller holds, and what was
    /// collected.
    ///
    /// # Safety
    ///
    /// `args` is a tuple that lives for `'a`.
    #[inline]
    pub(crate) unsafe fn arguments<'a>(
        collected: Option<&'a Self>,
        args: &'a *mut ffi::PyObject,
    ) -> Arguments<'a, 'py> {
        // SAFETY: the caller's promise.
        let positional = Values::of(unsafe { Obj::<Tuple>::from_place(args) }.items());
        match collected {
            Some(Collected { keywords, names }) => {
                Arguments { positional, keywords: Values::of(keywords), names, callee: Callee::Unknown }
            }
            None => Arguments { positional, keywords: Values::of(&[]), names: &[], callee: Callee::Unknown },
        }
    }
}
