//! Roots: what leads back into an interpreter from threads that know nothing of Python.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use insula::embed::{Error, Interpreter, InterpreterConfig, eval};
use insula::types::List;
use insula::{Obj, Py, PyResult, Root, RootError};

use crate::Scenario;
use crate::support::{Numbers, most_isolated, start};

pub(crate) const SCENARIOS: &[Scenario] = &[
    ("a_root_outlives_its_runtime", outlives),
    ("a_root_leads_to_its_own_interpreter_only", own_interpreter),
    ("a_runtime_waits_for_callbacks", waits),
    ("roots_race_with_the_end_of_their_interpreter", race),
    ("interpreters_call_back_side_by_side", side_by_side),
    ("attaching_across_interpreters_comes_back", across),
];

/// A root of what an expression gives.
fn root(interpreter: &Interpreter, expression: &'static str) -> Root {
    interpreter.run(move |py| Root::new(py, &eval(py, expression)?)).unwrap()
}

fn bind(interpreter: &Interpreter, root: &Root) -> Result<String, RootError> {
    let root = root.clone();
    interpreter
        .run(move |py| Ok(root.bind(py).map(|object| object.str().unwrap().to_str().unwrap().to_owned())))
        .unwrap()
}

/// G16: its interpreter and the runtime are gone, another of the same address and ID is there.
fn outlives() {
    let kept: Mutex<Vec<Root>> = Mutex::new(Vec::new());
    for cycle in 0..10 {
        let mut runtime = start();
        let (main, other) = (runtime.main(), runtime.interpreter(&most_isolated()).unwrap());
        let elsewhere = |old: &Root| {
            for interpreter in [&main, &other] {
                assert_eq!(bind(interpreter, old), Err(RootError::Elsewhere));
            }
        };
        let before = kept.lock().unwrap().clone();
        for old in &before {
            elsewhere(old);
            assert_eq!(old.call::<_, i64>((1,)), Err(RootError::Ended));
            assert_eq!(old.clone().attach(|_| Ok(())), Err(RootError::Ended));
        }
        for interpreter in [&main, &other] {
            interpreter
                .exec("import archipelago\nisland = archipelago.Island([archipelago])\ndef f(n): return n + 1")
                .unwrap();
            let (island, function) = (root(interpreter, "island"), root(interpreter, "f"));
            assert_eq!(function.call((cycle,)), Ok(cycle + 1));
            assert_eq!(thread::spawn(move || function.call((cycle,))).join().unwrap(), Ok(cycle + 1));
            assert!(bind(interpreter, &island).unwrap().contains("Island"));
            kept.lock().unwrap().push(island);
        }
        // Now that these interpreters have records, at addresses like those of the first.
        before.iter().for_each(elsewhere);
        drop(before);
        if cycle % 2 == 0 {
            other.end().unwrap();
        }
        runtime.finish().unwrap();
        // Some are dropped while nothing runs, some when another runtime does.
        if cycle % 3 == 0 {
            kept.lock().unwrap().truncate(1);
        }
    }
}

fn own_interpreter() {
    let mut runtime = start();
    let all: Vec<Interpreter> = [most_isolated(), InterpreterConfig::legacy(), most_isolated()]
        .iter()
        .map(|config| runtime.interpreter(config).unwrap())
        .chain([runtime.main()])
        .collect();
    for (n, interpreter) in all.iter().enumerate() {
        interpreter.exec(&format!("n = '{n}'\ndef me(): return n")).unwrap();
    }
    let (names, functions): (Vec<Root>, Vec<Root>) = all.iter().map(|i| (root(i, "n"), root(i, "me"))).unzip();
    for (n, interpreter) in all.iter().enumerate() {
        for (m, name) in names.iter().enumerate() {
            let expected = if n == m { Ok(n.to_string()) } else { Err(RootError::Elsewhere) };
            assert_eq!(bind(interpreter, name), expected);
            // Whatever this thread is attached to, a call comes to the object's interpreter.
            let function = functions[m].clone();
            assert_eq!(interpreter.run(move |_| Ok(function.call::<_, String>(()))).unwrap(), Ok(m.to_string()));
        }
    }
    all[0].end().unwrap();
    assert_eq!(functions[0].call::<_, String>(()), Err(RootError::Ended));
    assert_eq!(functions[1].call(()), Ok("1".to_owned()));
    runtime.finish().unwrap();
    assert!(functions.iter().all(|function| function.call::<_, String>(()) == Err(RootError::Ended)));
}

