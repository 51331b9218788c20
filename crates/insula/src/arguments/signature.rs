//! Signatures: binding the arguments of a call to parameters, as CPython does for its own functions.

use std::ffi::CStr;

use crate::arguments::scope::Scope;
use crate::arguments::vectorcall::Arguments;
use crate::brand::Py;
use crate::ffi;
use crate::object::convert::{Argument, FromPy, Name};
use crate::object::err::{PyErr, PyResult};
use crate::object::exceptions::{BuiltinException, TypeError};
use crate::object::obj::Obj;
use crate::object::types::{Dict, Str, Tuple};

/// What a function accepts: plain data, a constant for each function.
pub struct Signature {
    /// The function's name, for messages.
    function: &'static CStr,
    /// The parameters, in order; not `*args` and `**kwargs`.
    parameters: &'static [Parameter],
    /// How many of them can only be given by position.
    positional_only: usize,
    /// How many of them can be given by position.
    positional: usize,
    /// Whether further positional arguments are collected (`*args`).
    rest: bool,
    /// Whether further keyword arguments are collected (`**kwargs`).
    keywords: bool,
    /// Where the interned names of the parameters begin in the module's table of objects.
    interned: usize,
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
    /// Describes a function.
    ///
    /// # Safety
    ///
    /// `positional_only <= positional <= parameters.len()`, and the table of the module has the names of the parameters
    /// from `interned` on, interned, in this order.
    #[doc(hidden)]
    pub const unsafe fn new(
        function: &'static CStr,
        parameters: &'static [Parameter],
        positional_only: usize,
        positional: usize,
        rest: bool,
        keywords: bool,
        interned: usize,
    ) -> Self {
        Signature { function, parameters, positional_only, positional, rest, keywords, interned }
    }

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

    /// The arguments that `*args` and `**kwargs` collect, as a tuple and, if there are any by keyword, a dict.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    pub(crate) fn collected<'py>(
        &self,
        py: Py<'py>,
        arguments: &Arguments<'_, 'py>,
    ) -> PyResult<'py, (Obj<'py, Tuple>, Option<Obj<'py, Dict>>)> {
        let first = if self.rest { self.positional } else { arguments.count() };
        arguments.collect_from(py, first, |name| self.keywords && self.by_keyword(name).is_none())
    }

    /// The parameter that a keyword argument of this name is for.
    fn by_keyword(&self, name: &Obj<'_>) -> Option<usize> {
        let mut by_keyword = self.positional_only..self.parameters.len();
        // SAFETY: CPython passes only `str` as names; the comparison does not fail and runs no other code.
        by_keyword.find(|&index| unsafe {
            ffi::PyUnicode_CompareWithASCIIString(name.as_ptr(), self.parameters[index].name.as_ptr()) == 0
        })
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
        match self.by_keyword(name) {
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

    fn name<'s, 'py>(&self, index: usize) -> Name<'s, 'py> {
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
