//! `insula_isolate`: its tests on every supported interpreter, its wheels, and real hosts.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use insula_pythons::Interpreter;

use crate::pythons::{self, SUPPORTED};
use crate::test::{Tally, hosts, modules, side_by_side};
use crate::{build, environment, process, wheel, workspace};

/// Time for one script: some start several hundred processes.
const SCRIPT: Duration = Duration::from_secs(1200);

/// Time for one program.
const TIMEOUT: Duration = Duration::from_secs(300);

/// For what a wheel is shown to do.
const WHEEL: (u32, u32) = (3, 13);

/// For the examples.
const EXAMPLES: [(u32, u32); 2] = [(3, 13), (3, 14)];

/// Scripts that show that the tests can fail. They do so on one version; the rest runs on all.
const CONTROLS: [&str; 2] = ["test_each_mending.py", "test_planted_controls.py"];

/// What takes longest goes first, or one processor waits for it at the end.
const LONGEST: [&str; 3] = ["test_planted_controls.py", "test_each_mending.py", "test_planted.py"];

/// The version for them.
const CONTROLLED: (u32, u32) = (3, 13);

pub(crate) fn run() -> Result<Tally> {
    let found = insula_pythons::discover().found;
    let mut tally = Tally::default();
    let mut jobs = Vec::new();
    for feature in SUPPORTED {
        let Some(python) = pythons::best(&found, feature) else {
            println!("CPython {}.{} is missing; run `cargo xtask pythons`", feature.0, feature.1);
            tally += Tally::of(format!("CPython {}.{} is missing", feature.0, feature.1), false);
            continue;
        };
        let folder = place(python)?;
        let control =
            |script: &Path| script.file_name().is_some_and(|name| CONTROLS.iter().any(|control| name == *control));
        let scripts = scripts()?.into_iter().filter(|script| feature == CONTROLLED || !control(script));
        jobs.extend(scripts.map(|script| (python, folder.clone(), script)));
    }
    let long = |script: &Path| LONGEST.iter().position(|name| script.file_name().is_some_and(|file| file == *name));
    jobs.sort_by_key(|(_, _, script)| long(script).unwrap_or(LONGEST.len()));
    tally += side_by_side(&jobs, |(python, folder, script)| modules::run_script(python, folder, script, SCRIPT))?;
    tally += crate::isolate::selection()?;
    tally += proof(pythons::best(&found, CONTROLLED).context("CPython 3.13 is missing; run `cargo xtask pythons`")?)?;
    tally += packaging(pythons::best(&found, WHEEL).context("CPython 3.13 is missing; run `cargo xtask pythons`")?)?;
    for feature in SUPPORTED {
        let out = tempfile::tempdir()?;
        if hosts::VERSIONS.contains(&feature) {
            let python = hosts::python(&found, feature)?;
            tally += hosts::run(python, &wheel::build("isolate", python, out.path())?)?;
        }
        if EXAMPLES.contains(&feature) {
            let python = pythons::best(&found, feature).context("an interpreter that the tests above ran on")?;
            let out = tempfile::tempdir()?;
            tally += hosts::examples(python, &wheel::build("isolate", python, out.path())?)?;
        }
    }
    Ok(tally)
}

/// A folder with the package for an interpreter, whose native half lets tests take a mending out.
fn place(python: &Interpreter) -> Result<PathBuf> {
    let folder = workspace::target().join("test-isolate").join(&python.facts.soabi);
    let package = folder.join("insula_isolate");
    build::once_in_a_run(&folder, || {
        // What an earlier run left may be gone from the sources.
        let _ = fs::remove_dir_all(&package);
        build::for_tests("isolate", python, &package, &["--features", "testing"])?;
        for entry in fs::read_dir(sources())?.flatten().filter(|entry| entry.path().is_file()) {
            fs::copy(entry.path(), package.join(entry.file_name()))?;
        }
        Ok(())
    })?;
    Ok(folder)
}

fn sources() -> PathBuf {
    workspace::root().join("modules/isolate/python/insula_isolate")
}

fn scripts() -> Result<Vec<PathBuf>> {
    let folder = workspace::root().join("tests/isolate");
    let entries = fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let mut scripts: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    scripts.retain(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("test_") && name.ends_with(".py")
    });
    scripts.sort();
    Ok(scripts)
}

