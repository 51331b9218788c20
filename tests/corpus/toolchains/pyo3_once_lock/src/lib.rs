//! See `Cargo.toml`.

use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyList;

pyo3::create_exception!(pyo3_once_lock, Error, PyException);

static CACHE: PyOnceLock<Py<PyList>> = PyOnceLock::new(); // here: INS101

#[pyclass]
struct Point {
    #[pyo3(get, set)]
    x: Py<PyAny>,
}

#[pymethods]
impl Point {
    #[new]
    fn new(x: Py<PyAny>) -> Self {
        Point { x }
    }
}

/// Remembers a value; returns how many there are.
#[pyfunction]
fn remember(py: Python<'_>, value: Py<PyAny>) -> PyResult<usize> {
    let cache = CACHE.get_or_init(py, || PyList::empty(py).unbind()).bind(py);
    cache.append(value)?;
    Ok(cache.len())
}

#[pymodule]
fn pyo3_once_lock(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("Error", module.py().get_type::<Error>())?;
    module.add_class::<Point>()?;
    module.add_function(wrap_pyfunction!(remember, module)?)
}
