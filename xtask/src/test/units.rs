//! The tests that live beside the code.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::test::Tally;
use crate::{build, pythons, workspace};

pub(crate) fn run() -> Result<Tally> {
    test(&["--workspace", "--no-fail-fast"])
}

/// Builds the tests, and with them the `insula` program, which this returns. By itself cargo would build it, and what
/// it depends on, with other features a second time.
pub(crate) fn build() -> Result<Option<PathBuf>> {
    let mut cargo = cargo()?;
    let output =
        cargo.args(["--workspace", "--no-run", "--message-format", "json"]).stderr(Stdio::inherit()).output()?;
    // What does not build is said by the step that runs the tests.
    Ok(build::program_in(&output.stdout).filter(|_| output.status.success()))
}

/// `cargo test`. The examples in the framework's documentation are programs that embed an interpreter.
fn cargo() -> Result<Command> {
    let python = pythons::newest_to_embed()?;
    let library = python.facts.libpython.as_deref().and_then(Path::parent).context("it was chosen for its library")?;
    let mut cargo = workspace::cargo();
    cargo.args(["test", "--quiet"]).env("PYO3_PYTHON", &python.executable).env("LD_LIBRARY_PATH", library);
    Ok(cargo)
}

/// Runs `cargo test` with these arguments, and counts what it says of its tests.
pub(crate) fn test(arguments: &[&str]) -> Result<Tally> {
    let mut child = cargo()?.args(arguments).stdout(Stdio::piped()).spawn()?;
    let mut tally = Tally::default();
    for line in BufReader::new(child.stdout.take().context("stdout was piped")?).lines() {
        let line = line?;
        println!("{line}");
        tally += counts(&line).unwrap_or_default();
        tally.failures.extend(line.strip_suffix(" --- FAILED").map(str::to_owned));
    }
    // Tests that did not build, or died, are in no summary line.
    if !child.wait()?.success() && tally.failed == 0 {
        tally += Tally::of("cargo test", false);
    }
    Ok(tally)
}

/// Reads `test result: ok. 4 passed; 0 failed; ...`.
fn counts(line: &str) -> Option<Tally> {
    let rest = line.strip_prefix("test result: ")?;
    let count = |word: &str| -> Option<usize> {
        let part = rest.split(['.', ';']).find(|part| part.trim_end().ends_with(word))?;
        part.split_whitespace().next()?.parse().ok()
    };
    // The names of tests that failed are in lines of their own.
    Some(Tally { passed: count("passed")?, failed: count("failed")?, failures: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::{Tally, counts};

    #[test]
    fn the_harness_is_believed() {
        let line =
            "test result: FAILED. 11 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 15.02s";
        assert_eq!(counts(line), Some(Tally { passed: 11, failed: 2, failures: Vec::new() }));
        assert_eq!(counts("test result_is_shown ... ok"), None);
    }
}
