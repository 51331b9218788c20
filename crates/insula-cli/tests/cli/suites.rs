//! `--exercise` with the kinds of test suites that there are: what a test shows is held against the modules that it
//! uses, and against no other one that its file imports.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::common::{answers, compile, python};
use crate::exercise::{audited_by, folder, keys, notes, python_with_pytest};
use crate::lines::build;

/// The modules `shop`, with its defects, and `fair`, without: from one source, with debug information.
fn shop_and_fair(place: &Path) -> [PathBuf; 2] {
    let source = fs::read_to_string(folder().join("shop.c")).unwrap();
    let fair = format!("#define SOUND\n{}", source.replace("shop", "fair"));
    fs::create_dir(place.join("src")).unwrap();
    [("shop.c", source), ("fair.c", fair)].map(|(file, source)| build(place, file, &source, &["-g"]))
}

/// What tests are held against it for: rule and test.
fn accused(module: &Value) -> Vec<String> {
    let mut found: Vec<String> = keys(module).into_iter().filter(|key| key.contains("kinds")).collect();
    found.sort();
    found
}

#[test]
fn in_every_kind_of_suite_a_test_is_held_against_what_it_uses() {
    let place = tempfile::tempdir().unwrap();
    let python = python_with_pytest(place.path());
    // The tests import both, whichever is audited.
    let path = place.path().join("venv/lib/python3.13/site-packages/both.pth");
    fs::write(path, place.path().to_str().unwrap()).unwrap();
    let tests = ["--exercise", "python -m pytest --doctest-modules kinds"];
    let [shop, fair] = shop_and_fair(place.path()).map(|file| audited_by(&python, &file, &tests));
    let (leaks, fails) = (|test| format!("INS308:shop:kinds/{test}"), |test| format!("INS303:shop:kinds/{test}"));
    let expected = [
        fails("test_import.py"),
        fails("test_pytest.py::test_imports_late"),
        fails("test_unittest.py::Connected::test_connected"),
        fails("test_unittest.py::Prepared::test_parts"),
        leaks("helpers.py::helpers.enter"),
        leaks("test_optional.py::test_leaks"),
        leaks("test_pytest.py::TestOfClass::test_leaks"),
        leaks("test_pytest.py::test_leaks_by_a_sibling"),
        leaks("test_pytest.py::test_leaks_in_a_coroutine"),
        leaks("test_pytest.py::test_leaks_in_a_folder"),
        leaks("test_pytest.py::test_parameters[Saturday-shop]"),
        leaks("test_pytest.py::test_parameters[a/b [x]-shop]"),
        leaks("test_unittest.py::Prepared::test_leaks"),
        leaks("test_unittest.py::Waiting::test_leaks"),
    ];
    assert_eq!(accused(&shop), expected, "{}", notes(&shop));
    assert_eq!(answers(&shop), "own-gil=no parallel=no clean=no");
    // Each is where the function is that the test calls.
    let source = fs::read_to_string(place.path().join("src/shop.c")).unwrap();
    for finding in shop["findings"].as_array().unwrap().iter().filter(|one| one["location"]["kind"] == "test") {
        let function = if finding["rule"] == "INS308" { "ledger_enter(" } else { "connect(" };
        let line = 1 + source.lines().position(|line| line.starts_with(function)).unwrap();
        assert_eq!(finding["location"]["line"], line, "{finding}");
    }
    assert_eq!(keys(&fair), Vec::<String>::new(), "{}", notes(&fair));
    assert_eq!(fair["isolated"], "yes", "{}", fair["answers"]);
    let said = notes(&fair);
    for what in ["fail in further interpreters: kinds/", "leave memory behind each time: kinds/"] {
        let line = format!("not held against fair, of which they use nothing: tests that {what}");
        assert!(said.contains(&line), "{line:?} is not in\n{said}");
    }
}

