//! `insula_contextvars` as a package: a wheel that installs into a fresh environment, types that are true, and
//! greenlets. And the crates as packages, which build from nothing but what is in them.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use insula_pythons::Interpreter;
use serde_json::Value;

use crate::test::Tally;
use crate::{build, environment, process, pythons, wheel, workspace};

const VERSION: (u32, u32) = (3, 13);
/// Time for maturin, for pip, or for one program.
const TIMEOUT: Duration = Duration::from_secs(300);

pub(crate) fn run() -> Result<Tally> {
    let found = insula_pythons::discover().found;
    let python = pythons::best(&found, VERSION).context("CPython 3.13 is missing; run `cargo xtask pythons`")?;
    let folder = workspace::root().join("tests/packaging");
    let environment = environment::with(python, &folder.join("requirements.txt"))?;
    let tools = environment.join("bin");
    let out = tempfile::tempdir()?;
    let fresh = out.path().join("fresh");
    let mut tally = crates(python, false)?;
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
    tally += stubs(python, &environment)?;
    Ok(tally)
}

/// Modules whose stubs are made and checked.
const WITH_STUBS: [(&str, &str); 5] = [
    ("contextvars", "insula_contextvars"),
    ("xxlimited", "xxlimited"),
    ("everything", "everything"),
    ("files", "files"),
    ("coroutines", "coroutines"),
];

/// What `insula stubs` writes is what mypy takes and what the modules are; of contextvars, what is in its folder.
fn stubs(python: &Interpreter, tools: &Path) -> Result<Tally> {
    let (out, mut tally) = (tempfile::tempdir()?, Tally::default());
    let mut step = |what: &str, command: &mut Command| -> Result<()> {
        let outcome = process::run(command.current_dir(out.path()), TIMEOUT)?;
        println!("{} {what}", if outcome.success() { "  " } else { "!!" });
        tally += Tally::of(what, outcome.success());
        outcome.ok(what).map(|_| ())
    };
    let program = build::auditor(&[])?;
    let insula = |target: &Path| {
        let mut command = Command::new(&program);
        command.arg("stubs").arg(target).env("PYO3_PYTHON", &python.executable);
        command
    };
    let modules = super::modules::place(python)?;
    for (module, imported) in WITH_STUBS {
        let name = format!("{imported}{}", python.facts.ext_suffix);
        let file = out.path().join(&name);
        fs::copy(modules.join(&name), &file).with_context(|| format!("{module} has another name than {imported}"))?;
        step(&format!("stubs of {module}"), &mut insula(&file))?;
        let package = out.path().join(imported);
        let stub = if package.is_dir() { package } else { out.path().join(format!("{imported}.pyi")) };
        let mut mypy = Command::new(tools.join("bin/python"));
        mypy.args(["-m", "mypy", "--strict", "--cache-dir"]).arg(out.path().join("mypy")).arg(&stub);
        step(&format!("mypy takes those of {module}"), &mut mypy)?;
        let mut stubtest = Command::new(tools.join("bin/python"));
        stubtest.args(["-m", "mypy.stubtest", imported]).env("MYPYPATH", out.path()).env("PYTHONPATH", out.path());
        if module == "contextvars" {
            stubtest.arg("--allowlist").arg(workspace::root().join("tests/packaging/stubs-allowed.txt"));
        }
        step(&format!("they are those of {module}"), &mut stubtest)?;
    }
    let (made, kept) = ("insula_contextvars.pyi", workspace::root().join("modules/contextvars/insula_contextvars.pyi"));
    let is_kept = fs::read(out.path().join(made))? == fs::read(&kept)?;
    println!("{} the stub in modules/contextvars is the one that is made", if is_kept { "  " } else { "!!" });
    let mut from_crate = insula(&workspace::root().join("modules/xxlimited"));
    from_crate.arg("--output").arg(out.path().join("of-crate"));
    step("stubs of a crate, which is built for them", &mut from_crate)?;
    let is_same = fs::read(out.path().join("of-crate/xxlimited.pyi"))? == fs::read(out.path().join("xxlimited.pyi"))?;
    println!("{} they are those of its module", if is_same { "  " } else { "!!" });
    tally += Tally::of("the kept stub is the one that is made", is_kept);
    tally += Tally::of("a crate's stubs are its module's", is_same);
    Ok(tally)
}

/// What the registry shows of a crate, and who looks for one by.
const SHOWN: [&str; 8] =
    ["description", "license", "readme", "repository", "keywords", "categories", "rust_version", "edition"];

/// Each crate builds from its package.
pub(super) fn packages_build() -> Result<Tally> {
    let found = insula_pythons::discover().found;
    crates(pythons::best(&found, VERSION).context("CPython 3.13 is missing; run `cargo xtask pythons`")?, true)
}

/// The crates that are meant to be published: their manifests are complete, each makes a package, and where there is
/// time it builds from that, for which cargo takes the others from theirs.
fn crates(python: &Interpreter, build: bool) -> Result<Tally> {
    let mut metadata = workspace::cargo();
    metadata.args(["metadata", "--no-deps", "--format-version", "1"]);
    let metadata: Value = serde_json::from_str(&process::run(&mut metadata, TIMEOUT)?.ok("cargo metadata")?)?;
    let all = metadata["packages"].as_array().context("cargo metadata has packages")?;
    let mut tally = Tally::default();
    let mut package = workspace::cargo();
    package.args(["package", "--allow-dirty"]).env("PYO3_PYTHON", &python.executable);
    if !build {
        package.arg("--no-verify");
    }
    for each in all.iter().filter(|each| each["publish"].is_null()) {
        let name = each["name"].as_str().context("a package has a name")?;
        let missing: Vec<&str> = SHOWN.into_iter().filter(|key| empty(&each[*key])).collect();
        if !missing.is_empty() {
            println!("!! the manifest of {name} lacks {}", missing.join(", "));
        }
        tally += Tally::of(format!("the manifest of {name}"), missing.is_empty());
        let manifest = each["manifest_path"].as_str().map(Path::new).and_then(Path::parent);
        let folder = manifest.context("a package has a manifest")?;
        for licence in ["LICENSE-APACHE", "LICENSE-MIT"] {
            // A copy, not a link: a link to outside is in no package.
            let same = fs::read(folder.join(licence)).ok() == fs::read(workspace::root().join(licence)).ok();
            tally += Tally::of(format!("{licence} of {name} is that of the repository"), same);
        }
        package.args(["--package", name]);
    }
    let outcome = process::run(&mut package, TIMEOUT)?;
    let ours = |line: &&str| line.starts_with("warning: ") && !line.starts_with("warning: ignoring test ");
    let warned = outcome.stderr.lines().find(ours).map(str::to_owned);
    let what = if build { "crates build from their packages" } else { "crates make packages" };
    println!("{} {what}", if outcome.success() { "  " } else { "!!" });
    tally += Tally::of(what, outcome.success());
    if outcome.success() {
        tally += Tally::of(format!("packages without a warning: {warned:?}"), warned.is_none());
    } else {
        println!("{}", outcome.stderr);
    }
    Ok(tally)
}

/// Whether a manifest does not say it.
fn empty(value: &Value) -> bool {
    match value {
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        other => other.is_null(),
    }
}
