//! Fields that change, made from an argument: for constructors that take the fields.

use crate::object::cell::PyCell;
use crate::object::convert::{Argument, Downcast, FromPy};
use crate::object::err::PyResult;
use crate::object::guarded::Guarded;
use crate::object::obj::Obj;
use crate::object::slot::Slot;
use crate::object::trace::{Plain, Trace};

impl<'a, 'py, S, T: FromPy<'a, 'py, S> + Copy + Plain> FromPy<'a, 'py, S> for PyCell<'py, T> {
    fn from_py(argument: &Argument<'a, 'py, '_, S>) -> PyResult<'py, Self> {
        T::from_py(argument).map(PyCell::new)
    }
}

impl<'a, 'py, S, T: FromPy<'a, 'py, S> + Trace<'py>> FromPy<'a, 'py, S> for Guarded<'py, T> {
    fn from_py(argument: &Argument<'a, 'py, '_, S>) -> PyResult<'py, Self> {
        T::from_py(argument).map(Guarded::new)
    }
}

/// `None` gives an empty one.
impl<'py, S, T: Downcast<'py, S>> FromPy<'_, 'py, S> for Slot<'py, T> {
    fn from_py(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, Self> {
        Option::<Obj<'py, T>>::from_py(argument).map(Slot::from)
    }
}
