//! `cargo xtask ci`: what continuous integration does, here: the committed state, in a fresh clone.

use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

use crate::workspace;

pub(crate) fn run() -> Result<ExitCode> {
    let folder = tempfile::tempdir()?;
    let clone = folder.path().join("clone");
    let status = Command::new("git").args(["clone", "--quiet"]).arg(workspace::root()).arg(&clone).status();
    if !status.context("cannot start git; install it")?.success() {
        bail!("cannot clone {}", workspace::root().display());
    }
    // The clone builds everything anew: nothing of this checkout's target folder can help it.
    let status = Command::new("bash").arg(".ci/run").current_dir(&clone).env_remove("CARGO_TARGET_DIR").status()?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
