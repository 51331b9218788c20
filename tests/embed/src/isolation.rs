//! Extension modules in the interpreters of one process: nothing is shared.

use insula::embed::{InterpreterConfig, Value};

use crate::Scenario;
use crate::support::{addresses, all_different, modules, most_isolated, start};

pub(crate) const SCENARIOS: &[Scenario] = &[
    ("a_module_of_the_program_is_made_anew_in_each", of_the_program),
    ("a_module_on_disk_is_made_anew_in_each", on_disk),
    ("a_static_type_is_seen_to_be_shared", control),
];

/// The addresses, in the main interpreter and some of each kind, after `code`.
fn everywhere(code: &str, objects: &str) -> Vec<Vec<i64>> {
    let mut runtime = start();
    let mut all = vec![runtime.main()];
    for config in [InterpreterConfig::legacy(), most_isolated(), most_isolated(), InterpreterConfig::legacy()] {
        all.push(runtime.interpreter(&config).unwrap());
    }
    let seen = all
        .iter()
        .map(|interpreter| {
            interpreter.exec(code).unwrap();
            addresses(interpreter, objects)
        })
        .collect();
    runtime.finish().unwrap();
    seen
}

fn of_the_program() {
    let seen =
        everywhere("import archipelago", "[archipelago, archipelago.Island, archipelago.Flood, archipelago.visit]");
    assert!(all_different(&seen), "{seen:?}");
    // Its state, too.
    let mut runtime = start();
    let (one, two) = (runtime.interpreter(&most_isolated()).unwrap(), runtime.interpreter(&most_isolated()).unwrap());
    let visit = |interpreter: &insula::embed::Interpreter| interpreter.call("archipelago", "visit", vec![]);
    assert_eq!([visit(&one), visit(&one), visit(&two)], [1, 2, 1].map(|n: i64| Ok(Value::Int(n))));
    // Its collector sees rings through it.
    one.exec(
        "import archipelago, gc, weakref\nclass Seen: pass\nseen = Seen(); seen.island = archipelago.Island(seen)\n\
         ref = weakref.ref(seen)\ndel seen\ngc.collect()",
    )
    .unwrap();
    assert_eq!(one.eval("ref() is None"), Ok(Value::Bool(true)));
    runtime.finish().unwrap();
}

fn on_disk() {
    let code = format!("import sys; sys.path.insert(0, {:?}); import xxlimited as x", modules().display().to_string());
    let seen = everywhere(&code, "[x, x.Xxo, x.Str, x.Error]");
    assert!(all_different(&seen), "{seen:?}");
}

/// What the other scenarios look for can be seen: `int` is one object in all interpreters.
fn control() {
    let seen = everywhere("pass", "[int]");
    assert!(seen.iter().all(|addresses| addresses == &seen[0]) && !all_different(&seen), "{seen:?}");
}