/// G17: who is inside finishes; who comes later gets an error.
fn waits() {
    for end_runtime in [false, true] {
        let mut runtime = start();
        let island = runtime.interpreter(&most_isolated()).unwrap();
        island.exec("import time\ndef slow(n):\n  for _ in range(30): time.sleep(0.01)\n  return n").unwrap();
        let slow = root(&island, "slow");
        let (begun, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let caller = {
            let (begun, done, slow) = (Arc::clone(&begun), Arc::clone(&done), slow.clone());
            thread::spawn(move || {
                let result = slow.attach(move |slow| {
                    begun.store(true, Ordering::SeqCst);
                    let result = slow.call((7,))?;
                    done.store(true, Ordering::SeqCst);
                    result.extract::<i64>()
                });
                assert_eq!(result, Ok(7));
            })
        };
        while !begun.load(Ordering::SeqCst) {
            thread::yield_now();
        }
        if end_runtime {
            runtime.finish().unwrap();
        } else {
            island.end().unwrap();
        }
        assert!(done.load(Ordering::SeqCst), "the interpreter ended under a callback");
        assert_eq!(slow.call::<_, i64>((1,)), Err(RootError::Ended));
        caller.join().unwrap();
    }
}

fn race() {
    let rounds = 12;
    let mut numbers = Numbers::from(17);
    for _ in 0..rounds {
        let mut runtime = start();
        let islands: Vec<_> = (0..3).map(|_| runtime.interpreter(&most_isolated()).unwrap()).collect();
        let mut threads = Vec::new();
        for island in islands.iter().chain([&runtime.main()]) {
            island
                .exec("class Thing:\n  def __del__(self): pass\n  def __call__(self, n): return [Thing(), n][1]")
                .unwrap();
            let thing = root(island, "Thing()");
            for _ in 0..2 {
                let thing = thing.clone();
                threads.push(thread::spawn(move || {
                    let mut calls = 0i64;
                    loop {
                        match thing.call::<_, i64>((calls,)) {
                            Ok(n) => assert_eq!(n, calls),
                            Err(error) => {
                                assert_eq!(error, RootError::Ended);
                                return calls;
                            }
                        }
                        // Made inside, dropped outside.
                        let copies = thing.attach(|thing| (0..3).map(|_| Root::new(thing.py(), thing)).collect());
                        let copies: Result<Vec<Root>, _> = copies;
                        drop(copies);
                        calls += 1;
                    }
                }));
            }
        }
        thread::sleep(Duration::from_millis(numbers.below(30) as u64));
        for island in islands.iter().take(numbers.below(4)) {
            island.end().unwrap();
        }
        runtime.finish().unwrap();
        for thread in threads {
            thread.join().unwrap();
        }
    }
}

/// Each interpreter with threads of its own.
fn side_by_side() {
    let mut runtime = start();
    let islands: Vec<_> = (0..6).map(|_| runtime.interpreter(&most_isolated()).unwrap()).collect();
    let total = Arc::new(AtomicUsize::new(0));
    let threads: Vec<_> = islands
        .iter()
        .enumerate()
        .flat_map(|(n, island)| {
            island.exec(&format!("seen = []\ndef note(k):\n  seen.append(k)\n  return {n}")).unwrap();
            let note = root(island, "note");
            let total = Arc::clone(&total);
            (0..2).map(move |_| {
                let (note, total) = (note.clone(), Arc::clone(&total));
                thread::spawn(move || {
                    for k in 0..100 {
                        assert_eq!(note.call((k,)), Ok(n));
                        total.fetch_add(1, Ordering::Relaxed);
                    }
                })
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    for island in &islands {
        assert_eq!(island.eval("len(seen)"), Ok(200.into()));
    }
    assert_eq!(total.load(Ordering::Relaxed), 1200);
    runtime.finish().unwrap();
}

/// There and back again, also with both interpreters' objects in use.
fn across() {
    let mut runtime = start();
    let (one, two) = (runtime.interpreter(&most_isolated()).unwrap(), runtime.interpreter(&most_isolated()).unwrap());
    let (in_one, in_two) = (list(&one), list(&two));
    let session = one.session().unwrap();
    for _ in 0..3 {
        let (in_one, in_two) = (in_one.clone(), in_two.clone());
        let sizes = session.run(move |py| {
            let mine = in_one.bind(py)?;
            mine.append(1)?;
            let back = in_one.clone();
            let theirs = in_two.attach(move |theirs| {
                theirs.append(2)?;
                // Back in the first, whose call is still under way; detached from it, too.
                let inner = back.clone();
                let inside = back.attach(|mine| Ok(mine.len()))?;
                let detached = theirs.py().detach_owned(move || inner.attach(|mine| Ok(mine.len())));
                Ok((theirs.len(), inside, detached?))
            })?;
            assert_eq!((theirs.1, theirs.2), (mine.len(), mine.len()));
            Ok((mine.len(), theirs.0))
        });
        assert!(sizes.is_ok_and(|(mine, theirs)| mine == theirs));
    }
    drop(session);
    // An interpreter cannot be ended from inside of it.
    let end = two.clone();
    assert_eq!(in_two.attach(move |_| Ok(end.end())), Ok(Err(Error::Inside)));
    // A panic goes on, and leaves the thread as it was.
    let panicking = in_two.clone();
    let panic =
        thread::spawn(move || panicking.attach(|_| -> PyResult<'_, ()> { panic!("a panic in a visit") })).join();
    assert!(panic.is_err());
    assert!(in_two.attach(|list| Ok(list.len())).is_ok());
    runtime.finish().unwrap();
}

fn list(interpreter: &Interpreter) -> Root<List> {
    fn make(py: Py<'_>) -> PyResult<'_, Root<List>> {
        let list: Obj<'_, List> = List::new(py, Vec::<i64>::new())?;
        Root::new(py, &list)
    }
    interpreter.run(make).unwrap()
}
