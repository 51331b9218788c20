//! The options of interpreters.

use insula::embed::{Config, Error, Gil, InterpreterConfig, Runtime, Value};

use crate::Scenario;
use crate::errors::raised;
use crate::support::{has_own_gil, most_isolated, start};

pub(crate) const SCENARIOS: &[Scenario] = &[
    ("options_that_contradict_are_refused", contradictions),
    ("options_have_their_effect", effects),
    ("the_home_of_the_build_is_where_cpython_is_installed", home_of_build),
    ("legacy_and_own_gil_live_side_by_side", mixed),
];

/// Every combination of the switches, and whether CPython's rules admit it.
fn combinations(free_threaded: bool) -> Vec<(InterpreterConfig, bool)> {
    let mut all = Vec::new();
    for bits in 0..128u32 {
        let bit = |place: u32| bits >> place & 1 == 1;
        let (main_memory, threads, daemons, check, own) = (bit(0), bit(3), bit(4), bit(5), bit(6));
        let config = InterpreterConfig::legacy()
            .use_main_obmalloc(main_memory)
            .allow_fork(bit(1))
            .allow_exec(bit(2))
            .allow_threads(threads)
            .allow_daemon_threads(daemons)
            .check_multi_interp_extensions(check)
            .gil(if own { Gil::Own } else { Gil::Shared });
        let must_check = free_threaded || !main_memory;
        let admitted = !(own && main_memory) && (check || !must_check) && (threads || !daemons);
        all.push((config, admitted));
    }
    all
}

fn contradictions() {
    let mut runtime = start();
    let asked = runtime.interpreter(&most_isolated()).unwrap();
    let free_threaded = asked.eval("__import__('sysconfig').get_config_var('Py_GIL_DISABLED') == 1").unwrap();
    asked.end().unwrap();
    for (config, admitted) in combinations(free_threaded == Value::Bool(true)) {
        let made = runtime.interpreter(&config);
        if has_own_gil() {
            assert_eq!(made.is_ok(), admitted, "{config:?}");
            assert_eq!(config.check().is_ok(), admitted);
        } else {
            assert_eq!(made.is_ok(), config == InterpreterConfig::legacy(), "{config:?}");
        }
        match made {
            Ok(interpreter) => {
                assert_eq!(interpreter.eval("1"), Ok(Value::Int(1)));
                interpreter.end().unwrap();
            }
            Err(Error::Contradiction(reason)) => assert!(has_own_gil() && reason.contains("; set `"), "{reason}"),
            Err(Error::Unsupported(reason)) => assert!(!has_own_gil() && reason.contains("; use `"), "{reason}"),
            Err(other) => panic!("{other:?}"),
        }
    }
    if !has_own_gil() {
        let own = runtime.interpreter(&InterpreterConfig::own_gil()).err();
        assert!(matches!(own, Some(Error::Unsupported(_))), "{own:?}");
    }
    runtime.finish().unwrap();
}

/// An interpreter that lies elsewhere than it was compiled for, as those in the cache do, does not start without it.
fn home_of_build() {
    let mut runtime = Runtime::start(&Config::isolated().home_of_build().site_import(false)).expect("CPython starts");
    let home = std::env::var("INSULA_TEST_HOME").expect("INSULA_TEST_HOME names CPython's home");
    assert_eq!(runtime.main().eval("__import__('sys').prefix"), Ok(Value::Str(home)));
    runtime.finish().unwrap();
}

fn effects() {
    let mut runtime = start();
    let legacy = runtime.interpreter(&InterpreterConfig::legacy()).unwrap();
    let start_thread = "import threading\nthread = threading.Thread(target=int); thread.start(); thread.join()";
    legacy.exec(start_thread).unwrap();
    if has_own_gil() {
        let base = InterpreterConfig::own_gil();
        let none = runtime.interpreter(&base.allow_threads(false)).unwrap();
        assert!(raised(none.exec(start_thread)).message().contains("thread"));
        // 0 is a child; it ends at once.
        let fork = "import os\npid = os.fork()\nif pid == 0: os._exit(7)\nstatus = os.waitpid(pid, 0)[1]";
        let refuses = runtime.interpreter(&base).unwrap();
        assert!(raised(refuses.exec(fork)).message().contains("fork"));
        assert!(raised(refuses.exec("import os\nos.execv('/bin/true', ['true'])")).message().contains("exec"));
        let allows = runtime.interpreter(&InterpreterConfig::legacy().check_multi_interp_extensions(true)).unwrap();
        // How the child fares outside the main interpreter is up to CPython.
        allows.exec(fork).unwrap();
        assert_eq!(allows.eval("pid > 0"), Ok(Value::Bool(true)));
    }
    runtime.finish().unwrap();
}

fn mixed() {
    let mut runtime = start();
    let configs = [InterpreterConfig::legacy(), most_isolated(), InterpreterConfig::legacy(), most_isolated()];
    let all: Vec<_> = configs.iter().map(|config| runtime.interpreter(config).unwrap()).collect();
    for (number, interpreter) in (0i64..).zip(&all) {
        interpreter.exec(&format!("x = {number}")).unwrap();
    }
    // At the same time, from threads of their own.
    std::thread::scope(|scope| {
        for (number, interpreter) in (0i64..).zip(&all) {
            scope.spawn(move || {
                for _ in 0..50 {
                    assert_eq!(interpreter.eval("x"), Ok(Value::Int(number)));
                    assert_eq!(interpreter.eval("sum(range(1000))"), Ok(Value::Int(499_500)));
                }
            });
        }
    });
    for index in [2, 0, 3, 1] {
        all[index].end().unwrap();
    }
    runtime.finish().unwrap();
}
