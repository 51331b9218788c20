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
    // Steps that run at the same time want the same tools.
    fs::create_dir_all(environment.parent().unwrap_or(&environment))?;
    let mut lock = environment.clone().into_os_string();
    lock.push(".lock");
    let lock = fs::File::create(lock)?;
    lock.lock()?;
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

/// A folder with the wheels of what is required, and of what that requires: a package index for pip without a network.
pub(crate) fn wheels(python: &Interpreter, requirements: &Path) -> Result<PathBuf> {
    let environment = with(python, requirements)?;
    let folder = environment.join("wheels");
    let complete = folder.join(COMPLETE);
    if !complete.is_file() {
        let mut pip = Command::new(environment.join("bin/python"));
        pip.args(["-m", "pip", "download", "--quiet", "--only-binary", ":all:", "--requirement"]).arg(requirements);
        process::run(pip.arg("--dest").arg(&folder), TIMEOUT)?.ok("cannot fetch the wheels of what is required")?;
        fs::write(&complete, "")?;
    }
    Ok(folder)
}
