//! Durations and points in time, to the microsecond.

use std::time::{Duration, SystemTime};

use crate::brand::Py;
use crate::object::convert::{Argument, Downcast, FromPy, IntoPy};
use crate::object::err::PyResult;
use crate::object::obj::Obj;
use crate::object::types::{DateTime, DateTimeTypes, TimeDelta};

/// From a `datetime.timedelta` that is not negative.
impl<'py, S> FromPy<'_, 'py, S> for Duration {
    fn from_py(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, Self> {
        TimeDelta::downcast(argument)?.to_duration()
    }
}

/// A `datetime.timedelta`.
impl<'py> IntoPy<'py> for Duration {
    fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        DateTimeTypes::import(py)?.timedelta(self).map(Obj::into_any)
    }
}

/// From an aware `datetime.datetime`.
impl<'py, S> FromPy<'_, 'py, S> for SystemTime {
    fn from_py(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, Self> {
        let time = DateTime::downcast(argument)?;
        DateTimeTypes::import(argument.py())?.to_system_time(time)
    }
}

/// A `datetime.datetime` in UTC.
impl<'py> IntoPy<'py> for SystemTime {
    fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        DateTimeTypes::import(py)?.from_system_time(self).map(Obj::into_any)
    }
}
