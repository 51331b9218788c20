//! What `insula app` and `insula audit` are asked about: interpreters, requirements, distributions.

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::app::{app, application, environment, names};
use crate::common::{insula, json_of, module, module_for};

#[test]
fn an_interpreter_that_gives_no_answer_keeps_the_others_from_nothing() {
    let folder = application();
    let own = environment().join("bin/python").display().to_string();
    let all = |more: &[&str]| {
        let mut arguments = vec!["main", "--python", "/nowhere/python3", "--python", own.as_str(), "--python", "3.2"];
        arguments.extend(more);
        app(folder.path(), &arguments).output().unwrap()
    };
    let output = all(&["--format", "json"]);
    let reports: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(reports.as_array().unwrap().len(), 1);
    assert_eq!(names(&reports[0]["obstacles"]), ["pydantic_core", "rpds-py"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.lines().count() == 2 && said.contains("/nowhere/python3") && said.contains("3.2"), "{said}");
    assert_eq!(output.status.code(), Some(2));

    // One that lacks the application's packages says so, beside the other's answer.
    let base = insula_pythons::resolve("3.13").unwrap().executable.display().to_string();
    let output = all(&["--python", &base]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("main > shop > pydantic_core"), "{text}");
    assert!(text.contains("no   main: ModuleNotFoundError: No module named 'pydantic_core'"), "{text}");
    assert_eq!(output.status.code(), Some(2));

    // What is wrong with the question itself is said once.
    let output = app(folder.path(), &["none.py", "--python", &own, "--python", &base]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.lines().count() == 1 && said.contains("no such script"), "{said}");
    assert_eq!((output.stdout.len(), output.status.code()), (0, Some(2)));
}

#[test]
fn a_requirement_is_asked_about_or_said_not_to_be() {
    let folder = application();
    let ask = |lines: &str| {
        fs::write(folder.path().join("requirements.txt"), lines).unwrap();
        app(folder.path(), &["-r", "requirements.txt"]).output().unwrap()
    };
    // The address of a wheel names its distribution; that of a repository does not.
    let output = ask("https://host/markupsafe-3.0.4-cp313-cp313-linux_x86_64.whl\ngit+https://host/rpds.git\n");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("Nothing stands in the way: 1 of 1"), "{text}");
    assert!(text.contains("git+https://host/rpds.git does not say which distribution it is"), "{text}");
    assert_eq!(output.status.code(), Some(0), "{text}");
    // What is not installed is said, and is no obstacle; but where nothing is left, nothing was tried.
    let output = ask("MarkupSafe\nnot-there\n");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("not-there is not installed in this environment"), "{text}");
    assert_eq!(output.status.code(), Some(0), "{text}");
    let output = ask("rpds-py\nnot-there\n");
    assert_eq!(output.status.code(), Some(1));
    let output = ask("not-there\ngit+https://host/rpds.git\n");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("no distribution of those has anything to import"), "{text}");
    assert!(text.contains("not-there is not installed") && text.contains("which distribution it is"), "{text}");
    assert_eq!(output.status.code(), Some(2), "{text}");
}