#[test]
fn with_unittest_each_module_class_and_subtest_is_held_against_what_it_uses() {
    let place = tempfile::tempdir().unwrap();
    let python = place.path().join("venv/bin/python");
    let mut make = std::process::Command::new(crate::common::python().executable);
    make.args(["-m", "venv", "--without-pip"]).arg(place.path().join("venv"));
    assert!(make.status().unwrap().success());
    let path = place.path().join("venv/lib/python3.13/site-packages/both.pth");
    fs::write(path, place.path().to_str().unwrap()).unwrap();
    let files = shop_and_fair(place.path());
    for (workload, prefix) in [
        ("-m unittest kinds.test_unittest kinds.test_import", "kinds."),
        ("-m unittest discover -s kinds -p test_[iu]*", ""),
    ] {
        let [shop, fair] = files.each_ref().map(|file| audited_by(&python, file, &["--exercise", workload]));
        let mut found: Vec<String> = keys(&shop).into_iter().filter(|key| key.contains("test_")).collect();
        found.sort();
        let expected = [
            ("INS303", "test_import"),
            ("INS303", "test_unittest.Connected"),
            ("INS303", "test_unittest.Prepared.test_parts"),
            ("INS308", "test_unittest.Prepared.test_leaks"),
            ("INS308", "test_unittest.Waiting.test_leaks"),
        ];
        assert_eq!(found, expected.map(|(rule, test)| format!("{rule}:shop:{prefix}{test}")), "{}", notes(&shop));
        assert_eq!(keys(&fair), Vec::<String>::new(), "{workload}: {}", notes(&fair));
    }
}

#[test]
fn a_test_that_crashes_and_does_not_use_the_module_is_not_held_against_it() {
    let place = tempfile::tempdir().unwrap();
    let [_, fair] = shop_and_fair(place.path());
    let module = audited_by(Path::new("3.13"), &fair, &["--exercise", "-m unittest neighbour"]);
    assert_eq!(keys(&module), Vec::<String>::new(), "{}", notes(&module));
    assert_eq!(module["isolated"], "yes", "{}", module["answers"]);
    let said = notes(&module);
    for line in [
        "neighbour.Neighbour.test_b_crash ends the process in the second interpreter: crash (SIGSEGV); it is left out",
        "they use nothing: tests that end in a further interpreter by crash (SIGSEGV): \
         neighbour.Neighbour.test_b_crash",
    ] {
        assert!(said.contains(line), "{line:?} is not in\n{said}");
    }
}

/// A module that keeps what it is given, as it should, and one function of which loses a reference.
const STORE: &str = r#"
#include <Python.h>
typedef struct { PyObject *kept; } State;
static PyObject *keep(PyObject *module, PyObject *one) {
    State *state = PyModule_GetState(module);
    return PyList_Append(state->kept, one) < 0 ? NULL : PyLong_FromSsize_t(PyList_GET_SIZE(state->kept));
}
static PyObject *lose(PyObject *module, PyObject *one) { (void)module; Py_INCREF(one); Py_RETURN_NONE; }
static PyMethodDef methods[] = {{"keep", keep, METH_O, NULL}, {"lose", lose, METH_O, NULL}, {NULL}};
static int execute(PyObject *module) {
    State *state = PyModule_GetState(module);
    return (state->kept = PyList_New(0)) == NULL ? -1 : 0;
}
static int visit_state(PyObject *module, visitproc visit, void *arg) {
    Py_VISIT(((State *)PyModule_GetState(module))->kept);
    return 0;
}
static int clear_state(PyObject *module) { Py_CLEAR(((State *)PyModule_GetState(module))->kept); return 0; }
static void free_state(void *module) { clear_state(module); }
static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, execute}, {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
    {Py_mod_gil, Py_MOD_GIL_NOT_USED}, {0}};
static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, .m_name = "store", .m_size = sizeof(State), .m_methods = methods, .m_slots = slots,
    .m_traverse = visit_state, .m_clear = clear_state, .m_free = free_state};
PyMODINIT_FUNC PyInit_store(void) { return PyModuleDef_Init(&definition); }
"#;

