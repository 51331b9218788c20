//! What the compiler cannot see: code of one interpreter that runs while another is entered.

use insula::embed::{InterpreterConfig, Value, eval};

use crate::Scenario;
use crate::support::{most_isolated, point_at, start};

pub(crate) const SCENARIOS: &[Scenario] = &[
    ("an_object_outlives_an_entry_of_another_interpreter", outlives),
    ("python_code_enters_another_interpreter", from_python),
    ("making_an_interpreter_inside_another", making_inside),
];

fn outlives() {
    let mut runtime = start();
    for config in [most_isolated(), InterpreterConfig::legacy()] {
        let (here, there) = (runtime.interpreter(&config).unwrap(), runtime.interpreter(&most_isolated()).unwrap());
        let count = here.run(move |py| {
            let list = eval(py, "[object() for _ in range(100)]")?;
            for _ in 0..10 {
                there.exec("x = [object() for _ in range(1000)]").map_or_else(|error| panic!("{error}"), |()| ());
            }
            drop(there);
            let copies: Vec<_> = (0..10).map(|_| list.clone()).collect();
            let length = import_len(py, &list)?;
            Ok(length + copies.len())
        });
        assert_eq!(count, Ok(110));
    }
    runtime.finish().unwrap();
}

fn import_len<'py>(py: insula::Py<'py>, list: &insula::Obj<'py>) -> insula::PyResult<'py, usize> {
    insula::embed::import(py, "builtins")?.getattr("len")?.call_one(list)?.extract()
}

fn from_python() {
    let mut runtime = start();
    let (here, there) =
        (runtime.interpreter(&most_isolated()).unwrap(), runtime.interpreter(&most_isolated()).unwrap());
    point_at(Some(there.clone()));
    // Also from a thread that Python made, and from a finaliser.
    here.exec(
        "import archipelago, threading\nsaid = []\ndef go(): said.append(archipelago.ferry('import archipelago\\nn = \
         archipelago.visit()'))\n\
         class Last:\n  def __del__(self): go()\nlast = Last()\ndel last\ngo()\n\
         t = threading.Thread(target=go); t.start(); t.join()\n\
         said.append(archipelago.ferry_detached('n += 1')); said.append(archipelago.ferry('1/0'))",
    )
    .unwrap();
    let mut expected = vec![Value::from("done"); 4];
    expected.push(Value::from("ZeroDivisionError: division by zero"));
    assert_eq!(here.eval("said"), Ok(Value::List(expected)));
    assert_eq!(there.eval("n"), Ok(Value::Int(4)));
    // There and back: code in the other calls back into this one.
    point_at(Some(here.clone()));
    there
        .exec("import archipelago\nfor _ in range(3): archipelago.ferry('depth = globals().get(\"depth\", 0) + 1')")
        .unwrap();
    assert_eq!(here.eval("depth"), Ok(Value::Int(3)));
    point_at(None);
    runtime.finish().unwrap();
}

fn making_inside() {
    let mut runtime = start();
    let (main, handle) = (runtime.main(), runtime.handle());
    let here = runtime.interpreter(&most_isolated()).unwrap();
    for outer in [&main, &here] {
        let handle = handle.clone();
        let value = outer.run(move |py| {
            let kept = eval(py, "'kept'")?;
            let made = handle.interpreter(&most_isolated());
            let value = made.and_then(|made| made.eval("6 * 7"));
            Ok((value, kept.extract::<String>()?))
        });
        assert_eq!(value, Ok((Ok(Value::Int(42)), "kept".to_owned())));
    }
    drop(here);
    runtime.finish().unwrap();
}
