//! What an application does to its process, and what `insula app` does to the application: neither shows in the other.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::app::{app, application};
use crate::common::json_of;

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        fs::write(folder.join(name), text).unwrap();
    }
}

/// The report, where every kind of interpreter says yes.
fn yes(folder: &Path, arguments: &[&str]) -> Value {
    let (reports, output) = json_of(app(folder, arguments).args(["--no-cache", "--format", "json"]));
    let report = reports[0].clone();
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {report:#}");
    assert_eq!(report["notes"], json!([]), "{arguments:?}: {report:#}");
    report
}

#[test]
fn an_application_may_put_anything_into_its_path() {
    let folder = application();
    let lib = "import sys, pathlib\n";
    write(
        folder.path(),
        &[
            ("objects.py", &format!("{lib}sys.path.insert(0, pathlib.Path('lib'))\n")),
            ("nothing.py", &format!("{lib}sys.path.append(None)\n")),
            ("octets.py", &format!("{lib}sys.path.append(b'/nowhere')\n")),
            ("tuples.py", &format!("{lib}sys.path = tuple(sys.path)\n")),
            ("leaves.py", "import sys\nsys.path[:] = [one for one in sys.path if 'lib' in one]\n"),
            ("script.py", "import sys\nsys.path.pop(0)\n"),
            ("behind.py", ""),
        ],
    );
    for version in ["3.13", "3.11", "3.8"] {
        let python = insula_pythons::resolve(version).unwrap().executable.display().to_string();
        for entry in ["objects", "nothing", "octets", "tuples", "script.py"] {
            yes(folder.path(), &[entry, "behind", "--python", &python]);
        }
        yes(folder.path(), &["leaves", "--python", &python]);
    }
}

#[test]
fn an_application_gets_its_own_modules_and_no_trace_of_others() {
    let folder = application();
    let own = ["json", "re", "signal", "threading", "ast", "typing", "email", "zipfile", "subprocess"];
    for name in own {
        fs::write(folder.path().join(format!("{name}.py")), "own = True\n").unwrap();
    }
    let checks = format!(
        "import sys\nfor name in {own:?}:\n    assert name not in sys.modules, name\n    assert __import__(name).own\n"
    );
    write(folder.path(), &[("shadows.py", &checks)]);
    for version in ["3.13", "3.8"] {
        let python = insula_pythons::resolve(version).unwrap().executable.display().to_string();
        yes(folder.path(), &["shadows", "--python", &python]);
        yes(folder.path(), &["shadows.py", "--python", &python, "--run", "python -c 'import shadows'"]);
    }
}

#[test]
fn an_application_may_replace_what_imports_it() {
    let folder = application();
    let broken = "class M:\n    def __getattr__(self, name):\n        raise RuntimeError(name)\n";
    write(
        folder.path(),
        &[
            (
                "imports.py",
                "import builtins\ndef no(*a, **k):\n    raise ImportError('mine')\nbuiltins.__import__ = no\n",
            ),
            (
                "functions.py",
                "import builtins, os\nbuiltins.open = builtins.print = builtins.sorted = os._exit = os.write = None\n",
            ),
            (
                "itself.py",
                &format!(
                    "import sys\n{broken}sys.modules[__name__] = M()\nsys.modules['odd'] = 42\nsys.modules[5] = M()\n"
                ),
            ),
            (
                "library.py",
                "import importlib, threading\nimportlib.import_module = None\n__name__ = 5\nimport colorsys\n",
            ),
        ],
    );
    for entry in ["imports", "functions", "itself", "library"] {
        yes(folder.path(), &[entry]);
    }
    // Whoever it becomes, that it was imported is told.
    write(folder.path(), &[("nobody.py", "import os\nif os.getuid() == 0:\n    os.setuid(65534)\n")]);
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let (reports, _) = json_of(&mut app(folder.path(), &["nobody", "--no-cache", "--format", "json"]));
    assert_eq!(reports[0]["main"], Value::Null, "{reports:#}");
}

#[test]
fn what_an_application_does_at_its_end_is_done() {
    let folder = application();
    let text = "import atexit, os, tempfile\nkept = tempfile.TemporaryDirectory(dir='left')\n\
                name = tempfile.mkstemp(dir='left')[1]\natexit.register(os.unlink, name)\n";
    write(folder.path(), &[("tidy.py", text), ("slow.py", "import atexit, time\natexit.register(time.sleep, 1000)\n")]);
    fs::create_dir(folder.path().join("left")).unwrap();
    yes(folder.path(), &["tidy"]);
    let left: Vec<_> = fs::read_dir(folder.path().join("left")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
    // Whatever takes too long is not waited for.
    let begun = Instant::now();
    yes(folder.path(), &["slow", "--timeout", "60"]);
    assert!(begun.elapsed() < Duration::from_secs(40), "{:?}", begun.elapsed());
}

#[test]
fn names_that_are_not_utf8_and_environments_that_are_none_are_said() {
    let folder = application();
    let odd = folder.path().join(std::ffi::OsStr::from_bytes(b"odd\xff"));
    fs::create_dir(&odd).unwrap();
    write(&odd, &[("inside.py", "")]);
    let output = app(&odd, &["inside"]).env("INSULA_CACHE", folder.path().join("cache")).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("a path that is not UTF-8") && said.lines().count() == 1, "{said}");
    assert_eq!(output.status.code(), Some(2));
    assert!(said.contains("rename the folder"), "{said}");
    let output = app(folder.path(), &["pure", "--no-cache"]).env("TMPDIR", &odd).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("set TMPDIR") && said.lines().count() == 1, "{said}");
    let script = std::ffi::OsStr::from_bytes(b"odd\xff.py");
    fs::write(folder.path().join(script), "").unwrap();
    let output = app(folder.path(), &[]).arg(script).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("UTF-8"), "{said}");
    assert_eq!(output.status.code(), Some(2));

    fs::create_dir(folder.path().join(".venv")).unwrap();
    let gone = folder.path().join("gone").display().to_string();
    let mut command = app(folder.path(), &["pure", "--no-cache", "--format", "json"]);
    let (reports, _) = json_of(command.env("VIRTUAL_ENV", &gone).env_remove("CONDA_PREFIX"));
    let reason = reports[0]["reason"].as_str().unwrap();
    assert!(reason.starts_with("the newest suitable one found"), "{reason}");
    assert!(reason.contains(&format!("{gone} has no interpreter")), "{reason}");
    assert!(reason.contains(".venv has no interpreter"), "{reason}");
}

