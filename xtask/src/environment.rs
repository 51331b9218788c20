//! Virtual environments in the cache, with what a list of requirements pins.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::Result;
use insula_pythons::{COMPLETE, Interpreter, cache_dir};

use crate::process;

/// Time for pip.
const TIMEOUT: Duration = Duration::from_secs(300);

/// The environment's folder. It is made, and filled by pip, unless an earlier run did it.
pub(crate) fn with(python: &Interpreter, requirements: &Path) -> Result<PathBuf> {
    let pins = fs::read_to_string(requirements)?;
    let name = format!("{}-{}", python.version, pins.split_whitespace().collect::<Vec<_>>().join("-"));
    let environment = cache_dir().join("toolchains").join(name);
    let complete = environment.join(COMPLETE);
    if !complete.is_file() {
        let mut make = Command::new(&python.executable);
        make.args(["-m", "venv", "--clear"]).arg(&environment);
        process::run(&mut make, TIMEOUT)?.ok("cannot make a virtual environment")?;
        let mut pip = Command::new(environment.join("bin/python"));
        pip.args(["-m", "pip", "install", "--quiet", "--requirement"]).arg(requirements);
        process::run(&mut pip, TIMEOUT)?.ok("cannot fetch what is required")?;
        fs::write(&complete, pins)?;
    }
    Ok(environment)
}
