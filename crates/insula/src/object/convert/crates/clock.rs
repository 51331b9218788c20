//! What dates and times have in common, whichever crate they come from. Python's are exact to the microsecond; what is
//! finer is cut off.

use crate::brand::Py;
#[cfg(feature = "jiff")]
use crate::object::convert::FromPy;
use crate::object::convert::{Argument, Downcast};
use crate::object::err::PyResult;
use crate::object::exceptions::{BuiltinException, TypeError, ValueError};
use crate::object::obj::Obj;
use crate::object::types::{Date, DateTime, DateTimeTypes, Time, TimeDelta};

/// Year, month and day of a `date` that is no `datetime`, whose time would be lost.
pub(super) fn date<'py, S>(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, (i32, u32, u32)> {
    let date = Date::downcast(argument)?;
    if DateTime::downcast(argument).is_ok() {
        return Err(argument.wrong_type("datetime.date"));
    }
    Ok((date.year()?, date.month()?, date.day()?))
}

/// Hour, minute, second and microsecond of a naive `time`.
pub(super) fn time<'py, S>(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, (u32, u32, u32, u32)> {
    let time = Time::downcast(argument)?;
    naive(time.as_any())?;
    Ok((time.hour()?, time.minute()?, time.second()?, time.microsecond()?))
}

/// Date and time of a `datetime`.
pub(super) struct Moment {
    pub(super) date: (i32, u32, u32),
    pub(super) time: (u32, u32, u32, u32),
}

impl Moment {
    pub(super) fn of<'py>(moment: &Obj<'py, DateTime>) -> PyResult<'py, Self> {
        let date = (moment.year()?, moment.month()?, moment.day()?);
        let time = (moment.hour()?, moment.minute()?, moment.second()?, moment.microsecond()?);
        Ok(Moment { date, time })
    }

    /// Of a `datetime` without a zone.
    pub(super) fn naive<'py, S>(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, Self> {
        let moment = DateTime::downcast(argument)?;
        naive(moment.as_any())?;
        Self::of(moment)
    }

    /// Of a `datetime` with a zone, and its offset.
    pub(super) fn aware<'py, S>(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, (Self, i32)> {
        let moment = DateTime::downcast(argument)?;
        let offset = moment.call_method("utcoffset", ())?;
        if offset.is_none() {
            return Err(TypeError::new_err(argument.py(), "expected a datetime with a time zone"));
        }
        Ok((Self::of(moment)?, seconds(argument, &offset)?))
    }
}

fn naive<'py>(object: &Obj<'py>) -> PyResult<'py, ()> {
    if object.getattr("tzinfo")?.is_none() {
        return Ok(());
    }
    Err(TypeError::new_err(object.py(), "expected one without a time zone, which would be lost"))
}

/// The whole seconds of an offset.
fn seconds<'py, S>(argument: &Argument<'_, 'py, '_, S>, offset: &Obj<'py>) -> PyResult<'py, i32> {
    let microseconds = microseconds(&argument.part(offset))?;
    if microseconds % 1_000_000 != 0 {
        return Err(ValueError::new_err(
            argument.py(),
            "a time zone that is off by parts of a second has no equal in Rust",
        ));
    }
    // Python's offsets are less than a day.
    Ok(i32::try_from(microseconds / 1_000_000).unwrap_or(i32::MAX))
}

/// All of a `timedelta`.
pub(super) fn microseconds<'py, S>(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, i128> {
    let delta = TimeDelta::downcast(argument)?;
    let (days, seconds) = (i128::from(delta.days()?), i128::from(delta.seconds()?));
    Ok((days * 86_400 + seconds) * 1_000_000 + i128::from(delta.microseconds()?))
}

/// A `timedelta`; `OverflowError` if it is too long for one.
pub(super) fn timedelta<'py>(py: Py<'py>, microseconds: i128) -> PyResult<'py, Obj<'py>> {
    let (seconds, rest) = (microseconds.div_euclid(1_000_000), microseconds.rem_euclid(1_000_000));
    py.import("datetime")?.getattr("timedelta")?.call((0, seconds, rest))
}

/// A `timezone` that is so many seconds ahead of UTC.
pub(super) fn zone<'py>(py: Py<'py>, seconds: i32) -> PyResult<'py, Obj<'py>> {
    if seconds == 0 {
        return DateTimeTypes::import(py).map(|types| types.utc().clone());
    }
    let offset = timedelta(py, i128::from(seconds) * 1_000_000)?;
    py.import("datetime")?.getattr("timezone")?.call((offset,))
}

/// Checks a number that a smaller type holds.
#[cfg(feature = "jiff")]
pub(super) fn part<'py, T: TryFrom<i64>>(py: Py<'py>, number: impl Into<i64>) -> PyResult<'py, T> {
    T::try_from(number.into()).map_err(|_| ValueError::new_err(py, "the date or time does not fit"))
}

/// A `datetime`.
pub(super) fn datetime<'py>(py: Py<'py>, moment: &Moment, zone: Option<&Obj<'py>>) -> PyResult<'py, Obj<'py>> {
    DateTimeTypes::import(py)?.datetime(moment.date, moment.time, zone).map(Obj::into_any)
}

/// The attribute of an object as a value.
#[cfg(feature = "jiff")]
pub(super) fn attribute<'py, T>(object: &Obj<'py>, name: &str) -> PyResult<'py, Option<T>>
where
    T: for<'a> FromPy<'a, 'py, Py<'py>>,
{
    object.getattr_opt(name)?.map(|value| value.extract()).transpose()
}

/// Microseconds since 1970 as a `datetime` in UTC.
#[cfg(feature = "jiff")]
pub(super) fn since_epoch<'py>(py: Py<'py>, microseconds: i64) -> PyResult<'py, Obj<'py>> {
    let types = DateTimeTypes::import(py)?;
    let epoch = types.datetime((1970, 1, 1), (0, 0, 0, 0), Some(types.utc()))?;
    epoch.as_any().add(timedelta(py, microseconds.into())?)
}
