//! A class in a file of its own, shown from another module.

use insula::prelude::*;

use super::Shape;

/// Four sides.
#[insula::class(base = Shape<'_>)]
pub(crate) struct Square {
    #[member]
    side: f64,
}

#[insula::methods]
impl Square {
    #[new]
    fn new<'py>(py: Py<'py>, side: f64) -> PyResult<'py, With<Self, Shape<'py>>> {
        Ok(With(Square { side }, Shape::named(&Str::new(py, "square")?)))
    }
    fn __len__(&self) -> usize {
        4
    }
    fn __getitem__(&self, index: i64) -> f64 {
        self.side * index as f64
    }
    #[getter]
    fn get_area(&self) -> f64 {
        self.side * self.side
    }
}
