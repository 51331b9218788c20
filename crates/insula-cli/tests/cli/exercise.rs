//! `--exercise`: the user's own tests find what calls of strangers cannot, and their trouble is said in a line each.

use std::path::{Path, PathBuf};
use std::process::Command;

use insula_pythons::Interpreter;
use serde_json::Value;

use crate::common::{compile_for, insula, json_of, module};

pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/exercise").canonicalize().unwrap()
}

/// The module `shop`, with its defects or without.
fn shop(place: &Path, sound: bool) -> PathBuf {
    shop_for(&crate::common::python(), place, sound)
}

fn shop_for(python: &Interpreter, place: &Path, sound: bool) -> PathBuf {
    let source = std::fs::read_to_string(folder().join("shop.c")).unwrap();
    let head = if sound { "#define SOUND\n" } else { "" };
    compile_for(python, place, "shop", &format!("{head}{source}"), &python.facts.ext_suffix)
}

fn audited(file: &Path, more: &[&str]) -> Value {
    audited_by(Path::new("3.13"), file, more)
}

pub(crate) fn audited_by(python: &Path, file: &Path, more: &[&str]) -> Value {
    let mut command = insula();
    command.current_dir(folder()).args(["audit", "--no-cache", "--no-config", "--format", "json", "--python"]);
    let (report, _) = json_of(command.arg(python).arg(file).args(more));
    report["targets"][0]["modules"][0].clone()
}

/// What was found: rule and subject.
pub(crate) fn keys(module: &Value) -> Vec<String> {
    let findings = module["findings"].as_array().unwrap();
    findings.iter().map(|finding| finding["key"].as_str().unwrap().to_owned()).collect()
}

pub(crate) fn notes(module: &Value) -> String {
    let notes = module["notes"].as_array().unwrap();
    notes.iter().map(|note| format!("{}\n", note.as_str().unwrap())).collect()
}

const TESTS: [&str; 2] = ["--exercise", "-m unittest test_shop"];

/// What only the tests reach.
const PLANTED: [&str; 6] = [
    "INS101:shop:price_cache",
    "INS101:shop:rate_list",
    "INS101:shop:last_order",
    "INS308:shop:test_shop.Shop.test_encode",
    "INS308:shop:test_shop.Shop.test_ledger",
    "INS303:shop:test_shop.Shop.test_connect",
];

#[test]
fn tests_find_what_blind_calls_do_not_reach() {
    let place = tempfile::tempdir().unwrap();
    let file = shop(place.path(), false);
    let with = audited(&file, &TESTS);
    let found = keys(&with);
    for planted in PLANTED {
        assert!(found.iter().any(|key| key == planted), "{planted} is not among {found:#?}\n{}", notes(&with));
    }
    // Nothing else of the tests is accused.
    assert_eq!(found.iter().filter(|key| key.contains("test_shop")).count(), 3, "{found:#?}");
    let notes = notes(&with);
    for said in [
        "exercise: in the first interpreter 7 tests passed, 0 failed, 0 were skipped\n",
        "exercise: called 5 of 6 callables; nothing reached: unused\n",
        "exercise: interpreters restrict daemon threads: test_shop.Shop.test_daemon\n",
        "exercise: interpreters restrict fork: test_shop.Shop.test_fork\n",
    ] {
        assert!(notes.contains(said), "{said:?} is not in\n{notes}");
    }
    let without = keys(&audited(&file, &[]));
    for planted in PLANTED {
        assert!(!without.iter().any(|key| key == planted), "{planted} is found without the tests");
    }
}

/// CPython 3.11 has no own GIL, and no `sys.monitoring`: a profile function notes what is called.
#[test]
fn on_3_11_tests_find_the_same_and_types_are_not_said_to_be_unreached() {
    let python = insula_pythons::resolve("3.11").expect("the tests need CPython 3.11");
    let place = tempfile::tempdir().unwrap();
    let module = audited_by(&python.executable, &shop_for(&python, place.path(), false), &TESTS);
    let found = keys(&module);
    for planted in PLANTED {
        let planted = planted.replace("INS303", "INS302");
        assert!(found.contains(&planted), "{planted} is not among {found:#?}\n{}", notes(&module));
    }
    let said = "exercise: called 4 of 5 callables; nothing reached: unused\n";
    assert!(notes(&module).contains(said), "{}", notes(&module));
    let sound = tempfile::tempdir().unwrap();
    let module = audited_by(&python.executable, &shop_for(&python, sound.path(), true), &TESTS);
    assert_eq!(keys(&module), Vec::<String>::new(), "{}", notes(&module));
}

#[test]
fn the_tests_of_a_sound_module_accuse_it_of_nothing() {
    let place = tempfile::tempdir().unwrap();
    let module = audited(&shop(place.path(), true), &TESTS);
    assert_eq!(keys(&module), Vec::<String>::new(), "{}", notes(&module));
    assert_eq!(module["isolated"], "yes", "{}", module["answers"]);
}

/// CPython 3.13 with pytest, in an environment of its own.
pub(crate) fn python_with_pytest(folder: &Path) -> PathBuf {
    let python = folder.join("venv/bin/python");
    let run = |command: &mut Command| assert!(command.status().unwrap().success(), "{command:?}");
    run(Command::new(crate::common::python().executable).args(["-m", "venv"]).arg(folder.join("venv")));
    run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "pytest"]));
    python
}

