//! `cargo xtask demo`: our own `xxlimited` in thirty-six interpreters of one process, then before the auditor.

use std::process::{Command, ExitCode};

use anyhow::{Result, bail};

use crate::embedding::Program;
use crate::{build, pythons, workspace};

/// Runs the demonstration on `python`, or on the newest interpreter that can show it.
pub(crate) fn run(python: Option<&str>) -> Result<ExitCode> {
    let python = match python {
        Some(spec) => insula_pythons::resolve(spec)?,
        None => pythons::newest()?,
    };
    // 3.12 has interpreters with their own GIL, and crashes with several of them.
    if python.version.feature() < (3, 13) {
        bail!("{python} cannot show it: the demonstration needs CPython 3.13 or newer; name another with --python");
    }
    println!("interpreter  {python}");
    let folder = workspace::target().join("demo");
    let module = build::module("xxlimited", &python, &folder)?;
    println!("module       {}\n", module.display());
    let program = Program::build(&["--package", "insula", "--example", "demo", "--features", "embed"], &python)?;
    let isolated = program.command().arg(&python.facts.base_prefix).arg(&folder).status()?.success();
    println!();
    let insula = build::auditor(&["--release"])?;
    let status = Command::new(&insula).arg("audit").arg(&module).arg("--python").arg(&python.executable).status()?;
    Ok(if isolated && status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
