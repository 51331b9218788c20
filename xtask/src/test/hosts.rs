//! insula_isolate where applications run: a real Apache with mod_wsgi, uWSGI, and the FastAPI example under load, on
//! the loopback.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use insula_pythons::Interpreter;

use crate::pythons::apache;
use crate::test::Tally;
use crate::{environment, process, pythons, wheel, workspace};

/// mod_wsgi makes legacy interpreters, with the GIL of the main one. From 3.13, CPython imports single-phase modules
/// otherwise.
pub(crate) const VERSIONS: [(u32, u32); 2] = [(3, 11), (3, 13)];

/// What is built from source, since it is made for one Apache, or for one interpreter.
const BUILT: [&str; 2] = ["mod_wsgi==6.1.1", "uwsgi==2.0.31"];

/// Time for pip to build mod_wsgi, or for all that one Apache is asked.
const TIMEOUT: Duration = Duration::from_secs(300);

/// The interpreter of a version that Apache can load.
pub(crate) fn python(found: &[Interpreter], version: (u32, u32)) -> Result<&Interpreter> {
    pythons::best(found, version)
        .filter(|python| python.facts.libpython.is_some() && python.facts.loader.is_none())
        .with_context(|| {
            format!("no CPython {}.{} with a shared library for this machine's libc", version.0, version.1)
        })
}

/// Applications that import cryptography, bcrypt and pydantic in several interpreters of mod_wsgi: without
/// INSULA_ISOLATE they fail, with it they answer right under load. `wheel` is insula_isolate for this interpreter.
pub(crate) fn run(python: &Interpreter, wheel: &Path) -> Result<Tally> {
    let apache = apache::fetch()?;
    let folder = workspace::root().join("tests/isolate/hosts");
    let packages = packages(python, &folder, &apache)?;
    let scratch = tempfile::tempdir()?;
    let home = scratch.path().join("home");
    wheel::fresh(python, wheel, Some(&packages), &home)?;
    let mut tally = Tally::default();
    let uwsgi = packages.join("bin/uwsgi");
    let cases = ["control", "daemon", "embedded"].map(|case| ("Apache", "apache.py", &apache, case));
    let more = ["control", "isolated"].map(|case| ("uWSGI", "uwsgi.py", &uwsgi, case));
    for (name, script, server, case) in cases.into_iter().chain(more) {
        let mut test = Command::new(home.join("bin/python"));
        test.arg("-B").arg(folder.join(script)).arg(server).args(["--only", case]);
        test.env_remove("INSULA_ISOLATE");
        let outcome = process::run(&mut test, TIMEOUT)?;
        let mark = if outcome.success() { "  " } else { "!!" };
        print!("{mark} {name}, CPython {}: {}{}", python.version, outcome.stdout, outcome.stderr);
        if outcome.status.is_none() {
            println!("{case}: timed out");
        }
        tally += Tally::of(format!("{name}, CPython {}", python.version), outcome.success());
    }
    Ok(tally)
}

/// The examples: a FastAPI application under load, and data that interpreters use without a copy.
pub(crate) fn examples(python: &Interpreter, wheel: &Path) -> Result<Tally> {
    let mut tally = Tally::default();
    for (name, script) in [("fastapi-pool", "load.py"), ("shared-arrays", "shared.py")] {
        let folder = workspace::root().join("examples").join(name);
        let packages = environment::with(python, &folder.join("requirements.txt"))?;
        let scratch = tempfile::tempdir()?;
        let home = scratch.path().join("home");
        wheel::fresh(python, wheel, Some(&packages), &home)?;
        let mut example = Command::new(home.join("bin/python"));
        // NumPy warns of interpreters: see the page on insula_isolate.
        example.arg("-B").arg(folder.join(script)).env_remove("INSULA_ISOLATE").env("PYTHONWARNINGS", "ignore");
        let outcome = process::run(&mut example, TIMEOUT)?;
        let mark = if outcome.success() { "  " } else { "!!" };
        println!("{mark} examples/{name}, CPython {}: {}", python.version, outcome.ending());
        print!("{}{}", outcome.stdout, outcome.stderr);
        tally += Tally::of(format!("{name}, CPython {}", python.version), outcome.success());
    }
    Ok(tally)
}

/// The environment of what the applications import, with the hosts.
fn packages(python: &Interpreter, folder: &Path, apache: &Path) -> Result<PathBuf> {
    let tools = environment::with(python, &folder.join("requirements.txt"))?;
    for package in BUILT {
        let built = tools.join(package);
        if !built.is_file() {
            let mut pip = Command::new(tools.join("bin/python"));
            pip.args(["-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-binary", ":all:"]);
            pip.arg(package).env("APXS", apache.join("apxs"));
            process::run(&mut pip, TIMEOUT)?.ok(&format!("cannot build {package}"))?;
            fs::write(&built, "")?;
        }
    }
    Ok(tools)
}
