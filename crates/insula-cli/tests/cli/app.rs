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
pub(crate) fn environment() -> &'static Path {
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

pub(crate) fn application() -> TempDir {
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
pub(crate) fn app(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = insula();
    command.arg("app").args(arguments).current_dir(folder);
    command.env("VIRTUAL_ENV", environment()).env("INSULA_CACHE", folder.join(CACHE));
    command
}

pub(crate) fn names(list: &Value) -> Vec<&str> {
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
    let again = String::from_utf8(app(folder.path(), &["main"]).output().unwrap().stdout).unwrap();
    let (kept_line, rest) = again.split_once("The answer of 2").unwrap();
    let (said, rest) = rest.split_once('\n').unwrap();
    assert!(said.ends_with(", kept from an earlier run; --no-cache asks again."), "{again}");
    assert_eq!(format!("{kept_line}{rest}"), text);
    let (reports, _) = json_of(&mut app(folder.path(), &["main", "--format", "json"]));
    assert_eq!(reports[0]["kept"].as_str().unwrap().len(), "2026-01-01".len());
    let (reports, _) = json_of(&mut app(folder.path(), &["main", "--no-cache", "--format", "json"]));
    assert_eq!(reports[0]["kept"], Value::Null);
    assert_eq!(fs::metadata(&kept[0]).unwrap().modified().unwrap(), written);
    // A file of the application changes: it is asked anew.
    fs::write(folder.path().join("shop/orders.py"), "import pydantic_core  # and no rpds any more\n").unwrap();
    let changed = String::from_utf8(app(folder.path(), &["main"]).output().unwrap().stdout).unwrap();
    assert!(!changed.contains("rpds-py 2026.9.1             "), "{changed}");
    assert!(changed.contains("would not load: ") && changed.contains("rpds-py 2026.9.1"), "{changed}");
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
    assert!(said.contains("gone/bin/python: it is a link to /nowhere/python3"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    // An interpreter that does not find its own library says so, and not only where it was.
    let output = app(folder.path(), &["main"]).env("PYTHONHOME", "/nowhere").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("Fatal Python error") && said.lines().count() == 1, "{said}");
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
        assert!(said.contains(wanted) && said.lines().count() < 16, "{name}: {said}");
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

#[test]
fn distributions_are_asked_about_instead_of_entries() {
    let folder = application();
    let (reports, output) = json_of(app(folder.path(), &["--env", "--no-cache", "--format", "json"]).env("LANG", "C"));
    let report = &reports[0];
    assert_eq!(output.status.code(), Some(1), "{report:#}");
    let obstacles = names(&report["obstacles"]);
    for name in ["pydantic_core", "rpds-py", "kiwisolver"] {
        assert!(obstacles.contains(&name), "{report:#}");
    }
    assert_eq!(names(&report["fallbacks"]), ["PyYAML"]);
    assert_eq!(names(&report["loaded"]), ["markupsafe._speedups"]);
    assert_eq!(names(&report["others"]), Vec::<&str>::new());

    fs::write(folder.path().join("requirements.txt"), "MarkupSafe\nnot-there==1.0\n").unwrap();
    let (reports, output) = json_of(&mut app(folder.path(), &["-r", "requirements.txt", "--deep", "--format", "json"]));
    let report = &reports[0];
    assert_eq!(output.status.code(), Some(0), "{report:#}");
    assert_eq!(report["loaded"][0]["isolated"], "yes", "{report:#}");
    let text = app(folder.path(), &["-r", "requirements.txt", "--deep"]).output().unwrap().stdout;
    assert!(String::from_utf8_lossy(&text).contains("and is isolated: markupsafe._speedups"));
    assert_eq!(report["notes"][0], "not-there is not installed in this environment");
    // What was audited once is known to the next question.
    let (reports, _) = json_of(&mut app(folder.path(), &["main", "--format", "json"]));
    assert_eq!(reports[0]["loaded"][0]["isolated"], "yes", "{reports:#}");

    fs::write(folder.path().join("requirements.txt"), "not a requirement\n").unwrap();
    let output = app(folder.path(), &["-r", "requirements.txt"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("requirements.txt:1:") && said.lines().count() == 1, "{said}");
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_command_loads_what_the_application_loads_only_later() {
    let folder = application();
    fs::write(folder.path().join("lazy.py"), "def work():\n    import pydantic_core, yaml\n").unwrap();
    let later = |command: &str| {
        let (reports, output) = json_of(&mut app(folder.path(), &["lazy", "--format", "json", "--run", command]));
        (reports[0].clone(), output.status.code())
    };
    let (report, code) = later("python -c pass");
    assert_eq!((names(&report["obstacles"]), code), (vec![], Some(0)), "{report:#}");
    // A server of the command's does not outlive it.
    let (report, code) = later("sleep 1000 & python -c 'import lazy; lazy.work()'; exit 3");
    assert_eq!(names(&report["obstacles"]), ["pydantic_core"], "{report:#}");
    assert_eq!(names(&report["fallbacks"]), ["PyYAML"], "{report:#}");
    assert_eq!(report["obstacles"][0]["modules"][0]["later"], true);
    assert_eq!(code, Some(1));
    assert!(report["notes"][0].as_str().unwrap().ends_with("exit status: 3; what it loaded until then counts"));
}

#[test]
fn newer_releases_are_tried() {
    let folder = application();
    fs::write(folder.path().join("old.py"), "import yaml\n").unwrap();
    let (reports, _) = json_of(&mut app(folder.path(), &["old", "--newer", "--format", "json"]));
    let newer = &reports[0]["fallbacks"][0]["newer"];
    let version = newer["version"].as_str().unwrap_or_else(|| panic!("{reports:#}"));
    assert!(version > "6.0.3", "{version}");
    assert_eq!(newer["why"], Value::Null);
}

/// A C extension module in editable form, a namespace package in the working folder, and a pip that must not be asked.
#[test]
fn what_python_sees_is_seen_and_nothing_else_is_fetched() {
    let folder = application();
    let home = folder.path().join("home");
    let base = insula_pythons::resolve("3.13").unwrap().executable;
    quiet(Command::new(base).args(["-m", "venv"]).arg(&home));
    let project = folder.path().join("project");
    fs::create_dir_all(project.join("src")).unwrap();
    let setup = "from setuptools import setup, Extension\n\
                 modules = [Extension('edited', ['edited.c']), Extension('shelf.hidden', ['hidden.c'])]\n\
                 setup(name='edited', version='1.0', packages=['shelf'], ext_modules=modules)\n";
    fs::write(project.join("setup.py"), setup).unwrap();
    fs::create_dir(project.join("shelf")).unwrap();
    fs::write(project.join("shelf/__init__.py"), "").unwrap();
    let source = "#include <Python.h>\nstatic PyModuleDef def = {PyModuleDef_HEAD_INIT, \"edited\"};\n\
                  PyMODINIT_FUNC PyInit_edited(void) { return PyModule_Create(&def); }\n";
    fs::write(project.join("edited.c"), source).unwrap();
    fs::write(project.join("hidden.c"), source.replace("edited", "hidden")).unwrap();
    let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--editable"];
    quiet(Command::new(home.join("bin/python")).args(install).arg(&project));
    fs::create_dir_all(folder.path().join("acme/shopns")).unwrap();
    fs::write(folder.path().join("acme/shopns/__init__.py"), "import edited\n").unwrap();

    let pip = home.join("lib/python3.13/site-packages/pip");
    let asked = folder.path().join("asked");
    fs::write(pip.join("__main__.py"), format!("open({asked:?}, 'w').close()\nraise SystemExit(1)\n")).unwrap();

    let ask = |arguments: &[&str], inside: bool| {
        let mut command = insula();
        command.args(arguments).env("VIRTUAL_ENV", &home).env("INSULA_CACHE", folder.path().join(CACHE));
        command.current_dir(if inside { folder.path() } else { Path::new("/") });
        command.output().unwrap()
    };
    let output = ask(&["app", "acme.shopns", "--format", "json"], true);
    let reports: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{reports:#}");
    let obstacle = &reports[0]["obstacles"][0];
    assert_eq!((&obstacle["name"], &obstacle["version"]), (&"edited".into(), &"1.0".into()), "{reports:#}");
    assert_eq!(obstacle["chain"], serde_json::json!(["acme.shopns", "edited"]));

    // Also what nobody imports, below the folder of the source code.
    let output = ask(&["app", "--env", "--format", "json"], false);
    let reports: Value = serde_json::from_slice(&output.stdout).unwrap();
    let obstacles = reports[0]["obstacles"].as_array().unwrap();
    let edited = obstacles.iter().find(|one| one["name"] == "edited").unwrap_or_else(|| panic!("{reports:#}"));
    let modules: Vec<&str> =
        edited["modules"].as_array().unwrap().iter().filter_map(|one| one["name"].as_str()).collect();
    assert_eq!(modules, ["edited", "shelf.hidden"]);
    let output = ask(&["audit", "--env", "--no-config", "--format", "json"], false);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let audited = report["targets"][0]["modules"].as_array().unwrap();
    let names: Vec<&str> = audited.iter().filter_map(|one| one["name"].as_str()).collect();
    assert!(names.contains(&"edited") && names.contains(&"shelf.hidden"), "{names:?}");

    let output = ask(&["audit", "acme.shopns", "--no-config"], false);
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(said.contains("cannot import acme.shopns") && said.contains("--fetch"), "{said}");
    assert!(!asked.exists(), "the package index was asked for a name of the user's");
    // The control: that pip would have been noticed.
    ask(&["audit", "acme.shopns", "--no-config", "--fetch"], false);
    assert!(asked.exists());
}

/// The start of an entry that does something in sub-interpreters alone.
const ELSEWHERE: &str = "import _interpreters, os, time\nif _interpreters.get_current()[0] != 0:\n    ";

#[test]
fn silence_is_no_yes_and_nobody_is_blamed_for_another() {
    let folder = application();
    let file = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    file("aborts_elsewhere.py", &format!("{ELSEWHERE}os.abort()\n"));
    file("hangs_elsewhere.py", &format!("{ELSEWHERE}time.sleep(1000)\n"));
    file("blames.py", &format!("import markupsafe._speedups\n{ELSEWHERE}os._exit(3)\n"));
    file("surrogate.py", "raise ValueError('bad \\udcff byte')\n");
    file(
        "nameless.py",
        "class M(type):\n    __name__ = property(lambda c: 1 / 0)\nclass E(Exception, metaclass=M): pass\nraise E\n",
    );
    file("colours.py", "raise ValueError('\\x1b[31mred\\x1b]0;title\\x07')\n");
    let ask = |entries: &[&str]| {
        let mut command = app(folder.path(), entries);
        let (reports, output) = json_of(command.args(["--no-cache", "--timeout", "4", "--format", "json"]));
        (reports[0].clone(), output.status.code())
    };
    for entry in ["aborts_elsewhere", "hangs_elsewhere", "blames"] {
        // One that works beside it makes it no better.
        let (report, code) = ask(&["pure", entry]);
        assert_eq!(report["main"], Value::Null, "{report:#}");
        assert_eq!(code, Some(2), "{report:#}");
        let why = report["verdicts"][0]["why"].as_str().unwrap();
        assert!(why.ends_with(&format!("while {entry} was imported")), "{report:#}");
        assert_eq!(names(&report["obstacles"]), Vec::<&str>::new(), "{report:#}");
    }
    for (entry, said) in [("surrogate", "ValueError: bad ? byte"), ("nameless", "an exception without a name")] {
        let (report, code) = ask(&[entry]);
        assert_eq!(code, Some(2), "{report:#}");
        assert!(report["main"].as_str().unwrap().contains(said), "{report:#}");
    }
    let text = app(folder.path(), &["colours"]).output().unwrap().stdout;
    assert!(!text.contains(&0x1b) && !text.contains(&7), "{}", String::from_utf8_lossy(&text));
}

#[test]
fn what_an_application_does_to_its_process_changes_no_answer_and_outlives_nothing() {
    let folder = application();
    let mine = folder.path().join("mine.txt");
    let unique = format!("insula-test-{}", std::process::id());
    let texts = [
        ("forks", "import os\nos.fork()\n".to_owned()),
        (
            "closes",
            format!(
                "import os\nos.closerange(3, 256)\nmine = open({mine:?}, 'w')\nmine.write('precious')\nmine.flush()\n"
            ),
        ),
        ("patches", "import json\njson.dumps = lambda *a, **k: b'x'\njson.JSONEncoder.encode = None\n".to_owned()),
        (
            "daemon",
            format!(
                "import os, sys\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        \
                 os.execv(sys.executable, [sys.executable, '-c', 'import time; time.sleep(600)', \
                 '{unique}'])\n    os._exit(0)\n"
            ),
        ),
    ];
    for (name, text) in texts {
        fs::write(folder.path().join(format!("{name}.py")), format!("import sys\n{text}")).unwrap();
        let output = app(folder.path(), &[name, "--no-cache", "--format", "json"]).output().unwrap();
        let reports: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{name}: {output:?}"));
        assert_eq!(reports[0]["main"], Value::Null, "{name}: {reports:#}");
        assert!(reports[0]["verdicts"].as_array().unwrap().len() == 2, "{name}: {reports:#}");
    }
    assert_eq!(fs::read_to_string(&mine).unwrap(), "precious");
    let left = fs::read_dir("/proc").unwrap().flatten().filter(|process| {
        fs::read(process.path().join("cmdline")).is_ok_and(|line| String::from_utf8_lossy(&line).contains(&unique))
    });
    assert_eq!(left.count(), 0, "a daemon of the application's lives on");
}

#[test]
fn an_interruption_is_heard_at_once() {
    let folder = application();
    fs::write(folder.path().join("hangs.py"), "import time\ntime.sleep(1000)\n").unwrap();
    let begun = std::time::Instant::now();
    let mut child = app(folder.path(), &["hangs", "--no-cache"]).spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_secs(2));
    let status = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(status.success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(begun.elapsed() < std::time::Duration::from_secs(30), "it waited for the time limit");
}