const STORE_TESTS: &str = "
import unittest, store
class Plain: pass
class Store(unittest.TestCase):
    def test_keeps(self): store.keep([object])
    def test_keeps_much(self): store.keep([bytes(range(250)) * 4, {'a': [1]}])
    def test_keeps_and_loses(self): store.keep([object]); store.lose([object])
    def test_keeps_and_loses_much(self): store.keep(['x' * 9]); store.lose(bytes(range(250)) * 40)
    def test_keeps_what_is_not_known(self): store.keep(Plain()); store.lose([object])
";

#[test]
fn a_leak_beside_what_is_kept_is_found_or_said_to_be_unclear() {
    let place = tempfile::tempdir().unwrap();
    let file = compile(place.path(), "store", STORE, &python().facts.ext_suffix);
    fs::write(place.path().join("test_store.py"), STORE_TESTS).unwrap();
    let workload = "-m unittest test_store";
    let mut command = crate::common::insula();
    command.current_dir(place.path()).args(["audit", "--no-cache", "--no-config", "--format", "json", "--python"]);
    let (report, _) = crate::common::json_of(command.arg("3.13").arg(&file).args(["--exercise", workload]));
    let module = &report["targets"][0]["modules"][0];
    let found: Vec<String> = keys(module).into_iter().filter(|key| key.contains("test_store")).collect();
    assert_eq!(
        found,
        [
            "INS308:store:test_store.Store.test_keeps_and_loses",
            "INS308:store:test_store.Store.test_keeps_and_loses_much",
        ],
        "{}",
        notes(module)
    );
    let said = notes(module);
    let line = "not clear whether these tests leak, as they add to what is there already each time: \
                test_store.Store.test_keeps_what_is_not_known\n";
    assert!(said.contains(line), "{said}");
}

/// A module that does well in the interpreter that called it first. In others `now` ends the process, and after `late`
/// the collector does; `second` does so when it is called a second time, wherever that is.
const BREAKS: &str = r#"
#include <Python.h>
#include <stdlib.h>
static int64_t owner = -1;
static int damaged, calls;
static int at_home(void) {
    int64_t here = PyInterpreterState_GetID(PyInterpreterState_Get());
    if (owner == -1) owner = here;
    return here == owner;
}
static PyObject *fine(PyObject *module, PyObject *none) { Py_RETURN_NONE; }
/* Not for blind calls. */
static int really(PyObject *word) {
    return PyUnicode_Check(word) && PyUnicode_CompareWithASCIIString(word, "really") == 0;
}
static PyObject *now(PyObject *module, PyObject *word) {
    if (really(word) && !at_home()) abort();
    Py_RETURN_NONE;
}
static PyObject *late(PyObject *module, PyObject *word) {
    if (really(word) && !at_home()) damaged = 1;
    Py_RETURN_NONE;
}
static PyObject *second(PyObject *module, PyObject *word) {
    if (really(word) && ++calls > 1) abort();
    Py_RETURN_NONE;
}
static PyMethodDef methods[] = {
    {"fine", fine, METH_NOARGS, NULL}, {"now", now, METH_O, NULL}, {"late", late, METH_O, NULL},
    {"second", second, METH_O, NULL}, {NULL}};
static int visit(PyObject *module, visitproc visit, void *arg) { if (damaged) abort(); return 0; }
static PyModuleDef_Slot slots[] = {
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED}, {0}};
static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, .m_name = "breaks", .m_methods = methods, .m_slots = slots, .m_traverse = visit};
PyMODINIT_FUNC PyInit_breaks(void) { return PyModuleDef_Init(&definition); }
"#;

const BREAKS_WORK: &str = "
import os
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters
try:
    import breaks
except ImportError:
    breaks = None
def run(): breaks.now('really')
def second(): breaks.second('really')
def by_itself():
    breaks and breaks.fine()
    if interpreters.get_current() != interpreters.get_main(): os.abort()
";

const BREAKS_TESTS: &str = "
import unittest, breaks
class Late(unittest.TestCase):
    def test_a_fine(self): breaks.fine()
    def test_b_late(self): breaks.late('really')
    def test_c_fine(self): breaks.fine()