#[test]
fn nothing_outlives_a_killed_program() {
    let folder = application();
    let mark = format!("insula-orphan-{}", std::process::id());
    let sleeper = format!("[sys.executable, '-c', 'import time; time.sleep(600)', {mark:?}]");
    let text = format!(
        "import subprocess, sys, time\nsubprocess.Popen({sleeper})\nsubprocess.Popen({sleeper}, \
         start_new_session=True)\n\
         open('begun', 'w').close()\ntime.sleep(600)\n"
    );
    write(folder.path(), &[("server.py", &text)]);
    let running = || {
        let processes = fs::read_dir("/proc").unwrap().flatten();
        let lines = processes.filter_map(|one| fs::read(one.path().join("cmdline")).ok());
        lines.filter(|line| line.windows(mark.len()).any(|part| part == mark.as_bytes())).count()
    };
    let until = |wanted: &dyn Fn() -> bool| {
        let begun = Instant::now();
        while !wanted() {
            assert!(begun.elapsed() < Duration::from_secs(60), "{} processes run", running());
            std::thread::sleep(Duration::from_millis(50));
        }
    };
    // Nor do its temporary folders outlive the next one.
    let temporary = folder.path().join("temporary");
    fs::create_dir(&temporary).unwrap();
    let left = || fs::read_dir(&temporary).unwrap().count();
    for arguments in [&["server"][..], &["pure", "--run", "python -c 'import server'"]] {
        let mut command = app(folder.path(), arguments);
        command.env("TMPDIR", &temporary).stdout(Stdio::null()).stderr(Stdio::null());
        let mut program = command.spawn().unwrap();
        until(&|| folder.path().join("begun").exists() && running() >= 2);
        program.kill().unwrap();
        program.wait().unwrap();
        until(&|| running() == 0);
        fs::remove_file(folder.path().join("begun")).unwrap();
        assert_ne!(left(), 0, "nothing was there when the program was killed");
        assert!(
            app(folder.path(), &["pure", "--no-cache"]).env("TMPDIR", &temporary).output().unwrap().status.success()
        );
        assert_eq!(left(), 0);
    }
}

#[test]
fn source_code_that_is_not_utf8_is_named_with_what_helps() {
    let folder = application();
    fs::write(folder.path().join("shop/latin.py"), b"name = 'caf\xe9'\n").unwrap();
    fs::write(folder.path().join("shop/wide.py"), b"\xff\xfex\x00=\x001\x00\n\x00").unwrap();
    fs::write(folder.path().join("shop/nulls.py"), b"x = 1\n\0\n").unwrap();
    write(
        folder.path(),
        &[("uses.py", "import shop.latin\n"), ("wide.py", "import shop.wide\n"), ("nulls.py", "import shop.nulls\n")],
    );
    let latin = "shop/latin.py, line 1, is not UTF-8 and names no other encoding: save it as UTF-8, or write its";
    for version in ["3.13", "3.8"] {
        let python = insula_pythons::resolve(version).unwrap().executable.display().to_string();
        for (entry, wanted) in [
            ("uses", latin),
            ("shop/latin.py", latin),
            ("nulls", "shop/nulls.py has null bytes, as UTF-16 has them: save it as UTF-8"),
            ("wide", "shop/wide.py"),
        ] {
            let mut command = app(folder.path(), &[entry, "--no-cache", "--format", "json", "--python", &python]);
            let (reports, output) = json_of(&mut command);
            let said = reports[0]["main"].as_str().unwrap();
            assert!(said.contains(wanted) && said.contains("save it as UTF-8"), "{version} {entry}: {said}");
            assert_eq!(output.status.code(), Some(2));
        }
    }
}
