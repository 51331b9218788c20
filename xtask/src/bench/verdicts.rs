//! Whether a peer's module is isolated: what the auditor says of this very build.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use insula_pythons::Interpreter;
use serde_json::Value;

use crate::bench::peers::Built;
use crate::{auditor, build, process};

/// The auditor, built.
pub(crate) fn auditor() -> Result<PathBuf> {
    build::auditor(&["--release"])
}

/// What the auditor says of a module; nothing of one that is not compiled.
pub(crate) fn verdict(insula: &Path, python: &Interpreter, built: &Built) -> Result<Option<Verdict>> {
    if built.file.extension().is_some_and(|ending| ending == "py") {
        return Ok(None);
    }
    let mut command = Command::new(insula);
    command.args(["audit", "--quiet", "--format", "json"]).arg(&built.file);
    command.arg("--python").arg(&python.executable);
    let outcome = process::run(&mut command, Duration::from_secs(900))?;
    let report: Value = serde_json::from_str(&outcome.stdout)
        .with_context(|| format!("the auditor of {}: {}", built.peer.title, outcome.last_line()))?;
    let module =
        report.pointer("/targets/0/modules/0").with_context(|| format!("no module of {}", built.peer.title))?;
    Ok(Some(Verdict { isolated: auditor::isolated(module), answers: auditor::answers(module) }))
}

/// What the auditor says of a module.
#[derive(Clone, Debug)]
pub(crate) struct Verdict {
    /// Whether it is isolated; nothing if that is not known.
    pub(crate) isolated: Option<bool>,
    /// The answers that are no plain yes.
    pub(crate) answers: String,
}
