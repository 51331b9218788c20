//! Exceptions and misuse, as values.

use std::panic::{AssertUnwindSafe, catch_unwind};

use insula::embed::{Config, Error, Exception, InterpreterConfig, Runtime, Value};

use crate::Scenario;
use crate::support::{config, most_isolated, start};

pub(crate) const SCENARIOS: &[Scenario] = &[
    ("an_exception_comes_out_as_text", exceptions),
    ("a_hostile_exception_comes_out_too", hostile),
    ("a_panic_passes_through_python", panics),
    ("what_is_over_is_an_error", after_the_end),
    ("one_runtime_at_a_time", one_runtime),
    ("a_bad_configuration_is_an_error", bad_configuration),
    ("a_start_that_fails_is_an_error", failed_start),
    ("lost_output_is_reported", flush),
];

pub(crate) fn raised<T: std::fmt::Debug>(result: Result<T, Error>) -> Exception {
    match result {
        Err(Error::Raised(exception)) => exception,
        other => panic!("no exception: {other:?}"),
    }
}

fn exceptions() {
    let mut runtime = start();
    for interpreter in [runtime.main(), runtime.interpreter(&most_isolated()).unwrap()] {
        let exception = raised(interpreter.exec("def f():\n    raise ValueError('no')\n\nf()"));
        assert_eq!((exception.type_name(), exception.message()), ("ValueError", "no"));
        assert_eq!(
            exception.traceback(),
            "Traceback (most recent call last):\n  File \"<embedded>\", line 4, in <module>\n  \
             File \"<embedded>\", line 2, in f\nValueError: no\n"
        );
        let chained =
            "try:\n  1/0\nexcept ZeroDivisionError as e:\n  e.add_note('a note')\n  raise KeyError('k') from e";
        let traceback = raised(interpreter.exec(chained)).traceback().to_owned();
        let parts =
            ["ZeroDivisionError: division by zero\na note\n", "direct cause of the following", "KeyError: 'k'\n"];
        let places: Vec<_> = parts.iter().map(|part| traceback.find(part).expect(part)).collect();
        assert!(places.is_sorted(), "{traceback}");
        // Of the program's own module, and of one that code defines.
        let flood = raised(interpreter.call("archipelago", "flood", vec![Value::from(3)]));
        assert_eq!((flood.type_name(), flood.message()), ("archipelago.Flood", "3 metres"));
        // What would end a program is an exception like others.
        assert_eq!(raised(interpreter.exec("raise SystemExit(3)")).to_string(), "SystemExit: 3");
        assert_eq!(raised(interpreter.exec("raise KeyboardInterrupt")).to_string(), "KeyboardInterrupt");
        assert_eq!(raised(interpreter.exec("x = = 1")).type_name(), "SyntaxError");
        assert!(raised(interpreter.exec("x\0y")).message().contains("null bytes"));
        assert_eq!(raised(interpreter.eval("nothing")).type_name(), "NameError");
        // Nothing stays behind.
        assert_eq!(interpreter.eval("__import__('sys').exc_info()[0]"), Ok(Value::None));
    }
    runtime.finish().unwrap();
}

fn hostile() {
    let mut runtime = start();
    let main = runtime.main();
    main.exec(
        "class Bad(Exception):\n  def __str__(self): raise KeyError\n  __notes__ = 3\n\
         class Meta(type):\n  @property\n  def __module__(cls): raise KeyError\n\
         class Odd(Exception, metaclass=Meta):\n  def __str__(self): return '\\ud800'\n\
         class Loop(Exception): pass",
    )
    .unwrap();
    let bad = raised(main.exec("raise Bad"));
    assert_eq!(bad.to_string(), "Bad: <exception str() failed>");
    let odd = raised(main.exec("raise Odd"));
    assert!(odd.message().contains("\\ud800"), "{odd:?}");
    let deep = "e = None\nfor i in range(10000):\n  n = Loop(i); n.__context__ = e; e = n\nraise e";
    assert!(raised(main.exec(deep)).traceback().contains("Loop: 9999"));
    let ring = "a, b = Loop('a'), Loop('b')\na.__cause__ = b\nb.__cause__ = a\nraise a";
    assert!(raised(main.exec(ring)).traceback().ends_with("Loop: a\n"));
    runtime.finish().unwrap();
}

fn panics() {
    let mut runtime = start();
    let main = runtime.main();
    let exception = raised(main.call("archipelago", "panic", vec![]));
    assert_eq!(exception.type_name(), "insula.PanicException");
    assert!(exception.message().contains("a panic in a function of a module"));
    assert!(catch_unwind(AssertUnwindSafe(|| main.run::<(), _>(|_| panic!("outside")))).is_err());
    assert_eq!(main.eval("1"), Ok(Value::Int(1)));
    runtime.finish().unwrap();
}

