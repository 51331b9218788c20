//! `cargo xtask build`: a crate of this repository as an extension module.

use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};

use anyhow::{Context, Result, bail};
use insula_pythons::Interpreter;
use serde_json::Value;

use crate::{pythons, workspace};

/// The folders that hold extension modules.
const FOLDERS: [&str; 3] = ["modules", "tests/modules", "bench"];

pub(crate) fn run(name: &str, python: Option<&str>, out: &Path) -> Result<ExitCode> {
    let python = match python {
        Some(spec) => insula_pythons::resolve(spec)?,
        None => pythons::newest()?,
    };
    println!("{}", module(name, &python, out)?.display());
    Ok(ExitCode::SUCCESS)
}

/// Builds the module in `modules/<name>` or `tests/modules/<name>` for `python` and puts it into `out`, under
/// the name by which that interpreter imports it. Returns the file.
pub(crate) fn module(name: &str, python: &Interpreter, out: &Path) -> Result<PathBuf> {
    // One folder per binary interface: going from one interpreter to the next and back rebuilds nothing.
    module_in(name, python, out, &workspace::target().join("modules").join(&python.facts.soabi))
}

/// The same, with cargo's own files in `target`.
pub(crate) fn module_in(name: &str, python: &Interpreter, out: &Path, target: &Path) -> Result<PathBuf> {
    module_with(name, python, out, target, &[])
}

/// What tests use as a user would ship it, and the version on which they do; all else is built so that it is ready
/// sooner.
const SHIPPED: [&str; 4] = ["contextvars", "isolate", "xxlimited", "everything"];
const SHIPPED_FOR: (u32, u32) = (3, 13);

/// The profile of a module for tests.
pub(crate) fn profile_for_tests(name: &str, python: &Interpreter) -> &'static str {
    if python.version.feature() == SHIPPED_FOR && SHIPPED.contains(&name) { "module" } else { QUICK }
}

pub(crate) const QUICK: &str = "module-quick";

/// A module for tests, with more of cargo's options.
pub(crate) fn for_tests(name: &str, python: &Interpreter, out: &Path, options: &[&str]) -> Result<PathBuf> {
    with_profile(profile_for_tests(name, python), name, python, out, &target_for_tests(name, python), options)
}

/// Many modules for tests. Those that are not to be what a user would ship are built together, so that the framework is
/// compiled once with all features that they use.
pub(crate) fn all_for_tests(names: &[&str], python: &Interpreter, out: &Path) -> Result<()> {
    let (quick, shipped): (Vec<&str>, Vec<&str>) =
        names.iter().partition(|name| profile_for_tests(name, python) == QUICK);
    for name in shipped {
        for_tests(name, python, out, &[])?;
    }
    if quick.is_empty() {
        return Ok(());
    }
    let manifests = quick.iter().map(|name| manifest(name)).collect::<Result<Vec<_>>>()?;
    let mut which: Vec<OsString> = Vec::new();
    for name in &quick {
        which.extend(["--package".into(), package(name)?.into()]);
    }
    let target = workspace::target().join("modules").join("quick");
    let _turn = turn(&target)?;
    let built = libraries(&which, QUICK, python, &target)?;
    for manifest in &manifests {
        put(&built, manifest, python, out)?;
    }
    Ok(())
}

/// What keeps builds in one folder apart. Cargo does not tell those for two interpreters from one another. It does with
/// another setting for the crate that all others which depend on the interpreter depend on: without it, each build
/// would undo the one before.
pub(crate) fn apart(profile: &str, number: u32) -> String {
    format!("profile.{profile}.package.pyo3-ffi.codegen-units={number}")
}

/// Cargo's options for modules for tests. For all versions but one they are not optimised: that would take longer than
/// it saves in the tests.
pub(crate) fn options(python: &Interpreter) -> Vec<String> {
    let feature = python.version.feature();
    let mut options = vec!["--config".to_owned(), apart(QUICK, feature.1)];
    if feature != SHIPPED_FOR {
        options.extend(["--config".to_owned(), format!("profile.{QUICK}.opt-level=0")]);
    }
    options
}

/// Where cargo works. What does not depend on the interpreter is built once for all that are not to be shipped.
pub(crate) fn target_for_tests(name: &str, python: &Interpreter) -> PathBuf {
    let folder = if profile_for_tests(name, python) == QUICK { "quick" } else { &python.facts.soabi };
    workspace::target().join("modules").join(folder)
}

/// Like [`module_in`], with more of cargo's options.
pub(crate) fn module_with(
    name: &str,
    python: &Interpreter,
    out: &Path,
    target: &Path,
    options: &[&str],
) -> Result<PathBuf> {
    with_profile("module", name, python, out, target, options)
}

fn with_profile(
    profile: &str,
    name: &str,
    python: &Interpreter,
    out: &Path,
    target: &Path,
    options: &[&str],
) -> Result<PathBuf> {
    let manifest = manifest(name)?;
    let which = [OsString::from("--manifest-path"), manifest.clone().into()];
    let which: Vec<OsString> = which.into_iter().chain(options.iter().map(OsString::from)).collect();
    let _turn = turn(target)?;
    let built = libraries(&which, profile, python, target).with_context(|| format!("cannot build {name}"))?;
    put(&built, &manifest, python, out)
}

/// Held while a module is built and copied: the next build may put another interpreter's in its place.
pub(crate) fn turn(target: &Path) -> Result<File> {
    fs::create_dir_all(target).with_context(|| format!("cannot make the folder {}", target.display()))?;
    let path = target.join("turn.lock");
    let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
    file.lock().with_context(|| format!("cannot lock {}", path.display()))?;
    Ok(file)
}

