//! The programs that show findings: what the modules of the corpus have no case of.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::common::{audit, compile, module, python};

fn audited(path: &Path) -> Value {
    audit(&[path.to_str().unwrap()]).0["targets"][0]["modules"][0].clone()
}

/// The program of the only finding of a rule.
fn program(module: &Value, rule: &str) -> String {
    let findings = module["findings"].as_array().unwrap().iter().filter(|finding| finding["rule"] == rule);
    let programs: Vec<&str> = findings.map(|finding| finding["repro"].as_str().unwrap()).collect();
    let [program] = programs[..] else { panic!("{rule}: {module:#}") };
    program.to_owned()
}

fn code(folder: &Path, program: &str) -> Option<i32> {
    let file = folder.join("program.py");
    std::fs::write(&file, program).unwrap();
    Command::new(python().executable).arg(file).current_dir("/").output().unwrap().status.code()
}

#[test]
fn who_works_only_where_the_main_interpreter_came_first_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let body = "static int known; if (!known && PyInterpreterState_Get() != PyInterpreterState_Main()) \
                { PyErr_SetString(PyExc_ValueError, \"nobody told where to begin\"); return -1; } known = 1; return 0;";
    let audited = audited(&module(folder.path(), "main_first", body));
    for rule in ["INS302", "INS303"] {
        assert_eq!(code(folder.path(), &program(&audited, rule)), Some(1), "{rule}");
    }
    module(folder.path(), "main_first", "return 0;");
    for rule in ["INS302", "INS303"] {
        assert_eq!(code(folder.path(), &program(&audited, rule)), Some(0), "{rule}");
    }
}

#[test]
fn an_old_type_that_the_package_passes_on_as_its_own_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let package = folder.path().join("passes_on");
    std::fs::create_dir(&package).unwrap();
    std::fs::write(package.join("__init__.py"), "from .native import Error\n").unwrap();
    let compiled = |storage: &str, asked: &str| {
        let source = format!(
            "#include <Python.h>\nstatic int execute(PyObject *module) {{ {storage} PyObject *error;\n\
             if ({asked}) error = PyErr_NewException(\"passes_on.Error\", NULL, NULL);\n\
             return PyModule_AddObjectRef(module, \"Error\", error); }}\n\
             static PyModuleDef_Slot slots[] = {{{{Py_mod_exec, execute}}, {{0, 0}}}};\n\
             static PyModuleDef definition = {{PyModuleDef_HEAD_INIT, .m_name = \"native\", .m_slots = slots}};\n\
             PyMODINIT_FUNC PyInit_native(void) {{ return PyModuleDef_Init(&definition); }}\n"
        );
        compile(&package, "native", &source, &python().facts.ext_suffix)
    };
    let audited = audited(&compiled("static", "error == NULL"));
    let program = program(&audited, "INS301");
    assert_eq!(code(folder.path(), &program), Some(1));
    compiled("", "1");
    assert_eq!(code(folder.path(), &program), Some(0));
}

#[test]
fn what_the_second_interpreter_has_by_another_way_is_shown_by_that_way() {
    let folder = tempfile::tempdir().unwrap();
    let source = |start: &str| {
        format!(
            "#include <Python.h>\nstatic PyObject *call(PyObject *m, PyObject *a) {{ (void)m; (void)a; Py_RETURN_NONE; }}\n\
             static PyMethodDef methods[] = {{{{\"call\", call, METH_NOARGS, 0}}, {{0, 0, 0, 0}}}};\n\
             static PyModuleDef definition = {{PyModuleDef_HEAD_INIT, .m_name = \"two_ways\", .m_methods = methods}};\n\
             PyMODINIT_FUNC PyInit_two_ways(void) {{ return {start}(&definition); }}\n"
        )
    };
    let single = source("definition.m_size = -1, PyModule_Create");
    let module = audited(&compile(folder.path(), "two_ways", &single, &python().facts.ext_suffix));
    let findings = module["findings"].as_array().unwrap().iter().filter(|finding| finding["rule"] == "INS107");
    let message = "two_ways.<dict> (dict) is one object in two interpreters; the second one has it as \
                   two_ways.call.<module>.<dict>";
    let finding = findings.into_iter().find(|finding| finding["message"] == message);
    let program = finding.unwrap_or_else(|| panic!("{module:#}"))["repro"].as_str().unwrap();
    assert_eq!(code(folder.path(), program), Some(1));
    compile(folder.path(), "two_ways", &source("PyModuleDef_Init"), &python().facts.ext_suffix);
    assert_eq!(code(folder.path(), program), Some(0));
}
