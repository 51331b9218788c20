//! Modules that misbehave: one clear answer each, the other modules are audited all the same, and nothing is left
//! behind.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::common::{answers, audit, compile, insula, json_of, module, python};

/// What processes there are whose command line mentions this folder, each worker's script being below it.
fn processes_of(folder: &Path) -> Vec<String> {
    let all = std::fs::read_dir("/proc").unwrap().flatten();
    let lines = all.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
    let lines = lines.map(|line| String::from_utf8_lossy(&line).replace('\0', " "));
    lines.filter(|line| line.contains(folder.to_str().unwrap())).collect()
}

/// Audits with a temporary folder of its own, which must be empty again when it ends, with no process left that was
/// started in it.
fn audit_cleanly(arguments: &[&str]) -> Value {
    let scratch = tempfile::tempdir().unwrap();
    let mut command = insula();
    command.args(["audit", "--no-cache", "--no-config", "--python", "3.13", "--format", "json"]).args(arguments);
    let (report, _) = json_of(command.env("TMPDIR", scratch.path()));
    assert_eq!(processes_of(scratch.path()), Vec::<String>::new());
    assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 0);
    report
}

fn module_of<'a>(report: &'a Value, name: &str) -> &'a Value {
    let targets = report["targets"].as_array().unwrap();
    let mut modules = targets.iter().flat_map(|target| target["modules"].as_array().unwrap());
    modules.find(|module| module["name"] == name).unwrap_or_else(|| panic!("no {name} in {report:#}"))
}

fn messages(module: &Value, rule: &str) -> Vec<String> {
    let findings = module["findings"].as_array().unwrap().iter().filter(|finding| finding["rule"] == rule);
    findings.map(|finding| finding["message"].as_str().unwrap().to_owned()).collect()
}

/// Modules with a body each that misbehaves in its own way.
fn hostile_set(folder: &Path) -> Vec<PathBuf> {
    [
        (
            "daemonises",
            "if (fork() == 0) { setsid(); if (fork() == 0) { for (int i = 0; i < 3; i++) close(i); \
             for (;;) sleep(1); } _exit(0); } return 0;",
        ),
        ("forks", "if (fork() == 0) for (;;) sleep(1); return 0;"),
        ("closes", "for (int i = 0; i < 20; i++) close(i); return 0;"),
        ("moves", "return chdir(\"/\");"),
        ("clears_the_terminal", "write(1, \"\\033[2J\\033]0;title\\007\", 14); return 0;"),
        ("deletes_itself", "Dl_info info; if (dladdr((void *)execute, &info)) unlink(info.dli_fname); return 0;"),
        (
            "forges",
            "static const char line[] = \"{\\\"place\\\":\\\"\\\",\\\"event\\\":{\\\"done\\\":{}}}\\n\"; \
             for (int i = 3; i < 600; i++) (void)!write(i, line, sizeof(line) - 1); return 0;",
        ),
        (
            "chatters",
            "static char noise[1 << 20]; for (int n = 0; n < 20; n++) for (int i = 200; i < 600; i++) \
             (void)!write(i, noise, sizeof(noise)); return 0;",
        ),
    ]
    .map(|(name, body)| {
        let body = format!("extern int dup(int); {body}");
        misbehaving(folder, name, &body)
    })
    .to_vec()
}

fn misbehaving(folder: &Path, name: &str, body: &str) -> PathBuf {
    let source = format!(
        "#define _GNU_SOURCE\n#include <Python.h>\n#include <dlfcn.h>\n#include <unistd.h>\n\
         static int execute(PyObject *module) {{ (void)module; {body} }}\n\
         static PyModuleDef_Slot slots[] = {{{{Py_mod_exec, execute}}, {{0, 0}}}};\n\
         static PyModuleDef definition = {{PyModuleDef_HEAD_INIT, .m_name = \"{name}\", .m_slots = slots}};\n\
         PyMODINIT_FUNC PyInit_{name}(void) {{ return PyModuleDef_Init(&definition); }}\n"
    );
    compile(folder, name, &source, &python().facts.ext_suffix)
}

#[test]
fn each_gets_one_clear_answer_and_nothing_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let set = hostile_set(folder.path());
    let mut arguments: Vec<&str> = set.iter().map(|path| path.to_str().unwrap()).collect();
    arguments.push("_json");
    let report = audit_cleanly(&arguments);
    assert_eq!(answers(module_of(&report, "_json")), "");
    for name in ["closes", "moves", "daemonises", "forks", "clears_the_terminal"] {
        assert_eq!(answers(module_of(&report, name)), "own-gil=undeclared", "{name}: {report:#}");
    }
    for name in ["daemonises", "forks"] {
        let said = messages(module_of(&report, name), "INS006");
        assert!(said.iter().any(|line| line.contains("leaves some behind")), "{name}: {said:?}");
    }
    let said = messages(module_of(&report, "clears_the_terminal"), "INS006");
    assert!(said.iter().any(|line| line.contains("standard output")), "{said:?}");
    let said = messages(module_of(&report, "moves"), "INS006");
    assert!(said.iter().any(|line| line.contains("working folder")), "{said:?}");
    for name in ["forges", "chatters"] {
        let module = module_of(&report, name);
        let error = module["error"].as_str().unwrap_or_else(|| panic!("{name} was believed: {module:#}"));
        assert!(error.contains("something else than the probe wrote"), "{name}: {error}");
        assert_eq!((answers(module).as_str(), &module["isolated"]), ("import=inconclusive", &"unknown".into()));
    }
    // It is there for the first import only; what that showed counts, and nothing else is called a finding.
    let module = module_of(&report, "deletes_itself");
    assert_ne!(module["isolated"], "yes", "{module:#}");
}

