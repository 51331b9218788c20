//! Every kind of parameter, and the plain conversions: `tests/python/test_signatures.py` calls them.

#![forbid(unsafe_code)]

/// Every kind of parameter.
#[insula::module]
mod arguments {
    use insula::prelude::*;

    #[state]
    struct State;

    #[exec]
    fn exec<'py>(_module: &Obj<'py, Module>) -> PyResult<'py, State> {
        Ok(State)
    }

    #[function]
    fn sum_detached(py: Py<'_>, numbers: Vec<i64>) -> i64 {
        py.detach_owned(move || numbers.into_iter().sum())
    }

    // Every kind of parameter. Each returns what it was given.

    /// Keywords and a default.
    #[function(signature = (data, *, sep = None, bytes_per_sep = 1))]
    fn hexlify<'py>(py: Py<'py>, data: &[u8], sep: Option<&str>, bytes_per_sep: usize) -> PyResult<'py, String> {
        if bytes_per_sep == 0 {
            return Err(ValueError::new_err(py, "bytes_per_sep must be positive"));
        }
        let groups = data.chunks(bytes_per_sep).map(|group| group.iter().map(|byte| format!("{byte:02x}")).collect());
        Ok(groups.collect::<Vec<String>>().join(sep.unwrap_or("")))
    }

    type Given<'py> = ((i64, i64, i64), Vec<Obj<'py>>, (i64, String), Obj<'py, Dict>);

    #[function(signature = (a, b = 2, /, c = 3, *args, d, e = "e", **kwargs))]
    fn everything<'py>(
        a: i64,
        b: i64,
        c: i64,
        args: Vec<Obj<'py>>,
        d: i64,
        e: &str,
        kwargs: Obj<'py, Dict>,
    ) -> Given<'py> {
        ((a, b, c), args, (d, e.to_owned()), kwargs)
    }

    #[function(signature = (a, b = -1, /))]
    fn positional(a: i64, b: i64) -> (i64, i64) {
        (a, b)
    }

    #[function(signature = (*, only = true))]
    fn keyword(only: bool) -> bool {
        only
    }

    /// Made from keywords.
    #[class(subclassable)]
    struct Point {
        x: i64,
        y: i64,
    }

    #[methods]
    impl Point {
        #[new(signature = (x, y = 0))]
        fn new(x: i64, y: i64) -> Self {
            Point { x, y }
        }

        #[method(signature = (x = 0, *, y = 0))]
        fn moved<'py>(&self, cx: Cx<'py, State>, x: i64, y: i64) -> PyResult<'py, Obj<'py, Point>> {
            cx.new(Point { x: self.x + x, y: self.y + y })
        }

        #[getter]
        fn xy(&self) -> (i64, i64) {
            (self.x, self.y)
        }
    }

    // One conversion each way.

    #[function]
    fn echo_bool(value: bool) -> bool {
        value
    }
    #[function]
    fn echo_i8(value: i8) -> i8 {
        value
    }
    #[function]
    fn echo_i64(value: i64) -> i64 {
        value
    }
    #[function]
    fn echo_u8(value: u8) -> u8 {
        value
    }
    #[function]
    fn echo_u64(value: u64) -> u64 {
        value
    }
    #[function]
    fn echo_usize(value: usize) -> usize {
        value
    }
    #[function]
    fn echo_f64(value: f64) -> f64 {
        value
    }
    #[function]
    fn echo_f32(value: f32) -> f32 {
        value
    }
    #[function]
    fn echo_str(value: &str) -> String {
        value.to_owned()
    }
    #[function]
    fn echo_bytes<'py>(py: Py<'py>, value: &[u8]) -> PyResult<'py, Obj<'py, Bytes>> {
        Bytes::new(py, value)
    }
    #[function]
    fn echo_option(value: Option<i64>) -> Option<i64> {
        value
    }
    #[function]
    fn echo_vec(value: Vec<i64>) -> Vec<i64> {
        value
    }
    #[function]
    fn echo_tuple(value: (i64, String)) -> (i64, String) {
        value
    }
    #[function]
    fn echo_object<'py>(value: &Obj<'py>) -> Obj<'py> {
        value.clone()
    }
    #[function]
    fn echo_dict<'py>(value: Obj<'py, Dict>) -> Obj<'py, Dict> {
        value
    }
}