/// A wheel in a fresh environment: its .pth file works in a host that knows nothing of it, and its types are true.
fn packaging(python: &Interpreter) -> Result<Tally> {
    let folder = workspace::root().join("tests/isolate/packaging");
    let packages = environment::with(python, &folder.join("requirements.txt"))?;
    let tools = wheel::tools()?.join("bin");
    let out = tempfile::tempdir()?;
    let home = out.path().join("home");
    let built = wheel::build("isolate", python, out.path())?;
    wheel::fresh(python, &built, Some(&packages), &home)?;
    println!("   a wheel installs into a fresh environment");
    let mut tally = Tally::of("a wheel", true);
    let mut step = |what: &str, command: &mut Command, said: Option<&str>| -> Result<()> {
        let outcome = process::run(command.current_dir(out.path()), TIMEOUT)?;
        tally += report(what, &outcome, said);
        Ok(())
    };

    let host = || {
        let mut command = Command::new(home.join("bin/python"));
        command.arg("-B").env_remove("INSULA_ISOLATE");
        command
    };
    let script = folder.join("host.py");
    let refused = "orjson refused\n".repeat(3) + &"rpds refused\n".repeat(3);
    let works = "orjson works\n".repeat(3) + &"rpds works\n".repeat(3);
    step("a host's interpreters refuse as ever", host().arg(&script).args(["orjson", "rpds"]), Some(&refused))?;
    let mut with_variable = host();
    with_variable.env("INSULA_ISOLATE", "1").arg(&script).args(["orjson", "rpds"]);
    step("with INSULA_ISOLATE=1 they import", &mut with_variable, Some(&works))?;
    let mut runner = host();
    runner.args(["-m", "insula_isolate"]).arg(&script).args(["orjson", "rpds"]);
    step("python -m insula_isolate does the same", &mut runner, Some(&works))?;
    step("a typed program runs", host().arg(folder.join("typed.py")), None)?;

    let mut audit = Command::new(build::auditor(&[])?);
    audit.args(["audit", "--isolate", "--no-config", "--no-cache", "--python"]).arg(home.join("bin/python"));
    step("insula audit --isolate proves real packages", audit.args(["orjson", "rpds"]), None)?;

    let mypy = |module: &str| {
        let mut command = Command::new(tools.join("python"));
        command.env("PYTHONPATH", wheel::packages_of(python, &home)).args(["-m", module]);
        command
    };
    let cache = out.path().join("mypy");
    let strict = || {
        let mut command = mypy("mypy");
        command.args(["--strict", "--cache-dir"]).arg(&cache);
        command
    };
    let mut typed = strict();
    typed.arg("--python-executable").arg(home.join("bin/python")).arg(folder.join("typed.py"));
    step("mypy accepts what is right in it, and nothing else", &mut typed, None)?;
    for (major, minor) in SUPPORTED {
        let mut package = strict();
        package.env("MYPYPATH", sources().parent().context("a folder of sources")?).env_remove("PYTHONPATH");
        package.args(["--python-version", &format!("{major}.{minor}"), "--package", "insula_isolate"]);
        step(&format!("mypy accepts the package for {major}.{minor}"), &mut package, None)?;
    }
    let mut stubtest = mypy("mypy.stubtest");
    step("the types of the native half are its own", stubtest.arg("insula_isolate._native"), None)?;
    Ok(tally)
}

/// A planted package, a mending, and what the auditor says if that is left out.
const PROOFS: [(&str, &str, &str); 3] = [
    ("bundled", "closure", "registered of libpythonic-12ab34cd.so is one for all interpreters, and holds an object"),
    ("foreign", "foreign", "the callback ran in another interpreter"),
    ("unique", "unique", "leads into another interpreter's image of _first"),
];

/// The auditor proves planted packages to be isolated by copy, and notices where a bundled library is left out of the
/// copies.
fn proof(python: &Interpreter) -> Result<Tally> {
    let auditor = build::auditor(&[])?;
    let package = place(python)?;
    let planted = workspace::root().join("tests/isolate/planted/build.py");
    side_by_side(&PROOFS, |(theme, without, shown)| {
        let mut builder = Command::new(&python.executable);
        let built =
            process::run(builder.arg(&planted).arg(theme).env("CARGO_TARGET_DIR", workspace::target()), TIMEOUT)?;
        let site = PathBuf::from(built.stdout.lines().next_back().unwrap_or_default());
        let audit = |without: &str| {
            let mut command = Command::new(&auditor);
            command.args(["audit", "--isolate", "--no-config", "--no-cache", "--isolate-package"]).arg(&package);
            command.arg("--python").arg(&python.executable).arg(&site).env("INSULA_ISOLATE_WITHOUT", without);
            process::run(&mut command, TIMEOUT)
        };
        let mut tally =
            report(&format!("insula audit --isolate proves the planted package {theme}"), &audit("")?, None);
        let cut = audit(without)?;
        let noticed = !cut.success() && cut.stdout.contains(*shown);
        println!("{} and notices that the mending {without} is left out", if noticed { "  " } else { "!!" });
        if !noticed {
            println!("{}\n{}{}", cut.ending(), cut.stdout, cut.stderr);
        }
        tally += Tally::of(format!("without {without}"), noticed);
        Ok(tally)
    })
}

/// Whether a program ended well and, if that is given, wrote just what was expected.
fn report(what: &str, outcome: &process::Outcome, said: Option<&str>) -> Tally {
    let right = outcome.success() && said.is_none_or(|said| said == outcome.stdout);
    println!("{} {what}", if right { "  " } else { "!!" });
    if !right {
        println!("{}\n{}{}", outcome.ending(), outcome.stdout, outcome.stderr);
    }
    Tally::of(what, right)
}
