//! `chrono`.

use chrono::{
    DateTime, Datelike, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone, Timelike, Utc,
};

use super::clock::{self, Moment};
use crate::brand::Py;
use crate::object::convert::{Argument, FromPy, IntoPy};
use crate::object::err::{PyErr, PyResult};
use crate::object::exceptions::{BuiltinException, OverflowError, ValueError};
use crate::object::obj::Obj;
use crate::object::types::DateTimeTypes;

#[cold]
fn outside(py: Py<'_>) -> PyErr<'_> {
    ValueError::new_err(py, "the date or time does not fit")
}

fn time_of<'py>(py: Py<'py>, (hour, minute, second, microsecond): (u32, u32, u32, u32)) -> PyResult<'py, NaiveTime> {
    NaiveTime::from_hms_micro_opt(hour, minute, second, microsecond).ok_or_else(|| outside(py))
}

fn date_of<'py>(py: Py<'py>, (year, month, day): (i32, u32, u32)) -> PyResult<'py, NaiveDate> {
    NaiveDate::from_ymd_opt(year, month, day).ok_or_else(|| outside(py))
}

fn moment_of<'py>(py: Py<'py>, moment: &Moment) -> PyResult<'py, NaiveDateTime> {
    Ok(date_of(py, moment.date)?.and_time(time_of(py, moment.time)?))
}

/// Hour, minute, second and microsecond. Chrono writes a leap second as more than a second's nanoseconds.
fn parts<'py>(py: Py<'py>, time: &impl Timelike) -> PyResult<'py, (u32, u32, u32, u32)> {
    match time.nanosecond() {
        ..1_000_000_000 => Ok((time.hour(), time.minute(), time.second(), time.nanosecond() / 1000)),
        _ => Err(ValueError::new_err(py, "Python has no leap seconds")),
    }
}

fn moment<'py>(py: Py<'py>, moment: NaiveDateTime) -> PyResult<'py, Moment> {
    Ok(Moment { date: (moment.year(), moment.month(), moment.day()), time: parts(py, &moment)? })
}

/// From a `datetime.date` that is no `datetime`.
impl<'py, S> FromPy<'_, 'py, S> for NaiveDate {
    fn from_py(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, Self> {
        date_of(argument.py(), clock::date(argument)?)
    }
}

impl<'py> IntoPy<'py> for NaiveDate {
    fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        DateTimeTypes::import(py)?.date(self.year(), self.month(), self.day()).map(Obj::into_any)
    }
}

/// From a `datetime.time` without a zone.
impl<'py, S> FromPy<'_, 'py, S> for NaiveTime {
    fn from_py(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, Self> {
        time_of(argument.py(), clock::time(argument)?)
    }
}

impl<'py> IntoPy<'py> for NaiveTime {
    fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        let (hour, minute, second, microsecond) = parts(py, &self)?;
        DateTimeTypes::import(py)?.time(hour, minute, second, microsecond).map(Obj::into_any)
    }
}

/// From a `datetime.datetime` without a zone.
impl<'py, S> FromPy<'_, 'py, S> for NaiveDateTime {
    fn from_py(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, Self> {
        moment_of(argument.py(), &Moment::naive(argument)?)
    }
}

impl<'py> IntoPy<'py> for NaiveDateTime {
    fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        clock::datetime(py, &moment(py, self)?, None)
    }
}

/// From a `datetime.datetime` with a zone; the offset is what the zone says at that time.
impl<'py, S> FromPy<'_, 'py, S> for DateTime<FixedOffset> {
    fn from_py(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, Self> {
        let py = argument.py();
        let (moment, seconds) = Moment::aware(argument)?;
        let offset = FixedOffset::east_opt(seconds).ok_or_else(|| outside(py))?;
        offset.from_local_datetime(&moment_of(py, &moment)?).single().ok_or_else(|| outside(py))
    }
}

/// From a `datetime.datetime` with any zone.
impl<'py, S> FromPy<'_, 'py, S> for DateTime<Utc> {
    fn from_py(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, Self> {
        DateTime::<FixedOffset>::from_py(argument).map(|moment| moment.with_timezone(&Utc))
    }
}

/// With a `datetime.timezone` of the same offset.
impl<'py, Z: TimeZone> IntoPy<'py> for DateTime<Z> {
    fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        let zone = clock::zone(py, self.offset().fix().local_minus_utc())?;
        clock::datetime(py, &moment(py, self.naive_local())?, Some(&zone))
    }
}

/// From a `datetime.timedelta`.
impl<'py, S> FromPy<'_, 'py, S> for TimeDelta {
    fn from_py(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, Self> {
        let microseconds = clock::microseconds(argument)?;
        let (seconds, rest) = (microseconds.div_euclid(1_000_000), microseconds.rem_euclid(1_000_000));
        let seconds = i64::try_from(seconds).ok();
        let delta = seconds.and_then(|seconds| TimeDelta::new(seconds, u32::try_from(rest * 1000).ok()?));
        delta.ok_or_else(|| OverflowError::new_err(argument.py(), "the duration does not fit"))
    }
}

impl<'py> IntoPy<'py> for TimeDelta {
    fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        // Towards the past, as Python's own: of -1 nanosecond, -1 microsecond.
        let nanoseconds = i128::from(self.num_seconds()) * 1_000_000_000 + i128::from(self.subsec_nanos());
        clock::timedelta(py, nanoseconds.div_euclid(1000))
    }
}
