//! A module that hands objects to native threads, through one table of the process that all interpreters share.

#![forbid(unsafe_code)]

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use insula::{Root, RootError};

static ROOTS: Mutex<Option<HashMap<usize, Root>>> = Mutex::new(None);
static NEXT: AtomicUsize = AtomicUsize::new(1);

fn put(root: Root) -> usize {
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    ROOTS.lock().unwrap().get_or_insert_default().insert(number, root);
    number
}

fn get(number: usize) -> Option<Root> {
    ROOTS.lock().unwrap().as_ref()?.get(&number).cloned()
}

fn remove(number: usize) -> Option<Root> {
    ROOTS.lock().unwrap().as_mut()?.remove(&number)
}

/// How a call went, as text.
fn said(result: Result<i64, RootError>) -> String {
    match result {
        Ok(value) => value.to_string(),
        Err(error) => error.to_string(),
    }
}

/// How the call of a root went on a thread that knows nothing of Python.
fn call_on_thread(number: usize, argument: i64) -> String {
    let Some(root) = get(number) else { return "no root".to_owned() };
    thread::spawn(move || said(root.call((argument,)))).join().unwrap_or_else(|_| "it panicked".to_owned())
}

/// A module that hands objects to native threads.
#[insula::module]
mod rooted {
    use super::*;
    use insula::prelude::*;

    #[state]
    struct State<'py> {
        /// Only to see the module die.
        _mark: Obj<'py>,
        finished: Arc<AtomicUsize>,
    }

    #[exec]
    fn exec<'py>(module: &Obj<'py, Module>) -> PyResult<'py, State<'py>> {
        Ok(State { _mark: module.py().none(), finished: Arc::default() })
    }

    /// Roots an object; the number of the root.
    #[function]
    fn keep<'py>(cx: Cx<'py, State>, object: &Obj<'py>) -> PyResult<'py, usize> {
        Ok(put(Root::new(cx, object)?))
    }

    /// The same without the module's help.
    #[function]
    fn keep_by_py<'py>(py: Py<'py>, object: &Obj<'py>) -> PyResult<'py, usize> {
        Ok(put(Root::new(py, object)?))
    }

    /// What a root leads to.
    #[function]
    fn bind<'py>(cx: Cx<'py, State>, number: usize) -> PyResult<'py, Option<Obj<'py>>> {
        Ok(get(number).map(|root| root.bind(cx)).transpose()?)
    }

    /// The same without the module's help.
    #[function]
    fn bind_by_py<'py>(py: Py<'py>, number: usize) -> PyResult<'py, Option<Obj<'py>>> {
        Ok(get(number).map(|root| root.bind(py)).transpose()?)
    }

    /// Drops a root on this thread.
    #[function]
    fn forget(number: usize) -> bool {
        remove(number).is_some()
    }

    /// Drops a root on another thread.
    #[function]
    fn forget_on_thread(py: Py<'_>, number: usize) -> bool {
        py.detach_owned(move || thread::spawn(move || remove(number).is_some()).join().is_ok_and(|found| found))
    }

    /// Calls what a root leads to, on this thread.
    #[function]
    fn call(number: usize, argument: i64) -> String {
        get(number).map_or_else(|| "no root".to_owned(), |root| said(root.call((argument,))))
    }

    /// The same while this thread is detached.
    #[function]
    fn call_detached(py: Py<'_>, number: usize, argument: i64) -> String {
        py.detach_owned(move || get(number).map_or_else(|| "no root".to_owned(), |root| said(root.call((argument,)))))
    }

    /// The same on another thread.
    #[function]
    fn call_on_thread(py: Py<'_>, number: usize, argument: i64) -> String {
        py.detach_owned(move || super::call_on_thread(number, argument))
    }

    /// Attaches, detaches inside and attaches again, on another thread.
    #[function]
    fn call_nested(py: Py<'_>, number: usize, argument: i64) -> String {
        py.detach_owned(move || {
            let nested = move || {
                let root = get(number)?;
                let again = root.clone();
                let inside = root.attach(move |object| {
                    let first = object.call((argument,))?;
                    let second = object.py().detach_owned(move || said(again.call((argument + 1,))));
                    Ok(format!("{} {second}", first.extract::<i64>()?))
                });
                Some(inside.unwrap_or_else(|error| error.to_string()))
            };
            thread::spawn(nested).join().ok().flatten().unwrap_or_default()
        })
    }

    /// Starts threads that call a root until its interpreter has ended. `finished` counts them then.
    #[function]
    fn pester(cx: Cx<'_, State>, number: usize, threads: usize) {
        for _ in 0..threads {
            let Some(root) = get(number) else { return };
            let finished = Arc::clone(&cx.state().finished);
            thread::spawn(move || {
                while root.call::<_, i64>((1,)) != Err(RootError::Ended) {}
                finished.fetch_add(1, Ordering::Relaxed);
            });
        }
    }

    /// Starts a thread that roots and drops what the root leads to, again and again, until its interpreter has ended.
    #[function]
    fn churn(number: usize, threads: usize) {
        for _ in 0..threads {
            let Some(root) = get(number) else { return };
            thread::spawn(move || {
                loop {
                    let copies = root.attach(|object| {
                        (0..10).map(|_| Root::new(object.py(), object)).collect::<PyResult<'_, Vec<Root>>>()
                    });
                    match copies {
                        Ok(copies) => drop(copies), // here, not attached
                        Err(RootError::Ended) => return,
                        Err(error) => panic!("{error}"),
                    }
                }
            });
        }
    }

    /// Drops many roots of an object on another thread, and does not wait for it.
    #[function]
    fn drop_many<'py>(cx: Cx<'py, State>, object: &Obj<'py>, count: usize) -> PyResult<'py, ()> {
        let roots = (0..count).map(|_| Root::new(cx, object)).collect::<PyResult<'py, Vec<Root>>>()?;
        thread::spawn(move || drop(roots));
        Ok(())
    }

    /// An instance of a class of the module can be rooted as such.
    #[class]
    struct Boat<'py> {
        cargo: Slot<'py>,
        tonnage: i64,
    }

    #[methods]
    impl<'py> Boat<'py> {
        #[new]
        fn new(cargo: &Obj<'py>, tonnage: i64) -> Self {
            Boat { cargo: Slot::new(cargo.clone()), tonnage }
        }

        #[getter]
        fn cargo(&self) -> Option<Obj<'py>> {
            self.cargo.get()
        }

        /// The tonnage, as another thread sees it.
        fn tonnage_on_thread(slf: &Obj<'py, Self>) -> PyResult<'py, i64> {
            let root: Root<Boat<'static>> = Root::new(slf.py(), slf)?;
            let seen =
                slf.py().detach_owned(move || thread::spawn(move || root.attach(|boat| Ok(boat.tonnage))).join());
            match seen {
                Ok(seen) => Ok(seen?),
                Err(_) => Err(RuntimeError::new_err(slf.py(), "it panicked")),
            }
        }
    }

    /// Calls its function when it is dropped.
    struct Calls(Root);

    impl Drop for Calls {
        fn drop(&mut self) {
            if let Err(error) = self.0.attach(|function| function.call0().map(drop)) {
                println!("{error}");
            }
        }
    }

    #[class]
    struct Farewell {
        _calls: Calls,
    }

    #[methods]
    impl Farewell {
        #[new]
        fn new<'py>(function: &Obj<'py>) -> PyResult<'py, Self> {
            Ok(Farewell { _calls: Calls(Root::new(function.py(), function)?) })
        }
    }
}