#[test]
fn a_distribution_is_audited_by_the_name_that_pip_has_for_it() {
    let folder = application();
    let audit = |name: &str| {
        let mut command = insula();
        command.args(["audit", name, "--no-config", "--format", "json", "--select", "INS0"]);
        json_of(command.current_dir(folder.path()).env("VIRTUAL_ENV", environment()))
    };
    for (name, modules) in [("PyYAML", ["yaml._yaml"]), ("rpds-py", ["rpds.rpds"])] {
        let (report, _) = audit(name);
        let target = &report["targets"][0];
        assert_eq!(names(&target["modules"]), modules, "{report:#}");
        let package = modules[0].split('.').next().unwrap();
        let note = format!("{name} is a distribution, and its extension modules are below {package}");
        assert_eq!(target["note"], note);
        assert_eq!(target["modules"][0]["distribution"], name.to_lowercase());
    }
    // A module of that name comes first.
    assert_eq!(audit("markupsafe").0["targets"][0]["note"], Value::Null);
    let (report, output) = audit("not-there");
    let said = report["targets"][0]["error"].as_str().unwrap();
    assert!(said.contains("cannot import not-there, and has no distribution of that name"), "{said}");
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_module_whose_compiled_part_lies_beside_it_stands_for_that_part() {
    let folder = tempfile::tempdir().unwrap();
    let base = insula_pythons::resolve("3.13").unwrap();
    let venv = folder.path().join("venv");
    let made = Command::new(&base.executable).args(["-m", "venv", "--without-pip"]).arg(&venv).status().unwrap();
    assert!(made.success());
    let packages = venv.join("lib/python3.13/site-packages");
    let built = module_for(&base, &packages, "_slim", "return 0;");
    // It is loaded when it is needed, so that importing the module does not show it.
    fs::write(packages.join("slim.py"), "def slim(text):\n    import _slim\n").unwrap();
    let told = packages.join("slim-1.0.dist-info");
    fs::create_dir(&told).unwrap();
    let file = built.file_name().unwrap().to_str().unwrap();
    fs::write(told.join("RECORD"), format!("slim.py,,\n{file},,\n")).unwrap();
    for more in [&["audit", "slim"][..], &["audit", "slim", "--no-deps"]] {
        let mut command = insula();
        command.args(more).args(["--no-config", "--format", "json", "--select", "INS0", "--python"]);
        let (report, _) = json_of(command.arg(venv.join("bin/python")));
        let target = &report["targets"][0];
        assert_eq!(names(&target["modules"]), ["_slim"], "{report:#}");
        assert_eq!(target["note"], "slim is a distribution, and its extension modules are below _slim");
        assert_eq!(target["modules"][0]["version"], "1.0");
    }
}

#[test]
fn what_hangs_is_waited_for_once() {
    let folder = application();
    module(folder.path(), "waits", "sleep(1000); return 0;");
    fs::write(folder.path().join("uses.py"), "import waits\n").unwrap();
    let begun = Instant::now();
    let limit = 10;
    let output = app(folder.path(), &["uses", "--timeout", &limit.to_string()]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("no end within 10 s while waits was imported"), "{text}");
    assert!(text.contains("give it more time: --timeout 40"), "{text}");
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(begun.elapsed() < Duration::from_secs(2 * limit), "{:?}", begun.elapsed());
}

/// The body of a module that hangs in sub-interpreters alone.
const HANGS: &str = "if (PyInterpreterState_Get() != PyInterpreterState_Main()) sleep(1000); return 0;";

#[test]
fn what_hangs_elsewhere_hides_nothing() {
    let folder = application();
    module(folder.path(), "waits", HANGS);
    let refuses = "if (PyInterpreterState_Get() != PyInterpreterState_Main())\
                   { PyErr_SetString(PyExc_ImportError, \"not here\"); return -1; } return 0;";
    module(folder.path(), "behind", refuses);
    fs::write(folder.path().join("uses.py"), "import waits, behind\n").unwrap();
    let begun = Instant::now();
    let limit = 10;
    let mut command = app(folder.path(), &["uses", "--format", "json", "--timeout", &limit.to_string()]);
    let (reports, output) = json_of(&mut command);
    let report = &reports[0];
    assert_eq!(report["verdicts"][0]["why"], "no end within 10 s while waits was imported", "{report:#}");
    assert_eq!((&report["verdicts"][0]["loads"], output.status.code()), (&Value::Null, Some(2)), "{report:#}");
    let behind = report["obstacles"].as_array().unwrap().iter().find(|one| one["name"] == "behind").unwrap();
    assert_eq!(behind["modules"][0]["troubles"][0][0], "legacy", "{report:#}");
    // The other kind refuses it, and hangs when that is lifted.
    assert_eq!(report["verdicts"][1]["loads"], false, "{report:#}");
    assert_eq!(report["notes"], json!(["own-GIL interpreters: no end within 10 s while waits was imported"]));
    assert_eq!(report["time_limit"], limit);
    assert!(begun.elapsed() < Duration::from_secs(2 * limit), "{:?}", begun.elapsed());
}

#[test]
fn what_is_not_the_applications_own_and_hangs_is_no_question_mark() {
    let folder = application();
    let venv = folder.path().join("venv");
    let base = insula_pythons::resolve("3.13").unwrap();
    let made = Command::new(&base.executable).args(["-m", "venv", "--without-pip"]).arg(&venv).status().unwrap();
    assert!(made.success());
    let packages = venv.join("lib/python3.13/site-packages");
    for (name, body) in [("aaa", HANGS), ("fine", "return 0;")] {
        let file = module_for(&base, &packages, name, body);
        let told = packages.join(format!("{name}-1.0.dist-info"));
        fs::create_dir(&told).unwrap();
        fs::write(told.join("METADATA"), format!("Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")).unwrap();
        fs::write(told.join("RECORD"), format!("{},,\n", file.file_name().unwrap().display())).unwrap();
    }
    let mut command = app(folder.path(), &["pure", "--format", "json", "--timeout", "5"]);
    let (reports, output) = json_of(command.env("VIRTUAL_ENV", &venv));
    let report = &reports[0];
    assert_eq!(output.status.code(), Some(0), "{report:#}");
    let other = |name: &str| report["others"].as_array().unwrap().iter().find(|one| one["name"] == name).unwrap();
    assert_eq!(other("aaa")["untried"][0], json!(["legacy", "no end within 5 s while it was imported"]), "{report:#}");
    assert_eq!(other("fine")["untried"], json!([]), "{report:#}");
    let mut command = app(folder.path(), &["pure", "--timeout", "5", "--no-cache"]);
    let text = String::from_utf8(command.env("VIRTUAL_ENV", &venv).output().unwrap().stdout).unwrap();
    assert!(text.contains("give it more time: --timeout 20"), "{text}");
}