/// What only the tests for pytest reach: the same defects, by the ids that pytest gives its tests.
const PLANTED_FOR_PYTEST: [&str; 6] = [
    "INS101:shop:price_cache",
    "INS101:shop:rate_list",
    "INS101:shop:last_order",
    "INS308:shop:orders/test_orders.py::test_encode",
    "INS308:shop:orders/test_orders.py::test_ledger[Saturday]",
    "INS303:shop:orders/test_orders.py::TestConnection::test_connect",
];

#[test]
fn tests_for_pytest_find_the_same_and_accuse_a_sound_module_of_nothing() {
    let place = tempfile::tempdir().unwrap();
    let python = python_with_pytest(place.path());
    let file = shop(place.path(), false);
    let with = audited_by(&python, &file, &["--exercise", "pytest -q orders"]);
    let found = keys(&with);
    for planted in PLANTED_FOR_PYTEST {
        assert!(found.iter().any(|key| key == planted), "{planted} is not among {found:#?}\n{}", notes(&with));
    }
    assert_eq!(found.iter().filter(|key| key.contains("test_orders")).count(), 3, "{found:#?}");
    let notes_with = notes(&with);
    for said in [
        "exercise: in the first interpreter 8 tests passed, 0 failed, 1 were skipped\n",
        "exercise: called 5 of 6 callables; nothing reached: unused\n",
        "exercise: interpreters restrict daemon threads: orders/test_orders.py::test_daemon\n",
        "exercise: interpreters restrict fork: orders/test_orders.py::test_fork\n",
    ] {
        assert!(notes_with.contains(said), "{said:?} is not in\n{notes_with}");
    }
    // `-k` is pytest's own: what is not run reaches nothing.
    let some = keys(&audited_by(&python, &file, &["--exercise", "pytest -q orders -k encode"]));
    assert!(some.iter().any(|key| key.ends_with("::test_encode")), "{some:#?}");
    assert!(!some.iter().any(|key| key.contains("price_cache") || key.ends_with("test_connect")), "{some:#?}");
    let sound = tempfile::tempdir().unwrap();
    let module = audited_by(&python, &shop(sound.path(), true), &["--exercise", "pytest -q orders"]);
    assert_eq!(keys(&module), Vec::<String>::new(), "{}", notes(&module));
    assert_eq!(module["isolated"], "yes", "{}", module["answers"]);
    assert!(notes(&module).contains("8 tests passed, 0 failed, 1 were skipped"), "{}", notes(&module));
}

#[test]
fn a_workload_that_does_not_go_well_is_a_line_and_the_audit_goes_on() {
    let place = tempfile::tempdir().unwrap();
    let file = module(place.path(), "plain", "return 0;");
    let cases = [
        ("trouble:fails", "trouble:fails fails in the first interpreter: LookupError: no such shelf"),
        ("trouble:hangs", "it hangs, in trouble:hangs"),
        ("trouble:ends", "the process exited with code 3"),
        ("trouble:forks", "processes behind, which were ended"),
        ("trouble:writes", "in the first interpreter 1 tests passed, 0 failed"),
        ("trouble:needs", "ModuleNotFoundError: No module named 'no_such_package'"),
        ("no_such_script.py", "no_such_script.py fails in the first interpreter: FileNotFoundError"),
    ];
    for pair in cases.chunks(2) {
        std::thread::scope(|scope| {
            for (workload, said) in pair {
                let file = &file;
                scope.spawn(move || {
                    let module = audited(file, &["--exercise", workload, "--timeout", "20"]);
                    let notes = notes(&module);
                    assert!(notes.contains(said), "{workload}: {said:?} is not in\n{notes}");
                    assert_eq!(module["answers"]["own-gil"]["answer"], "yes", "{workload}");
                });
            }
        });
    }
}

/// Else a misspelt command would pass for tests that find nothing.
#[test]
fn a_command_that_cannot_be_run_is_an_error_beside_a_whole_audit() {
    let place = tempfile::tempdir().unwrap();
    let python = python_with_pytest(place.path());
    let file = module(place.path(), "plain", "return 0;");
    for (workload, said) in [
        ("", "it names no program"),
        ("-m", "it names no program"),
        ("no_such_module:run", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("trouble:no_such_function", "AttributeError: module 'trouble' has no attribute 'no_such_function'"),
        ("pytest no_such_folder", "file or directory not found: no_such_folder"),
    ] {
        let mut command = insula();
        command.current_dir(folder()).args(["audit", "--no-cache", "--no-config", "--format", "json", "--python"]);
        let (report, output) = json_of(command.arg(&python).arg(&file).args(["--exercise", workload]));
        let module = &report["targets"][0]["modules"][0];
        let error = module["error"].as_str().unwrap_or_default();
        assert!(
            error.starts_with("plain: the exercise cannot be run: ") && error.contains(said),
            "{workload}: {module}"
        );
        assert_eq!(output.status.code(), Some(2), "{workload}");
        assert_eq!(module["answers"]["own-gil"]["answer"], "yes", "{workload}");
    }
}
