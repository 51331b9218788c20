//! Time limits: what is slow is inconclusive, what is stuck is a finding.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::common::{answers, audit, compile, python};

/// A module that declares an own GIL, with this code in front and this body of its exec slot.
fn declared(folder: &Path, name: &str, code: &str, body: &str) -> PathBuf {
    let source = format!(
        "#include <Python.h>\n#include <pthread.h>\n#include <time.h>\n#include <unistd.h>\n{code}\n\
         static PyObject *call(PyObject *m, PyObject *a);\n\
         static PyMethodDef methods[] = {{{{\"call\", call, METH_NOARGS, 0}}, {{0, 0, 0, 0}}}};\n\
         static int execute(PyObject *module) {{ (void)module; {body} }}\n\
         static PyModuleDef_Slot slots[] = {{{{Py_mod_exec, execute}}, {{Py_mod_multiple_interpreters, \
         Py_MOD_PER_INTERPRETER_GIL_SUPPORTED}}, {{Py_mod_gil, Py_MOD_GIL_NOT_USED}}, {{0, 0}}}};\n\
         static PyModuleDef definition = {{PyModuleDef_HEAD_INIT, .m_name = \"{name}\", .m_methods = methods, \
         .m_slots = slots}};\n\
         PyMODINIT_FUNC PyInit_{name}(void) {{ return PyModuleDef_Init(&definition); }}\n"
    );
    compile(folder, name, &source, &python().facts.ext_suffix)
}

const NO_CALL: &str = "static PyObject *call(PyObject *m, PyObject *a) { (void)m; (void)a; Py_RETURN_NONE; }";

fn findings(module: &Value) -> Vec<(String, String)> {
    let all = module["findings"].as_array().unwrap().iter();
    all.map(|one| (one["rule"].as_str().unwrap().to_owned(), one["message"].as_str().unwrap().to_owned())).collect()
}

#[test]
fn interpreters_that_wait_for_each_other_are_stuck() {
    let folder = tempfile::tempdir().unwrap();
    // The first import takes one lock, then the other; the second one the other way round, and they give each other
    // time to.
    let code = format!(
        "static pthread_mutex_t locks[2] = {{PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER}};\n\
         static volatile int imports, inside;\n{NO_CALL}"
    );
    let body = "int first = __sync_fetch_and_add(&imports, 1) & 1; \
                pthread_mutex_lock(&locks[first]); __sync_fetch_and_add(&inside, 1); \
                for (int i = 0; i < 20 && inside < 2; i++) usleep(10000); \
                pthread_mutex_lock(&locks[1 - first]); \
                pthread_mutex_unlock(&locks[1 - first]); __sync_fetch_and_sub(&inside, 1); \
                pthread_mutex_unlock(&locks[first]); return 0;";
    let path = declared(folder.path(), "deadlocks", &code, body);
    let (report, _) = audit(&["--timeout", "8", path.to_str().unwrap()]);
    let module = &report["targets"][0]["modules"][0];
    assert_eq!(module["answers"]["own-gil"]["answer"], "yes", "{module:#}");
    assert_eq!(module["answers"]["parallel"]["answer"], "no", "{module:#}");
    let found = findings(module);
    let (_, message) = found.iter().find(|(rule, _)| rule == "INS304").unwrap_or_else(|| panic!("{found:?}"));
    assert!(message.contains("no thread uses the processor any more"), "{message}");
}

#[test]
fn a_call_that_blocks_for_ever_once_another_interpreter_came_is_stuck() {
    let folder = tempfile::tempdir().unwrap();
    let code = "static volatile int imports;\n\
                static PyObject *call(PyObject *m, PyObject *a) \
                { (void)m; (void)a; while (imports > 1) pause(); Py_RETURN_NONE; }";
    let path = declared(folder.path(), "blocks", code, "imports++; return 0;");
    let (report, _) = audit(&["--timeout", "14", path.to_str().unwrap()]);
    let module = &report["targets"][0]["modules"][0];
    let found = findings(module);
    let (_, message) = found.iter().find(|(rule, _)| rule == "INS305").unwrap_or_else(|| panic!("{module:#}"));
    assert!(message.contains("no thread uses the processor any more"), "{message}");
    assert_eq!(module["answers"]["legacy"]["answer"], "no");
}

