//! Data by value, in and out.

use insula::embed::{Error, Pickle, Value, eval, import};

use crate::Scenario;
use crate::support::{most_isolated, start};

pub(crate) const SCENARIOS: &[Scenario] = &[
    ("values_come_back_as_they_went_in", round_trip),
    ("what_is_no_value_is_an_error", not_by_value),
    ("objects_travel_as_pickles", pickles),
    ("rust_code_runs_inside", inside),
    ("a_session_keeps_what_belongs_to_its_thread", session),
];

fn round_trip() {
    let mut runtime = start();
    let there = runtime.interpreter(&most_isolated()).unwrap();
    there.exec("def same(x): return x\ndef kind(x): return type(x).__name__").unwrap();
    let text = |text: &str| Value::Str(text.to_owned());
    let nested = Value::Dict(vec![
        (text("b"), Value::List(vec![Value::None, Value::Bool(true), Value::Tuple(vec![])])),
        (Value::Int(1), Value::Dict(vec![(Value::Bytes(vec![0, 255]), Value::Float(-0.5))])),
    ]);
    let samples = [
        (Value::None, "NoneType"),
        (Value::Bool(false), "bool"),
        (Value::Int(i64::MIN), "int"),
        (Value::from(u64::MAX), "int"),
        (Value::BigInt(format!("-0x{}", "f".repeat(5000))), "int"),
        (Value::Float(1e300), "float"),
        (text("a\0b\u{1f3dd} ü"), "str"),
        (Value::Bytes(b"a\0b".to_vec()), "bytes"),
        (Value::Tuple(vec![Value::Int(1), text("")]), "tuple"),
        (Value::List(vec![Value::List(vec![])]), "list"),
        (nested, "dict"),
    ];
    for interpreter in [runtime.main(), there.clone()] {
        interpreter.exec("def same(x): return x\ndef kind(x): return type(x).__name__").unwrap();
        for (value, kind) in &samples {
            assert_eq!(interpreter.call("__main__", "same", vec![value.clone()]).as_ref(), Ok(value));
            assert_eq!(interpreter.call("__main__", "kind", vec![value.clone()]), Ok(text(kind)));
        }
    }
    // A bool is no int, and a big int is told from a small one.
    assert_eq!(there.eval("[True, 2**63, -2**63, bytearray(b'x')]"), {
        let big = Value::BigInt("0x8000000000000000".to_owned());
        Ok(Value::List(vec![Value::Bool(true), big, Value::Int(i64::MIN), Value::Bytes(b"x".to_vec())]))
    });
    runtime.finish().unwrap();
}

fn not_by_value() {
    let mut runtime = start();
    let main = runtime.main();
    let raised = |result: Result<Value, Error>| match result {
        Err(Error::Raised(exception)) => exception.to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        raised(main.eval("[object()]")),
        "TypeError: 'object' objects cannot leave an interpreter by value; pickle it"
    );
    assert!(raised(main.eval("'\\ud800'")).starts_with("UnicodeEncodeError: "));
    main.exec("loop = []; loop.append(loop); loop2 = {}; loop2[0] = (loop2,)").unwrap();
    for name in ["loop", "loop2"] {
        assert!(raised(main.eval(name)).starts_with("RecursionError: "));
    }
    let bad = |text: &str| main.call("builtins", "id", vec![Value::BigInt(text.to_owned())]);
    for text in ["", "1f", "0x", "0x1_0", "0xg", "--0x1", "0x1\0", " 0x1"] {
        assert!(raised(bad(text)).starts_with("ValueError: "), "{text:?}");
    }
    let unhashable = Value::Dict(vec![(Value::List(vec![]), Value::None)]);
    assert!(raised(main.call("builtins", "id", vec![unhashable])).contains("unhashable"));
    assert!(raised(main.call("builtins", "id", vec![Value::Pickle(Pickle(b"junk".to_vec()))])).contains("Unpickling"));
    assert!(raised(main.call("no\0name", "id", vec![])).starts_with("ValueError: "));
    assert!(raised(main.call("builtins", "", vec![])).starts_with("AttributeError: "));
    runtime.finish().unwrap();
}