/// Names a whole run of the tests, for its steps.
pub(crate) const RUN: &str = "INSULA_TEST_RUN";

/// Makes what is in a folder, unless another step of the same run has made it: cargo would compile the modules again.
/// It keeps one shared library of a crate, and that is for the interpreter which came last.
pub(crate) fn once_in_a_run(folder: &Path, make: impl FnOnce() -> Result<()>) -> Result<()> {
    let _turn = turn(folder)?;
    let (run, mark) = (env::var(RUN).ok(), folder.join("run.txt"));
    if run.is_some() && fs::read_to_string(&mark).ok() == run {
        return Ok(());
    }
    make()?;
    if let Some(run) = run {
        fs::write(&mark, run).with_context(|| format!("cannot write {}", mark.display()))?;
    }
    Ok(())
}

/// What cargo says of the extension modules that it builds, which these options name.
fn libraries(which: &[OsString], profile: &str, python: &Interpreter, target: &Path) -> Result<Vec<Value>> {
    let output = workspace::cargo()
        .args(["build", "--quiet", "--profile", profile, "--message-format", "json-render-diagnostics"])
        .args(which)
        .args(options(python))
        .arg("--target-dir")
        .arg(target)
        .env("PYO3_PYTHON", &python.executable)
        .env("PYO3_BUILD_EXTENSION_MODULE", "1")
        // As maturin sets it: else what either has built is built again by the other.
        .env("PYO3_ENVIRONMENT_SIGNATURE", signature(python))
        // Flags meant for programs, such as a linked libpython, are not for extension modules.
        .env_remove("PYO3_CONFIG_FILE")
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        bail!("cargo reported the errors above, with {python}");
    }
    Ok(String::from_utf8_lossy(&output.stdout).lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
}

/// What maturin tells build scripts of an interpreter.
fn signature(python: &Interpreter) -> String {
    let (major, minor) = python.version.feature();
    format!("cpython-{major}.{minor}-{}bit", usize::BITS)
}

/// Puts the module of this manifest where the interpreter finds it.
fn put(built: &[Value], manifest: &Path, python: &Interpreter, out: &Path) -> Result<PathBuf> {
    let found = built.iter().find_map(|message| shared_library(message, manifest));
    let (import_name, library) = found.with_context(|| {
        format!("{} builds no cdylib; give its [lib] crate-type = [\"cdylib\"]", manifest.display())
    })?;
    fs::create_dir_all(out).with_context(|| format!("cannot make the folder {}", out.display()))?;
    let file = out.join(import_name + &python.facts.ext_suffix);
    // A new file under the old name: a process that has the old one mapped keeps it.
    let aside = file.with_extension("new");
    fs::copy(&library, &aside).with_context(|| format!("cannot write {}", aside.display()))?;
    fs::rename(&aside, &file)?;
    Ok(file)
}

/// The name of a module's package, which may be another than its folder's.
pub(crate) fn package(name: &str) -> Result<String> {
    let manifest = manifest(name)?;
    let text = fs::read_to_string(&manifest).with_context(|| format!("cannot read {}", manifest.display()))?;
    let package = text.lines().find_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'));
    package.map(str::to_owned).with_context(|| format!("{} names no package", manifest.display()))
}

/// Names the `insula` program that is there already, for the steps of a whole run and the tests that need it.
pub(crate) const AUDITOR: &str = "INSULA_TEST_AUDITOR";

/// Builds the `insula` program, with more of cargo's options.
pub(crate) fn auditor(options: &[&str]) -> Result<PathBuf> {
    if let Some(program) = env::var_os(AUDITOR).filter(|_| options.is_empty()) {
        return Ok(program.into());
    }
    let output = workspace::cargo()
        .args(["build", "--quiet", "--package", "insula-cli", "--message-format", "json-render-diagnostics"])
        .args(options)
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        bail!("cannot build insula: cargo reported the errors above");
    }
    program_in(&output.stdout).context("cargo names the program")
}

/// The `insula` program among what cargo says that it built.
pub(crate) fn program_in(messages: &[u8]) -> Option<PathBuf> {
    let messages = String::from_utf8_lossy(messages).into_owned();
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let programs =
        messages.filter(|message| message["target"]["name"] == "insula" && message["profile"]["test"] == false);
    programs.filter_map(|message| Some(PathBuf::from(message["executable"].as_str()?))).next_back()
}

fn manifest(name: &str) -> Result<PathBuf> {
    let folders = FOLDERS.map(|folder| workspace::root().join(folder));
    let found = folders.iter().map(|folder| folder.join(name).join("Cargo.toml")).find(|path| path.is_file());
    found.with_context(|| {
        let there = folders.iter().flat_map(fs::read_dir).flatten().flatten();
        let mut names: Vec<String> = there.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort();
        format!("no module {name}; there are: {}", names.join(", "))
    })
}

/// The import name and the file, if the message announces the shared library of this manifest's package.
fn shared_library(message: &Value, manifest: &Path) -> Option<(String, PathBuf)> {
    let target = &message["target"];
    let ours = message["reason"] == "compiler-artifact"
        && message["manifest_path"].as_str().map(Path::new) == Some(manifest)
        && target["kind"].as_array()?.iter().any(|kind| kind == "cdylib");
    let ending = env::consts::DLL_SUFFIX;
    let file = message["filenames"].as_array()?.iter().filter_map(Value::as_str).find(|file| file.ends_with(ending))?;
    ours.then(|| Some((target["name"].as_str()?.replace('-', "_"), PathBuf::from(file)))).flatten()
}