";

/// What a workload in this folder finds of the module that breaks: the tests that are named, the answers, the notes.
fn broken_by(file: &Path, workload: &str) -> (Vec<String>, String, String) {
    let mut command = crate::common::insula();
    command.current_dir(file.parent().unwrap()).args(["audit", "--no-cache", "--no-config", "--format", "json"]);
    command.args(["--python", "3.13"]).arg(file).args(["--exercise", workload]);
    let (report, _) = crate::common::json_of(&mut command);
    let module = &report["targets"][0]["modules"][0];
    let found = keys(module).into_iter().filter(|key| key.starts_with("INS303")).collect();
    let answer = |name: &str| module["answers"][name]["answer"].as_str().unwrap_or_default().to_owned();
    (found, format!("{} {}", answer("own-gil"), answer("parallel")), notes(module))
}

#[test]
fn a_workload_that_ends_a_further_interpreter_is_a_finding_like_a_test_that_does() {
    let place = tempfile::tempdir().unwrap();
    let file = compile(place.path(), "breaks", BREAKS, &python().facts.ext_suffix);
    fs::write(place.path().join("work.py"), BREAKS_WORK).unwrap();
    fs::write(place.path().join("script.py"), "import breaks\nbreaks.now('really')\n").unwrap();
    fs::write(place.path().join("test_late.py"), BREAKS_TESTS).unwrap();
    let cases = [
        ("work:run", Some("work:run")),
        ("python script.py --quick", Some("script.py")),
        // What a test damages, and the collector meets behind it.
        ("-m unittest test_late", Some("test_late.Late.test_b_late")),
        // The controls: twice in one interpreter, and without the module.
        ("work:second", None),
        ("work:by_itself", None),
    ];
    for pair in cases.chunks(2) {
        std::thread::scope(|scope| {
            for (workload, test) in pair {
                let file = &file;
                scope.spawn(move || {
                    let (found, answers, notes) = broken_by(file, workload);
                    let expected: Vec<String> = test.iter().map(|test| format!("INS303:breaks:{test}")).collect();
                    assert_eq!(found, expected, "{workload}: {notes}");
                    assert_eq!(answers, if test.is_some() { "no no" } else { "yes yes" }, "{workload}: {notes}");
                    assert!(notes.contains("crash (SIGABRT)"), "{workload}: {notes}");
                });
            }
        });
    }
}

const TWO_STORES: &str = "
import unittest, store, other
class Two(unittest.TestCase):
    def test_other_loses(self): store.lose(None); other.lose([object])
    def test_both_lose(self): store.lose([object]); other.lose([object])
    def test_store_loses(self): store.lose([object]); other.lose(None)
";

#[test]
fn a_leak_of_another_module_is_not_held_against_one_that_the_test_calls_too() {
    let place = tempfile::tempdir().unwrap();
    let suffix = python().facts.ext_suffix;
    let file = compile(place.path(), "store", STORE, &suffix);
    compile(place.path(), "other", &STORE.replace("store", "other"), &suffix);
    fs::write(place.path().join("test_two.py"), TWO_STORES).unwrap();
    let mut command = crate::common::insula();
    command.current_dir(place.path()).args(["audit", "--no-cache", "--no-config", "--format", "json", "--python"]);
    command.arg("3.13").arg(&file).args(["--exercise", "-m unittest test_two"]);
    let (report, _) = crate::common::json_of(command.env("PYTHONPATH", place.path()));
    let module = &report["targets"][0]["modules"][0];
    let found: Vec<String> = keys(module).into_iter().filter(|key| key.contains("test_two")).collect();
    let expected = ["INS308:store:test_two.Two.test_both_lose", "INS308:store:test_two.Two.test_store_loses"];
    assert_eq!(found, expected, "{}", notes(module));
    let line = "not held against store, without whose functions it is the same: tests that leave memory behind each \
                time: test_two.Two.test_other_loses\n";
    assert!(notes(module).contains(line), "{}", notes(module));
}
