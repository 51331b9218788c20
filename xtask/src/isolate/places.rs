//! Where packages, their tests and `insula_isolate` itself are put: in the cache and in the target folder.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use insula_pythons::{COMPLETE, Interpreter, cache_dir};

use crate::isolate::packages::{self, Package, Place};
use crate::{environment, process, pythons, wheel, workspace};

/// Time for pip to fetch a hundred wheels.
const TIMEOUT: Duration = Duration::from_secs(1800);

/// What every environment has, to run the packages' own tests.
const TEST_TOOLS: &str = "pytest";

/// A pip that knows all interpreters of this page.
fn pip() -> Result<Command> {
    let found = insula_pythons::discover().found;
    let python = pythons::best(&found, (3, 13)).context("CPython 3.13 is missing; run `cargo xtask pythons`")?;
    let home = environment::with(python, &packages::folder().join("pip.txt"))?;
    let mut command = Command::new(home.join("bin/python"));
    command.args(["-m", "pip"]);
    Ok(command)
}

/// An environment with these packages at the versions that are pinned, which an earlier run may have made.
pub(crate) fn environment(python: &Interpreter, names: &[String]) -> Result<PathBuf> {
    let pins = packages::pins_file(python);
    let text = fs::read_to_string(&pins).with_context(|| format!("cannot read {}", pins.display()))?;
    let key = hash(format!("{}\n{text}\n{}", python.executable.display(), names.join(" ")).as_bytes());
    let home = cache_dir().join("isolate").join(format!("{}-{key:016x}", python.version));
    let complete = home.join(COMPLETE);
    if !complete.is_file() {
        eprintln!("fetching {} packages for {python}", names.len());
        venv(python, &home)?;
        let mut command = pip()?;
        command.arg("--python").arg(home.join("bin/python"));
        command.args(["install", "--quiet", "--only-binary", ":all:", "--constraint"]).arg(&pins).args(names);
        process::run(&mut command, TIMEOUT)?.ok("cannot fetch the packages")?;
        fs::write(&complete, text)?;
    }
    Ok(home)
}

fn venv(python: &Interpreter, home: &Path) -> Result<()> {
    let mut make = Command::new(&python.executable);
    make.args(["-m", "venv", "--clear", "--without-pip"]).arg(home);
    process::run(&mut make, TIMEOUT)?.ok("cannot make a virtual environment").map(|_| ())
}

/// FNV-1a: the same for ever, which the standard library's hasher does not promise.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Everything that an environment for these packages asks pip for, as far as there are wheels.
pub(crate) fn wanted(packages: &[Package], pins: &std::collections::BTreeMap<String, String>) -> Vec<String> {
    let mut names: Vec<String> = all_names(packages).into_iter().collect();
    names.retain(|name| pins.contains_key(&packages::normal(name)));
    names
}

fn all_names(packages: &[Package]) -> BTreeSet<String> {
    let mut names = BTreeSet::from([TEST_TOOLS.to_owned(), "httpx".to_owned()]);
    for package in packages {
        names.insert(package.name.clone());
        names.extend(package.tests.iter().flat_map(|tests| tests.needs.clone()));
    }
    names
}

/// Pins the newest versions that have wheels for an interpreter.
pub(crate) fn pin(python: &Interpreter, packages: &[Package]) -> Result<()> {
    let mut names = all_names(packages);
    let folder = tempfile::tempdir()?;
    let home = folder.path().join("environment");
    venv(python, &home)?;
    loop {
        let mut command = pip()?;
        command.arg("--python").arg(home.join("bin/python"));
        command.args(["install", "--quiet", "--only-binary", ":all:"]).args(&names);
        let outcome = process::run(&mut command, TIMEOUT)?;
        if outcome.success() {
            break;
        }
        // A package without a wheel is left out; so is nothing else.
        let missing = outcome.stderr.lines().find_map(|line| line.split_once("No matching distribution found for "));
        let missing =
            missing.map(|(_, name)| packages::normal(name.split(['=', ' ', '<', '>']).next().unwrap_or(name)));
        let found = names.iter().find(|name| Some(packages::normal(name)) == missing).cloned();
        let Some(found) = found else { bail!("cannot fetch the newest packages for {python}:\n{}", outcome.stderr) };
        println!("{python}: no wheel of {found}");
        names.remove(&found);
    }
    let mut command = pip()?;
    command.arg("--python").arg(home.join("bin/python")).arg("freeze");
    let text = process::run(&mut command, TIMEOUT)?.ok("cannot list the versions")?;
    let file = packages::pins_file(python);
    fs::create_dir_all(file.parent().context("a file has a folder")?)?;
    fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))
}

