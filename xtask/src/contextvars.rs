//! `cargo xtask contextvars`: what `insula_contextvars` shows on each interpreter of this machine, as a document.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use insula_pythons::Interpreter;
use serde_json::Value;

use crate::pythons::{self, SUPPORTED};
use crate::{auditor, build, process, workspace};

const DOCUMENT: &str = "docs/contextvars-evidence.md";
const TIMEOUT: Duration = Duration::from_secs(900);

/// What one interpreter showed.
struct Shown {
    name: String,
    /// Tests of each kind that ran, all of which passed.
    tests: BTreeMap<&'static str, String>,
    audit: String,
    /// For each reproducer, how the interpreter's own module fared, and ours.
    crashes: Vec<(String, String, String)>,
}

pub(crate) fn run(write: bool) -> Result<ExitCode> {
    let mut pythons: Vec<Interpreter> = insula_pythons::discover().found;
    pythons.retain(|python| {
        let supported = SUPPORTED.contains(&python.version.feature());
        supported && python.flavour().is_empty() && !python.facts.is_venv() && pythons::lacks(python).is_empty()
    });
    pythons.reverse();
    pythons.dedup_by_key(|python| python.version.to_string());
    let auditor = build::auditor(&["--release"])?;
    let shown = pythons.iter().map(|python| on(python, &auditor)).collect::<Result<Vec<_>>>()?;
    let document = document(&shown);
    if write {
        fs::write(workspace::root().join(DOCUMENT), &document).with_context(|| format!("cannot write {DOCUMENT}"))?;
    } else {
        print!("{document}");
    }
    Ok(ExitCode::SUCCESS)
}

fn on(python: &Interpreter, auditor: &Path) -> Result<Shown> {
    eprintln!("{python}");
    let folder = workspace::target().join("test-modules").join(&python.facts.soabi);
    let module = build::module("contextvars", python, &folder)?;
    build::module("hamt", python, &folder)?;
    let script = |name: &str, arguments: &[&str]| {
        let mut command = Command::new(&python.executable);
        command.arg("-B").arg(workspace::root().join("tests/python").join(name)).args(arguments);
        command.env("INSULA_TEST_MODULES", &folder).env("PYTHONMALLOC", "debug");
        command.env_remove("INSULA_TEST_ROUNDS");
        process::run(&mut command, TIMEOUT)
    };
    let mut tests = BTreeMap::new();
    for (kind, name, arguments) in [
        ("test_context", "run_cpython_contextvars.py", &["ContextTest", "GenericTest"][..]),
        ("HamtTest", "run_cpython_contextvars.py", &["HamtTest"][..]),
        ("test_asyncio", "run_cpython_asyncio.py", &[][..]),
        ("our own", "test_contextvars.py", &[][..]),
    ] {
        let outcome = script(name, arguments)?;
        let ran = outcome.stderr.lines().find_map(|line| line.strip_prefix("Ran ")?.split(' ').next()?.parse().ok());
        let last = outcome.stderr.lines().rfind(|line| !line.is_empty()).unwrap_or_default().to_owned();
        let Some(ran @ 1u32..) = ran.filter(|_| outcome.success()) else {
            bail!("{name} on {python}: {}\n{}", outcome.ending(), outcome.stderr);
        };
        // Unittest's `OK`, or `OK (skipped=1)`.
        let but = last.strip_prefix("OK").unwrap_or_default();
        tests.insert(kind, format!("{ran}{but}"));
    }
    let crashes = script("test_contextvars_crashes.py", &["--json"])?.ok("the reproducers")?;
    let crashes = serde_json::from_str(&crashes).context("the reproducers print JSON")?;
    let mut audit = Command::new(auditor);
    audit.args(["audit", "--quiet", "--format", "json"]).arg(&module).arg("--python").arg(&python.executable);
    let report: Value = serde_json::from_str(&process::run(&mut audit, TIMEOUT)?.stdout).context("the auditor")?;
    let audit = report.pointer("/targets/0/modules/0").map_or_else(|| "not audited".to_owned(), auditor::summary);
    Ok(Shown { name: python.version.to_string(), tests, audit, crashes })
}

fn document(shown: &[Shown]) -> String {
    let mut text = String::from(
        "# What insula_contextvars shows, interpreter by interpreter\n\n\
         `cargo xtask contextvars --write` makes this page, for the interpreters that it finds.\n\n\
         ## Tests\n\n\
         All of them passed; the numbers say how many there are. CPython's `test.test_context` runs with our module in \
         the place of\n\
         `_contextvars`, its HamtTest with our map, and those tests of asyncio's tasks, contexts, runners, task groups \
         and threads that have to\n\
         do with contexts with our variables and contexts beside the interpreter's own \
         (`tests/python/run_cpython_*.py`;\n\
         `INSULA_TEST_ROUNDS=1` lets it run the others, too). Expected failures are those of `test_get_context`: a \
         task gives back the native\n\
         context that it was given, not ours.\n\n\
         *isolated* is the auditor's word: each question that it could ask is answered with yes. Before CPython 3.12, \
         which has no interpreters with\n\
         a GIL of their own, it cannot ask about those.\n\n",
    );
    let mut row = |first: &str, cells: &mut dyn Iterator<Item = String>| {
        let _ = writeln!(text, "| {first} | {} |", cells.collect::<Vec<_>>().join(" | "));
    };
    let line = |row: &mut dyn FnMut(&str, &mut dyn Iterator<Item = String>)| {
        row("", &mut shown.iter().map(|one| one.name.clone()));
        row("---", &mut shown.iter().map(|_| "---".to_owned()));
    };
    line(&mut row);
    for kind in ["test_context", "HamtTest", "test_asyncio", "our own"] {
        row(kind, &mut shown.iter().map(|one| one.tests.get(kind).cloned().unwrap_or_default()));
    }
    row("auditor", &mut shown.iter().map(|one| one.audit.clone()));
    text += "\n## What crashes, leaks or answers wrongly\n\n\
             Each reproducer of `tests/python/test_contextvars_crashes.py` in a process of its own, with the debug \
             allocator: the interpreter's\n\
             own module / ours.\n\n";
    let mut row = |first: &str, cells: &mut dyn Iterator<Item = String>| {
        let _ = writeln!(text, "| {first} | {} |", cells.collect::<Vec<_>>().join(" | "));
    };
    line(&mut row);
    for (index, (name, ..)) in shown.first().map(|one| &one.crashes[..]).unwrap_or_default().iter().enumerate() {
        let cell =
            |one: &Shown| one.crashes.get(index).map(|(_, own, ours)| format!("{} / {}", short(own), short(ours)));
        row(name, &mut shown.iter().map(|one| cell(one).unwrap_or_default()));
    }
    text += "\nWhere ours crashes, too, it is CPython's own `PyContextVar_Set`: up to 3.13.14 it releases a token that \
             it could not make,\n\
             if there is memory neither for the token nor, right after it, for the map. No module that keeps anything \
             in CPython's contexts\n\
             can set a variable without that call.\n";
    text
}

/// A signal's name, or that the answer is wrong.
fn short(ending: &str) -> &str {
    if ending.starts_with("wrong") { "wrong" } else { ending }
}
