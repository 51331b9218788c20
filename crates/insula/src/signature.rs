//! Signatures: binding the arguments of a call to parameters, as CPython does for its own functions.

use std::ffi::CStr;
use std::marker::PhantomData;

use pyo3_ffi as ffi;

use crate::brand::Py;
use crate::checked::lent;
use crate::convert::{Argument, FromPy, Name};
use crate::err::{PyErr, PyResult};
use crate::exceptions::{BuiltinException, TypeError};
use crate::locked::locked;
use crate::obj::Obj;
use crate::scope::Scope;
use crate::types::{Dict, Str, Tuple};

/// Arguments that lie one after the other, borrowed for `'a`.
#[derive(Clone, Copy)]
struct Values<'a, 'py> {
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
    fn get(&self, index: usize) -> Option<&'a Obj<'py>> {
        // SAFETY: the place is one of `count`, which live for `'a`.
        let value = (index < self.count).then(|| unsafe { &*self.first.add(index) })?;
        lent(std::slice::from_ref(value));
        Some(value)
    }

    #[inline]
    fn as_slice(&self) -> &'a [Obj<'py>] {
        // SAFETY: `count` places from the first on, which live for `'a`.
        let values = if self.count == 0 { &[] } else { unsafe { std::slice::from_raw_parts(self.first, self.count) } };
        lent(values);
        values
    }
}

/// The arguments of a call, as the vectorcall protocol hands them over.
///
/// A function or method that has a parameter of this type instead of a signature takes any arguments, and can pass them on as they
/// are: nothing is made for that.
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
    positional: Values<'a, 'py>,
    /// The values of the others, as many as there are names.
    keywords: Values<'a, 'py>,
    /// The names of the others.
    names: &'a [Obj<'py>],
}

impl<'a, 'py> Arguments<'a, 'py> {
    /// Positional arguments only.
    #[inline]
    pub(crate) fn positional(positional: &'a [Obj<'py>]) -> Self {
        Arguments { positional: Values::of(positional), keywords: Values::of(&[]), names: &[] }
    }

    /// Those of a call by the vectorcall protocol.
    ///
    /// # Safety
    ///
    /// `args` points at `count` live positional arguments, then at one for each of `names`, a tuple or NULL. It may be NULL if
    /// there are none.
    #[inline]
    pub(crate) unsafe fn vectorcall(
        args: *const *mut ffi::PyObject,
        count: usize,
        names: &'a *mut ffi::PyObject,
    ) -> Self {
        // `Obj` is `repr(transparent)` over a non-null pointer; behind shared references they are borrowed, never released.
        let positional = Values { first: args.cast(), count, during: PhantomData };
        if names.is_null() {
            return Arguments { positional, keywords: Values::of(&[]), names: &[] };
        }
        // SAFETY: the caller's promise.
        unsafe {
            let names = Obj::<Tuple>::from_place(names).items();
            let keywords = Values { first: args.add(count).cast(), count: names.len(), during: PhantomData };
            Arguments { positional, keywords, names }
        }
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
        let positional = Tuple::new(py, self.values())?;
        if !self.has_keywords() {
            return Ok((positional, None));
        }
        let keywords = Dict::new(py)?;
        for (name, value) in self.names.iter().zip(self.keywords.as_slice()) {
            keywords.set(name, value)?;
        }
        Ok((positional, Some(keywords)))
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

    /// The positional arguments.
    #[inline]
    pub(crate) fn values(&self) -> &'a [Obj<'py>] {
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
        if arguments.has_keywords() {
            return self.call_with_keywords(arguments);
        }
        let Values { first, count, .. } = arguments.positional;
        // SAFETY: `Obj` is `repr(transparent)` over a pointer: `count` live objects from the first on, of which the callee changes none
        // without PY_VECTORCALL_ARGUMENTS_OFFSET. A new reference or NULL with an exception.
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
    names: Vec<Obj<'py>>,
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
        // SAFETY: a live dictionary, by the caller's promise; PyDict_Next gives borrowed references, and nothing runs before they are
        // taken. An error ends the loop.
        locked(unsafe { Obj::<Dict>::from_place(&kwargs) }, || unsafe {
            while ffi::PyDict_Next(kwargs, &mut position, &mut key, &mut value) != 0 {
                let name: Obj<'py> = Obj::from_borrowed(py, key)?;
                if name.downcast::<Str>().is_none() {
                    return Err(TypeError::new_err(py, "keywords must be strings"));
                }
                collected.names.push(name);
                collected.keywords.push(Obj::from_borrowed(py, value)?);
            }
            Ok(())
        })?;
        Ok(collected)
    }

    /// The arguments of a call: those of a tuple, which does not change and which the caller holds, and what was collected.
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
            Some(Collected { keywords, names }) => Arguments { positional, keywords: Values::of(keywords), names },
            None => Arguments { positional, keywords: Values::of(&[]), names: &[] },
        }
    }
}

