//! `jiff`.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp, ZonedDateTime};

use super::clock::{self, Moment, part};
use crate::brand::Py;
use crate::object::convert::{Argument, FromPy, IntoPy};
use crate::object::err::{PyErr, PyResult};
use crate::object::exceptions::{BuiltinException, OverflowError, ValueError};
use crate::object::obj::Obj;
use crate::object::types::DateTimeTypes;

/// What jiff finds wrong with a date.
#[cold]
fn wrong<'py>(py: Py<'py>, error: &jiff::Error) -> PyErr<'py> {
    ValueError::new_err(py, error.to_string())
}

fn date_of<'py>(py: Py<'py>, (year, month, day): (i32, u32, u32)) -> PyResult<'py, Date> {
    Date::new(part(py, year)?, part(py, month)?, part(py, day)?).map_err(|error| wrong(py, &error))
}

fn time_of<'py>(py: Py<'py>, (hour, minute, second, microsecond): (u32, u32, u32, u32)) -> PyResult<'py, Time> {
    Time::new(part(py, hour)?, part(py, minute)?, part(py, second)?, part(py, microsecond * 1000)?)
        .map_err(|error| wrong(py, &error))
}

fn moment_of<'py>(py: Py<'py>, moment: &Moment) -> PyResult<'py, DateTime> {
    Ok(DateTime::from_parts(date_of(py, moment.date)?, time_of(py, moment.time)?))
}

fn moment<'py>(py: Py<'py>, moment: DateTime) -> PyResult<'py, Moment> {
    Ok(Moment {
        date: (moment.year().into(), part(py, moment.month())?, part(py, moment.day())?),
        time: (
            part(py, moment.hour())?,
            part(py, moment.minute())?,
            part(py, moment.second())?,
            part(py, moment.subsec_nanosecond() / 1000)?,
        ),
    })
}

/// From a `datetime.date` that is no `datetime`.
impl<'py, S> FromPy<'_, 'py, S> for Date {
    fn from_py(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, Self> {
        date_of(argument.py(), clock::date(argument)?)
    }
}

impl<'py> IntoPy<'py> for Date {
    fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        let (month, day) = (part(py, self.month())?, part(py, self.day())?);
        DateTimeTypes::import(py)?.date(self.year().into(), month, day).map(Obj::into_any)
    }
}

/// From a `datetime.time` without a zone.
impl<'py, S> FromPy<'_, 'py, S> for Time {
    fn from_py(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, Self> {
        time_of(argument.py(), clock::time(argument)?)
    }
}

impl<'py> IntoPy<'py> for Time {
    fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        let (hour, minute, second) = (part(py, self.hour())?, part(py, self.minute())?, part(py, self.second())?);
        let microsecond = part(py, self.subsec_nanosecond() / 1000)?;
        DateTimeTypes::import(py)?.time(hour, minute, second, microsecond).map(Obj::into_any)
    }
}

/// From a `datetime.datetime` without a zone.
impl<'py, S> FromPy<'_, 'py, S> for DateTime {
    fn from_py(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, Self> {
        moment_of(argument.py(), &Moment::naive(argument)?)
    }
}

impl<'py> IntoPy<'py> for DateTime {
    fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        clock::datetime(py, &moment(py, self)?, None)
    }
}

/// The point in time, and the offset of its zone.
fn timestamp<'py, S>(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, (Timestamp, Offset)> {
    let py = argument.py();
    let (moment, seconds) = Moment::aware(argument)?;
    let offset = Offset::from_seconds(seconds).map_err(|error| wrong(py, &error))?;
    let timestamp = offset.to_timestamp(moment_of(argument.py(), &moment)?).map_err(|error| wrong(py, &error))?;
    Ok((timestamp, offset))
}

/// From a `datetime.datetime` with any zone.
impl<'py, S> FromPy<'_, 'py, S> for Timestamp {
    fn from_py(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, Self> {
        timestamp(argument).map(|(timestamp, _)| timestamp)
    }
}

/// In UTC.
impl<'py> IntoPy<'py> for Timestamp {
    fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        clock::since_epoch(py, self.as_nanosecond().div_euclid(1000).try_into().unwrap_or(i64::MAX))
    }
}

/// From a `datetime.datetime` with a zone: that of its name, where it is a `zoneinfo.ZoneInfo`, or one of its offset.
impl<'py, S> FromPy<'_, 'py, S> for ZonedDateTime {
    fn from_py(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, Self> {
        let py = argument.py();
        let (timestamp, offset) = timestamp(argument)?;
        let zone = argument.object().getattr("tzinfo")?;
        let zone = match clock::attribute::<String>(&zone, "key")? {
            Some(name) => TimeZone::get(&name).map_err(|error| wrong(py, &error))?,
            None => TimeZone::fixed(offset),
        };
        Ok(timestamp.to_zoned_datetime(zone))
    }
}

/// With a `zoneinfo.ZoneInfo` where the zone has a name, or a `datetime.timezone`.
impl<'py> IntoPy<'py> for ZonedDateTime {
    fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        let utc = self.timestamp().into_py(py)?;
        let zone = match self.time_zone().iana_name() {
            Some(name) if name != "UTC" => py.import("zoneinfo")?.getattr("ZoneInfo")?.call((name,))?,
            _ => clock::zone(py, self.offset().seconds())?,
        };
        utc.call_method("astimezone", (zone,))
    }
}

/// From a `datetime.timedelta`.
impl<'py, S> FromPy<'_, 'py, S> for SignedDuration {
    fn from_py(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, Self> {
        let microseconds = clock::microseconds(argument)?;
        let (seconds, rest) = (microseconds / 1_000_000, microseconds % 1_000_000);
        match (i64::try_from(seconds), i32::try_from(rest * 1000)) {
            (Ok(seconds), Ok(rest)) => Ok(SignedDuration::new(seconds, rest)),
            _ => Err(OverflowError::new_err(argument.py(), "the duration does not fit")),
        }
    }
}

impl<'py> IntoPy<'py> for SignedDuration {
    fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        clock::timedelta(py, self.as_nanos().div_euclid(1000))
    }
}
