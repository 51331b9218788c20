//! pytest-insula: its types and style, its own tests on every version of CPython that it supports, and the tests of
//! packages from PyPI in four interpreters at once.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use insula_pythons::{COMPLETE, Interpreter, cache_dir};

use crate::isolate::{insula_isolate, sdist};
use crate::test::Tally;
use crate::{environment, process, pythons, wheel, workspace};

/// Interpreters with their own GILs begin with CPython 3.12.
const VERSIONS: [(u32, u32); 4] = [(3, 12), (3, 13), (3, 14), (3, 15)];

/// For the tools, and for the packages.
const VERSION: (u32, u32) = (3, 13);

/// Time for one run of pytest or of a tool.
const TIMEOUT: Duration = Duration::from_secs(600);

/// Name, version, and the files of `tests`.
type Package = (&'static str, &'static str, &'static [&'static str]);

/// Packages whose own tests run in interpreters; of the second those that do so in seconds.
const REAL: [Package; 2] = [
    ("markupsafe", "3.0.4", &["."]),
    ("multidict", "7.2.1", &["test_abc.py", "test_copy.py", "test_istr.py", "test_pickle.py", "test_update.py"]),
];

/// What every run of all tests has time for: the version that most people have, and the smaller package.
pub(crate) fn run() -> Result<Tally> {
    on_versions(&[VERSION], &REAL[..1])
}

/// The same on every version, and with both packages.
pub(crate) fn everywhere() -> Result<Tally> {
    on_versions(&VERSIONS, &REAL)
}

fn on_versions(versions: &[(u32, u32)], packages: &[Package]) -> Result<Tally> {
    let found = insula_pythons::discover().found;
    let python = pythons::best(&found, VERSION).context("CPython 3.13 is missing; run `cargo xtask pythons`")?;
    let tools = environment::with(python, &plugin().join("tests/tools.txt"))?;
    let mut tally = style(&tools)?;
    let out = tempfile::tempdir()?;
    let wheel = build(&tools, out.path())?;
    for &feature in versions {
        let Some(python) = pythons::best(&found, feature) else {
            println!("CPython {}.{} is missing; run `cargo xtask pythons`", feature.0, feature.1);
            tally += Tally::of(format!("CPython {}.{} is missing", feature.0, feature.1), false);
            continue;
        };
        let home = installed(python, &wheel, "tests/requirements.txt", out.path())?;
        let mut own = pytest(&home, &plugin(), out.path());
        own.args(["--numprocesses", "2", "tests"]);
        if feature == VERSION {
            // For what needs it; the others skip that.
            own.env("PYTHONPATH", insula_isolate(python)?);
        }
        tally += report(&format!("tests of the plugin on {}", python.version), &mut own)?;
    }
    let home = installed(python, &wheel, "tests/real.txt", &out.path().join("real"))?;
    for &(name, version, files) in packages {
        let place = tests_of(name, version)?;
        let mut real = pytest(&home, &place, out.path());
        // The suite's own configuration names plugins that are not needed to run it.
        real.args(["--interpreters", "4", "--insula-module", name, "--insula-timeout", "120", "-c", "/dev/null"]);
        real.arg("--rootdir").arg(&place).args(files.iter().map(|file| place.join("tests").join(file)));
        tally += report(&format!("tests of {name} {version} in four interpreters at once"), &mut real)?;
    }
    Ok(tally)
}

fn plugin() -> PathBuf {
    workspace::root().join("plugins/pytest-insula")
}

/// mypy and ruff have nothing to say.
fn style(tools: &Path) -> Result<Tally> {
    let cache = tempfile::tempdir()?;
    let mut mypy = Command::new(tools.join("bin/python"));
    mypy.args(["-m", "mypy", "--cache-dir"]).arg(cache.path());
    let mut check = Command::new(tools.join("bin/ruff"));
    check.args(["check", "--no-cache", "."]);
    let mut format = Command::new(tools.join("bin/ruff"));
    format.args(["format", "--no-cache", "--check", "."]);
    let mut tally = Tally::default();
    for (what, mut command) in [("mypy --strict", mypy), ("ruff check", check), ("ruff format", format)] {
        let outcome = process::run(command.current_dir(plugin()), TIMEOUT)?;
        println!("{} {what}", if outcome.success() { "  " } else { "!!" });
        if !outcome.success() {
            println!("{}{}", outcome.stdout, outcome.stderr);
        }
        tally += Tally::of(what, outcome.success());
    }
    Ok(tally)
}

