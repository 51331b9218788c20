//! Embedding: a program that contains CPython, on every supported version.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::Result;
use insula_pythons::Interpreter;

use crate::embedding::Program;
use crate::process;
use crate::pythons::{self, SUPPORTED};
use crate::test::{Tally, modules, side_by_side};

/// Time for all scenarios on one version; each has its own limit, too.
const TIMEOUT: Duration = Duration::from_secs(1200);

pub(crate) fn run() -> Result<Tally> {
    let found = insula_pythons::discover().found;
    let mut tally = Tally::default();
    let mut pythons = Vec::new();
    for feature in SUPPORTED {
        let python = pythons::best(&found, feature).filter(|python| python.facts.libpython.is_some());
        let Some(python) = python else {
            println!("CPython {}.{} with a shared library is missing; run `cargo xtask pythons`", feature.0, feature.1);
            tally += Tally::of(format!("CPython {}.{} is missing", feature.0, feature.1), false);
            continue;
        };
        pythons.push(python);
    }
    tally += side_by_side(&pythons, |python| on(python))?;
    Ok(tally)
}

/// All scenarios.
pub(super) fn on(python: &Interpreter) -> Result<Tally> {
    // The same as those of the step `modules`, which are there already where that ran.
    let modules = modules::place(python)?;
    let outcome = process::run(&mut command(python, &modules)?, TIMEOUT)?;
    let summary = outcome.stdout.lines().rfind(|line| !line.is_empty()).unwrap_or("it wrote nothing");
    println!("{:<10} {summary}", python.version.to_string());
    let Some(tally) = counts(summary, &python.to_string()).filter(|tally| outcome.success() == (tally.failed == 0))
    else {
        println!("embedding {python}: {}\n{}{}", outcome.ending(), outcome.stdout, outcome.stderr);
        return Ok(Tally::of(format!("{python}"), false));
    };
    if tally.failed > 0 {
        println!("{}", outcome.stdout);
    }
    Ok(tally)
}

/// The call of the program, which it builds. Names of scenarios may follow.
pub(crate) fn command(python: &Interpreter, modules: &Path) -> Result<Command> {
    let mut command = Program::build(&["--package", "embed"], python)?.command();
    command.env("INSULA_TEST_MODULES", modules);
    command.env("INSULA_TEST_HOME", &python.facts.base_prefix).env("RUST_BACKTRACE", "0");
    if !python.version.checks_memory_in_threads() {
        command.env("INSULA_TEST_PLAIN_MEMORY", "1");
    }
    Ok(command)
}

/// Reads `40 passed, 1 failed`.
fn counts(line: &str, on: &str) -> Option<Tally> {
    let (passed, failed) = line.split_once(" passed, ")?;
    Some(Tally::counted(on, passed.parse().ok()?, failed.strip_suffix(" failed")?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::{Tally, counts};

    #[test]
    fn the_programs_last_line_is_read() {
        assert_eq!(counts("40 passed, 1 failed", "3.13"), Some(Tally::counted("3.13", 40, 1)));
        assert_eq!(counts("ok      a_scenario (0.1 s)", "3.13"), None);
    }
}
