//! Signatures: binding the arguments of a call to parameters, as CPython does for its own functions.

use std::ffi::CStr;

use pyo3_ffi as ffi;

use crate::brand::Py;
use crate::convert::{Argument, FromPy, Name};
use crate::err::{PyErr, PyResult};
use crate::exceptions::{BuiltinException, TypeError};
use crate::obj::Obj;
use crate::scope::Scope;
use crate::types::{Dict, Str, Tuple};

/// The arguments of a call, as the vectorcall protocol hands them over.
#[derive(Clone, Copy)]
pub struct Arguments<'a, 'py> {
    /// The positional values, then those of the keywords.
    values: &'a [Obj<'py>],
    /// How many are positional.
    positional: usize,
    /// The names of the others.
    names: Option<&'a Obj<'py, Tuple>>,
}

impl<'a, 'py> Arguments<'a, 'py> {
    /// Positional arguments only.
    #[inline]
    pub(crate) fn positional(values: &'a [Obj<'py>]) -> Self {
        Arguments { values, positional: values.len(), names: None }
    }

    /// Positional and keyword arguments: the last values belong to the names.
    #[inline]
    pub(crate) fn with_names(values: &'a [Obj<'py>], names: Option<&'a Obj<'py, Tuple>>) -> Self {
        Arguments { values, positional: values.len() - names.map_or(0, Obj::<Tuple>::len), names }
    }

    /// How many positional arguments there are.
    #[inline]
    pub(crate) fn count(&self) -> usize {
        self.positional
    }

    /// Whether there are keyword arguments.
    #[inline]
    pub(crate) fn has_keywords(&self) -> bool {
        self.values.len() != self.positional
    }

    /// Converts the positional argument at `index`, which the number of arguments was checked for.
    ///
    /// # Errors
    ///
    /// As the conversion.
    #[inline]
    pub fn get<S, T: FromPy<'a, 'py, S>>(&self, function: &'static CStr, index: usize, scope: &S) -> PyResult<'py, T> {
        T::from_py(&Argument::new(&self.values[index], scope, Name::Position(function, index + 1)))
    }

    /// Converts the value that a slot assigns.
    ///
    /// # Errors
    ///
    /// As the conversion.
    #[inline]
    pub fn value<S, T: FromPy<'a, 'py, S>>(&self, index: usize, scope: &S) -> PyResult<'py, T> {
        T::from_py(&Argument::new(&self.values[index], scope, Name::Value))
    }

    /// The arguments as they came.
    #[inline]
    pub(crate) fn values(&self) -> &'a [Obj<'py>] {
        self.values
    }
}

/// Arguments that came as a tuple and a dictionary, in the form of the vectorcall protocol.
pub(crate) struct Collected<'py> {
    values: Vec<Obj<'py>>,
    names: Option<Obj<'py, Tuple>>,
}

impl<'py> Collected<'py> {
    /// Collects them; everything is held here, for the dictionary is the caller's.
    ///
    /// # Safety
    ///
    /// `args` is a live tuple, `kwargs` a live dictionary or NULL.
    pub(crate) unsafe fn new(py: Py<'py>, args: *mut ffi::PyObject, kwargs: *mut ffi::PyObject) -> PyResult<'py, Self> {
        // SAFETY: the caller's promise. PyDict_Next gives borrowed references, and nothing runs before they are taken.
        unsafe {
            let args: &Obj<'py, Tuple> = Obj::from_place(&args);
            let mut values: Vec<Obj<'py>> = (0..args.len()).filter_map(|index| args.get(index)).collect();
            if kwargs.is_null() || ffi::PyDict_Size(kwargs) == 0 {
                return Ok(Collected { values, names: None });
            }
            let mut names: Vec<Obj<'py>> = Vec::new();
            let (mut position, mut key, mut value) = (0, std::ptr::null_mut(), std::ptr::null_mut());
            while ffi::PyDict_Next(kwargs, &mut position, &mut key, &mut value) != 0 {
                names.push(Obj::from_borrowed(py, key)?);
                values.push(Obj::from_borrowed(py, value)?);
            }
            Ok(Collected { values, names: Some(Tuple::new(py, names)?) })
        }
    }

    /// The arguments, borrowed.
    pub(crate) fn arguments(&self) -> Arguments<'_, 'py> {
        Arguments::with_names(&self.values, self.names.as_ref())
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
        let (taken, surplus) =
            arguments.values[..arguments.positional].split_at(arguments.positional.min(self.positional));
        for (slot, value) in slots.iter_mut().zip(taken) {
            *slot = Some(value);
        }
        let rest = if self.rest {
            Some(Tuple::new(py, surplus.to_vec())?.into_any())
        } else if surplus.is_empty() {
            None
        } else {
            return Err(self.too_many(py, arguments.positional));
        };
        let keywords = if self.keywords { Some(Dict::new(py)?) } else { None };
        if let Some(names) = arguments.names {
            // Names are nearly always interned: the same object as the one that the module keeps, if it is initialised.
            let interned = scope.block().ok();
            let kept = |index: usize| {
                // SAFETY: the block lives for the call, and the table has an entry for every parameter.
                interned.map(|block| unsafe { *block.as_ref().object(self.interned + index) })
            };
            let values = &arguments.values[arguments.positional..];
            for (position, value) in values.iter().enumerate() {
                let Some(name) = names.get(position) else { break };
                self.bind_keyword(&name, value, &kept, &mut slots, keywords.as_ref())?;
            }
        }
        for (index, parameter) in self.parameters.iter().enumerate() {
            if parameter.required && slots[index].is_none() {
                return Err(self.missing(py, index));
            }
        }
        Ok(Bound { slots, rest, keywords: keywords.map(Obj::into_any) })
    }

    fn bind_keyword<'a, 'py>(
        &self,
        name: &Obj<'py>,
        value: &'a Obj<'py>,
        kept: &dyn Fn(usize) -> Option<*mut ffi::PyObject>,
        slots: &mut [Option<&'a Obj<'py>>],
        keywords: Option<&Obj<'py, Dict>>,
    ) -> PyResult<'py, ()> {
        let by_keyword = self.positional_only..self.parameters.len();
        let same = |&index: &usize| kept(index) == Some(name.as_ptr());
        // SAFETY: CPython passes only `str` as names; the comparison does not fail and runs no other code.
        let equal = |&index: &usize| unsafe {
            ffi::PyUnicode_CompareWithASCIIString(name.as_ptr(), self.parameters[index].name.as_ptr()) == 0
        };
        match by_keyword.clone().find(same).or_else(|| by_keyword.clone().find(equal)) {
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
            let plural = if least == 1 { "" } else { "s" };
            format!("{function}() takes at least {least} positional argument{plural} ({index} given)")
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
