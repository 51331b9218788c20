//! `insula app`: an application is told what keeps it from sub-interpreters.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use serde_json::Value;
use tempfile::TempDir;

use crate::common::{insula, json_of};

/// An environment with packages that refuse, one that the application does without, one that it does not import, and
/// one that loads everywhere.
const PACKAGES: [&str; 6] = [
    "pydantic-core==2.50.5",
    "rpds-py==2026.9.1",
    "pyyaml==6.0.3",
    "kiwisolver==1.5.1",
    "markupsafe==3.0.4",
    "referencing==0.37.0",
];

/// The application: one package that refuses hides behind another.
const FILES: [(&str, &str); 4] = [
    ("main.py", "import shop.orders\nimport yaml\nimport markupsafe\n"),
    ("shop/__init__.py", ""),
    ("shop/orders.py", "import pydantic_core\nimport rpds\n"),
    ("pure.py", "import json, shop\n"),
];

/// Beside an application: where answers are kept.
const CACHE: &str = ".insula/cache";

/// What a script of twenty lines shows: which packages an interpreter with its own GIL refuses, each by itself.
const PLAIN: &str = r#"
import subprocess, sys
code = """
import sys
import _interpreters
__import__(sys.argv[1])
one = _interpreters.create("isolated")
problem = _interpreters.run_string(one, "import sys; sys.path[:] = %r; import %s" % (sys.path, sys.argv[1]))
sys.exit(1 if problem else 0)
"""
for name in sys.argv[1:]:
    if subprocess.run([sys.executable, "-c", code, name]).returncode:
        print(name)
"#;

fn quiet(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output
}

/// A virtual environment, made once for all tests here.
fn environment() -> &'static Path {
    static MADE: OnceLock<TempDir> = OnceLock::new();
    let folder = MADE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let base = insula_pythons::resolve("3.13").unwrap().executable;
        quiet(Command::new(base).args(["-m", "venv"]).arg(folder.path()));
        let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:"];
        quiet(Command::new(folder.path().join("bin/python")).args(install).args(PACKAGES));
        folder
    });
    folder.path()
}

fn application() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join(CACHE)).unwrap();
    for (name, text) in FILES {
        let file = folder.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    folder
}

/// `insula app` in a folder, with the environment active.
fn app(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = insula();
    command.arg("app").args(arguments).current_dir(folder);
    command.env("VIRTUAL_ENV", environment()).env("INSULA_CACHE", folder.join(CACHE));
    command
}

fn names(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect()
}

#[test]
fn every_obstacle_is_named_and_not_only_the_first() {
    let folder = application();
    let (reports, output) = json_of(app(folder.path(), &["main", "--no-cache", "--format", "json"]).env("LANG", "C"));
    assert_eq!(output.status.code(), Some(1));
    let report = &reports[0];
    assert_eq!(report["reason"], "the active virtual environment");
    assert_eq!(report["main"], Value::Null);
    let verdicts: Vec<_> = report["verdicts"].as_array().unwrap().iter().map(|one| &one["loads"]).collect();
    assert_eq!(verdicts, [&Value::Bool(false), &Value::Bool(false)]);
    assert_eq!(names(&report["obstacles"]), ["pydantic_core", "rpds-py"]);
    assert_eq!(names(&report["fallbacks"]), ["PyYAML"]);
    assert_eq!(names(&report["others"]), ["kiwisolver"]);
    assert!(!report["others"][0]["troubles"].as_array().unwrap().is_empty());
    // What a plain script finds refused is named, as an obstacle or as something that is done without.
    let plain = Command::new(environment().join("bin/python"))
        .args(["-c", PLAIN, "pydantic_core", "rpds", "yaml", "markupsafe"])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&plain.stdout), "pydantic_core\nrpds\n");
    let chain: Vec<_> = report["obstacles"][0]["chain"].as_array().unwrap().iter().collect();
    assert_eq!(chain, ["main", "shop", "pydantic_core"]);
    assert!(report["obstacles"][0]["upstream"].as_str().unwrap().starts_with("https://"));
}

