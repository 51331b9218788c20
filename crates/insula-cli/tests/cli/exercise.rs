//! `--exercise`: the user's own tests find what calls of strangers cannot, and their trouble is said in a line each.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use insula_pythons::Interpreter;
use serde_json::Value;
use tempfile::TempDir;

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
        "exercise: called 5 of 6 callables; not reached: unused\n",
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
    let said = "exercise: called 4 of 5 callables; not reached: unused\n";
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

/// Where pytest is installed, once for all tests.
fn pytest() -> &'static Path {
    static MADE: OnceLock<TempDir> = OnceLock::new();
    let folder = MADE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let mut pip = Command::new(crate::common::python().executable);
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "pytest", "--target"]);
        assert!(pip.arg(folder.path()).status().unwrap().success());
        folder
    });
    folder.path()
}

/// CPython 3.13 with pytest, in an environment of its own.
pub(crate) fn python_with_pytest(folder: &Path) -> PathBuf {
    let venv = folder.join("venv");
    let mut make = Command::new(crate::common::python().executable);
    assert!(make.args(["-m", "venv", "--without-pip"]).arg(&venv).status().unwrap().success());
    let place = venv.join("lib/python3.13/site-packages/pytest.pth");
    std::fs::write(place, pytest().to_str().unwrap()).unwrap();
    venv.join("bin/python")
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
        "exercise: in the first interpreter 8 tests passed, 0 failed, 1 was skipped\n",
        "exercise: called 5 of 6 callables; not reached: unused\n",
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
    assert!(notes(&module).contains("8 tests passed, 0 failed, 1 was skipped"), "{}", notes(&module));
}

