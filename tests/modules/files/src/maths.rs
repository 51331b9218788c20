//! A submodule in a file of its own, which fails to be executed if it is told to.

/// Arithmetic.
#[insula::module(submodule, name = "maths")]
pub(crate) mod python {
    use insula::prelude::*;

    #[function(signature = (a, b = 1))]
    fn add(a: i64, b: i64) -> i64 {
        a + b
    }

    #[constant]
    const PI: f64 = std::f64::consts::PI;

    /// Whatever name the module is executed by: PEP 562.
    #[function]
    fn __getattr__<'py>(py: Py<'py>, name: &str) -> PyResult<'py, i64> {
        match name {
            "answer" => Ok(42),
            _ => Err(AttributeError::new_err(py, name)),
        }
    }
}
