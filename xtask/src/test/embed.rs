//! Embedding: a program that contains CPython, on every supported version.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use insula_pythons::Interpreter;
use serde_json::Value;

use crate::pythons::{self, SUPPORTED};
use crate::test::Tally;
use crate::{build, process, workspace};

/// Time for all scenarios on one version; each has its own limit, too.
const TIMEOUT: Duration = Duration::from_secs(1200);

pub(crate) fn run() -> Result<Tally> {
    let found = insula_pythons::discover().found;
    let mut tally = Tally::default();
    for feature in SUPPORTED {
        let python = pythons::best(&found, feature);
        let Some((python, library)) = python.and_then(|python| Some((python, python.facts.libpython.as_deref()?)))
        else {
            println!("CPython {}.{} with a shared library is missing; run `cargo xtask pythons`", feature.0, feature.1);
            tally += Tally::of(false);
            continue;
        };
        tally += on(python, library)?;
    }
    Ok(tally)
}

fn on(python: &Interpreter, library: &Path) -> Result<Tally> {
    let modules = workspace::target().join("test-modules").join(&python.facts.soabi);
    build::module("xxlimited", python, &modules)?;
    build::module("everything", python, &modules)?;
    let folder = library.parent().context("a library lies in a folder")?;
    let program = program(python, folder)?;

    // An interpreter that brings its own libc is started through its own loader, as are the processes that the program starts.
    let mut command = match &python.facts.loader {
        None => {
            let mut command = Command::new(&program);
            command.env("LD_LIBRARY_PATH", folder);
            command
        }
        Some(loader) => {
            let path = python.facts.library_path.iter().map(PathBuf::as_path).chain([folder]);
            let path = std::env::join_paths(path)?;
            let mut command = Command::new(loader);
            command.arg("--library-path").arg(&path).arg(&program);
            command.env("INSULA_TEST_LOADER", loader).env("INSULA_TEST_LIBRARY_PATH", path);
            command
        }
    };
    command.env("INSULA_TEST_PROGRAM", &program).env("INSULA_TEST_MODULES", &modules);
    command.env("INSULA_TEST_HOME", &python.facts.base_prefix).env("RUST_BACKTRACE", "0");
    let outcome = process::run(&mut command, TIMEOUT)?;
    let summary = outcome.stdout.lines().rfind(|line| !line.is_empty()).unwrap_or("it wrote nothing");
    println!("{:<10} {summary}", python.version.to_string());
    let Some(tally) = counts(summary).filter(|tally| outcome.success() == (tally.failed == 0)) else {
        println!("embedding {python}: {}\n{}{}", outcome.ending(), outcome.stdout, outcome.stderr);
        return Ok(Tally::of(false));
    };
    if tally.failed > 0 {
        println!("{}", outcome.stdout);
    }
    Ok(tally)
}

/// Builds the program, linked to the interpreter's shared library.
fn program(python: &Interpreter, folder: &Path) -> Result<PathBuf> {
    let mut flags = format!("-L native={}", folder.display());
    if python.facts.loader.is_some() {
        // The library asks for symbols that this machine's libc is too old to have.
        flags += " -C link-arg=-Wl,--allow-shlib-undefined";
    }
    let output = workspace::cargo()
        .args(["build", "--quiet", "--package", "embed", "--message-format", "json-render-diagnostics"])
        // One folder per binary interface, as for modules.
        .arg("--target-dir")
        .arg(workspace::target().join("embed").join(&python.facts.soabi))
        .env("PYO3_PYTHON", &python.executable)
        .env("RUSTFLAGS", flags)
        .env_remove("PYO3_BUILD_EXTENSION_MODULE")
        .env_remove("PYO3_CONFIG_FILE")
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        bail!("cannot build the embedding program for {python}: cargo reported the errors above");
    }
    let messages = String::from_utf8_lossy(&output.stdout).into_owned();
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    messages
        .filter_map(|message| Some(PathBuf::from(message["executable"].as_str()?)))
        .next_back()
        .context("cargo names the program")
}

/// Reads `40 passed, 1 failed`.
fn counts(line: &str) -> Option<Tally> {
    let (passed, failed) = line.split_once(" passed, ")?;
    Some(Tally { passed: passed.parse().ok()?, failed: failed.strip_suffix(" failed")?.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::{Tally, counts};

    #[test]
    fn the_programs_last_line_is_read() {
        assert_eq!(counts("40 passed, 1 failed"), Some(Tally { passed: 40, failed: 1 }));
        assert_eq!(counts("ok      a_scenario (0.1 s)"), None);
    }
}
