//! What the scenarios share, and the processes that they run in.

use std::collections::HashSet;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use insula::embed::{Config, Interpreter, InterpreterConfig, Runtime, Value, builtin};

/// What a process says when its scenario ran to its end.
pub(crate) const DONE: &str = "the scenario ran to its end";

/// Time for one scenario.
const TIMEOUT: Duration = Duration::from_secs(300);

/// Whether interpreters with an own GIL exist.
pub(crate) fn has_own_gil() -> bool {
    InterpreterConfig::own_gil().check().is_ok()
}

/// CPython's minor version.
pub(crate) fn minor(interpreter: &Interpreter) -> i64 {
    let value = interpreter.eval("__import__('sys').version_info.minor").expect("a version");
    i64::try_from(value).expect("a number")
}

/// The most isolated interpreters that the version has.
pub(crate) fn most_isolated() -> InterpreterConfig {
    if has_own_gil() { InterpreterConfig::own_gil() } else { InterpreterConfig::legacy() }
}

/// Whether CPython can check its memory while threads use several interpreters. CPython 3.12 takes the checks away, and
/// back again, for a moment in which it makes an interpreter, and what another thread allocates or frees in that moment
/// is taken for corrupted then.
pub(crate) fn has_debug_memory() -> bool {
    std::env::var_os("INSULA_TEST_PLAIN_MEMORY").is_none()
}

/// An isolated CPython, from where it is installed.
pub(crate) fn config() -> Config {
    let home = std::env::var_os("INSULA_TEST_HOME").expect("INSULA_TEST_HOME names CPython's home");
    Config::isolated()
        .home(home)
        .site_import(false)
        .write_bytecode(false)
        .debug_memory(has_debug_memory())
        .builtin(builtin!(archipelago))
}

/// A runtime that checks its memory on every version: for scenarios that have one thread.
pub(crate) fn start_checked() -> Runtime {
    Runtime::start(&config().debug_memory(true)).expect("CPython starts")
}

pub(crate) fn start() -> Runtime {
    Runtime::start(&config()).expect("CPython starts")
}

/// The interpreter that the functions of the module `archipelago` act upon.
static THERE: Mutex<Option<Interpreter>> = Mutex::new(None);

pub(crate) fn there() -> Option<Interpreter> {
    THERE.lock().expect("no panic").clone()
}

pub(crate) fn point_at(interpreter: Option<Interpreter>) {
    let before = std::mem::replace(&mut *THERE.lock().expect("no panic"), interpreter);
    drop(before);
}

/// Where the extension modules under test lie.
pub(crate) fn modules() -> PathBuf {
    std::env::var_os("INSULA_TEST_MODULES").expect("INSULA_TEST_MODULES names a folder").into()
}

/// The addresses of the types that `code`, a list of objects, evaluates to.
pub(crate) fn addresses(interpreter: &Interpreter, code: &str) -> Vec<i64> {
    let value = interpreter.eval(&format!("[id(x) for x in {code}]")).expect("addresses");
    let Value::List(items) = value else { panic!("no list: {value:?}") };
    items.into_iter().map(|item| i64::try_from(item).expect("an address")).collect()
}

/// Whether no address occurs twice.
pub(crate) fn all_different(addresses: &[Vec<i64>]) -> bool {
    let all: HashSet<i64> = addresses.iter().flatten().copied().collect();
    all.len() == addresses.iter().map(Vec::len).sum::<usize>() && !all.is_empty()
}

/// A sequence of numbers that is the same in every run (xorshift).
pub(crate) struct Numbers(u64);

impl Numbers {
    pub(crate) fn from(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 32).expect("32 bits") % bound
    }

    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

/// Runs each scenario in a process of its own, and says how it went.
pub(crate) fn run_all<'a>(names: impl Iterator<Item = &'a str>) -> ExitCode {
    let (mut passed, mut failed) = (0, 0);
    for name in names {
        let begun = Instant::now();
        let outcome = run(name);
        let seconds = begun.elapsed().as_secs_f64();
        match outcome {
            Ok(()) => {
                passed += 1;
                println!("ok      {name} ({seconds:.1} s)");
            }
            Err(reason) => {
                failed += 1;
                println!("FAILED  {name} ({seconds:.1} s): {reason}");
            }
        }
    }
    println!("{passed} passed, {failed} failed");
    if failed == 0 && passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What a scenario says that must end with an abort.
pub(crate) fn aborts(name: &str) -> String {
    let said = run(name).expect_err("it must not run to its end");
    assert!(said.starts_with("signal: 6"), "no abort: {said}");
    said
}

fn run(name: &str) -> Result<(), String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut command = match std::env::var_os("INSULA_TEST_LOADER") {
        None => Command::new(program),
        Some(loader) => {
            let mut command = Command::new(loader);
            if let Some(path) = std::env::var_os("INSULA_TEST_LIBRARY_PATH") {
                command.arg("--library-path").arg(path);
            }
            // The loader is the program then, so it does not know this one's path.
            command.arg(std::env::var_os("INSULA_TEST_PROGRAM").ok_or("INSULA_TEST_PROGRAM is missing")?);
            command
        }
    };
    let output = command.args(["--here", name]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = output.spawn().map_err(|error| error.to_string())?;
    // Both are read while it runs, so that it never waits for a full pipe.
    let (stdout, stderr) = (child.stdout.take().expect("piped"), child.stderr.take().expect("piped"));
    let read = |pipe: Box<dyn std::io::Read + Send>| thread::spawn(move || std::io::read_to_string(pipe));
    let (stdout, stderr) = (read(Box::new(stdout)), read(Box::new(stderr)));
    let deadline = Instant::now() + TIMEOUT;
    let status = loop {
        if let Some(status) = child.try_wait().map_err(|error| error.to_string())? {
            break status.to_string();
        }
        if Instant::now() > deadline {
            let _ = child.kill();
            let _ = child.wait();
            break "timed out".to_owned();
        }
        thread::sleep(Duration::from_millis(10));
    };
    let text = |reader: thread::JoinHandle<std::io::Result<String>>| {
        reader.join().ok().and_then(Result::ok).unwrap_or_default()
    };
    let (stdout, stderr) = (text(stdout), text(stderr));
    if status == "exit status: 0" && stdout.lines().any(|line| line == DONE) {
        return Ok(());
    }
    Err(format!("{status}\n{stdout}{stderr}"))
}
