//! `insula_contextvars`, a module whose data lies in CPython's own contexts, in runtimes and interpreters that come and
//! go.

use std::sync::{Barrier, Mutex};
use std::thread;

use insula::embed::{Interpreter, Value};

use crate::Scenario;
use crate::ending::rounds;
use crate::support::{
    Numbers, addresses, all_different, has_debug_memory, modules, most_isolated, start, start_checked,
};

pub(crate) const SCENARIOS: &[Scenario] = &[
    ("context_variables_in_sixteen_interpreters_at_once", sixteen),
    ("context_variables_over_fifty_runtimes", restarts),
];

fn load(interpreter: &Interpreter, module: &str) {
    let folder = modules().display().to_string();
    let mut code = include_str!("contextvars.py").replace("import insula_contextvars", module);
    if module != OURS {
        // CPython's own iterators leak what leads back to them (gh-155515).
        code = code.replace(", iter(cv.copy_context().items())", "");
    }
    interpreter.exec(&format!("import sys; sys.path.insert(0, {folder:?})\n{code}")).unwrap();
}

fn number(interpreter: &Interpreter, code: &str) -> i64 {
    match interpreter.eval(code).unwrap() {
        Value::Int(number) => number,
        other => panic!("no number: {other:?}"),
    }
}

const OURS: &str = "import insula_contextvars";

/// Each has its own variables, uses them while all others do, and does not grow.
fn sixteen() {
    let mut runtime = start();
    let handle = runtime.handle();
    let (begin, made) = (Barrier::new(16), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                // One after the other: making interpreters at once is another scenario's.
                let interpreter = {
                    let mut made = made.lock().unwrap();
                    let interpreter = handle.interpreter(&most_isolated()).unwrap();
                    load(&interpreter, OURS);
                    made.push(interpreter.clone());
                    interpreter
                };
                begin.wait();
                let grown = number(&interpreter, &format!("rounds({})", rounds().max(8)));
                assert!(grown < 5, "{grown} objects");
            });
        }
    });
    let mut made = made.into_inner().unwrap();
    let seen: Vec<_> = made.iter().map(|interpreter| addresses(interpreter, "kept")).collect();
    assert!(all_different(&seen), "{seen:?}");
    Numbers::from(16).shuffle(&mut made);
    made.into_iter().for_each(|interpreter| interpreter.end().unwrap());
    runtime.finish().unwrap();
}

/// By how many bytes the process grows in each cycle, over the last of so many. What CPython 3.12 keeps is in some
/// cycles an eighth more, at random, and what a module leaves behind is in all of them: there it is over the best
/// three.
fn grows(module: &str, cycles: usize) -> usize {
    let mut seen = Vec::new();
    for _ in 0..cycles {
        // With checks, memory is laid out the same in every cycle.
        let mut runtime = start_checked();
        load(&runtime.main(), module);
        assert!(number(&runtime.main(), "rounds(8)") < 5);
        runtime.finish().unwrap();
        let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
        seen.push(pages.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096);
    }
    let grown = |seen: &[usize]| seen[seen.len() - 1].saturating_sub(seen[0]) / (seen.len() - 1);
    let last = &seen[9..];
    if has_debug_memory() { grown(last) } else { last.windows(4).map(grown).min().unwrap_or_default() }
}

/// The process grows no more than with the interpreter's own module, and another extension beside it: CPython itself
/// keeps something of every runtime.
fn restarts() {
    let own = grows("import _collections_abc, xxlimited; import contextvars", 30);
    let ours = grows(OURS, 50);

    // What CPython 3.12 keeps is so much that it varies by more than a module.
    assert!(ours <= own + own / 20 + 4096, "{ours} bytes in each cycle; with CPython's own module {own}");
}
