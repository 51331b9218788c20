//! G1: crates that lend references through thread-locals, in safe code, carry an object past a `detach`. The feature `checked` aborts
//! there; `detach_on_worker` leaves nothing to be carried.

use insula::embed::{Interpreter, eval};
use insula::{Obj, Py, PyResult};

use crate::Scenario;
use crate::support::{aborts, most_isolated, start};

pub(crate) const SCENARIOS: &[Scenario] =
    &[("an_object_lent_past_a_detach_aborts", caught), ("a_worker_finds_nothing_lent", worker)];

/// What is not run by itself, for each ends its process.
pub(crate) const VICTIMS: &[Scenario] =
    &[("lend_by_scoped_tls_hkt", by_scoped_tls), ("lend_by_environmental", by_environmental)];

fn caught() {
    for (name, _) in VICTIMS {
        let said = aborts(name);
        assert!(said.contains("insula: a Python object is used on a thread that is not attached"), "{name}: {said}");
    }
}

/// A reference to an object, with the one lifetime that the crate can put in its place.
trait Lent {
    fn clone_it(&self) -> usize;
}

impl Lent for Obj<'_> {
    fn clone_it(&self) -> usize {
        let copies: Vec<_> = (0..100).map(|_| self.clone()).collect();
        copies.len()
    }
}

scoped_tls_hkt::scoped_thread_local!(static SCOPED: for<'a> &'a dyn Lent);

/// In an interpreter that another thread uses meanwhile, so that the reference count would really race.
fn inside(interpreter: &Interpreter, code: for<'py> fn(Py<'py>, &Obj<'py>) -> usize) -> usize {
    interpreter.run(move |py| -> PyResult<'_, usize> { Ok(code(py, &eval(py, "object()")?)) }).unwrap()
}

fn by_scoped_tls() {
    let runtime = start();
    let lend: for<'py> fn(Py<'py>, &Obj<'py>) -> usize =
        |py, object| SCOPED.set(object as &dyn Lent, || py.detach((), |()| SCOPED.with(|object| object.clone_it())));
    let count = inside(&runtime.main(), lend);
    unreachable!("{count} copies without the GIL");
}

environmental::environmental!(environment: trait Lent);

struct Holder<'a, 'py>(&'a Obj<'py>);

impl Lent for Holder<'_, '_> {
    fn clone_it(&self) -> usize {
        self.0.clone_it()
    }
}

fn by_environmental() {
    let runtime = start();
    let lend: for<'py> fn(Py<'py>, &Obj<'py>) -> usize = |py, object| {
        environment::using(&mut Holder(object), || {
            py.detach_owned(|| environment::with(|object| object.clone_it()).unwrap_or(0))
        })
    };
    let count = inside(&runtime.interpreter(&most_isolated()).unwrap(), lend);
    unreachable!("{count} copies without the GIL");
}

fn worker() {
    let mut runtime = start();
    let lend: for<'py> fn(Py<'py>, &Obj<'py>) -> usize = |py, object| {
        SCOPED.set(object as &dyn Lent, || {
            environment::using(&mut Holder(object), || {
                let text = String::from("borrowed");
                // Where the lender is asked on the worker, it has nothing.
                py.detach_on_worker(|| {
                    assert!(!SCOPED.is_set() && environment::with(|object| object.clone_it()).is_none());
                    text.len()
                })
            })
        })
    };
    assert_eq!(inside(&runtime.main(), lend), 8);
    let panic: for<'py> fn(Py<'py>, &Obj<'py>) -> usize = |py, _| {
        let work = std::panic::AssertUnwindSafe(|| py.detach_on_worker(|| panic!("a panic of the worker")));
        let panicked: Result<(), _> = std::panic::catch_unwind(work);
        usize::from(panicked.is_err())
    };
    assert_eq!(inside(&runtime.main(), panic), 1);
    runtime.finish().unwrap();
}