/// `insula_isolate` for an interpreter: a folder for its `PYTHONPATH`. One that a process may have open is never
/// changed.
pub(crate) fn insula_isolate(python: &Interpreter) -> Result<PathBuf> {
    let folder = workspace::target().join("isolate");
    fs::create_dir_all(&folder)?;
    let built = tempfile::tempdir_in(&folder)?;
    let wheel = wheel::build("isolate", python, built.path())?;
    let home = folder.join(format!("{}-{:016x}", python.facts.soabi, hash(&fs::read(&wheel)?)));
    if !home.is_dir() {
        let unpacked = built.path().join("unpacked");
        let mut command = pip()?;
        // Another interpreter's wheel, in a folder that belongs to no environment.
        command.args(["install", "--quiet", "--no-index", "--no-deps", "--target"]).arg(&unpacked);
        let (major, minor) = python.version.feature();
        command.args(["--only-binary", ":all:", "--python-version", &format!("{major}.{minor}")]).arg(&wheel);
        process::run(&mut command, TIMEOUT)?.ok("cannot unpack the wheel of insula_isolate")?;
        fs::rename(&unpacked, &home)?;
    }
    Ok(home)
}

/// The tests of a package's sdist, without what else is in it: the sources of the package must not be found.
pub(crate) fn tests_of_sdist(package: &Package, version: &str) -> Result<Option<PathBuf>> {
    let Some(tests) = package.tests.as_ref().filter(|tests| tests.place == Place::Sdist) else { return Ok(None) };
    let name = tests.of.as_deref().unwrap_or(&package.name);
    let home = cache_dir().join("isolate/tests").join(format!("{name}-{version}"));
    let complete = home.join(COMPLETE);
    let parts = [&tests.select[..], &tests.data[..]].concat();
    if !fs::read_to_string(&complete).is_ok_and(|text| text == parts.join("\n")) {
        let _ = fs::remove_dir_all(&home);
        fs::create_dir_all(&home)?;
        let source = tempfile::tempdir()?;
        let source = sdist(name, version, source.path())?;
        for part in &parts {
            let part = source.join(part);
            let to = home.join(part.file_name().context("a part of an sdist has a name")?);
            process::run(Command::new("cp").arg("-r").arg(&part).arg(&to), TIMEOUT)?.ok("cannot copy the tests")?;
        }
        fs::write(&complete, parts.join("\n"))?;
    }
    Ok(Some(home))
}

/// Fetches an sdist, unpacked.
pub(crate) fn sdist(name: &str, version: &str, folder: &Path) -> Result<PathBuf> {
    let mut command = pip()?;
    command.args(["download", "--quiet", "--no-deps", "--no-binary", ":all:", "--dest"]).arg(folder);
    // pip asks the package's build system for its metadata, although nobody wants them. Without a build system that
    // fails at once, and with `--no-clean` what was fetched stays, unpacked.
    command.args(["--no-build-isolation", "--no-clean"]).arg(format!("{name}=={version}")).env("TMPDIR", folder);
    let outcome = process::run(&mut command, TIMEOUT)?;
    let below = |folder: &Path| -> Vec<PathBuf> {
        fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
    };
    if let Some(file) = below(folder).iter().find(|path| path.to_string_lossy().ends_with(".tar.gz")) {
        let mut unpack = Command::new("tar");
        unpack.arg("-xzf").arg(file).arg("-C").arg(folder);
        process::run(&mut unpack, TIMEOUT)?.ok("cannot unpack an sdist")?;
    }
    let candidates = below(folder).into_iter().flat_map(|path| [vec![path.clone()], below(&path)].concat());
    let found = candidates.into_iter().find(|path| path.join("PKG-INFO").is_file());
    found.with_context(|| format!("cannot fetch the sdist of {name} {version}:\n{}", outcome.stderr))
}