fn after_the_end() {
    let mut runtime = start();
    let (main, handle) = (runtime.main(), runtime.handle());
    let there = runtime.interpreter(&most_isolated()).unwrap();
    let left = runtime.interpreter(&InterpreterConfig::legacy()).unwrap();
    there.end().unwrap();
    assert!(!there.is_open() && left.is_open());
    let ended = |interpreter: &insula::embed::Interpreter| {
        assert_eq!(interpreter.exec("pass"), Err(Error::Ended));
        assert_eq!(interpreter.eval("1"), Err(Error::Ended));
        assert_eq!(interpreter.call("sys", "getrefcount", vec![]), Err(Error::Ended));
        assert_eq!(interpreter.run(|_| Ok(())), Err(Error::Ended));
        assert_eq!(interpreter.session().err(), Some(Error::Ended));
    };
    ended(&there);
    assert_eq!(there.end(), Err(Error::Ended));
    assert_eq!(main.end(), Err(Error::Inside));
    // Finishing ends what is left.
    runtime.finish().unwrap();
    [&there, &left, &main].into_iter().for_each(ended);
    assert_eq!(left.end(), Err(Error::Ended));
    assert_eq!(runtime.finish(), Err(Error::Finished));
    let refused = [handle.interpreter(&InterpreterConfig::legacy()).err(), runtime.interpreter(&most_isolated()).err()];
    assert_eq!(refused, [Some(Error::Finished), Some(Error::Finished)]);
    assert_eq!(handle.pool(1, &most_isolated()).err(), Some(Error::Finished));
    // Also once another runtime runs, in which the old addresses may be used again.
    let mut again = start();
    let fresh = again.interpreter(&most_isolated()).unwrap();
    [&there, &left, &main].into_iter().for_each(ended);
    assert_eq!(handle.interpreter(&InterpreterConfig::legacy()).err(), Some(Error::Finished));
    let numbers = [&there, &left, &main, &fresh, &again.main()].map(|interpreter| interpreter.number());
    assert_eq!(std::collections::HashSet::from(numbers).len(), 5);
    drop(runtime);
    assert_eq!(fresh.eval("1"), Ok(Value::Int(1)));
    again.finish().unwrap();
}

fn one_runtime() {
    let mut runtime = start();
    assert_eq!(Runtime::start(&config()).err(), Some(Error::Running));
    let elsewhere = std::thread::spawn(|| Runtime::start(&config()).err()).join().unwrap();
    assert_eq!(elsewhere, Some(Error::Running));
    runtime.finish().unwrap();
    // Dropping finishes.
    drop(start());
    // Another thread may have the next.
    std::thread::spawn(|| {
        let mut runtime = start();
        assert_eq!(runtime.main().eval("1"), Ok(Value::Int(1)));
        runtime.finish().unwrap();
    })
    .join()
    .unwrap();
    // One that cannot be finished when it is dropped is left running, and said so.
    let runtime = start();
    let main = runtime.main();
    let session = main.session().unwrap();
    drop(runtime);
    assert_eq!(Runtime::start(&config()).err(), Some(Error::Abandoned));
    assert_eq!(session.eval("1"), Ok(Value::Int(1)));
}

fn bad_configuration() {
    let refused = Runtime::start(&config().home("a\0b")).err();
    assert!(matches!(refused, Some(Error::Invalid(_))), "{refused:?}");
    let refused = Runtime::start(&config().argv(["a", "b\0c"])).err();
    assert!(matches!(refused, Some(Error::Invalid(_))), "{refused:?}");
    // What went wrong can be put right.
    let folder = std::env::current_dir().unwrap();
    let config = config().argv(["", "-c", "ü"]).executable("/opt/nowhere/python").utf8_mode(true);
    let mut runtime = Runtime::start(&config).unwrap();
    let main = runtime.main();
    assert_eq!(main.eval("__import__('sys').argv"), Ok(Value::List(["", "-c", "ü"].map(Value::from).to_vec())));
    assert_eq!(main.eval("__import__('sys').executable"), Ok(Value::from("/opt/nowhere/python")));
    let flags = main.eval("(lambda f: [f.isolated, f.no_site, f.utf8_mode])(__import__('sys').flags)");
    assert_eq!(flags, Ok(Value::List(vec![1.into(), 1.into(), 1.into()])));
    let path = main.eval("__import__('sys').path").unwrap();
    runtime.finish().unwrap();
    let Value::List(path) = path else { panic!("{path:?}") };
    let mut folders: Vec<String> = path.into_iter().map(|folder| String::try_from(folder).unwrap()).collect();
    folders.push(folder.display().to_string());
    let mut runtime = Runtime::start(&self::config().module_search_paths(&folders)).unwrap();
    let expected = folders.iter().map(|folder| Value::from(folder.as_str())).collect();
    assert_eq!(runtime.main().eval("__import__('sys').path"), Ok(Value::List(expected)));
    runtime.finish().unwrap();
    // The surroundings count only where they were asked for.
    let home = std::env::var_os("INSULA_TEST_HOME").unwrap();
    let isolated = |config: Config| {
        let mut runtime = Runtime::start(&config.home(&home).signal_handlers(false)).unwrap();
        let flag = runtime.main().eval("__import__('sys').flags.isolated");
        runtime.finish().unwrap();
        flag
    };
    assert_eq!(isolated(Config::python()), Ok(Value::Int(0)));
    assert_eq!(isolated(Config::isolated()), Ok(Value::Int(1)));
}

fn failed_start() {
    for reason in ["encoding", "start the process anew"] {
        let refused = Runtime::start(&config().module_search_paths(["/nowhere"])).err();
        assert!(matches!(&refused, Some(Error::Failed(why)) if why.contains(reason)), "{refused:?}");
    }
}

fn flush() {
    let mut runtime = start();
    runtime
        .main()
        .exec(
            "import sys\nclass Full:\n  closed = False\n  def write(self, text): pass\n  \
             def flush(self): raise OSError('no space left')\nsys.stdout = Full()",
        )
        .unwrap();
    assert_eq!(runtime.finish(), Err(Error::Flush));
    assert_eq!(runtime.finish(), Err(Error::Finished));
    start().finish().unwrap();
}
