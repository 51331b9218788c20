//! Wheels of `modules/`, and environments with one of them.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use insula_pythons::Interpreter;

use crate::{build, environment, process, pythons, workspace};

/// Where maturin and pip come from.
const TOOLS: (u32, u32) = (3, 13);

/// Time for maturin or pip.
const TIMEOUT: Duration = Duration::from_secs(600);

/// The environment that has maturin, and a pip that serves other environments.
pub(crate) fn tools() -> Result<PathBuf> {
    let found = insula_pythons::discover().found;
    let python = pythons::best(&found, TOOLS).context("CPython 3.13 is missing; run `cargo xtask pythons`")?;
    environment::with(python, &workspace::root().join("tests/packaging/requirements.txt"))
}

/// Builds the wheel of a module of `modules/` for an interpreter into `out`, an empty folder.
pub(crate) fn build(module: &str, python: &Interpreter, out: &Path) -> Result<PathBuf> {
    let bin = tools()?.join("bin");
    let mut maturin = Command::new(bin.join("maturin"));
    maturin.args(["build", "--quiet", "--profile", build::profile_for_tests(module, python), "--manifest-path"]);
    maturin.arg(workspace::root().join("modules").join(module).join("Cargo.toml"));
    maturin.arg("--interpreter").arg(&python.executable).arg("--out").arg(out);
    // Where the other tests have it built already.
    let target = build::target_for_tests(module, python);
    maturin.args(build::options(python)).arg("--target-dir").arg(&target);
    let _turn = build::turn(&target)?;
    let path = env::var_os("PATH").unwrap_or_default();
    let path: Vec<PathBuf> = std::iter::once(bin).chain(env::split_paths(&path)).collect();
    maturin.env("PATH", env::join_paths(path)?);
    process::run(&mut maturin, TIMEOUT)?.ok("maturin")?;
    let files = fs::read_dir(out)?.flatten().map(|entry| entry.path());
    let wheel = files.into_iter().find(|path| path.extension().is_some_and(|ending| ending == "whl"));
    wheel.context("maturin left no wheel")
}

/// A fresh environment of an interpreter in `home`, with a wheel and with the packages of another environment.
pub(crate) fn fresh(python: &Interpreter, wheel: &Path, packages: Option<&Path>, home: &Path) -> Result<()> {
    let mut make = Command::new(&python.executable);
    make.args(["-m", "venv", "--without-pip"]).arg(home);
    process::run(&mut make, TIMEOUT)?.ok("cannot make a virtual environment")?;
    let mut pip = Command::new(tools()?.join("bin/python"));
    pip.args(["-m", "pip", "--python"]).arg(home.join("bin/python"));
    pip.args(["install", "--quiet", "--no-index", "--no-deps"]).arg(wheel);
    process::run(&mut pip, TIMEOUT)?.ok("the wheel does not install")?;
    if let Some(packages) = packages {
        let file = packages_of(python, home).join("packages.pth");
        fs::write(file, format!("{}\n", packages_of(python, packages).display()))?;
    }
    Ok(())
}

/// Where an environment has its packages.
pub(crate) fn packages_of(python: &Interpreter, environment: &Path) -> PathBuf {
    let (major, minor) = python.version.feature();
    environment.join(format!("lib/python{major}.{minor}/site-packages"))
}