/// The wheel of the plugin: one for all versions.
fn build(tools: &Path, out: &Path) -> Result<PathBuf> {
    let mut flit = Command::new(tools.join("bin/python"));
    flit.args(["-m", "flit_core.wheel", "--outdir"]).arg(out).arg(plugin());
    process::run(&mut flit, TIMEOUT)?.ok("cannot build the wheel of the plugin")?;
    let files = fs::read_dir(out)?.flatten().map(|entry| entry.path());
    files.into_iter().find(|path| path.extension().is_some_and(|ending| ending == "whl")).context("flit left no wheel")
}

/// A fresh environment with the plugin, and with what a list of requirements pins.
fn installed(python: &Interpreter, plugin_wheel: &Path, requirements: &str, folder: &Path) -> Result<PathBuf> {
    let packages = environment::with(python, &plugin().join(requirements))?;
    let home = folder.join(python.version.to_string());
    let mut make = Command::new(&python.executable);
    make.args(["-m", "venv", "--without-pip"]).arg(&home);
    process::run(&mut make, TIMEOUT)?.ok("cannot make a virtual environment")?;
    // The pip of an older version of CPython does not run on every newer one.
    let mut pip = Command::new(packages.join("bin/python"));
    pip.args(["-m", "pip", "--python"]).arg(home.join("bin/python"));
    pip.args(["install", "--quiet", "--no-index", "--no-deps"]).arg(plugin_wheel);
    process::run(&mut pip, TIMEOUT)?.ok("the wheel does not install")?;
    let file = wheel::packages_of(python, &home).join("packages.pth");
    fs::write(file, format!("{}\n", wheel::packages_of(python, &packages).display()))?;
    Ok(home)
}

fn pytest(home: &Path, place: &Path, scratch: &Path) -> Command {
    let mut command = Command::new(home.join("bin/python"));
    command.current_dir(place).env_remove("PYTEST_ADDOPTS").env("TMPDIR", scratch);
    command.args(["-m", "pytest", "-q", "--tb=short", "-p", "no:cacheprovider"]);
    command
}

/// Runs pytest, and counts by its last line.
fn report(what: &str, command: &mut Command) -> Result<Tally> {
    let outcome = process::run(command, TIMEOUT)?;
    let last = outcome.stdout.lines().next_back().unwrap_or_default();
    println!("{} {what}: {last}", if outcome.success() { "  " } else { "!!" });
    if !outcome.success() {
        println!("{}\n{}{}", outcome.ending(), outcome.stdout, outcome.stderr);
    }
    let passed = counted(last, "passed");
    let failed = counted(last, "failed") + counted(last, "error") + counted(last, "errors");
    Ok(Tally::counted(what, passed, failed.max(usize::from(!outcome.success()))))
}

/// The number before a word.
fn counted(line: &str, word: &str) -> usize {
    let words: Vec<&str> = line.split([' ', ',']).filter(|word| !word.is_empty()).collect();
    let found = words.windows(2).find(|pair| pair[1] == word);
    found.and_then(|pair| pair[0].parse().ok()).unwrap_or(0)
}

/// A folder with the folder `tests` of an sdist, and nothing else of it: the package that is tested is the wheel's.
fn tests_of(name: &str, version: &str) -> Result<PathBuf> {
    let home = cache_dir().join("plugin").join(format!("{name}-{version}"));
    if !home.join(COMPLETE).is_file() {
        let _ = fs::remove_dir_all(&home);
        fs::create_dir_all(&home)?;
        let folder = tempfile::tempdir()?;
        let source = sdist(name, version, folder.path())?;
        let mut copy = Command::new("cp");
        copy.arg("-r").arg(source.join("tests")).arg(&home);
        process::run(&mut copy, TIMEOUT)?.ok("cannot copy the tests")?;
        fs::write(home.join(COMPLETE), "")?;
    }
    Ok(home)
}