#[test]
fn the_answer_fits_on_a_screen_and_comes_at_once_again() {
    let folder = application();
    let first = app(folder.path(), &["main"]).output().unwrap();
    let text = String::from_utf8(first.stdout).unwrap();
    assert!(text.lines().count() <= 40, "{text}");
    assert!(text.contains("own-GIL interpreters    no"), "{text}");
    assert!(text.contains("main > shop > pydantic_core"), "{text}");
    assert!(text.contains("PyYAML 6.0.3"), "{text}");
    // The same question is answered from the cache: a probe that cannot run would fail.
    let kept: Vec<PathBuf> =
        fs::read_dir(folder.path().join(CACHE).join("apps")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(kept.len(), 1);
    let written = fs::metadata(&kept[0]).unwrap().modified().unwrap();
    assert_eq!(String::from_utf8(app(folder.path(), &["main"]).output().unwrap().stdout).unwrap(), text);
    assert_eq!(fs::metadata(&kept[0]).unwrap().modified().unwrap(), written);
    // A file of the application changes: it is asked anew.
    fs::write(folder.path().join("shop/orders.py"), "import pydantic_core  # and no rpds any more\n").unwrap();
    let changed = String::from_utf8(app(folder.path(), &["main"]).output().unwrap().stdout).unwrap();
    assert!(!changed.contains("rpds-py 2026.9.1             "), "{changed}");
    assert!(changed.contains("would not load: ") && changed.contains("rpds-py 2026.9.1 (not with"), "{changed}");
}

#[test]
fn without_extension_modules_the_answer_is_yes() {
    let folder = application();
    let output = app(folder.path(), &["pure"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("own-GIL interpreters    yes"), "{text}");
}

#[test]
fn an_environment_in_the_folder_is_used_and_one_without_a_base_is_an_error() {
    let folder = application();
    std::os::unix::fs::symlink(environment(), folder.path().join(".venv")).unwrap();
    let (reports, _) = json_of(
        app(folder.path(), &["main", "--no-cache", "--format", "json"])
            .env_remove("VIRTUAL_ENV")
            .env_remove("CONDA_PREFIX"),
    );
    assert_eq!(reports[0]["reason"], "the virtual environment .venv");
    assert_eq!(names(&reports[0]["fallbacks"]), ["PyYAML"]);

    let gone = folder.path().join("gone");
    fs::create_dir_all(gone.join("bin")).unwrap();
    fs::write(gone.join("pyvenv.cfg"), "home = /nowhere\n").unwrap();
    std::os::unix::fs::symlink("/nowhere/python3", gone.join("bin/python")).unwrap();
    let output = app(folder.path(), &["main"]).env("VIRTUAL_ENV", &gone).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("gone/bin/python") && said.lines().count() == 1, "{said}");
}

#[test]
fn entries_that_do_not_import_get_a_clear_answer() {
    let folder = application();
    let scripts = [
        (
            "quits.py",
            "import sys\nprint('x' * 100000)\nsys.exit('usage: quits FILE')\n",
            "SystemExit: usage: quits FILE",
        ),
        ("hangs.py", "import time\ntime.sleep(1000)\n", "no end within 3 s"),
        ("aborts.py", "import os\nos.abort()\n", "SIGABRT"),
        ("threads.py", "import threading, time\nthreading.Thread(target=time.sleep, args=(1000,)).start()\n", ""),
    ];
    for (name, text, wanted) in scripts {
        fs::write(folder.path().join(name), text).unwrap();
        let output = app(folder.path(), &[name, "--timeout", "3"]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(said.contains(wanted) && said.lines().count() < 10, "{name}: {said}");
        assert_eq!(output.status.code(), Some(if wanted.is_empty() { 0 } else { 2 }), "{name}: {said}");
    }
    for (entry, wanted) in [
        ("nosuch", "No module named 'nosuch'"),
        ("main:nothing", "has no attribute 'nothing'"),
        ("none.py", "there is no such script"),
    ] {
        let output = app(folder.path(), &[entry]).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        assert!(said.contains(wanted), "{entry}: {said}");
        assert_eq!(output.status.code(), Some(2), "{entry}: {said}");
    }
}

#[test]
fn scripts_and_modules_are_imported_together_each_from_its_own_folder() {
    let folder = application();
    fs::create_dir(folder.path().join("tools")).unwrap();
    fs::write(folder.path().join("tools/beside.py"), "").unwrap();
    fs::write(folder.path().join("tools/script.py"), "import beside\nassert __name__ != '__main__'\n").unwrap();
    let output = app(folder.path(), &["tools/script.py", "pure"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
}

#[test]
fn a_package_without_compiled_parts_stands_for_what_it_loads() {
    let folder = application();
    let audit = |arguments: &[&str]| {
        let mut command = insula();
        command.args(["audit", "--no-config", "--format", "json", "--select", "INS0"]).args(arguments);
        json_of(command.current_dir(folder.path()).env("VIRTUAL_ENV", environment()))
    };
    let (report, _) = audit(&["referencing"]);
    let target = &report["targets"][0];
    assert_eq!(names(&target["modules"]), ["rpds.rpds"]);
    assert!(target["note"].as_str().unwrap().contains("referencing has no compiled part"), "{target}");
    let (report, output) = audit(&["referencing", "--no-deps"]);
    assert!(report["targets"][0]["error"].as_str().unwrap().contains("no compiled part"));
    assert_eq!(output.status.code(), Some(2));
}
