//! `insula_contextvars` as a package: a wheel that installs into a fresh environment, types that are true, and
//! greenlets.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::test::Tally;
use crate::{environment, process, pythons, wheel, workspace};

const VERSION: (u32, u32) = (3, 13);
/// Time for maturin, for pip, or for one program.
const TIMEOUT: Duration = Duration::from_secs(300);

pub(crate) fn run() -> Result<Tally> {
    let found = insula_pythons::discover().found;
    let python = pythons::best(&found, VERSION).context("CPython 3.13 is missing; run `cargo xtask pythons`")?;
    let folder = workspace::root().join("tests/packaging");
    let tools = environment::with(python, &folder.join("requirements.txt"))?.join("bin");
    let out = tempfile::tempdir()?;
    let fresh = out.path().join("fresh");
    let mut tally = Tally::default();
    let wheel = wheel::build("contextvars", python, out.path())?;
    println!("   maturin builds a wheel");
    tally += Tally::of("a wheel", true);
    let mut step = |what: &str, command: &mut Command| -> Result<()> {
        let outcome = process::run(command.current_dir(out.path()), TIMEOUT)?;
        println!("{} {what}", if outcome.success() { "  " } else { "!!" });
        tally += Tally::of(what, outcome.success());
        outcome.ok(what).map(|_| ())
    };

    step("a fresh environment", Command::new(&python.executable).args(["-m", "venv", "--without-pip"]).arg(&fresh))?;
    let fresh_python = fresh.join("bin/python");
    let mut pip = Command::new(tools.join("python"));
    pip.args(["-m", "pip", "--python"]).arg(&fresh_python).args(["install", "--quiet", "--no-index"]).arg(&wheel);
    step("the wheel installs into it", &mut pip)?;
    step("a typed program runs", Command::new(&fresh_python).arg(folder.join("typed.py")))?;

    let (major, minor) = python.version.feature();
    let packages = fresh.join(format!("lib/python{major}.{minor}/site-packages"));
    let tool = || {
        let mut command = Command::new(tools.join("python"));
        command.env("PYTHONPATH", &packages);
        command
    };
    let mut mypy = tool();
    mypy.args(["-m", "mypy", "--strict", "--cache-dir"]).arg(out.path().join("mypy"));
    mypy.arg("--python-executable").arg(&fresh_python).arg(folder.join("typed.py"));
    step("mypy accepts what is right in it, and nothing else", &mut mypy)?;
    let mut stubtest = tool();
    stubtest.args(["-m", "mypy.stubtest", "insula_contextvars", "--allowlist"]).arg(folder.join("allowed.txt"));
    step("the types are those of the module", &mut stubtest)?;
    step("greenlets carry the values", tool().arg(folder.join("greenlets.py")))?;
    Ok(tally)
}