/// What a function accepts: plain data, a constant for each function.
pub struct Signature {
    /// The function's name, for messages.
    pub function: &'static CStr,
    /// The parameters, in order; not `*args` and `**kwargs`.
    pub parameters: &'static [Parameter],
    /// How many of them can only be given by position.
    pub positional_only: usize,
    /// How many of them can be given by position.
    pub positional: usize,
    /// Whether further positional arguments are collected (`*args`).
    pub rest: bool,
    /// Whether further keyword arguments are collected (`**kwargs`).
    pub keywords: bool,
    /// Where the interned names of the parameters begin in the module's table of objects.
    pub interned: usize,
}

/// One parameter.
pub struct Parameter {
    /// Its name.
    pub name: &'static CStr,
    /// Whether it has no default.
    pub required: bool,
}

/// The arguments of one call in the order of the parameters.
pub struct Bound<'a, 'py, const N: usize> {
    slots: [Option<&'a Obj<'py>>; N],
    rest: Option<Obj<'py>>,
    keywords: Option<Obj<'py>>,
}

impl Signature {
    /// Binds the arguments of a call.
    ///
    /// # Errors
    ///
    /// `TypeError` in CPython's words for missing, surplus, doubled and unknown arguments.
    #[inline]
    pub fn bind<'a, 'py, const N: usize, S: Scope<'py>>(
        &self,
        scope: &S,
        arguments: Arguments<'a, 'py>,
    ) -> PyResult<'py, Bound<'a, 'py, N>> {
        let py = scope.py();
        let mut slots = [None; N];
        for (index, slot) in slots.iter_mut().enumerate() {
            if index < self.positional {
                *slot = arguments.positional.get(index);
            }
        }
        let rest = if self.rest {
            let surplus = arguments.values().get(self.positional..).unwrap_or_default();
            Some(Tuple::new(py, surplus.to_vec())?.into_any())
        } else if arguments.count() <= self.positional {
            None
        } else {
            return Err(self.too_many(py, arguments.count()));
        };
        let keywords = if self.keywords { Some(Dict::new(py)?) } else { None };
        if arguments.has_keywords() {
            let others = if self.keywords { keywords.as_ref() } else { None };
            self.bind_keywords(scope, &arguments, &mut slots, others)?;
        }
        for (index, parameter) in self.parameters.iter().enumerate() {
            if parameter.required && slots[index].is_none() {
                return Err(self.missing(py, index));
            }
        }
        Ok(Bound { slots, rest, keywords: keywords.map(Obj::into_any) })
    }

    /// The keyword arguments: out of line, so that calls without them do not pay for it.
    #[inline(never)]
    fn bind_keywords<'a, 'py, const N: usize, S: Scope<'py>>(
        &self,
        scope: &S,
        arguments: &Arguments<'a, 'py>,
        slots: &mut [Option<&'a Obj<'py>>; N],
        others: Option<&Obj<'py, Dict>>,
    ) -> PyResult<'py, ()> {
        // Names are nearly always interned: the same object as the one that the module keeps, if it is initialised.
        let block = scope.block().ok();
        // SAFETY: the block lives for the call, and the table has an entry for every parameter.
        let kept = block.as_ref().map_or(&[][..], |block| unsafe { block.as_ref().objects(self.interned, N) });
        for (name, value) in arguments.names.iter().zip(arguments.keywords.as_slice()) {
            let same = (self.positional_only..N).find(|&index| kept.get(index) == Some(&name.as_ptr()));
            match same {
                Some(index) if slots[index].is_none() => slots[index] = Some(value),
                _ => self.bind_keyword(name, value, slots, others)?,
            }
        }
        Ok(())
    }

    /// A keyword argument whose name is not the very object that the module keeps, or whose parameter is bound already.
    #[inline(never)]
    fn bind_keyword<'a, 'py>(
        &self,
        name: &Obj<'py>,
        value: &'a Obj<'py>,
        slots: &mut [Option<&'a Obj<'py>>],
        keywords: Option<&Obj<'py, Dict>>,
    ) -> PyResult<'py, ()> {
        let mut by_keyword = self.positional_only..self.parameters.len();
        // SAFETY: CPython passes only `str` as names; the comparison does not fail and runs no other code.
        let equal = |&index: &usize| unsafe {
            ffi::PyUnicode_CompareWithASCIIString(name.as_ptr(), self.parameters[index].name.as_ptr()) == 0
        };
        match by_keyword.find(equal) {
            Some(index) if slots[index].is_none() => {
                slots[index] = Some(value);
                Ok(())
            }
            Some(index) => Err(self.given_twice(name.py(), index)),
            None => match keywords {
                Some(keywords) => keywords.set(name, value),
                None => Err(self.unexpected(name)),
            },
        }
    }

    fn function(&self) -> String {
        self.function.to_string_lossy().into_owned()
    }

    #[cold]
    fn too_many<'py>(&self, py: Py<'py>, given: usize) -> PyErr<'py> {
        let function = self.function();
        let message = match self.positional {
            0 => format!("{function}() takes no positional arguments"),
            most => {
                let optional = self.parameters[..most].iter().any(|parameter| !parameter.required);
                let how = if optional { "at most" } else { "exactly" };
                let plural = if most == 1 { "" } else { "s" };
                format!("{function}() takes {how} {most} positional argument{plural} ({given} given)")
            }
        };
        TypeError::new_err(py, message.as_str())
    }

    #[cold]
    fn missing<'py>(&self, py: Py<'py>, index: usize) -> PyErr<'py> {
        let (function, name) = (self.function(), self.parameters[index].name.to_string_lossy());
        let message = if index < self.positional_only {
            let least = self.parameters[..self.positional_only].iter().filter(|parameter| parameter.required).count();
            let how = if least == self.positional && !self.rest { "exactly" } else { "at least" };
            let plural = if least == 1 { "" } else { "s" };
            format!("{function}() takes {how} {least} positional argument{plural} ({index} given)")
        } else {
            format!("{function}() missing required argument '{name}' (pos {})", index + 1)
        };
        TypeError::new_err(py, message.as_str())
    }

    #[cold]
    fn given_twice<'py>(&self, py: Py<'py>, index: usize) -> PyErr<'py> {
        let (function, name) = (self.function(), self.parameters[index].name.to_string_lossy());
        let message = if index < self.positional {
            format!("argument for {function}() given by name ('{name}') and position ({})", index + 1)
        } else {
            format!("{function}() got multiple values for argument '{name}'")
        };
        TypeError::new_err(py, message.as_str())
    }

    #[cold]
    fn unexpected<'py>(&self, name: &Obj<'py>) -> PyErr<'py> {
        let function = self.function();
        // A name with a lone surrogate has no UTF-8: its repr does.
        let text = match name.downcast::<Str>().map(Obj::to_str) {
            Some(Ok(text)) => format!("'{text}'"),
            _ => name.repr().ok().and_then(|repr| repr.to_str().map(str::to_owned).ok()).unwrap_or_default(),
        };
        let message = if cfg!(Py_3_13) {
            format!("{function}() got an unexpected keyword argument {text}")
        } else {
            format!("{text} is an invalid keyword argument for {function}()")
        };
        TypeError::new_err(name.py(), message.as_str())
    }

    fn name(&self, index: usize) -> Name {
        if index < self.positional_only {
            Name::Position(self.function, index + 1)
        } else {
            Name::Keyword(self.function, self.parameters[index].name)
        }
    }
}

