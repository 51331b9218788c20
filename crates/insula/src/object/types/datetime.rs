//! Dates and times, through the `datetime` module of the interpreter at hand.
//!
//! The C API of `datetime` is reached through a variable of the whole process, so it is not used. Nothing is kept here:
//! whoever needs the types often keeps a [`DateTimeTypes`] in the module state.
//!
//! ```
//! use insula::prelude::*;
//! fn is_leap_day<'py>(date: &Obj<'py, Date>) -> PyResult<'py, bool> {
//!     Ok((date.month()?, date.day()?) == (2, 29))
//! }
//! ```

use std::ptr::NonNull;
use std::time::{Duration, SystemTime};

use crate::brand::Py;
use crate::object::convert::{Argument, Downcast};
use crate::object::err::PyResult;
use crate::object::exceptions::{BuiltinException, OverflowError, TypeError, ValueError};
use crate::object::obj::Obj;
use crate::object::trace::{Trace, Visitor};
use crate::object::types::Type;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident $python:literal)*) => { $(
        $(#[$doc])*
        pub enum $name {}

        impl<'py, S> Downcast<'py, S> for $name {
            fn downcast<'a>(argument: &Argument<'a, 'py, '_, S>) -> PyResult<'py, &'a Obj<'py, Self>> {
                let class = class(argument.py(), $python)?;
                if !argument.object().get_type().is_subtype(&class) {
                    return Err(argument.wrong_type(concat!("datetime.", $python)));
                }
                // SAFETY: `$name` promises nothing of the object's memory: it is used by its attributes only.
                Ok(unsafe { argument.object().cast_unchecked() })
            }
        }
    )* };
}

kinds! {
    /// Python's `datetime.date`. A `datetime.datetime` is one, too.
    Date "date"
    /// Python's `datetime.time`.
    Time "time"
    /// Python's `datetime.datetime`.
    DateTime "datetime"
    /// Python's `datetime.timedelta`.
    TimeDelta "timedelta"
    /// Python's `datetime.tzinfo`.
    TzInfo "tzinfo"
}

/// A type of the `datetime` module.
fn class<'py>(py: Py<'py>, name: &str) -> PyResult<'py, Obj<'py, Type>> {
    let class = py.import("datetime")?.getattr(name)?;
    let wrong = |class: Obj<'py>| {
        let message = format!("datetime.{name} is no type but {}", class.type_name());
        TypeError::new_err(py, message.as_str())
    };
    class.downcast_into().map_err(wrong)
}

/// The types of the `datetime` module, and what makes their instances.
///
/// ```
/// use insula::prelude::*;
/// #[derive(Trace)]
/// struct Calendar<'py> {
///     datetime: DateTimeTypes<'py>,
/// }
/// fn day<'py>(calendar: &Calendar<'py>) -> PyResult<'py, Obj<'py, Date>> {
///     calendar.datetime.date(2026, 2, 28)
/// }
/// ```
pub struct DateTimeTypes<'py> {
    date: Obj<'py, Type>,
    time: Obj<'py, Type>,
    datetime: Obj<'py, Type>,
    timedelta: Obj<'py, Type>,
    utc: Obj<'py>,
}

impl<'py> DateTimeTypes<'py> {
    /// Imports `datetime` and takes the types from it.
    ///
    /// # Errors
    ///
    /// What the import raises.
    pub fn import(py: Py<'py>) -> PyResult<'py, Self> {
        Ok(DateTimeTypes {
            date: class(py, "date")?,
            time: class(py, "time")?,
            datetime: class(py, "datetime")?,
            timedelta: class(py, "timedelta")?,
            utc: class(py, "timezone")?.getattr("utc")?,
        })
    }

    /// `datetime.timezone.utc`.
    pub fn utc(&self) -> &Obj<'py> {
        &self.utc
    }

    /// `datetime.date(year, month, day)`.
    ///
    /// # Errors
    ///
    /// `ValueError` if there is no such day.
    pub fn date(&self, year: i32, month: u32, day: u32) -> PyResult<'py, Obj<'py, Date>> {
        self.date.call((year, month, day)).map(known)
    }

    /// `datetime.time(hour, minute, second, microsecond)`.
    ///
    /// # Errors
    ///
    /// `ValueError` if there is no such time.
    pub fn time(&self, hour: u32, minute: u32, second: u32, microsecond: u32) -> PyResult<'py, Obj<'py, Time>> {
        self.time.call((hour, minute, second, microsecond)).map(known)
    }

    /// `datetime.datetime(year, month, day, hour, minute, second, microsecond, tzinfo)`.
    ///
    /// # Errors
    ///
    /// `ValueError` if there is no such day or time; `TypeError` if `zone` is no time zone.
    pub fn datetime(
        &self,
        (year, month, day): (i32, u32, u32),
        (hour, minute, second, microsecond): (u32, u32, u32, u32),
        zone: Option<&Obj<'py>>,
    ) -> PyResult<'py, Obj<'py, DateTime>> {
        self.datetime.call((year, month, day, hour, minute, second, microsecond, zone)).map(known)
    }