#[test]
fn a_workload_that_does_not_go_well_is_a_line_and_the_audit_goes_on() {
    let place = tempfile::tempdir().unwrap();
    let file = module(place.path(), "plain", "return 0;");
    let cases = [
        ("trouble:fails", "trouble:fails fails in the first interpreter: LookupError: no such shelf"),
        ("trouble:hangs", "it hangs, in trouble:hangs, and was ended after 20 s"),
        ("trouble:ends", "the process exited with code 3"),
        ("trouble:forks", "it left 1 process behind, which was ended"),
        ("trouble:writes", "in the first interpreter 1 test passed, 0 failed"),
        ("trouble:needs", "ModuleNotFoundError: No module named 'no_such_package'"),
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
        ("-m", "it names no program"),
        ("-m no_such_module", "No module named 'no_such_module'"),
        ("-m orders", "No module named 'orders.__main__'"),
        ("-m unittest no_such_tests", "No module named 'no_such_tests'"),
        ("-m unittest trouble.NoSuchCase", "has no attribute 'NoSuchCase'"),
        ("-m unittest trouble", "unittest found no tests"),
        ("'no such script.py'", "there is no file no such script.py in "),
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

/// Nothing is audited first, and nobody has to look for one line in a report.
#[test]
fn a_script_that_is_not_there_and_an_empty_command_are_usage_errors() {
    let missing = "no_such_script.py: there is no such file in ";
    for (workload, said) in [
        ("no_such_script.py", missing),
        ("python no_such_script.py -v", missing),
        ("  ", "names no program; name `pytest"),
    ] {
        let mut command = insula();
        let output = command.current_dir(folder()).args(["audit", "json", "--exercise", workload]).output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{workload}: {error}");
        assert!(error.starts_with("insula: --exercise ") && error.contains(said), "{workload}: {error}");
        assert_eq!(error.lines().count(), 1, "{error}");
        assert!(output.stdout.is_empty(), "{workload}");
    }
}

/// Tests of `shop` among which some do not come to an end.
const HANGS: &str = r#"
import os, threading, time, unittest
import shop
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters
inside = interpreters.get_current() != interpreters.get_main()

class Shop(unittest.TestCase):
    def test_a_encode(self):
        values = {"".join(("key", "of", "one")): 1}
        self.assertEqual(shop.encode(values, lambda value: values.clear()), [None])
    def test_b_hangs(self): time.sleep(1_000_000)
    def test_c_ends(self): os._exit(3)
    def test_d_waits_in_interpreters(self):
        shop.quote("EUR", 10, 2, "bulk", {})
        if inside: time.sleep(1_000_000)
    def test_e_ledger(self): self.assertIsNone(shop.Ledger().enter("Saturday", 11, 2026))

class Slow(unittest.TestCase):
    @classmethod
    def setUpClass(cls): time.sleep(1_000_000)
    def test_of_slow(self): pass
"#;

/// What is said of the tests of [`HANGS`] that do not come to their end, with or without unittest.
fn what_hangs_is_named_and_the_rest_counts(python: &Path, file: &Path, workload: &str, prefix: &str) {
    let mut command = insula();
    command.current_dir(file.parent().unwrap()).args(["audit", "--no-cache", "--no-config", "--format", "json"]);
    command.arg("--python").arg(python).arg(file).args(["--exercise", workload, "--timeout", "15"]);
    let module = &json_of(&mut command).0["targets"][0]["modules"][0];
    let said = notes(module);
    let hangs = "hangs in the first interpreter: it was ended after 15 s; it is left out, and the others run again";
    let slow = if workload.starts_with("pytest") { "::Slow::test_of_slow" } else { "test_hangs.Slow" };
    for line in [
        format!("{prefix}test_b_hangs {hangs}\n"),
        format!("{prefix}test_c_ends ends the process in the first interpreter: the process exited with code 3; "),
        format!("{slow} {hangs}\n"),
        format!("{prefix}test_d_waits_in_interpreters hangs in the second interpreter: it was ended after 15 s"),
        "in the first interpreter 3 tests passed, 0 failed, 0 were skipped\n".to_owned(),
    ] {
        assert!(said.contains(&line), "{line:?} is not in\n{said}");
    }
    let found = keys(module);
    for planted in [
        "INS101:shop:price_cache".to_owned(),
        "INS101:shop:last_order".to_owned(),
        format!("INS308:shop:{prefix}test_a_encode"),
        format!("INS308:shop:{prefix}test_e_ledger"),
        format!("INS303:shop:{prefix}test_d_waits_in_interpreters"),
    ] {
        assert!(found.contains(&planted), "{planted} is not among {found:#?}\n{said}");
    }
}

#[test]
fn a_test_that_hangs_is_named_and_what_the_others_show_is_found() {
    let place = tempfile::tempdir().unwrap();
    let file = shop(place.path(), false);
    std::fs::write(place.path().join("test_hangs.py"), HANGS).unwrap();
    let python = crate::common::python().executable;
    what_hangs_is_named_and_the_rest_counts(&python, &file, "-m unittest test_hangs", "test_hangs.Shop.");
}

#[test]
fn with_pytest_a_test_that_hangs_is_named_and_what_the_others_show_is_found() {
    let place = tempfile::tempdir().unwrap();
    let file = shop(place.path(), false);
    std::fs::write(place.path().join("test_hangs.py"), HANGS).unwrap();
    let python = python_with_pytest(place.path());
    what_hangs_is_named_and_the_rest_counts(&python, &file, "pytest test_hangs.py", "test_hangs.py::Shop::");
}

#[test]
fn of_files_of_tests_one_that_hangs_where_it_is_imported_is_left_out() {
    let place = tempfile::tempdir().unwrap();
    let file = module(place.path(), "plain", "return 0;");
    let tests = place.path().join("tests");
    std::fs::create_dir(&tests).unwrap();
    let write = |name: &str, text: &str| std::fs::write(tests.join(name), text).unwrap();
    write("test_a.py", "import time\ntime.sleep(1_000_000)\n");
    write("test_b.py", "import unittest\nclass B(unittest.TestCase):\n    def test_b(self): pass\n");
    let mut command = insula();
    command.current_dir(place.path()).args(["audit", "--no-cache", "--no-config", "--format", "json", "--python"]);
    command.arg("3.13").arg(&file).args(["--exercise", "-m unittest discover -s tests", "--timeout", "15"]);
    let said = notes(&json_of(&mut command).0["targets"][0]["modules"][0]);
    for line in [
        "test_a hangs in the first interpreter: it was ended after 15 s; it is left out",
        "in the first interpreter 1 test passed, 0 failed, 0 were skipped\n",
    ] {
        assert!(said.contains(line), "{line:?} is not in\n{said}");
    }
}

/// What the user's environment has to say to their tests, and the folder that only `PYTHONPATH` leads to.
const SURROUNDINGS: &str = r#"
import os
import only_by_pythonpath

def run():
    assert os.environ["SHELF_ADDRESS"] == "sqlite://", os.environ.get("SHELF_ADDRESS")
    assert os.environ["HOME"] == os.path.dirname(os.path.abspath(__file__)), os.environ["HOME"]
    assert "/shelf/bin" in os.environ["PATH"].split(":"), os.environ["PATH"]
    # What the auditor sets, and what would change what it measures.
    assert os.environ["PYTHONHASHSEED"] == "0", os.environ["PYTHONHASHSEED"]
    assert "PYTHONMALLOC" not in os.environ, os.environ["PYTHONMALLOC"]

def test_runs():
    run()

def test_that_the_options_leave_out():
    raise LookupError("it was run")
"#;

#[test]
fn the_workload_has_the_user_s_environment() {
    let place = tempfile::tempdir().unwrap();
    let place = place.path().canonicalize().unwrap();
    let python = python_with_pytest(&place);

    let file = module(&place, "plain", "return 0;");
    std::fs::create_dir(place.join("lib")).unwrap();
    std::fs::write(place.join("lib/only_by_pythonpath.py"), "").unwrap();
    std::fs::write(place.join("surroundings.py"), SURROUNDINGS).unwrap();
    let path = format!("{}:/shelf/bin", std::env::var("PATH").unwrap());
    for workload in ["surroundings:run", "pytest surroundings.py"] {
        let mut command = insula();
        command.current_dir(&place).args(["audit", "--no-cache", "--no-config", "--format", "json", "--python"]);
        command.env("SHELF_ADDRESS", "sqlite://").env("HOME", &place).env("PATH", &path);
        command.env("PYTHONPATH", place.join("lib")).env("PYTHONHASHSEED", "7").env("PYTHONMALLOC", "malloc");
        // Those of plugins that are not loaded do no harm.
        command.env("PYTEST_ADDOPTS", "-n 4 --cov=plain --lf -k 'runs and not options'");
        let (report, _) = json_of(command.arg(&python).arg(&file).args(["--exercise", workload]));
        let said = notes(&report["targets"][0]["modules"][0]);
        let passed = "in the first interpreter 1 test passed, 0 failed, 0 were skipped\n";
        assert!(said.contains(passed) && !said.contains("cannot be run"), "{workload}: {said}");
    }
}
