//! The small module of the comparison, written with PyO3. What it keeps, it keeps for the process, as PyO3's guide
//! shows.

use pyo3::create_exception;
use pyo3::exceptions::{PyBufferError, PyException};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyString;
use std::os::raw::c_int;

static SENTINEL: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
const SIZE: usize = 3;

fn sentinel(py: Python<'_>) -> Py<PyAny> {
    SENTINEL.get_or_init(py, || PyString::new(py, "sentinel").into_any().unbind()).clone_ref(py)
}

create_exception!(small, Error, PyException);

/// Nothing.
#[pyfunction]
fn f() {}

/// n + 1.
#[pyfunction]
fn f1(n: i64) -> i64 {
    n + 1
}

/// a + b.
#[pyfunction]
#[pyo3(signature = (a, b = 1))]
fn kw(a: i64, b: i64) -> i64 {
    a + b
}

/// The module's sentinel.
#[pyfunction]
fn tag(py: Python<'_>) -> Py<PyAny> {
    sentinel(py)
}

/// callback().
#[pyfunction]
fn call<'py>(callback: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    callback.call0()
}

/// Raises Error.
#[pyfunction]
fn fail() -> PyResult<()> {
    Err(Error::new_err("failed"))
}

/// The sum of the items.
#[pyfunction]
fn total(iterable: &Bound<'_, PyAny>) -> PyResult<i64> {
    let mut sum = 0;
    for item in iterable.try_iter()? {
        sum += item?.extract::<i64>()?;
    }
    Ok(sum)
}

/// Counts.
#[pyclass(subclass)]
struct Counter {
    #[pyo3(get, set)]
    n: i64,
}

#[pymethods]
impl Counter {
    #[new]
    fn new() -> Self {
        Counter { n: 0 }
    }

    /// Add one.
    fn bump(&mut self) -> i64 {
        self.n += 1;
        self.n
    }

    /// The count and n.
    fn plus(&self, n: i64) -> i64 {
        self.n + n
    }

    /// The module's sentinel.
    fn tag(&self, py: Python<'_>) -> Py<PyAny> {
        sentinel(py)
    }

    /// The module's sentinel.
    #[getter]
    fn shared(&self, py: Python<'_>) -> Py<PyAny> {
        sentinel(py)
    }

    fn __len__(&self) -> usize {
        SIZE
    }

    fn __add__(&self, n: i64) -> Counter {
        Counter { n: self.n + n }
    }
}

/// Two objects.
#[pyclass]
struct Pair {
    #[pyo3(get)]
    a: Py<PyAny>,
    b: Py<PyAny>,
}

#[pymethods]
impl Pair {
    #[new]
    fn new(a: Py<PyAny>, b: Py<PyAny>) -> Self {
        Pair { a, b }
    }

    fn __traverse__(&self, visit: pyo3::PyVisit<'_>) -> Result<(), pyo3::PyTraverseError> {
        visit.call(&self.a)?;
        visit.call(&self.b)
    }
}

/// The numbers below the end.
#[pyclass]
struct Steps {
    next: i64,
    end: i64,
}

#[pymethods]
impl Steps {
    #[new]
    fn new(end: i64) -> Self {
        Steps { next: 0, end }
    }

    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __next__(&mut self) -> Option<i64> {
        (self.next < self.end).then(|| {
            self.next += 1;
            self.next - 1
        })
    }
}

/// Sixteen bytes.
#[pyclass]
struct Block {
    bytes: Box<[u8]>,
}

#[pymethods]
impl Block {
    #[new]
    fn new() -> Self {
        Block { bytes: vec![0; 16].into_boxed_slice() }
    }

    unsafe fn __getbuffer__(slf: Bound<'_, Self>, view: *mut ffi::Py_buffer, flags: c_int) -> PyResult<()> {
        if view.is_null() {
            return Err(PyBufferError::new_err("View is null"));
        }
        let (data, len) = {
            let mut this = slf.borrow_mut();
            (this.bytes.as_mut_ptr(), this.bytes.len() as ffi::Py_ssize_t)
        };
        // SAFETY: the bytes live as long as the object, to which the view takes a reference, and are never moved.
        let status = unsafe { ffi::PyBuffer_FillInfo(view, slf.as_ptr(), data.cast(), len, 0, flags) };
        if status < 0 { Err(PyErr::fetch(slf.py())) } else { Ok(()) }
    }
}

/// The small module.
#[pymodule]
mod small {
    #[pymodule_export]
    use super::{Block, Counter, Error, Pair, Steps, call, f, f1, fail, kw, tag, total};
}
