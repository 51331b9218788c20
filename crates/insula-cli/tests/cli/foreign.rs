//! Modules that keep what is another module's: its objects, and its types.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::common::{answers, audit, compile, python};

/// A module whose exec slot has this body.
fn with_body(folder: &Path, name: &str, before: &str, body: &str) -> PathBuf {
    let source = format!(
        "#include <Python.h>\n{before}\nstatic int execute(PyObject *module) {{ {body} }}\n\
         static PyModuleDef_Slot slots[] = {{{{Py_mod_exec, execute}}, {{0, 0}}}};\n\
         static PyModuleDef definition = {{PyModuleDef_HEAD_INIT, .m_name = \"{name}\", .m_slots = slots}};\n\
         PyMODINIT_FUNC PyInit_{name}(void) {{ return PyModuleDef_Init(&definition); }}\n"
    );
    compile(folder, name, &source, &python().facts.ext_suffix)
}

fn audited(path: &Path) -> Value {
    audit(&[path.to_str().unwrap()]).0["targets"][0]["modules"][0].clone()
}

fn messages(module: &Value, rule: &str) -> Vec<String> {
    let findings = module["findings"].as_array().unwrap().iter().filter(|finding| finding["rule"] == rule);
    findings.map(|finding| finding["message"].as_str().unwrap().to_owned()).collect()
}

/// The first interpreter's `datetime.timezone.utc`, kept for all. Who never imported datetime cannot use it: on 3.13
/// the first attribute crashes.
const UTC: &str = "#include <datetime.h>\nstatic PyObject *kept;";

#[test]
fn an_object_that_the_second_interpreter_cannot_bear_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let body = "if (kept == NULL) { PyDateTime_IMPORT; kept = Py_NewRef(PyDateTime_TimeZone_UTC); } \
                return PyModule_AddObjectRef(module, \"kept\", kept);";
    let module = audited(&with_body(folder.path(), "shows_utc", UTC, body));
    assert!(answers(&module).contains("legacy=no"), "{module:#}");
    let said = messages(&module, "INS302");
    assert_eq!(said, ["crash (SIGSEGV) at: look at the module's names in the first sub-interpreter"]);
    let finding = module["findings"].as_array().unwrap().iter().find(|finding| finding["rule"] == "INS302").unwrap();
    let program = folder.path().join("shows.py");
    std::fs::write(&program, finding["repro"].as_str().unwrap()).unwrap();
    let status = Command::new(python().executable).arg(program).status().unwrap();
    assert_eq!(status.code(), Some(1));
}

#[test]
fn looking_for_shared_objects_crashes_on_none_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let body = "if (kept == NULL) { PyDateTime_IMPORT; kept = Py_BuildValue(\"[O]\", PyDateTime_TimeZone_UTC); } \
                return PyModule_AddObjectRef(module, \"kept\", kept);";
    let module = audited(&with_body(folder.path(), "hides_utc", UTC, body));
    assert_eq!(messages(&module, "INS302"), Vec::<String>::new(), "{module:#}");
    assert_eq!(messages(&module, "INS107"), ["hides_utc.kept (list) is one object in two interpreters"]);
}

#[test]
fn what_a_type_of_another_module_does_is_not_held_against_who_imports_it() {
    let folder = tempfile::tempdir().unwrap();
    let package = folder.path().join("both");
    std::fs::create_dir(&package).unwrap();
    std::fs::write(package.join("__init__.py"), "").unwrap();
    let crashes = "static PyObject *fresh(PyTypeObject *t, PyObject *a, PyObject *k) { (void)t; (void)a; (void)k; \
                   return Py_NewRef(*(PyObject *volatile *)8); }\n\
                   static PyTypeObject hidden = {PyVarObject_HEAD_INIT(NULL, 0) .tp_name = \"both.has_hidden.Hidden\", \
                   .tp_basicsize = sizeof(PyObject), .tp_flags = Py_TPFLAGS_DEFAULT, .tp_new = fresh};";
    let ready = "(void)module; return PyType_Ready(&hidden);";
    let own = with_body(&package, "has_hidden", crashes, ready);
    let import = "PyObject *other = PyImport_ImportModule(\"both.has_hidden\"); Py_XDECREF(other); (void)module; \
                  return other == NULL ? -1 : 0;";
    let user = with_body(&package, "uses_hidden", "", import);
    assert_ne!(messages(&audited(&own), "INS401"), Vec::<String>::new());
    let user = audited(&user);
    assert_eq!(user["answers"]["import"]["answer"], "yes", "{user:#}");
    assert_eq!(messages(&user, "INS401"), Vec::<String>::new());
}

