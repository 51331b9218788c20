//! `cargo xtask memcheck`: the module that uses every feature, under valgrind. It must show no error that CPython does
//! not show by itself, with a module of its own in the other's place.

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use insula_pythons::Interpreter;

use crate::{build, process, pythons, workspace};

const SCRIPT: &str = include_str!("memcheck.py");

/// Time for one run.
const TIMEOUT: Duration = Duration::from_secs(900);

/// How many calls two errors have in common, from the innermost, to count as the same. They tell a block that Rust code
/// lost from one that CPython lost; CPython 3.13 never frees the strings that it interns, whoever asks for that.
const CALLS: &str = "--num-callers=4";

/// How an error is announced, behind the process number.
const ERRORS: &str = "ERROR SUMMARY: ";

pub(crate) fn run(python: Option<&str>) -> Result<ExitCode> {
    let python = match python {
        Some(spec) => insula_pythons::resolve(spec)?,
        None => pythons::newest_to_embed()?,
    };
    if python.version.feature() < (3, 13) || python.facts.loader.is_some() {
        bail!(
            "valgrind needs an interpreter of this machine's own libc, the script CPython 3.13; {python} is none: name \
             another with --python"
        );
    }
    println!("interpreter  {python}");
    let module = build::module("everything", &python, &workspace::target().join("memcheck"))?;
    let folder = tempfile::tempdir()?;
    let run = |name: &str, options: &[&str], module: Option<&Path>| -> Result<(String, String)> {
        let log = valgrind(&python, folder.path(), options, module)?;
        let summary = log.lines().filter_map(|line| line.split_once(ERRORS)).next_back();
        let summary = summary.with_context(|| format!("valgrind did not come to its end:\n{log}"))?.1.to_owned();
        println!("{name:<12} {summary}");
        Ok((log, summary))
    };
    let (control, _) = run("control", &[CALLS, "--gen-suppressions=all"], None)?;
    // What valgrind writes of itself is marked; the rest are the suppressions.
    let known: String =
        control.lines().filter(|line| !line.starts_with("==")).map(|line| format!("{line}\n")).collect();
    let suppressions = folder.path().join("control.supp");
    fs::write(&suppressions, known)?;
    let option = format!("--suppressions={}", suppressions.display());
    let (log, summary) = run("everything", &["--num-callers=30", &option], Some(&module))?;
    if summary.starts_with("0 errors ") {
        println!("No error that CPython does not show by itself.");
        return Ok(ExitCode::SUCCESS);
    }
    println!("{log}");
    Ok(ExitCode::FAILURE)
}

/// Runs the script to its end; what valgrind wrote.
fn valgrind(python: &Interpreter, folder: &Path, options: &[&str], module: Option<&Path>) -> Result<String> {
    let (script, log) = (folder.join("memcheck.py"), folder.join("log"));
    fs::write(&script, SCRIPT)?;
    let mut command = Command::new("valgrind");
    command
        .args([
            "--tool=memcheck",
            "--leak-check=full",
            "--show-leak-kinds=definite",
            "--errors-for-leak-kinds=definite",
        ])
        .args(options)
        .arg(format!("--log-file={}", log.display()))
        .arg(&python.executable)
        .args(["-s", "-P"])
        .arg(&script)
        .arg(workspace::root().join("tests/embed/src/everything.py"))
        .args(module)
        // Every object is a block of its own, for valgrind to watch.
        .env("PYTHONMALLOC", "malloc")
        .env("RUST_BACKTRACE", "0");
    process::run(&mut command, TIMEOUT)?.ok("the script under valgrind")?;
    Ok(fs::read_to_string(log)?)
}
