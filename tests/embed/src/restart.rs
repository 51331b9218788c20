//! CPython, again and again in one process.

use insula::embed::{Error, Value};

use crate::Scenario;
use crate::support::{addresses, all_different, most_isolated, start};

pub(crate) const SCENARIOS: &[Scenario] = &[
    ("fifty_runtimes_one_after_another", fifty),
    ("interpreters_left_over_end_with_the_runtime", left_over),
    ("nothing_of_one_runtime_is_seen_in_the_next", forgotten),
];

fn fifty() {
    for cycle in 0..50i64 {
        let mut runtime = start();
        let main = runtime.main();
        let others: Vec<_> = (0..3).map(|_| runtime.interpreter(&most_isolated()).unwrap()).collect();
        let mut seen = Vec::new();
        for interpreter in others.iter().chain([&main]) {
            interpreter.exec(&format!("import archipelago; cycle = {cycle}")).unwrap();
            assert_eq!(interpreter.call("archipelago", "visit", vec![]), Ok(Value::Int(1)));
            assert_eq!(interpreter.eval("cycle"), Ok(Value::Int(cycle)));
            seen.push(addresses(interpreter, "[archipelago, archipelago.Island, archipelago.Flood]"));
        }
        assert!(all_different(&seen), "{seen:?}");
        // In another order each time; the last is left to the runtime.
        let start = usize::try_from(cycle).unwrap() % 3;
        others[start].end().unwrap();
        others[(start + 1) % 3].end().unwrap();
        runtime.finish().unwrap();
    }
}

fn left_over() {
    for _ in 0..5 {
        let mut runtime = start();
        let kept: Vec<_> = (0..4).map(|_| runtime.interpreter(&most_isolated()).unwrap()).collect();
        kept[0].exec("import atexit, sys\natexit.register(lambda: print('bye', file=sys.stderr))").unwrap();
        runtime.finish().unwrap();
        assert!(kept.iter().all(|interpreter| interpreter.eval("1") == Err(Error::Ended)));
    }
}

fn forgotten() {
    let mut runtime = start();
    runtime.main().exec("import builtins, sys; builtins.mark = 1; sys.mark = 1").unwrap();
    runtime.finish().unwrap();
    let mut runtime = start();
    for interpreter in [runtime.main(), runtime.interpreter(&most_isolated()).unwrap()] {
        let marks = interpreter.eval("[hasattr(__import__(name), 'mark') for name in ('builtins', 'sys', '__main__')]");
        assert_eq!(marks, Ok(Value::List(vec![Value::Bool(false); 3])));
    }
    runtime.finish().unwrap();
}