    /// A `timedelta` of a duration, to the microsecond.
    ///
    /// # Errors
    ///
    /// `OverflowError` if it is too long.
    pub fn timedelta(&self, duration: Duration) -> PyResult<'py, Obj<'py, TimeDelta>> {
        self.signed(duration, false)
    }

    fn signed(&self, duration: Duration, negative: bool) -> PyResult<'py, Obj<'py, TimeDelta>> {
        let seconds = i128::from(duration.as_secs());
        let microseconds = i128::from(duration.subsec_micros());
        let sign = if negative { -1 } else { 1 };
        self.timedelta.call((0, sign * seconds, sign * microseconds)).map(known)
    }

    /// A `datetime` in UTC, to the microsecond.
    ///
    /// # Errors
    ///
    /// `OverflowError` if it lies outside of the years 1 to 9999.
    pub fn from_system_time(&self, time: SystemTime) -> PyResult<'py, Obj<'py, DateTime>> {
        let since = match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => self.timedelta(after)?,
            Err(before) => self.signed(before.duration(), true)?,
        };
        self.epoch()?.as_any().add(since).map(known)
    }

    /// The time that an aware `datetime` tells, in any time zone.
    ///
    /// # Errors
    ///
    /// `TypeError` if it is naive; `OverflowError` if it does not fit.
    pub fn to_system_time(&self, time: &Obj<'py, DateTime>) -> PyResult<'py, SystemTime> {
        let (days, seconds, microseconds) = parts(&time.as_any().sub(self.epoch()?)?)?;
        let since = i128::from(days) * 86_400_000_000 + i128::from(seconds) * 1_000_000 + i128::from(microseconds);
        let duration = u64::try_from(since.unsigned_abs()).ok().map(Duration::from_micros);
        let epoch = SystemTime::UNIX_EPOCH;
        let time = match duration {
            Some(duration) if since < 0 => epoch.checked_sub(duration),
            Some(duration) => epoch.checked_add(duration),
            None => None,
        };
        time.ok_or_else(|| OverflowError::new_err(self.utc.py(), "the time does not fit"))
    }

    fn epoch(&self) -> PyResult<'py, Obj<'py, DateTime>> {
        self.datetime((1970, 1, 1), (0, 0, 0, 0), Some(&self.utc))
    }
}

// SAFETY: every field is an owned reference, reported once; none can change.
unsafe impl<'py> Trace<'py> for DateTimeTypes<'py> {
    fn trace_objects(&self, visitor: &mut Visitor<'_>) {
        let DateTimeTypes { date, time, datetime, timedelta, utc } = self;
        date.trace_objects(visitor);
        time.trace_objects(visitor);
        datetime.trace_objects(visitor);
        timedelta.trace_objects(visitor);
        utc.trace_objects(visitor);
    }
}

/// What a type of the `datetime` module made. Where Python code has put another type there, it may be anything, which
/// is safe: the kinds of this file promise nothing of the object's memory.
fn known<'py, T>(object: Obj<'py>) -> Obj<'py, T> {
    // SAFETY: `T` is one of the kinds of this file, which promise nothing; the reference passes from one to the other.
    unsafe { Obj::from_owned_non_null(NonNull::new_unchecked(object.into_ptr())) }
}

/// Days, seconds and microseconds of a `timedelta`.
fn parts<'py, T>(delta: &Obj<'py, T>) -> PyResult<'py, (i64, i64, i64)> {
    let number = |name| delta.getattr(name).and_then(|number| number.extract());
    Ok((number("days")?, number("seconds")?, number("microseconds")?))
}

impl<'py> Obj<'py, TimeDelta> {
    /// The duration.
    ///
    /// # Errors
    ///
    /// `ValueError` if it is negative, which a [`Duration`] cannot be.
    pub fn to_duration(&self) -> PyResult<'py, Duration> {
        let (days, seconds, microseconds) = parts(self)?;
        let fields = (u64::try_from(days), u64::try_from(seconds), u64::try_from(microseconds));
        if let (Ok(days), Ok(seconds), Ok(microseconds)) = fields {
            let whole = days.checked_mul(86_400).and_then(|of_days| of_days.checked_add(seconds));
            if let Some(duration) =
                whole.and_then(|whole| Duration::from_secs(whole).checked_add(Duration::from_micros(microseconds)))
            {
                return Ok(duration);
            }
        }
        let message = if days < 0 { "a duration cannot be negative" } else { "the duration does not fit" };
        Err(ValueError::new_err(self.py(), message))
    }
}

macro_rules! fields {
    ($($kind:ident: $($name:ident $ty:ty),*;)*) => { $(
        impl<'py> Obj<'py, $kind> { $(
            #[doc = concat!("The attribute `", stringify!($name), "`.")]
            ///
            /// # Errors
            ///
            /// What the attribute of a subclass raises.
            pub fn $name(&self) -> PyResult<'py, $ty> {
                self.getattr(stringify!($name))?.extract()
            }
        )* }
    )* };
}
fields! {
    Date: year i32, month u32, day u32;
    Time: hour u32, minute u32, second u32, microsecond u32;
    DateTime: year i32, month u32, day u32, hour u32, minute u32, second u32, microsecond u32;
    TimeDelta: days i64, seconds i64, microseconds i64;
}