#[test]
fn a_slow_twin_is_inconclusive_and_told_how_to_get_more_time() {
    let folder = tempfile::tempdir().unwrap();
    // Each import computes for a quarter of a second of processor time: once is within the limit, and the cycles of the
    // runtime take longer.
    let body = "struct timespec start, now; clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start); \
                do clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now); while ((now.tv_sec - start.tv_sec) * 1000000000L + \
                now.tv_nsec - start.tv_nsec < 250000000L); return 0;";
    let path = declared(folder.path(), "computes", NO_CALL, body);
    let (report, output) = audit(&["--timeout", "1", path.to_str().unwrap()]);
    let module = &report["targets"][0]["modules"][0];
    // Which of them run out of time depends on what else the machine does; none is a no, and each says how to get more.
    let told: Vec<&Value> = module["answers"].as_object().unwrap().values().collect();
    assert!(told.iter().all(|one| one["answer"] != "no"), "{module:#}");
    // What is clean is summed up from rules, whose reasons stand with them.
    let summed_up = &module["answers"]["clean"];
    let slow: Vec<&&Value> = told.iter().filter(|one| one["answer"] == "inconclusive" && **one != summed_up).collect();
    let hint = |one: &&Value| one["why"].as_str().unwrap().contains("give it more with --timeout");
    assert!(!slow.is_empty() && slow.iter().all(|one| hint(one)), "{module:#}");
    let grave: Vec<(String, String)> = findings(module).into_iter().filter(|(rule, _)| rule != "INS901").collect();
    assert_eq!(grave, [], "{module:#}");
    assert_eq!(module["isolated"], "unknown");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_slow_constructor_is_not_taken_for_none() {
    let folder = tempfile::tempdir().unwrap();
    let code = format!(
        "{NO_CALL}\n\
         static PyObject *fresh(PyTypeObject *type, PyObject *a, PyObject *k) {{ (void)a; (void)k; clock_t end = clock() + \
         CLOCKS_PER_SEC * 9 / 100; while (clock() < end); return type->tp_alloc(type, 0); }}\n\
         static void end(PyObject *self) {{ PyTypeObject *type = Py_TYPE(self); type->tp_free(self); Py_DECREF(type); }}\n\
         static PyType_Slot parts[] = {{{{Py_tp_new, fresh}}, {{Py_tp_dealloc, end}}, {{0, 0}}}};\n\
         static PyType_Spec spec = {{\"slow_type.Slow\", sizeof(PyObject), 0, Py_TPFLAGS_DEFAULT | \
         Py_TPFLAGS_IMMUTABLETYPE, parts}};"
    );
    let body = "PyObject *type = PyType_FromModuleAndSpec(module, &spec, NULL); \
                return type == NULL ? -1 : PyModule_AddObject(module, \"Slow\", type);";
    let path = declared(folder.path(), "slow_type", &code, body);
    let (report, _) = audit(&["--timeout", "1", path.to_str().unwrap()]);
    let module = &report["targets"][0]["modules"][0];
    for rule in ["INS202", "INS211"] {
        let result = &module["rules"][rule];
        assert_eq!(result["status"], "inconclusive", "{rule}: {module:#}");
        assert!(result["reason"].as_str().unwrap().contains("time"), "{rule}: {module:#}");
    }
    // With more, it is as right as others.
    let grave: Vec<(String, String)> = findings(module).into_iter().filter(|(rule, _)| rule != "INS901").collect();
    assert_eq!(grave, []);
}

#[test]
fn less_time_brings_no_finding_that_more_time_does_not() {
    less_time_brings_nothing_more("kiwisolver==1.5.1");
}

/// The same for other people's modules.
pub(crate) fn less_time_brings_nothing_more(target: &str) {
    let rules = |timeout: &str| {
        let (report, _) = audit(&["--timeout", timeout, target]);
        let modules = report["targets"][0]["modules"].as_array().unwrap().clone();
        let found = modules.iter().flat_map(|module| {
            let name = module["name"].as_str().unwrap();
            findings(module).into_iter().map(move |(rule, message)| (name.to_owned(), rule, message))
        });
        found.filter(|(_, rule, _)| rule != "INS901").collect::<Vec<_>>()
    };
    let (little, much) = (rules("4"), rules("400"));
    let surplus: Vec<_> = little.iter().filter(|one| !much.contains(one)).collect();
    assert_eq!(surplus, Vec::<&(String, String, String)>::new());
}

#[test]
fn an_import_that_waits_is_stuck_and_one_that_computes_is_not_known() {
    let folder = tempfile::tempdir().unwrap();
    let waits = declared(folder.path(), "waits", NO_CALL, "for (;;) pause();");
    let (report, _) = audit(&["--timeout", "4", waits.to_str().unwrap()]);
    assert_eq!(answers(&report["targets"][0]["modules"][0]), "import=no");
    let computes = declared(folder.path(), "endless", NO_CALL, "for (volatile int i = 0;; i++) {}");
    let (report, _) = audit(&["--timeout", "4", computes.to_str().unwrap()]);
    assert_eq!(answers(&report["targets"][0]["modules"][0]), "import=inconclusive");
}
