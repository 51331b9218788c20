//! A module of functions that are Rust closures.

#![forbid(unsafe_code)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use insula::prelude::*;

/// How many [`Counted`] there are in the process.
static ALIVE: AtomicUsize = AtomicUsize::new(0);

/// Plain data whose end is seen.
struct Counted;

impl Counted {
    fn new() -> Self {
        ALIVE.fetch_add(1, Ordering::SeqCst);
        Counted
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        ALIVE.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("dropped");
    }
}

/// Two texts as one.
fn joined<'py>(py: Py<'py>, arguments: Arguments<'_, 'py>) -> PyResult<'py, String> {
    let (first, second): (&str, &str) = arguments.extract(py)?;
    Ok(format!("{first}{second}"))
}

/// A module of functions that are Rust closures.
#[insula::module]
mod closures {
    use super::*;

    #[state]
    struct State<'py> {
        calls: PyCell<'py, u64>,
    }

    #[exec]
    fn exec<'py>(_: &Obj<'py, Module>) -> PyResult<'py, State<'py>> {
        Ok(State { calls: PyCell::new(0) })
    }

    /// What several objects are kept by.
    #[class(hidden)]
    struct Pair<'py> {
        first: Obj<'py>,
        second: Slot<'py>,
    }

    /// Calls what it is made with, with it.
    #[class]
    struct Caller;

    #[methods]
    impl Caller {
        #[new]
        fn new<'py>(function: &Obj<'py>) -> PyResult<'py, Self> {
            function.call((function,))?;
            Ok(Caller)
        }

        fn joined<'py>(&self, py: Py<'py>, arguments: Arguments<'_, 'py>) -> PyResult<'py, String> {
            super::joined(py, arguments)
        }
    }

    /// A function that joins two texts.
    #[function]
    fn joined<'py>(py: Py<'py>, arguments: Arguments<'_, 'py>) -> PyResult<'py, String> {
        super::joined(py, arguments)
    }

    /// The same as a closure.
    #[function]
    fn joiner<'py>(cx: Cx<'py, State>, name: &str) -> PyResult<'py, Obj<'py>> {
        cx.callable(name, |cx, arguments| super::joined(cx.py(), arguments)?.into_py(cx.py()))
    }

    /// A function that calls another.
    #[function]
    fn calling<'py>(cx: Cx<'py, State>, function: &Obj<'py>) -> PyResult<'py, Obj<'py>> {
        cx.callable_with("calling", function, |function, _, _| function.call0())
    }

    /// A function that adds.
    #[function]
    fn adder<'py>(cx: Cx<'py, State>, n: i64) -> PyResult<'py, Obj<'py>> {
        let counted = Counted::new();
        cx.callable("add", move |cx, arguments| {
            let _ = &counted;
            cx.state().calls.set(cx.state().calls.get() + 1);
            let (number,): (i64,) = arguments.extract(cx.py())?;
            (number + n).into_py(cx.py())
        })
    }

    /// How many calls of adders this module object has seen.
    #[function]
    fn calls(cx: Cx<'_, State>) -> u64 {
        cx.state().calls.get()
    }

    /// How many closures that count are alive in the process.
    #[function]
    fn alive() -> usize {
        ALIVE.load(Ordering::SeqCst)
    }

    /// A function that gives its arguments back: by position, by number, and one by name.
    #[function]
    fn echo<'py>(cx: Cx<'py, State>, name: &str) -> PyResult<'py, Obj<'py>> {
        cx.callable(name, |cx, arguments| {
            let values = Tuple::new(cx.py(), arguments.values().to_vec())?;
            (values, arguments.count(), arguments.keyword("key").cloned()).into_py(cx.py())
        })
    }

    /// A function that gives the object back.
    #[function]
    fn holder<'py>(cx: Cx<'py, State>, object: &Obj<'py>) -> PyResult<'py, Obj<'py>> {
        let counted = Counted::new();
        cx.callable_with("hold", object, move |object, _, _| {
            let _ = &counted;
            Ok(object.clone())
        })
    }

    /// A function that takes one `dict` and knows it as that.
    #[function]
    fn sizer<'py>(cx: Cx<'py, State>, dict: &Obj<'py, Dict>) -> PyResult<'py, Obj<'py>> {
        cx.callable_with("size", dict, |dict, cx, _| dict.len().into_py(cx.py()))
    }

    /// A function that exchanges the second of two objects, and gives both.
    #[function]
    fn pair<'py>(cx: Cx<'py, State>, first: &Obj<'py>) -> PyResult<'py, Obj<'py>> {
        let pair = cx.new(Pair { first: first.clone(), second: Slot::empty() })?;
        cx.callable_with("pair", &pair, |pair, cx, arguments| {
            let before = pair.second.replace(arguments.values().first().cloned());
            (pair.first.clone(), before).into_py(cx.py())
        })
    }

    /// A function that raises, or panics.
    #[function]
    fn failing<'py>(cx: Cx<'py, State>, panics: bool) -> PyResult<'py, Obj<'py>> {
        cx.callable("fail", move |cx, _| {
            assert!(!panics, "the closure panicked");
            Err(ValueError::new_err(cx.py(), "the closure failed"))
        })
    }

    /// A function whose closure panics when it is dropped.
    #[function]
    fn bomb<'py>(cx: Cx<'py, State>) -> PyResult<'py, Obj<'py>> {
        let bomb = Bomb;
        cx.callable("bomb", move |cx, _| {
            let _ = &bomb;
            Ok(cx.py().none())
        })
    }

    /// A function that leads to the object by a root: the collector does not see it.
    #[function]
    fn rooted<'py>(cx: Cx<'py, State>, object: &Obj<'py>) -> PyResult<'py, Obj<'py>> {
        let root = Arc::new(Root::new(cx, object)?);
        cx.callable("rooted", move |cx, _| Ok(root.bind(cx)?))
    }

    /// The module object itself, as a call knows it.
    #[function]
    fn own<'py>(cx: Cx<'py, State>) -> Obj<'py, Module> {
        cx.module().clone()
    }
}
