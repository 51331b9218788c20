//! One test, built and run.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use insula_pythons::Interpreter;

use crate::test::{embed, modules};
use crate::{build, process, pythons, workspace};

/// Time for one test.
const TIMEOUT: Duration = Duration::from_secs(300);

pub(crate) struct Verdict {
    pub(crate) passed: bool,
    pub(crate) wrote: String,
}

/// Runs a test that `docs/guarantees.md` names so. What cannot be built is an error, and not a test that fails.
pub(crate) fn run(name: &str, needs: &[String], python: &Interpreter) -> Result<Verdict> {
    let folder = workspace::target().join("test-modules").join(&python.facts.soabi);
    // What the patch does not name must not be left from before another.
    if folder.is_dir() {
        fs::remove_dir_all(&folder)?;
    }
    for module in needs {
        build::module(module, python, &folder)?;
    }
    let mut command = if let Some((file, test)) = name.split_once(".py::") {
        let script = workspace::root().join("tests/python").join(file).with_extension("py");
        let mut command = modules::command(python, &folder, &script);
        command.arg("-k").arg(format!("*.{test}"));
        command
    } else {
        match name.split_once('/') {
            Some(("embed", scenario)) => {
                let mut command = embed::command(python, &folder)?;
                command.arg(scenario);
                command
            }
            Some(("must-fail", program)) => {
                let arguments = ["--package", "insula", "--features", "embed", "--test", "must_fail"];
                let mut command = cargo_test(&arguments)?;
                command.env("INSULA_MUST_FAIL", program);
                command
            }
            Some(("insula", test)) => cargo_test(&["--package", "insula", "--test", test])?,
            Some(("models", model)) => {
                let mut command = cargo_test(&["--package", "models", "--lib"])?;
                command.args(["--", model]);
                command
            }
            _ => bail!("{name} is no test"),
        }
    };
    let outcome = process::run(&mut command, TIMEOUT)?;
    let wrote = format!("{}\n{}\n{}", outcome.stdout, outcome.stderr, outcome.ending());
    // A test that was skipped, or that nobody found, has shown nothing.
    let ran = ["Ran 1 test in", "1 passed"].iter().any(|said| wrote.contains(said)) && !wrote.contains("skipped=");
    Ok(Verdict { passed: outcome.success() && ran, wrote })
}

/// A call of `cargo test`, whose test is built already. Which interpreter it is built for makes no difference.
fn cargo_test(arguments: &[&str]) -> Result<Command> {
    let python = pythons::newest_to_embed()?;
    let library = python.facts.libpython.as_deref().and_then(Path::parent).context("it was chosen for its library")?;
    let call = || {
        let mut command = workspace::cargo();
        command.args(["test", "--quiet"]).args(arguments).env("PYO3_PYTHON", &python.executable);
        command.env("LD_LIBRARY_PATH", library).env("RUST_BACKTRACE", "0");
        command
    };
    let status = call().arg("--no-run").stdout(Stdio::null()).status()?;
    if !status.success() {
        bail!("cannot build the test: cargo reported the errors above");
    }
    Ok(call())
}
