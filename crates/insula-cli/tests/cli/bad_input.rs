//! Targets and interpreters that cannot be audited: one clear line each, and the other targets are audited all the
//! same.

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::common::{answers, audit, compile, insula, module, python};

/// Asserts that each of these targets is reported with the text beside it, that a module behind them was audited, and
/// that the exit code is 2.
fn rejected(cases: &[(String, &str)]) {
    rejected_with(&[], cases);
}

fn rejected_with(options: &[&str], cases: &[(String, &str)]) {
    let targets: Vec<&str> = cases.iter().map(|(target, _)| target.as_str()).collect();
    let (report, output) = audit(&[options, &targets, &["_json"]].concat());
    for (number, (target, text)) in cases.iter().enumerate() {
        let said = &report["targets"][number];
        assert_eq!(said["target"], target.as_str());
        let error = said["error"].as_str().or_else(|| said["modules"][0]["error"].as_str()).unwrap_or_default();
        assert!(error.contains(text), "{target}: {text:?} is not in {said:#}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
    assert_eq!(report["targets"][cases.len()]["modules"][0]["isolated"], "yes", "{report:#}");
    assert_eq!(output.status.code(), Some(2));
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn files_that_are_no_extension_module() {
    let folder = folder();
    let path = |name: &str| folder.path().join(name).display().to_string();
    // One damaged file among others is reported by itself; a folder with nothing in it is a mistake.
    for name in ["damaged", "empty", "environment"] {
        std::fs::create_dir(path(name)).unwrap();
    }
    std::fs::write(path("damaged/text.so"), "hello\n").unwrap();
    std::fs::write(path("environment/pyvenv.cfg"), "").unwrap();
    let plain = compile(folder.path(), "libplain", "int answer = 42;\n", ".so");
    let good = std::fs::read(&plain).unwrap();
    let mut narrow = good.clone();
    narrow[4] = 1;
    std::fs::write(path("narrow.so"), narrow).unwrap();
    let mut foreign = good.clone();
    foreign[18..20].copy_from_slice(&183_u16.to_le_bytes());
    std::fs::write(path("foreign.so"), foreign).unwrap();
    std::fs::write(path("cut.so"), &good[..good.len() / 2]).unwrap();
    std::fs::write(path("other.cpython-38-x86_64-linux-gnu.so"), good).unwrap();
    rejected(&[
        (path("nowhere.so"), "no such file"),
        (path("damaged/text.so"), "a text file"),
        (path("damaged"), "a text file"),
        (path("empty"), "a folder without wheels and without extension modules"),
        (path("environment"), "audit it with --env"),
        (path("libplain.so"), "exports no PyInit_"),
        (path("narrow.so"), "32-bit"),
        (path("foreign.so"), "compiled for aarch64"),
        (path("cut.so"), "damaged or cut off"),
        (path("other.cpython-38-x86_64-linux-gnu.so"), "not an extension module"),
    ]);
}

#[test]
fn modules_of_another_python() {
    let folder = folder();
    let built = module(folder.path(), "elsewhere", "return 0;");
    let renamed = folder.path().join("elsewhere.cpython-38-x86_64-linux-gnu.so");
    std::fs::rename(built, &renamed).unwrap();
    rejected(&[(renamed.display().to_string(), "built for another Python")]);
}

#[test]
fn wheels_that_do_not_fit() {
    let folder = folder();
    let wheel = |name: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, "not a zip").unwrap();
        path.display().to_string()
    };
    rejected(&[
        (wheel("x-1.0-cp38-cp38-linux_x86_64.whl"), "for another Python (cp38-cp38)"),
        (wheel("x-1.0-cp313-cp313-win_amd64.whl"), "for another platform (win_amd64)"),
        (wheel("x-1.0-cp313-cp313-linux_x86_64.whl"), "cannot be read as a wheel"),
        (wheel("x.whl"), "not a wheel's file name"),
    ]);
}

#[test]
fn names_without_a_compiled_part() {
    rejected(&[
        ("json".to_owned(), "no compiled part"),
        ("sys".to_owned(), "built into the interpreter"),
        ("bad name!".to_owned(), "neither a path, nor an importable name"),
    ]);
}

#[test]
fn imports_that_end_badly() {
    let folder = folder();
    let cases = [
        (
            "raises",
            "PyErr_SetString(PyExc_RuntimeError, \"no luck\"); return -1;",
            "RuntimeError in the main interpreter: no luck",
        ),
        ("hangs", "for (;;) sleep(1);", "no end, and no thread uses the processor any more, at: import"),
        ("computes", "for (volatile int i = 0;; i++) {}", "no end within the time limit of 5 s at: import"),
        ("kills", "_exit(3);", "exited with code 3"),
        ("crashes", "*(volatile int *)0 = 1; return 0;", "crash (SIGSEGV) at: import"),
    ];
    let built = cases.map(|(name, body, text)| (module(folder.path(), name, body).display().to_string(), text));
    rejected_with(&["--timeout", "5"], &built);
}

#[test]
fn a_module_may_print_megabytes_close_its_streams_and_leave_children() {
    let folder = folder();
    let noisy = module(folder.path(), "noisy", "for (int i = 0; i < 1000000; i++) puts(\"noise\"); return 0;");
    let closes = module(folder.path(), "closes", "for (int i = 0; i < 20; i++) close(i); return 0;");
    let forks = module(folder.path(), "forks", "if (fork() == 0) for (;;) sleep(1); return 0;");
    let paths = [&noisy, &closes, &forks].map(|path| path.to_str().unwrap());
    let (report, output) = audit(&paths);
    for target in report["targets"].as_array().unwrap() {
        assert_eq!(answers(&target["modules"][0]), "own-gil=undeclared", "{report:#}");
    }
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_dependency_that_is_not_installed_is_named() {
    let folder = folder();
    let path = module(folder.path(), "needy", "return PyImport_ImportModule(\"insula_no_such_module\") ? 0 : -1;");
    let (report, output) = audit(&[path.to_str().unwrap()]);
    let module = &report["targets"][0]["modules"][0];
    assert_eq!(module["findings"][0]["rule"], "INS902");
    assert_eq!(module["findings"][0]["location"]["name"], "insula_no_such_module");
    assert_eq!(answers(module), "import=inconclusive");
    assert!(module["error"].as_str().unwrap().contains("insula_no_such_module"));
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn interpreters_that_cannot_be_used() {
    let folder = folder();
    let fake = folder.path().join("python");
    std::fs::write(&fake, "#!/bin/sh\necho broken >&2; exit 1\n").unwrap();
    std::fs::set_permissions(&fake, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    for (spec, text) in
        [("2.7", "no CPython 2.7"), (fake.to_str().unwrap(), "does not start"), ("/nowhere/python", "does not exist")]
    {
        let output = insula().args(["audit", "--python", spec, "_json"]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains(text), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
        assert_eq!(output.status.code(), Some(2));
    }
}

#[test]
fn an_index_out_of_reach_and_a_cache_that_cannot_be_written() {
    let folder = folder();
    let run = |cache: &std::path::Path| {
        let output = insula()
            .args(["audit", "--python", "3.13", "insula-no-such-distribution==1.0", "_json"])
            .env("INSULA_CACHE", cache)
            .env("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2));
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(text.contains("_json   3.13"), "{text}");
        text
    };
    let text = run(folder.path());
    assert!(text.contains("the package index cannot be reached"), "{text}");
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let text = run(&file);
    assert!(text.contains("cannot write the cache folder"), "{text}");
}

#[test]
fn ctrl_c_ends_workers_and_leaves_nothing_behind() {
    let folder = folder();
    let path = module(folder.path(), "waits", "for (;;) sleep(1);");
    let scratch = folder.path().join("scratch");
    std::fs::create_dir(&scratch).unwrap();
    let mut child = insula()
        .args(["audit", "--python", "3.13"])
        .arg(&path)
        .env("TMPDIR", &scratch)
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    // The worker has started when its script is there.
    let begun = Instant::now();
    let workers = || {
        let all = std::fs::read_dir("/proc").unwrap().flatten();
        let mine = all.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
        mine.filter(|line| String::from_utf8_lossy(line).contains(scratch.to_str().unwrap())).count()
    };
    while workers() == 0 {
        assert!(begun.elapsed() < Duration::from_secs(30), "no worker was started");
        std::thread::sleep(Duration::from_millis(50));
    }
    let interrupt = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(interrupt.success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(workers(), 0);
    assert_eq!(std::fs::read_dir(&scratch).unwrap().count(), 0);
}

#[test]
fn a_name_alone_never_reaches_the_package_index() {
    let folder = tempfile::tempdir().unwrap();
    let venv = folder.path().join("venv");
    let made = Command::new(python().executable).args(["-m", "venv", "--without-pip"]).arg(&venv).status().unwrap();
    assert!(made.success());
    // Whoever starts pip fails the test.
    let asked = folder.path().join("asked");
    let pip = venv.join("lib/python3.13/site-packages/pip/__main__.py");
    fs::create_dir(pip.parent().unwrap()).unwrap();
    fs::write(pip.with_file_name("__init__.py"), "").unwrap();
    fs::write(&pip, format!("import sys\nopen({:?}, 'w').close()\nsys.exit(3)\n", asked.display().to_string()))
        .unwrap();
    let audit = |arguments: &[&str]| {
        let mut command = insula();
        command.args(["audit", "--no-config", "--no-cache"]).args(arguments).current_dir(folder.path());
        command.env("VIRTUAL_ENV", &venv).env("INSULA_CACHE", folder.path().join("cache"));
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        [output.stdout, output.stderr].concat()
    };
    let said = String::from_utf8(audit(&["acme.shopns"])).unwrap();
    assert!(said.contains("cannot import acme.shopns") && said.contains("--fetch"), "{said}");
    assert!(!asked.exists(), "{said}");
    audit(&["acme.shopns", "--fetch"]);
    assert!(asked.exists());
}
