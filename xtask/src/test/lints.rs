//! No warning of the compiler, of clippy or of rustdoc; also for a build of CPython that this machine does not have.

use std::fs;

use anyhow::Result;

use crate::test::Tally;
use crate::{build, pythons, workspace};

pub(crate) fn run() -> Result<Tally> {
    let python = pythons::newest()?.executable;
    let clippy = workspace::cargo()
        .args(["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"])
        .env("PYO3_PYTHON", &python)
        .status()?;
    let mut tally = Tally::of("clippy", clippy.success());
    let docs = workspace::cargo()
        .args(["doc", "--quiet", "--workspace", "--no-deps"])
        .env("PYO3_PYTHON", &python)
        .env("RUSTDOCFLAGS", "-D warnings")
        .status()?;
    tally += Tally::of("documentation", docs.success());
    tally += Tally::of("free-threaded build", free_threaded()?);
    Ok(tally)
}

/// Describes CPython 3.14t to pyo3's build scripts, in place of an interpreter that they would ask.
const FREE_THREADED: &str = "\
implementation=CPython
version=3.14
shared=true
abi3=false
pointer_width=64
build_flags=Py_GIL_DISABLED
suppress_build_script_link_lines=true
";

/// No version has this number.
const FREE_THREADED_UNITS: u32 = 100;

/// The framework and what is written with it compile for a free-threaded CPython.
fn free_threaded() -> Result<bool> {
    fs::create_dir_all(workspace::target())?;
    let config = workspace::target().join("3.14t.txt");
    fs::write(&config, FREE_THREADED)?;
    let status = workspace::cargo()
        // All of it: what does not depend on the interpreter has been seen already, with the same features.
        .args(["clippy", "--quiet", "--workspace"])
        // Beside what clippy has seen for the other interpreter.
        .args(["--config", &build::apart("dev", FREE_THREADED_UNITS), "--", "-D", "warnings"])
        .env("PYO3_CONFIG_FILE", &config)
        .env_remove("PYO3_PYTHON")
        .status()?;
    if !status.success() {
        println!("the framework does not compile for a free-threaded CPython: see above");
    }
    Ok(status.success())
}
