//! Types of other crates, one function each, and buffers of numbers: `tests/python/test_foreign.py` calls these.

#![forbid(unsafe_code)]

/// Types of other crates, and buffers of numbers.
#[insula::module]
mod foreign {
    use std::collections::{BTreeSet, HashMap};

    use either::Either;
    use indexmap::{IndexMap, IndexSet};
    use insula::Serde;
    use insula::prelude::*;
    use ordered_float::{NotNan, OrderedFloat};
    use smallvec::SmallVec;

    #[function]
    fn echo_bigint(value: num_bigint::BigInt) -> num_bigint::BigInt {
        value
    }
    #[function]
    fn echo_biguint(value: num_bigint::BigUint) -> num_bigint::BigUint {
        value
    }
    #[function]
    fn echo_decimal(value: rust_decimal::Decimal) -> rust_decimal::Decimal {
        value
    }
    #[function]
    fn echo_ordered(value: OrderedFloat<f64>) -> OrderedFloat<f64> {
        value
    }
    #[function]
    fn echo_not_nan(value: NotNan<f64>) -> NotNan<f64> {
        value
    }
    #[function]
    fn echo_uuid(value: uuid::Uuid) -> uuid::Uuid {
        value
    }
    #[function]
    fn echo_index_map(value: IndexMap<String, i64>) -> IndexMap<String, i64> {
        value
    }
    #[function]
    fn echo_index_set(value: IndexSet<i64>) -> Vec<i64> {
        value.into_iter().collect()
    }
    #[function]
    fn give_index_set(value: IndexSet<i64>) -> IndexSet<i64> {
        value
    }
    #[function]
    fn echo_smallvec(value: SmallVec<[i64; 2]>) -> SmallVec<[i64; 2]> {
        value
    }
    #[function]
    fn echo_small_bytes(value: SmallVec<[u8; 4]>) -> SmallVec<[u8; 4]> {
        value
    }
    #[function]
    fn echo_bytes(value: bytes::Bytes) -> bytes::Bytes {
        value
    }
    #[function]
    fn echo_either(value: Either<i64, String>) -> Either<i64, String> {
        value
    }
    #[function]
    fn side(value: Either<i64, String>) -> &'static str {
        if value.is_left() { "left" } else { "right" }
    }

    #[function]
    fn chrono_date(value: chrono::NaiveDate) -> chrono::NaiveDate {
        value
    }
    #[function]
    fn chrono_time(value: chrono::NaiveTime) -> chrono::NaiveTime {
        value
    }
    #[function]
    fn chrono_naive(value: chrono::NaiveDateTime) -> chrono::NaiveDateTime {
        value
    }
    #[function]
    fn chrono_fixed(value: chrono::DateTime<chrono::FixedOffset>) -> chrono::DateTime<chrono::FixedOffset> {
        value
    }
    #[function]
    fn chrono_utc(value: chrono::DateTime<chrono::Utc>) -> chrono::DateTime<chrono::Utc> {
        value
    }
    #[function]
    fn chrono_delta(value: chrono::TimeDelta) -> chrono::TimeDelta {
        value
    }
    #[function]
    fn chrono_leap_second() -> Option<chrono::NaiveTime> {
        chrono::NaiveTime::from_hms_milli_opt(23, 59, 59, 1_500)
    }
    #[function]
    fn chrono_far() -> chrono::NaiveDate {
        chrono::NaiveDate::MAX
    }

    #[function]
    fn jiff_date(value: jiff::civil::Date) -> jiff::civil::Date {
        value
    }
    #[function]
    fn jiff_time(value: jiff::civil::Time) -> jiff::civil::Time {
        value
    }
    #[function]
    fn jiff_naive(value: jiff::civil::DateTime) -> jiff::civil::DateTime {
        value
    }
    #[function]
    fn jiff_timestamp(value: jiff::Timestamp) -> jiff::Timestamp {
        value
    }
    #[function]
    fn jiff_zoned(value: jiff::ZonedDateTime) -> jiff::ZonedDateTime {
        value
    }
    #[function]
    fn jiff_delta(value: jiff::SignedDuration) -> jiff::SignedDuration {
        value
    }

    // What serde knows.

    /// Every shape that serde has.
    #[derive(serde::Serialize, serde::Deserialize)]
    struct Everything {
        unit: (),
        flag: bool,
        small: i8,
        large: u64,
        huge: i128,
        number: f64,
        letter: char,
        text: String,
        maybe: Option<Vec<u8>>,
        pair: (i64, String),
        map: std::collections::BTreeMap<i64, Option<bool>>,
        #[serde(rename = "type")]
        kind: Kind,
        #[serde(default)]
        missing: u8,
        wrapped: Wrapped,
    }
    #[derive(serde::Serialize, serde::Deserialize)]
    struct Wrapped(i64);
    #[derive(serde::Serialize, serde::Deserialize)]
    enum Kind {
        Unit,
        New(i64),
        Pair(i64, i64),
        Named { x: f64 },
    }
    #[derive(serde::Serialize, serde::Deserialize)]
    struct Deep {
        #[serde(default)]
        next: Option<Box<Deep>>,
    }

    #[function]
    fn serde_everything(value: Serde<Everything>) -> Serde<Everything> {
        value
    }
    #[function]
    fn serde_kind(value: Serde<Kind>) -> Serde<Kind> {
        value
    }
    #[function]
    fn serde_deep(value: Serde<Deep>) -> usize {
        let (mut depth, mut next) = (1, &value.0.next);
        while let Some(deep) = next {
            (depth, next) = (depth + 1, &deep.next);
        }
        depth
    }
    #[function]
    fn serde_set(Serde(value): Serde<BTreeSet<i64>>) -> Serde<Vec<i64>> {
        Serde(value.into_iter().collect())
    }
    #[function]
    fn serde_u128(value: Serde<u128>) -> Serde<u128> {
        value
    }

    // Buffers of numbers.

    #[function]
    fn sum(numbers: Buffer<'_, f64>) -> f64 {
        numbers.iter().sum()
    }
    #[function]
    fn copied<'py>(numbers: Buffer<'py, f64>) -> PyResult<'py, Vec<f64>> {
        numbers.to_items()
    }
    #[function]
    fn items_32(numbers: Buffer<'_, i32>) -> Vec<i32> {
        numbers.iter().collect()
    }
    #[function]
    fn items_u16(numbers: Buffer<'_, u16>) -> Vec<u16> {
        numbers.iter().collect()
    }
    #[function]
    fn items_u8_by_one(numbers: Buffer<'_, u8>) -> Vec<i64> {
        numbers.iter().map(i64::from).collect()
    }
    #[function]
    fn at(numbers: Buffer<'_, f64>, indices: Vec<usize>) -> Option<f64> {
        numbers.get(&indices)
    }
    #[function]
    fn set<'py>(numbers: Buffer<'py, f64>, indices: Vec<usize>, value: f64) -> PyResult<'py, ()> {
        numbers.set(&indices, value)
    }
    #[function]
    fn write<'py>(numbers: Buffer<'py, f64>, items: Vec<f64>) -> PyResult<'py, ()> {
        numbers.write_items(&items)
    }
    #[function]
    fn shape(numbers: Buffer<'_, f64>) -> (Vec<usize>, usize) {
        (numbers.shape(), numbers.count())
    }
    /// Calls back while the buffer is held.
    #[function]
    fn while_held<'py>(numbers: Buffer<'py, f64>, call: &Obj<'py>) -> PyResult<'py, Vec<f64>> {
        call.call0()?;
        Ok(numbers.iter().collect())
    }

    // Collections from any iterable.

    #[function]
    fn list_of(value: Vec<i64>) -> Vec<i64> {
        value
    }
    #[function]
    fn texts(value: Vec<String>) -> Vec<String> {
        value
    }
    #[function]
    fn set_of(value: BTreeSet<i64>) -> Vec<i64> {
        value.into_iter().collect()
    }
    #[function]
    fn map_of(value: HashMap<String, i64>) -> HashMap<String, i64> {
        value
    }
    type Sixteen = (u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, String);
    #[function]
    fn sixteen(value: Sixteen) -> Sixteen {
        value
    }
    #[function]
    fn slot_of(value: Slot<'_, Str>) -> Option<Obj<'_, Str>> {
        value.get()
    }
}