fn pickles() {
    let mut runtime = start();
    let (one, two) = (runtime.interpreter(&most_isolated()).unwrap(), runtime.interpreter(&most_isolated()).unwrap());
    let pickle = one.call_pickled("builtins", "complex", vec![3.0.into(), 4.0.into()]).unwrap();
    assert_eq!(two.call("builtins", "abs", vec![pickle.into()]), Ok(Value::Float(5.0)));
    let lambda = one.exec("def make(): return lambda: 1").and_then(|()| one.call_pickled("__main__", "make", vec![]));
    assert!(matches!(lambda, Err(Error::Raised(_))), "{lambda:?}");
    drop((one, two));
    runtime.finish().unwrap();
}

fn inside() {
    let mut runtime = start();
    let main = runtime.main();
    let numbers = [1, 2, 3];
    let sum = main.run(move |py| {
        let list = insula::types::List::new(py, numbers.iter().copied())?;
        import(py, "builtins")?.getattr("sum")?.call_one(&list)?.extract::<i64>()
    });
    assert_eq!(sum, Ok(6));
    // An entry within an entry, of the same interpreter and of another, each with its own brand.
    let there = runtime.interpreter(&most_isolated()).unwrap();
    there.exec("x = 'there'").unwrap();
    main.exec("x = 'here'").unwrap();
    let (outer, inner) = (main.clone(), there.clone());
    let names = main.run(move |py| {
        let kept = eval(py, "x")?;
        let again = outer.eval("x");
        let other = inner.run(move |py| {
            let mut all = vec![eval(py, "x")?.extract::<String>()?];
            all.push(format!("{:?}", outer.eval("x")));
            Ok(all)
        });
        Ok((kept.extract::<String>()?, again, other))
    });
    let here = Value::Str("here".to_owned());
    let deepest = format!("{:?}", Ok::<_, Error>(here.clone()));
    assert_eq!(names, Ok(("here".to_owned(), Ok(here), Ok(vec!["there".to_owned(), deepest]))));
    // A panic goes through, and everything works as before.
    let inner = there.clone();
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        main.run(move |_| inner.run::<(), _>(|_| panic!("inside")).map_or(Ok(()), Ok))
    }));
    assert!(panicked.is_err());
    assert_eq!(main.eval("x"), Ok(Value::from("here")));
    there.end().unwrap();
    runtime.finish().unwrap();
}

fn session() {
    let mut runtime = start();
    let there = runtime.interpreter(&most_isolated()).unwrap();
    let session = there.session().unwrap();
    there.exec("import _thread\nlocal = _thread._local()").unwrap();
    session.exec("local.x = 1").unwrap();
    assert_eq!(session.eval("local.x"), Ok(Value::Int(1)));
    // Other entries of this thread share it; another thread has its own.
    assert_eq!(there.eval("local.x"), Ok(Value::Int(1)));
    let other = there.clone();
    let elsewhere = std::thread::spawn(move || other.eval("hasattr(local, 'x')")).join().unwrap();
    assert_eq!(elsewhere, Ok(Value::Bool(false)));
    // A session that is dropped while an entry uses its thread state: that goes on, and lets go of it in the end.
    let first = there.session().unwrap();
    let alive = there.run(move |py| {
        drop(first);
        insula::embed::exec(py, "y = [object() for _ in range(1000)]")
    });
    assert_eq!(alive, Ok(()));
    // Entries within a session, also after leaving the interpreter.
    let other = there.clone();
    let nested = session.run(move |py| {
        let attached = other.eval("local.x");
        Ok((attached, py.detach_owned(move || other.eval("6 * 7"))))
    });
    assert_eq!(nested, Ok((Ok(Value::Int(1)), Ok(Value::Int(42)))));
    // Others wait for it; this thread would wait for itself.
    assert_eq!(there.end(), Err(Error::Inside));
    assert_eq!(runtime.finish(), Err(Error::Inside));
    drop(session);
    there.end().unwrap();
    runtime.finish().unwrap();
}