#[test]
fn another_name_of_the_module_itself_is_no_dependency_in_the_way() {
    let folder = tempfile::tempdir().unwrap();
    let package = folder.path().join("twice");
    std::fs::create_dir(&package).unwrap();
    std::fs::write(package.join("__init__.py"), "").unwrap();
    let body = "if (PyInterpreterState_Get() != PyInterpreterState_Main()) { PyErr_SetString(PyExc_ValueError, \"not \
                here\"); return -1; } return PyDict_SetItemString(PyImport_GetModuleDict(), \"twice_native\", module);";
    let module = audited(&with_body(&package, "native", "", body));
    assert_eq!(messages(&module, "INS902"), Vec::<String>::new(), "{module:#}");
    assert_eq!(messages(&module, "INS302"), ["ValueError in the first sub-interpreter: not here"]);
}

/// A module with a function that raises the exception that is kept here, and another name for it.
fn raises(folder: &Path, name: &str, kept: &str, execute: &str) -> PathBuf {
    let source = format!(
        "#include <Python.h>\n#include <stdint.h>\n{kept}\n\
         static PyObject *fail(PyObject *m, PyObject *a) {{ (void)m; PyErr_SetObject(GET, a); return NULL; }}\n\
         static PyMethodDef methods[] = {{{{\"fail\", fail, METH_O, 0}}, {{0, 0, 0, 0}}}};\n\
         static int execute(PyObject *module) {{ PyObject *error = PyErr_NewException(\"{name}.Error\", NULL, NULL);\n\
         {execute} }}\n\
         static PyModuleDef_Slot slots[] = {{{{Py_mod_exec, execute}}, {{Py_mod_multiple_interpreters, \
         Py_MOD_PER_INTERPRETER_GIL_SUPPORTED}}, {{0, 0}}}};\n\
         static PyModuleDef definition = {{PyModuleDef_HEAD_INIT, .m_name = \"{name}\", .m_methods = methods, \
         .m_slots = slots}};\n\
         PyMODINIT_FUNC PyInit_{name}(void) {{ return PyModuleDef_Init(&definition); }}\n"
    );
    compile(folder, name, &source, &python().facts.ext_suffix)
}

#[test]
fn an_exception_type_of_the_other_interpreter_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let kept = "static uintptr_t kept;\n#define GET ((PyObject *)(kept ^ 0x5a5a000000000000))";
    let last = "kept = (uintptr_t)error ^ 0x5a5a000000000000; return PyModule_AddObjectRef(module, \"Error\", error);";
    let module = audited(&raises(folder.path(), "raises_last", kept, last));
    let expected = "module.fail(1,): raises Error, but raises Error (another type of that name) after the second \
                    interpreter imported it";
    assert_eq!(messages(&module, "INS305"), [expected], "{module:#}");
    // Nobody but who calls is given it.
    let first = "if (kept == 0) kept = (uintptr_t)error ^ 0x5a5a000000000000; (void)module; return 0;";
    let module = audited(&raises(folder.path(), "raises_first", kept, first));
    let expected = "module.fail(1,) gives two interpreters one and the same object (the type of what it raises, Error)";
    assert_eq!(messages(&module, "INS110"), [expected], "{module:#}");
    let finding = module["findings"].as_array().unwrap().iter().find(|finding| finding["rule"] == "INS110").unwrap();
    let program = folder.path().join("raises.py");
    std::fs::write(&program, finding["repro"].as_str().unwrap()).unwrap();
    let code = || Command::new(python().executable).arg(&program).status().unwrap().code();
    assert_eq!(code(), Some(1));
    let own = "PyObject *state = PyModule_GetDict(module); return PyDict_SetItemString(state, \"Error\", error);";
    raises(folder.path(), "raises_first", "#define GET PyObject_GetAttrString(m, \"Error\")", own);
    assert_eq!(code(), Some(0));
}
