//! Attributes of PyO3's, in a module and outside: each error says what there is instead.

#[insula::module]
mod stock {
    use insula::prelude::*;

    #[pyclass] //~ ERROR a class is marked #[class]
    struct Item<'py> {
        #[pyo3(get, set)] //~ ERROR #[member(set)] on a field
        count: PyCell<'py, u32>,
    }

    #[pymethods] //~ ERROR marked #[methods]
    impl<'py> Item<'py> {
        #[new]
        #[pyo3(signature = (count = 0))] //~ ERROR #[new(signature = (...))]
        fn new(count: u32) -> Self {
            Item { count: PyCell::new(count) }
        }
    }

    #[pyo3::pyfunction] //~ ERROR a function is marked #[function]
    fn total(items: Vec<i64>) -> i64 {
        items.iter().sum()
    }

    #[pymodule_export] //~ ERROR listed with its marker
    use super::elsewhere;

    #[pymodule_init] //~ ERROR makes the module state
    fn init() {}

    #[pymodule] //~ ERROR one inside another #[module]
    mod part {}
}

#[insula::function]
fn elsewhere(#[pyo3(from_py_with = f)] number: i64) -> i64 { //~ ERROR options stand in the marker itself
    number
}

#[insula::class]
struct Point {
    #[pyo3(get)] //~ ERROR #[member] and #[member(set)]
    x: f64,
}
