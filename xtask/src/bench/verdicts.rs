//! Whether a peer's module is isolated: what the auditor says of this very build.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use insula_pythons::Interpreter;
use serde_json::Value;

use crate::bench::peers::Built;
use crate::{build, process};

/// The auditor, built.
pub(crate) fn auditor() -> Result<PathBuf> {
    build::auditor(&["--release"])
}

/// The rung, such as `L4`; nothing for a module that is not compiled.
pub(crate) fn verdict(insula: &Path, python: &Interpreter, built: &Built) -> Result<Option<String>> {
    if built.file.extension().is_some_and(|ending| ending == "py") {
        return Ok(None);
    }
    let mut command = Command::new(insula);
    command.args(["audit", "--quiet", "--format", "json"]).arg(&built.file);
    command.arg("--python").arg(&python.executable);
    let outcome = process::run(&mut command, Duration::from_secs(900))?;
    let report: Value = serde_json::from_str(&outcome.stdout)
        .with_context(|| format!("the auditor of {}: {}", built.peer.title, outcome.last_line()))?;
    Ok(Some(rung(&report).unwrap_or_else(|| "could not be audited".to_owned())))
}

/// The rung of the only module of a report.
fn rung(report: &Value) -> Option<String> {
    let module = report["targets"].as_array()?.first()?["modules"].as_array()?.first()?;
    Some(module["verdict"].as_str()?.to_owned())
}
