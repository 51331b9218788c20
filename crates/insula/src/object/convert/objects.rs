//! Objects as they are, and `None`.

use crate::brand::Py;
use crate::object::convert::{Argument, Downcast, FromPy, IntoPy};
use crate::object::err::PyResult;
use crate::object::obj::Obj;

impl<'a, 'py, S, T: Downcast<'py, S>> FromPy<'a, 'py, S> for &'a Obj<'py, T> {
    #[inline]
    fn from_py(argument: &Argument<'a, 'py, '_, S>) -> PyResult<'py, Self> {
        T::downcast(argument)
    }
}

impl<'py, S, T: Downcast<'py, S>> FromPy<'_, 'py, S> for Obj<'py, T> {
    #[inline]
    fn from_py(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, Self> {
        T::downcast(argument).cloned()
    }
}

/// `None` gives `None`.
impl<'a, 'py, S, T: FromPy<'a, 'py, S>> FromPy<'a, 'py, S> for Option<T> {
    #[inline]
    fn from_py(argument: &Argument<'a, 'py, '_, S>) -> PyResult<'py, Self> {
        if argument.object.is_none() { Ok(None) } else { T::from_py(argument).map(Some) }
    }
}

impl<'py, T> IntoPy<'py> for Obj<'py, T> {
    #[inline]
    fn into_py(self, _: Py<'py>) -> PyResult<'py, Obj<'py>> {
        Ok(self.into_any())
    }
}

impl<'py, T> IntoPy<'py> for &Obj<'py, T> {
    #[inline]
    fn into_py(self, _: Py<'py>) -> PyResult<'py, Obj<'py>> {
        Ok(self.clone().into_any())
    }
}

impl<'py> IntoPy<'py> for () {
    #[inline]
    fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        Ok(py.none())
    }
}

impl<'py, T: IntoPy<'py>> IntoPy<'py> for Option<T> {
    #[inline]
    fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        match self {
            Some(value) => value.into_py(py),
            None => Ok(py.none()),
        }
    }
}
