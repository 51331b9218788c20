//! An extension module that is part of the program.

#[insula::module]
mod archipelago {
    use insula::embed::Error;
    use insula::prelude::*;

    use crate::support::there;

    #[state]
    struct State<'py> {
        visits: PyCell<'py, u64>,
    }

    #[exec]
    fn exec<'py>(_: &Obj<'py, Module>) -> PyResult<'py, State<'py>> {
        Ok(State { visits: PyCell::new(0) })
    }

    #[class]
    struct Island<'py> {
        neighbour: Slot<'py>,
    }

    #[methods]
    impl<'py> Island<'py> {
        #[new]
        fn new(neighbour: &Obj<'py>) -> Self {
            let slot = Slot::empty();
            slot.set(Some(neighbour.clone()));
            Island { neighbour: slot }
        }

        #[getter]
        fn neighbour(&self) -> Option<Obj<'py>> {
            self.neighbour.get()
        }
    }

    #[exception]
    struct Flood;

    /// How often this module object was asked.
    #[function]
    fn visit(cx: Cx<'_, State>) -> u64 {
        let visits = &cx.state().visits;
        visits.set(visits.get() + 1);
        visits.get()
    }

    #[function]
    fn flood<'py>(cx: Cx<'py, State>, depth: i64) -> PyResult<'py, ()> {
        Err(cx.new_err::<Flood>(format!("{depth} metres").as_str()))
    }

    #[function]
    fn panic() -> i64 {
        panic!("a panic in a function of a module")
    }

    /// Has the interpreter that the test points at use an object of this one.
    #[function]
    fn lend(object: &Obj<'_>) -> usize {
        crate::lending::lend_argument(object)
    }

    fn said(result: Option<Result<(), Error>>) -> String {
        match result {
            Some(Ok(())) => "done".to_owned(),
            Some(Err(error)) => error.to_string(),
            None => "nobody is there".to_owned(),
        }
    }

    /// Runs code in the interpreter that the test points at, from within this one.
    #[function]
    fn ferry(code: &str) -> String {
        said(there().map(|there| there.exec(code)))
    }

    /// The same while this thread has left the interpreter.
    #[function]
    fn ferry_detached(py: Py<'_>, code: &str) -> String {
        let code = code.to_owned();
        py.detach_owned(move || said(there().map(|there| there.exec(&code))))
    }

    /// Ends the interpreter that the test points at, from within this one.
    #[function]
    fn sink() -> String {
        said(there().map(|there| there.end()))
    }

    /// The same while this thread has left the interpreter.
    #[function]
    fn sink_detached(py: Py<'_>) -> String {
        py.detach_owned(|| said(there().map(|there| there.end())))
    }
}
