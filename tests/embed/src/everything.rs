//! The module that uses every feature of the framework, from disk, in runtimes and interpreters that come and go.

use std::sync::Mutex;
use std::thread;

use insula::embed::Interpreter;

use crate::Scenario;
use crate::ending::rounds;
use crate::support::{Numbers, addresses, all_different, modules, most_isolated, start};

pub(crate) const SCENARIOS: &[Scenario] = &[
    ("every_feature_over_fifty_runtimes", fifty),
    ("every_feature_in_sixteen_interpreters_that_end_in_random_order", sixteen),
];

/// What no two interpreters may share, after using each of them; beside it the class of panics, which belongs to no
/// module.
fn used(interpreter: &Interpreter) -> Vec<i64> {
    let folder = modules().display().to_string();
    interpreter
        .exec(&format!("import sys; sys.path.insert(0, {folder:?})\n{}", include_str!("everything.py")))
        .unwrap();
    addresses(interpreter, "kept")
}

fn fifty() {
    let mut numbers = Numbers::from(50);
    for _ in 0..50 {
        let mut runtime = start();
        let mut all: Vec<_> = (0..2).map(|_| runtime.interpreter(&most_isolated()).unwrap()).collect();
        all.push(runtime.main());
        let seen: Vec<_> = all.iter().map(used).collect();
        assert!(all_different(&seen), "{seen:?}");
        // One of them, or none, is left to the runtime.
        all[numbers.below(2)].end().unwrap();
        runtime.finish().unwrap();
    }
}

fn sixteen() {
    let mut runtime = start();
    let mut numbers = Numbers::from(16);
    for round in 0..rounds().div_ceil(8) {
        let (made, seen) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
        let handle = runtime.handle();
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..4 {
                        let interpreter = handle.interpreter(&most_isolated()).unwrap();
                        seen.lock().unwrap().push(used(&interpreter));
                        made.lock().unwrap().push(interpreter);
                    }
                });
            }
        });
        assert!(all_different(&seen.into_inner().unwrap()), "round {round}");
        let mut made = made.into_inner().unwrap();
        numbers.shuffle(&mut made);
        thread::scope(|scope| {
            for _ in 0..4 {
                let mine: Vec<_> = made.drain(..made.len().min(4)).collect();
                scope.spawn(move || mine.into_iter().for_each(|interpreter| interpreter.end().unwrap()));
            }
        });
    }
    runtime.finish().unwrap();
}
