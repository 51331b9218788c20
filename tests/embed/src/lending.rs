//! G1: crates that lend references through thread-locals, in safe code, carry an object past a `detach`, or into an
//! entry of another interpreter. The feature `checked` aborts there; `detach_on_worker` leaves nothing to be carried.

use insula::embed::{Interpreter, Runtime, eval};
use insula::{Obj, Py, PyResult, Root};

use crate::Scenario;
use crate::support::{aborts, most_isolated, point_at, start, there};

pub(crate) const SCENARIOS: &[Scenario] = &[
    ("an_object_lent_past_a_detach_aborts", past_a_detach),
    ("an_object_lent_to_another_interpreter_aborts", to_another_interpreter),
    ("an_object_lent_within_its_interpreter_is_used", within),
    ("a_worker_finds_nothing_lent", worker),
];

/// What is not run by itself, for each ends its process.
pub(crate) const VICTIMS: &[Scenario] = &[
    ("lend_by_scoped_tls_hkt", by_scoped_tls),
    ("lend_by_environmental", by_environmental),
    ("lend_to_another_entry", to_another_entry),
    ("lend_an_argument_to_another_entry", an_argument_to_another_entry),
    ("lend_to_a_root", to_a_root),
    ("lend_to_a_root_while_detached", to_a_root_while_detached),
];

fn past_a_detach() {
    for name in ["lend_by_scoped_tls_hkt", "lend_by_environmental"] {
        let said = aborts(name);
        assert!(said.contains("insula: a Python object is used on a thread that is not attached"), "{name}: {said}");
    }
}

fn to_another_interpreter() {
    for (name, _) in VICTIMS.iter().filter(|(name, _)| name.starts_with("lend_to_") || name.starts_with("lend_an_")) {
        let said = aborts(name);
        assert!(said.contains("insula: a Python object is used in an entry of another interpreter"), "{name}: {said}");
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

/// Lends an object of one interpreter to an entry of another.
fn to_another_entry() {
    let runtime = start();
    let there = runtime.interpreter(&most_isolated()).unwrap();
    point_at(Some(there));
    let lend: for<'py> fn(Py<'py>, &Obj<'py>) -> usize = |_, object| {
        SCOPED.set(object as &dyn Lent, || there_now().run(|_| Ok(SCOPED.with(|object| object.clone_it()))).unwrap())
    };
    let count = inside(&runtime.main(), lend);
    unreachable!("{count} copies of another interpreter's object");
}

/// The same with an object that CPython lent to a function.
fn an_argument_to_another_entry() {
    let runtime = start();
    point_at(Some(runtime.interpreter(&most_isolated()).unwrap()));
    let here = runtime.interpreter(&most_isolated()).unwrap();
    here.exec("import archipelago; archipelago.lend(object())").unwrap();
    unreachable!("another interpreter used the argument");
}

/// What the function `lend` of the module `archipelago` does.
pub(crate) fn lend_argument(object: &Obj<'_>) -> usize {
    SCOPED.set(object as &dyn Lent, || there_now().run(|_| Ok(SCOPED.with(|object| object.clone_it()))).unwrap())
}

fn there_now() -> Interpreter {
    there().expect("the test points at one")
}

/// A root of an object of another interpreter than the main one, which is kept for as long as the test needs it.
fn root_elsewhere(runtime: &Runtime) -> Root {
    let there = runtime.interpreter(&most_isolated()).unwrap();
    point_at(Some(there.clone()));
    there.run(|py| Root::new(py, &eval(py, "object()")?)).unwrap()
}

fn to_a_root() {
    let runtime = start();
    let root = root_elsewhere(&runtime);
    let result = runtime.main().run(move |py| {
        let object = eval(py, "object()")?;
        let lent = SCOPED.set(&object as &dyn Lent, || root.attach(|_| Ok(SCOPED.with(|object| object.clone_it()))));
        Ok(lent.is_ok())
    });
    unreachable!("{result:?}: copies of another interpreter's object");
}

fn to_a_root_while_detached() {
    let runtime = start();
    let root = root_elsewhere(&runtime);
    let result = runtime.main().run(move |py| {
        let object = eval(py, "object()")?;
        let lent = SCOPED.set(&object as &dyn Lent, || {
            py.detach_owned(move || root.attach(|_| Ok(SCOPED.with(|object| object.clone_it()))).is_ok())
        });
        Ok(lent)
    });
    unreachable!("{result:?}: copies of another interpreter's object");
}

/// What a crate lends within one interpreter is used where that is sound.
fn within() {
    let mut runtime = start();
    for interpreter in [runtime.main(), runtime.interpreter(&most_isolated()).unwrap()] {
        let again = interpreter.clone();
        let count = interpreter.run(move |py| {
            let object = eval(py, "object()")?;
            let root = Root::new(py, &object)?;
            let lend = || SCOPED.with(|object| object.clone_it());
            let first = SCOPED.set(&object as &dyn Lent, || again.run(move |_| Ok(lend())).unwrap());
            // Attached anew, to the same interpreter.
            let second = SCOPED.set(&object as &dyn Lent, || py.detach_owned(move || root.attach(move |_| Ok(lend()))));
            Ok((first, second.unwrap()))
        });
        assert_eq!(count, Ok((100, 100)));
    }
    runtime.finish().unwrap();
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