#[test]
fn names_and_messages_do_not_reach_the_terminal_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let body = "PyErr_SetString(PyExc_ValueError, \"\\033[31mred\\033]0;title\\007\"); return -1;";
    let path = module(folder.path(), "escapes", body);
    for format in ["text", "github", "junit"] {
        let output = insula()
            .args(["audit", "--no-cache", "--no-config", "--python", "3.13", "--format", format])
            .arg(&path)
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        assert!(!said.contains(&0x1b) && !said.contains(&7), "{format}: {}", String::from_utf8_lossy(&said));
    }
}

/// `INSULA_TEST_ROUNDS=1000` runs as many audits, each of some modules of the set; each takes a while.
#[test]
fn audits_of_the_set_leave_no_process_and_no_file() {
    let rounds: usize = std::env::var("INSULA_TEST_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(2);
    let folder = tempfile::tempdir().unwrap();
    let set = hostile_set(folder.path());
    for round in 0..rounds {
        // Copies, for one of them deletes itself.
        let copies = tempfile::tempdir().unwrap();
        let some = (0..3).map(|n| &set[(3 * round + n) % set.len()]);
        let some = some.map(|path| (path, copies.path().join(path.file_name().unwrap())));
        let some: Vec<String> = some
            .map(|(path, copy)| {
                std::fs::copy(path, &copy).unwrap();
                copy.to_str().unwrap().to_owned()
            })
            .collect();
        let before = files_of(copies.path());
        audit_cleanly(&["--select", "INS006"].into_iter().chain(some.iter().map(String::as_str)).collect::<Vec<_>>());
        let left = files_of(copies.path());
        assert!(left.is_subset(&before), "{left:?}");
    }
}

fn files_of(folder: &Path) -> BTreeSet<std::ffi::OsString> {
    std::fs::read_dir(folder).unwrap().flatten().map(|entry| entry.file_name()).collect()
}

#[test]
fn a_baseline_outlives_an_unrelated_global() {
    let folder = tempfile::tempdir().unwrap();
    let source = |more: &str| {
        format!(
            "#include <Python.h>\n{more}\nstatic PyObject *cache; static PyObject *names[2];\n\
             static PyObject *count(PyObject *m, PyObject *a) {{ static int calls; (void)m; (void)a; return \
             PyLong_FromLong(calls++); }}\n\
             static PyMethodDef methods[] = {{{{\"count\", count, METH_NOARGS, 0}}, {{0, 0, 0, 0}}}};\n\
             static int execute(PyObject *module) {{ cache = PyList_New(3); names[1] = PyDict_New(); \
             return PyModule_AddObjectRef(module, \"cache\", cache); }}\n\
             static PyModuleDef_Slot slots[] = {{{{Py_mod_exec, execute}}, {{0, 0}}}};\n\
             static PyModuleDef definition = \
             {{PyModuleDef_HEAD_INIT, .m_name = \"grows\", .m_methods = methods, .m_slots = slots}};\nPyMODINIT_FUNC \
             PyInit_grows(void) {{ return PyModuleDef_Init(&definition); }}\n"
        )
    };
    let build = |more: &str, strip: &str| {
        let path = compile(folder.path(), "grows", &source(more), &python().facts.ext_suffix);
        let stripped = std::process::Command::new("strip").arg(strip).arg(&path).status().unwrap();
        assert!(stripped.success());
        path
    };
    let known = folder.path().join("known.json");
    // With symbols, and without any.
    for strip in ["--strip-debug", "--strip-all"] {
        let path = build("", strip);
        let (before, output) = audit(&["--write-baseline", known.to_str().unwrap(), path.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(0), "{before:#}");
        let more = "static long unrelated[40] = {1}; long used(void); long used(void) \
                    { static int n; return unrelated[n++]; }";
        let path = build(more, strip);
        let (after, output) = audit(&["--baseline", known.to_str().unwrap(), path.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(0), "{after:#}");
        let module = module_of(&after, "grows");
        assert!(module["findings"].as_array().unwrap().iter().all(|finding| finding["known"] == true), "{after:#}");
        // The place did change, which the message says and the key does not.
        let text = |report: &Value| module_of(report, "grows")["findings"].to_string();
        assert_ne!(text(&before), text(&after).replace(",\"known\":true", ""), "{strip}");
        let keys = |report: &Value| -> Vec<String> {
            let findings = module_of(report, "grows")["findings"].as_array().unwrap().clone();
            findings.iter().map(|finding| finding["key"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(keys(&before), keys(&after));
    }
}

/// A type whose traverse misses a member, and a function that takes no notice of what `PyLong_AsLong` raised.
const UNCHECKED: &str = r#"
#include <Python.h>
typedef struct { PyObject_HEAD PyObject *value; } Box;
static PyObject *add_one(PyObject *module, PyObject *number) { return PyLong_FromLong(PyLong_AsLong(number) + 1); }
static PyMethodDef methods[] = {{"add_one", add_one, METH_O, NULL}, {NULL}};
static PyObject *box_new(PyTypeObject *type, PyObject *args, PyObject *keywords) {
    PyObject *value = Py_None;
    if (!PyArg_ParseTuple(args, "|O", &value)) return NULL;
    Box *self = (Box *)type->tp_alloc(type, 0);
    if (self != NULL) { Py_INCREF(value); self->value = value; }
    return (PyObject *)self;
}
static int box_traverse(Box *self, visitproc visit, void *arg) { Py_VISIT(Py_TYPE(self)); return 0; }
static int box_clear(Box *self) { Py_CLEAR(self->value); return 0; }
static void box_dealloc(Box *self) {
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    Py_CLEAR(self->value);
    type->tp_free(self);
    Py_DECREF(type);
}
static PyType_Slot box_slots[] = {
    {Py_tp_new, box_new}, {Py_tp_traverse, box_traverse}, {Py_tp_clear, box_clear}, {Py_tp_dealloc, box_dealloc}, {0}};
static PyType_Spec box_spec = {
    "unchecked.Box", sizeof(Box), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE, box_slots};
static int execute(PyObject *module) {
    PyObject *type = PyType_FromModuleAndSpec(module, &box_spec, NULL);
    if (type == NULL) return -1;
    int failed = PyModule_AddObjectRef(module, "Box", type);
    Py_DECREF(type);
    return failed;
}
static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, execute}, {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED}, {0}};
static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, .m_name = "unchecked", .m_methods = methods, .m_slots = slots};
PyMODINIT_FUNC PyInit_unchecked(void) { return PyModuleDef_Init(&definition); }
"#;

#[test]
fn an_exception_that_a_call_leaves_set_hides_no_other_defect() {
    let place = tempfile::tempdir().unwrap();
    let python = crate::common::python();
    let file = crate::common::compile(place.path(), "unchecked", UNCHECKED, &python.facts.ext_suffix);
    let module = crate::exercise::audited_by(&python.executable, &file, &[]);
    let found = crate::exercise::keys(&module);
    for rule in ["INS204:unchecked:Box", "INS402:unchecked:"] {
        assert!(found.iter().any(|key| key.starts_with(rule)), "{rule} is not among {found:#?}");
    }
    let notes = crate::exercise::notes(&module);
    assert!(!notes.contains("no instance") && !notes.contains("the auditor's own code"), "{notes}");
}

#[test]
fn who_does_not_count_how_deep_it_goes_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let compiled = |name: &str, enter: &str, leave: &str| {
        let source = format!(
            "#include <Python.h>\nstatic Py_ssize_t depth(PyObject *one) {{ Py_ssize_t most = 0;\n\
             if (!PyList_Check(one)) return 0;\n{enter}\n\
             for (Py_ssize_t i = 0; most >= 0 && i < PyList_GET_SIZE(one); i++) most = depth(PyList_GET_ITEM(one, i));\n\
             {leave}\nreturn most < 0 ? -1 : most + 1; }}\n\
             static PyObject *nesting(PyObject *m, PyObject *one) {{ (void)m; Py_ssize_t found = depth(one); \
             return found < 0 ? NULL : PyLong_FromSsize_t(found); }}\n\
             static PyMethodDef methods[] = {{{{\"nesting\", nesting, METH_O, 0}}, {{0, 0, 0, 0}}}};\n\
             static PyModuleDef definition = {{PyModuleDef_HEAD_INIT, .m_name = \"{name}\", .m_methods = methods}};\n\
             PyMODINIT_FUNC PyInit_{name}(void) {{ return PyModuleDef_Init(&definition); }}\n"
        );
        let path = compile(folder.path(), name, &source, &python().facts.ext_suffix);
        messages(&audit(&[path.to_str().unwrap()]).0["targets"][0]["modules"][0], "INS401")
    };
    assert_eq!(compiled("goes_down", "", ""), ["module.nesting(deep()): crash (SIGSEGV)"]);
    let (enter, leave) = ("if (Py_EnterRecursiveCall(\"\")) return -1;", "Py_LeaveRecursiveCall();");
    assert_eq!(compiled("counts", enter, leave), Vec::<String>::new());
}
