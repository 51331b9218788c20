//! One function for each conversion between Rust and Python, also the derived ones: `tests/python/test_objects.py`
//! calls them.

#![forbid(unsafe_code)]

/// One function for each conversion.
#[insula::module]
mod conversions {
    use std::borrow::Cow;
    use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
    use std::ffi::OsString;
    use std::num::NonZero;
    use std::path::PathBuf;
    use std::time::{Duration, SystemTime};

    use insula::prelude::*;

    // Conversions: each returns what it was given.

    #[function]
    fn echo_i128(value: i128) -> i128 {
        value
    }
    #[function]
    fn echo_u128(value: u128) -> u128 {
        value
    }
    #[function]
    fn echo_nonzero(value: NonZero<u8>) -> NonZero<u8> {
        value
    }
    #[function]
    fn echo_char(value: char) -> char {
        value
    }
    #[function]
    fn echo_cow(value: Cow<'_, str>) -> String {
        value.into_owned()
    }
    #[function]
    fn echo_box_str(value: Box<str>) -> Box<str> {
        value
    }
    #[function]
    fn echo_bytes(value: Vec<u8>) -> Vec<u8> {
        value
    }
    #[function]
    fn echo_byte_array(value: [u8; 3]) -> [u8; 3] {
        value
    }
    #[function]
    fn echo_array(value: [i64; 3]) -> [i64; 3] {
        value
    }
    #[function]
    fn echo_deque(value: VecDeque<i64>) -> VecDeque<i64> {
        value
    }
    #[function]
    fn echo_box_slice(value: Box<[i64]>) -> Box<[i64]> {
        value
    }
    #[function]
    fn echo_hash_map(value: HashMap<String, i64>) -> HashMap<String, i64> {
        value
    }
    #[function]
    fn echo_btree_map(value: BTreeMap<i64, Vec<i64>>) -> BTreeMap<i64, Vec<i64>> {
        value
    }
    #[function]
    fn echo_hash_set(value: HashSet<i64>) -> HashSet<i64> {
        value
    }
    #[function]
    fn echo_btree_set(value: BTreeSet<String>) -> BTreeSet<String> {
        value
    }
    #[function]
    fn echo_path(value: PathBuf) -> PathBuf {
        value
    }
    #[function]
    fn echo_os_string(value: OsString) -> OsString {
        value
    }
    #[function]
    fn echo_duration(value: Duration) -> Duration {
        value
    }
    #[function]
    fn echo_system_time(value: SystemTime) -> SystemTime {
        value
    }
    type Eight = (i64, i64, i64, i64, i64, i64, i64, String);
    #[function]
    fn echo_eight(value: Eight) -> Eight {
        value
    }

    // Derived conversions.

    #[derive(FromPy, IntoPy)]
    struct Point<'py> {
        x: f64,
        y: f64,
        #[py(name = "tag_", default)]
        tag: Option<Obj<'py>>,
    }
    #[function]
    fn echo_point(value: Point<'_>) -> Point<'_> {
        value
    }

    #[derive(FromPy, IntoPy)]
    #[py(item)]
    struct Options {
        depth: u8,
        #[py(default)]
        names: Vec<String>,
    }
    #[function]
    fn echo_options(value: Options) -> Options {
        value
    }

    #[derive(FromPy, IntoPy)]
    struct Pair<T>(T, T);
    #[function]
    fn echo_pair(value: Pair<i64>) -> Pair<i64> {
        value
    }

    #[derive(FromPy, IntoPy)]
    struct Meters(f64);
    #[function]
    fn echo_meters(value: Meters) -> Meters {
        value
    }

    #[derive(FromPy, IntoPy)]
    #[py(item)]
    struct Tree {
        value: i64,
        children: Vec<Tree>,
    }
    #[function]
    fn echo_tree(value: Tree) -> Tree {
        value
    }

    #[derive(FromPy, IntoPy)]
    enum Shape<'py> {
        Empty,
        #[py(name = "unit")]
        Unit,
        Circle {
            radius: f64,
        },
        #[py(item)]
        Square {
            side: f64,
        },
        Segment(f64, f64),
        Dimension(u8),
        Other(Obj<'py, List>),
    }
    #[function]
    fn echo_shape(value: Shape<'_>) -> Shape<'_> {
        value
    }

    #[class]
    struct Token {
        number: i64,
    }
    #[methods]
    impl Token {
        #[new]
        fn new(number: i64) -> Self {
            Token { number }
        }
    }
    /// Holds a class of this module: the conversion finds the class by the place of the call.
    #[derive(FromPy)]
    struct Holder<'py> {
        token: Obj<'py, Token>,
    }
    #[function]
    fn held(value: Holder<'_>) -> i64 {
        value.token.number
    }
}