impl<'a, 'py, const N: usize> Bound<'a, 'py, N> {
    /// Converts the argument for the parameter at `index`, or makes its default.
    ///
    /// # Errors
    ///
    /// As the conversion.
    #[inline]
    pub fn get<S, T: FromPy<'a, 'py, S>>(
        &self,
        signature: &Signature,
        index: usize,
        scope: &S,
        default: impl FnOnce() -> Option<T>,
    ) -> PyResult<'py, T>
    where
        S: Scope<'py>,
    {
        match self.slots[index] {
            Some(object) => T::from_py(&Argument::new(object, scope, signature.name(index))),
            None => default().ok_or_else(|| signature.missing(scope.py(), index)),
        }
    }

    /// Converts what `*args` collected, a tuple.
    ///
    /// # Errors
    ///
    /// As the conversion.
    pub fn rest<'b, S: Scope<'py>, T: FromPy<'b, 'py, S>>(
        &'b self,
        signature: &Signature,
        scope: &'b S,
    ) -> PyResult<'py, T> {
        collected(self.rest.as_ref(), signature, scope)
    }

    /// Converts what `**kwargs` collected, a dictionary.
    ///
    /// # Errors
    ///
    /// As the conversion.
    pub fn keywords<'b, S: Scope<'py>, T: FromPy<'b, 'py, S>>(
        &'b self,
        signature: &Signature,
        scope: &'b S,
    ) -> PyResult<'py, T> {
        collected(self.keywords.as_ref(), signature, scope)
    }
}

fn collected<'b, 'py, S: Scope<'py>, T: FromPy<'b, 'py, S>>(
    object: Option<&'b Obj<'py>>,
    signature: &Signature,
    scope: &S,
) -> PyResult<'py, T> {
    match object {
        Some(object) => T::from_py(&Argument::new(object, scope, Name::None)),
        None => Err(signature.too_many(scope.py(), 0)),
    }
}
