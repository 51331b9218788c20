//! What counts for the answer of `insula app`, and what does not: packages that were never tried, extension modules
//! that a package does without, commands that did not run, failures in threads.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::app::{app, application, names};
use crate::app_python::{install, text_of};
use crate::common::{json_of, module};

fn ask(command: &mut std::process::Command) -> (Value, Option<i32>) {
    let (reports, output) = json_of(command.args(["--no-cache", "--format", "json"]));
    (reports[0].clone(), output.status.code())
}

fn with(files: &[(&str, &str)]) -> TempDir {
    let folder = application();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn loads(report: &Value) -> Vec<&Value> {
    report["verdicts"].as_array().unwrap().iter().map(|one| &one["loads"]).collect()
}

#[test]
fn what_was_never_tried_is_not_said_to_load() {
    let elsewhere = "import _interpreters, os\nif _interpreters.get_current()[0] != 0:\n    os.abort()\n";
    let folder = with(&[("dies.py", elsewhere)]);
    let libraries = folder.path().join("libraries");
    install(&libraries, "broken", &[("__init__.py", "raise OSError('no such device')\n")], "broken/_core");
    let mut command = app(folder.path(), &["dies"]);
    let (report, code) = ask(command.env("PYTHONPATH", &libraries));
    let others = report["others"].as_array().unwrap();
    assert!(names(&report["others"]).contains(&"rpds-py"), "{report:#}");
    for one in others {
        assert_eq!(one["untried"].as_array().unwrap().len(), 2, "{one:#}");
        assert_eq!((&one["troubles"], &one["fallbacks"]), (&json!([]), &json!([])), "{one:#}");
    }
    assert_eq!(code, Some(2), "{report:#}");
    let (text, _) = text_of(folder.path(), &["dies", "--no-cache"]);
    assert!(text.contains("not tried (--format json says why): ") && !text.contains("would load"), "{text}");

    // What the main interpreter does not import is named as well.
    let mut command = app(folder.path(), &["pure"]);
    let (report, code) = ask(command.env("PYTHONPATH", &libraries));
    let broken = report["others"].as_array().unwrap().iter().find(|one| one["name"] == "broken").unwrap();
    assert!(broken["untried"][0][1].as_str().unwrap().ends_with("OSError: no such device"), "{broken:#}");
    assert_eq!(code, Some(0), "{report:#}");
}

#[test]
fn what_another_package_does_is_no_word_about_the_application() {
    let folder = with(&[]);
    let libraries = folder.path().join("libraries");
    install(&libraries, "fatal", &[("__init__.py", "import os\nos.abort()\n")], "fatal/_core");
    let mut command = app(folder.path(), &["pure"]);
    let (report, code) = ask(command.env("PYTHONPATH", &libraries));
    assert_eq!((loads(&report), code), (vec![&json!(true), &json!(true)], Some(0)), "{report:#}");
    let fatal = report["others"].as_array().unwrap().iter().find(|one| one["name"] == "fatal").unwrap();
    assert!(fatal["untried"][0][1].as_str().unwrap().contains("SIGABRT"), "{fatal:#}");
}

#[test]
fn requirements_are_asked_about_as_their_users_import_them() {
    let folder = with(&[("requirements.txt", "PyYAML\nMarkupSafe\nspeedy\n")]);
    let libraries = folder.path().join("libraries");
    let guarded = "try:\n    from .speedups import x\nexcept ImportError:\n    x = None\n";
    // A package that falls back only where a user imports `frames`, and one that only seems to.
    install(&libraries, "speedy", &[("__init__.py", ""), ("frames.py", guarded)], "speedy/speedups");
    install(&libraries, "bare", &[("__init__.py", ""), ("image.py", "from . import _core\n")], "bare/_core");
    // Nobody but a package's own tests imports this one; that one is for its users.
    install(&libraries, "tested", &[("__init__.py", "")], "tested/_testing");
    install(&libraries, "public", &[("__init__.py", "")], "public/core");
    let ask = |file: &str| {
        let mut command = app(folder.path(), &["-r", file]);
        ask(command.env("PYTHONPATH", &libraries))
    };
    let (report, code) = ask("requirements.txt");
    assert_eq!((names(&report["fallbacks"]), code), (vec!["PyYAML", "speedy"], Some(0)), "{report:#}");
    for (name, wanted) in [("bare", 1), ("tested", 0), ("public", 1)] {
        fs::write(folder.path().join("one.txt"), name).unwrap();
        let (report, code) = ask("one.txt");
        assert_eq!(code, Some(wanted), "{name}: {report:#}");
        assert_eq!(report["obstacles"].as_array().unwrap().len(), usize::try_from(wanted).unwrap(), "{report:#}");
    }
    // A lock without wheels.
    let lock = "lock-version = \"1.0\"\ncreated-by = \"x\"\n[[packages]]\nname = \"pyyaml\"\n\
                [packages.vcs]\ntype = \"git\"\nurl = \"https://host/pyyaml\"\ncommit-id = \"0123456789abcdef\"\n";
    fs::write(folder.path().join("pylock.toml"), lock).unwrap();
    let (report, code) = ask("pylock.toml");
    assert_eq!((names(&report["fallbacks"]), code), (vec!["PyYAML"], Some(0)), "{report:#}");
}

#[test]
fn a_command_that_did_not_run_is_no_yes() {
    let folder = with(&[("lazy.py", "")]);
    let run = |command: &str| ask(&mut app(folder.path(), &["lazy", "--timeout", "3", "--run", command]));
    for command in ["nosuch-program -q", "./lazy.py", "python -c 'import time; time.sleep(1000)'", "true"] {
        let (report, code) = run(command);
        assert_eq!((loads(&report), code), (vec![&Value::Null, &Value::Null], Some(2)), "{command}: {report:#}");
        assert!(report["verdicts"][0]["why"].as_str().unwrap().starts_with(command), "{report:#}");
    }
    let (report, _) = run("nosuch-program -q");
    assert!(report["notes"][1].as_str().unwrap().contains("not found"), "{report:#}");
    // One that ends badly has run; its last words are told, and what it loaded counts.
    let (report, code) = run("python -c 'print(1); print(2); raise SystemExit(\"3 failed\")'");
    assert_eq!(code, Some(0), "{report:#}");
    assert!(report["notes"][0].as_str().unwrap().contains("exit status: 1"), "{report:#}");
    assert!(report["notes"].as_array().unwrap().contains(&"  3 failed".into()), "{report:#}");
    let (report, code) = run("python -c 'import rpds'; nosuch-program");
    assert_eq!((names(&report["obstacles"]), code), (vec!["rpds-py"], Some(1)), "{report:#}");
}

#[test]
fn an_import_that_fails_in_a_thread_is_no_fallback() {
    let start = "threading.Thread(target=work).start()\n";
    let thread = |body: &str| format!("import threading\ndef work():\n{body}{start}");
    let folder = with(&[
        ("needs.py", &thread("    import time\n    time.sleep(0.1)\n    import rpds\n")),
        ("spares.py", &thread("    try:\n        import pydantic_core\n    except ImportError:\n        pass\n")),
        ("fails.py", &thread("    raise OSError('no server here')\n")),
    ]);
    let (report, code) = ask(&mut app(folder.path(), &["needs"]));
    assert_eq!((names(&report["obstacles"]), code), (vec!["rpds-py"], Some(1)), "{report:#}");
    assert!(report["verdicts"][0]["why"].as_str().unwrap().starts_with("in a thread: "), "{report:#}");
    let (report, code) = ask(&mut app(folder.path(), &["spares"]));
    assert_eq!((names(&report["fallbacks"]), code), (vec!["pydantic_core"], Some(0)), "{report:#}");
    let (report, code) = ask(&mut app(folder.path(), &["fails"]));
    assert_eq!((loads(&report), code), (vec![&json!(true), &json!(true)], Some(0)), "{report:#}");
}

/// A module that refuses in sub-interpreters and breaks there what a module of the standard library needs.
fn damaging(folder: &Path) {
    let body = "if (PyInterpreterState_Get() == PyInterpreterState_Main()) return 0;\
                PyDict_SetItemString(PyImport_GetModuleDict(), \"numbers\", Py_None);\
                PyErr_SetString(PyExc_ImportError, \"not here\"); return -1;";
    module(folder, "damages", body);
}

#[test]
fn the_standard_library_is_not_blamed_for_what_others_break() {
    let text = "try:\n    import damages\nexcept ImportError:\n    pass\nimport decimal\n";
    let folder = with(&[("money.py", text)]);
    damaging(folder.path());
    let (report, code) = ask(&mut app(folder.path(), &["money"]));
    assert_eq!(loads(&report)[0], &json!(false), "{report:#}");
    assert_eq!(report["denied"], json!([]), "{report:#}");
    assert_eq!((names(&report["obstacles"]), code), (vec!["damages"], Some(1)), "{report:#}");
}

#[test]
fn a_module_of_the_interpreter_itself_that_refuses_is_named() {
    let folder = with(&[("faults.py", "import faulthandler\n")]);
    // This version has it in its program, and it does not declare support.
    let older = insula_pythons::resolve("3.12").unwrap().executable.display().to_string();
    let (report, code) = ask(&mut app(folder.path(), &["faults", "--python", &older]));
    assert_eq!(report["denied"][0]["what"], "module faulthandler", "{report:#}");
    assert_eq!(report["denied"][0]["kinds"], json!(["own"]), "{report:#}");
    assert_eq!(code, Some(1), "{report:#}");
}

#[test]
fn words_fit_what_was_found() {
    let folder = with(&[("light.py", "import light_speedy\n"), ("empty.py", "")]);
    let libraries = folder.path().join("libraries");
    let guarded = "try:\n    from . import _core\nexcept ImportError:\n    pass\n";
    install(&libraries, "light_speedy", &[("__init__.py", guarded)], "light_speedy/_core");
    let output = app(folder.path(), &["light", "--no-cache"]).env("PYTHONPATH", &libraries).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    // A fallback in one kind of interpreter is none in the other.
    let line = |begin: &str| text.lines().find(|line| line.trim_start().starts_with(begin)).unwrap().trim().to_owned();
    assert!(line("legacy").ends_with("yes  where the main interpreter has imported it before"), "{text}");
    assert!(line("own-GIL").ends_with("yes  without the extension modules of the fallbacks below"), "{text}");
    assert!(line("Fallbacks").ends_with("light_speedy 1.0 (own GIL)"), "{text}");
    assert!(
        line("Nothing stands").ends_with("it goes on without its extension module where that does not load."),
        "{text}"
    );
    // Advice of the package's own is not the reason; what it goes on without does not stand in the way.
    let advised = "try:\n    from . import _core\nexcept ImportError as error:\n    raise ImportError('IMPORTANT: READ \
                   THIS') from error\n";
    install(&libraries, "heavy", &[("__init__.py", advised)], "heavy/_core");
    fs::write(folder.path().join("both.py"), "import light_speedy, heavy\n").unwrap();
    let output = app(folder.path(), &["both", "--no-cache"]).env("PYTHONPATH", &libraries).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("own-GIL interpreters    no   heavy._core does not declare support"), "{text}");
    assert!(text.contains("What stands in the way (1 of 2 extension modules)"), "{text}");
    for entry in ["__main__", "empty:", ":empty", "empty..x", ""] {
        let output = app(folder.path(), &[entry]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains("names nothing to import") && said.lines().count() == 1, "{entry}: {said}");
        assert_eq!(output.status.code(), Some(2), "{entry}");
    }
}
