//! The framework's modules, on every supported interpreter: our own tests of them, and CPython's.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use anyhow::{Context, Result};
use insula_pythons::Interpreter;

use crate::pythons::{self, SUPPORTED};
use crate::test::{Tally, side_by_side};
use crate::{auditor, build, process, workspace};

/// What is built for each interpreter.
pub(crate) const MODULES: &[&str] = &[
    "xxlimited",
    "contextvars",
    "guards",
    "arguments",
    "protocols",
    "objects",
    "containers",
    "conversions",
    "errors",
    "classes",
    "foreign",
    "inheritance",
    "once",
    "everything",
    "rooted",
    "hamt",
    "names",
    "files",
    "closures",
    "coroutines",
    "echoes",
];

/// What the auditor has to find isolated, by the names for import. Others are there to be refused, or to break what can
/// be broken.
const ISOLATED: &[&str] = &["xxlimited", "insula_contextvars", "everything", "files", "closures", "coroutines"];

/// The version on which it looks at them in every run.
const AUDITED: (u32, u32) = (3, 13);

/// Time for one script, with all the processes that it starts.
pub(super) const TIMEOUT: Duration = Duration::from_secs(180);

pub(crate) fn run() -> Result<Tally> {
    let found = insula_pythons::discover().found;
    let mut tally = Tally::default();
    let mut pythons = Vec::new();
    for feature in SUPPORTED {
        let Some(python) = pythons::best(&found, feature) else {
            println!("CPython {}.{} is missing; run `cargo xtask pythons`", feature.0, feature.1);
            tally += Tally::of(format!("CPython {}.{} is missing", feature.0, feature.1), false);
            continue;
        };
        pythons.push(python);
    }
    // Each has a folder of its own, also for cargo.
    tally += side_by_side(&pythons, |python| place(python).map(|_| Tally::default()))?;
    for python in pythons.iter().filter(|python| python.version.feature() == AUDITED) {
        tally += audit(python, &folder_of(python))?;
    }
    // Scripts of all interpreters are in one row, so that no processor waits for the last interpreter.
    let mut jobs = Vec::new();
    for python in pythons {
        let folder = folder_of(python);
        jobs.extend(scripts()?.into_iter().map(|script| (python, folder.clone(), script)));
    }
    tally += side_by_side(&jobs, |(python, folder, script)| run_script(python, folder, script, TIMEOUT))?;
    Ok(tally)
}

/// All modules, and all scripts on them.
pub(super) fn on(python: &Interpreter) -> Result<Tally> {
    let folder = place(python)?;
    let mut tally = audit(python, &folder)?;
    for script in scripts()? {
        tally += run_script(python, &folder, &script, TIMEOUT)?;
    }
    Ok(tally)
}

fn folder_of(python: &Interpreter) -> PathBuf {
    workspace::target().join("test-modules").join(&python.facts.soabi)
}

/// A folder with all modules for an interpreter.
pub(super) fn place(python: &Interpreter) -> Result<PathBuf> {
    let folder = folder_of(python);
    build::once_in_a_run(&folder, || build::all_for_tests(MODULES, python, &folder))?;
    Ok(folder)
}

/// The auditor's word on the framework's promise.
fn audit(python: &Interpreter, folder: &Path) -> Result<Tally> {
    let files: Vec<PathBuf> =
        ISOLATED.iter().map(|name| folder.join(format!("{name}{}", python.facts.ext_suffix))).collect();
    let mut tally = Tally::default();
    for module in auditor::audit(python, &files)? {
        let isolated = module["isolated"] == "yes";
        println!("{:<10} {} isolated: {}", python.version.to_string(), module["name"], module["isolated"]);
        if !isolated {
            println!("{:#}\n{:#}", module["answers"], module["findings"]);
        }
        tally += Tally::of(format!("{} is isolated on {python}", module["name"]), isolated);
    }
    Ok(tally)
}

/// The scripts in `tests/python`: those that test, and those that run somebody else's tests.
fn scripts() -> Result<Vec<std::path::PathBuf>> {
    let folder = workspace::root().join("tests/python");
    let entries = fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let mut scripts: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    scripts.retain(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.ends_with(".py") && (name.starts_with("test_") || name.starts_with("run_"))
    });
    scripts.sort();
    Ok(scripts)
}

/// The call of a script. Arguments for `unittest` may follow.
pub(crate) fn command(python: &Interpreter, modules: &Path, script: &Path) -> Command {
    let mut command = Command::new(&python.executable);
    command.args(["-X", "faulthandler"]).arg(script);
    command.env("INSULA_TEST_PYTHONS", others());
    command.env("PYTHONMALLOC", "debug").env("INSULA_TEST_MODULES", modules);
    // Thousands of interpreters import the same few files. Nothing is written beside the sources.
    command.env("PYTHONPYCACHEPREFIX", workspace::target().join("pycache")).env_remove("PYTHONDONTWRITEBYTECODE");
    command
}

/// The interpreters that tests may use besides their own, as `MINOR=PATH`, joined like a search path.
fn others() -> &'static OsStr {
    static OTHERS: OnceLock<OsString> = OnceLock::new();
    OTHERS.get_or_init(|| {
        let found = insula_pythons::discover().found;
        let best = SUPPORTED.into_iter().filter_map(|feature| Some((feature.1, pythons::best(&found, feature)?)));
        let named: Vec<String> =
            best.map(|(minor, python)| format!("{minor}={}", python.executable.display())).collect();
        named.join(":").into()
    })
}

/// Runs a script of `unittest`'s.
pub(super) fn run_script(python: &Interpreter, modules: &Path, script: &Path, timeout: Duration) -> Result<Tally> {
    let outcome = process::run(&mut command(python, modules, script), timeout)?;
    let name = script.file_name().unwrap_or_default().to_string_lossy();
    let ran = outcome.stderr.lines().filter_map(tests_run).next_back().unwrap_or(0);
    let summary = outcome.stderr.lines().rfind(|line| !line.is_empty()).unwrap_or("it wrote nothing");
    println!("{:<10} {name:<24} {ran:>3} tests: {summary}", python.version.to_string());
    if outcome.success() && ran > 0 {
        return Ok(Tally::counted(name, ran, 0));
    }
    println!("{name} on {python}: {}\n{}{}", outcome.ending(), outcome.stdout, outcome.stderr);
    Ok(Tally::counted(format!("{name} on {python}"), 0, ran.max(1)))
}

/// Reads unittest's `Ran 23 tests in 0.221s`.
fn tests_run(line: &str) -> Option<usize> {
    line.strip_prefix("Ran ")?.split_whitespace().next()?.parse().ok()
}
