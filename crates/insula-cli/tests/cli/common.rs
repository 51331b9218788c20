//! What the tests share: running the command, and making small extension modules.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use insula_pythons::Interpreter;
use serde_json::Value;

/// The version that expectations are written for.
pub(crate) fn python() -> Interpreter {
    insula_pythons::resolve("3.13").expect("the tests need CPython 3.13")
}

/// The command, ready for more arguments.
pub(crate) fn insula() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_insula"));
    // What stands on standard error is then what was wrong, however slow the machine is.
    command.env("INSULA_NO_PROGRESS", "1");
    command
}

/// A virtual environment of CPython 3.13 with these packages, but without a pip, whose installation would take longer
/// than most tests.
pub(crate) fn environment_with(place: &Path, packages: &[&str]) {
    let base = python().executable;
    let mut make = Command::new(&base);
    assert!(make.args(["-m", "venv", "--without-pip"]).arg(place).status().unwrap().success());
    let mut pip = Command::new(base);
    pip.args(["-m", "pip", "--python"]).arg(place.join("bin/python"));
    pip.args(["install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:"]).args(packages);
    let installed = pip.output().unwrap();
    assert!(installed.status.success(), "{}", String::from_utf8_lossy(&installed.stderr));
}

/// Runs an audit, not looking at earlier ones, and parses its JSON.
pub(crate) fn audit(arguments: &[&str]) -> (Value, Output) {
    let mut command = insula();
    command.args(["audit", "--no-cache", "--no-config", "--python", "3.13", "--format", "json"]).args(arguments);
    json_of(&mut command)
}

/// Runs a command and parses its JSON.
pub(crate) fn json_of(command: &mut Command) -> (Value, Output) {
    let output = command.output().unwrap();
    let report = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    (report, output)
}

/// The answers that are no plain yes, without questions that the interpreter cannot ask; of a module that could not
/// be imported, that answer.
pub(crate) fn answers(module: &Value) -> String {
    const ORDER: [&str; 9] =
        ["import", "again", "legacy", "own-gil", "parallel", "restart", "exit", "clean", "threads"];
    let imported = module["answers"]["import"]["answer"] == "yes";
    let told = ORDER.iter().filter_map(|question| {
        let answered = &module["answers"][question];
        let answer = match answered["answer"].as_str().expect("an answer") {
            "yes" if answered["declared"] == false => "undeclared",
            "yes" => return None,
            other => other,
        };
        (answered["excluded"] != true && (imported || *question == "import")).then(|| format!("{question}={answer}"))
    });
    told.collect::<Vec<_>>().join(" ")
}

/// Compiles a module whose exec slot has this body.
pub(crate) fn module(folder: &Path, name: &str, body: &str) -> PathBuf {
    module_for(&python(), folder, name, body)
}

/// The same for another version.
pub(crate) fn module_for(python: &Interpreter, folder: &Path, name: &str, body: &str) -> PathBuf {
    let source = format!(
        "#include <Python.h>\n#include <unistd.h>\n#include <stdio.h>\n{NO_GIL}\
         static int execute(PyObject *module) {{ (void)module; {body} }}\n\
         static PyModuleDef_Slot slots[] = {{{{Py_mod_exec, execute}}, NO_GIL {{0, 0}}}};\n\
         static PyModuleDef definition = {{PyModuleDef_HEAD_INIT, .m_name = \"{name}\", .m_slots = slots}};\n\
         PyMODINIT_FUNC PyInit_{name}(void) {{ return PyModuleDef_Init(&definition); }}\n"
    );
    compile_for(python, folder, name, &source, &python.facts.ext_suffix)
}

/// "I need no GIL", on versions that have the slot.
pub(crate) const NO_GIL: &str = "#if PY_VERSION_HEX >= 0x030D0000\n#define NO_GIL {Py_mod_gil, Py_MOD_GIL_NOT_USED},\n\
                                 #else\n#define NO_GIL\n#endif\n";

/// Compiles a shared library.
pub(crate) fn compile(folder: &Path, name: &str, source: &str, suffix: &str) -> PathBuf {
    compile_for(&python(), folder, name, source, suffix)
}

/// The same for another version.
pub(crate) fn compile_for(python: &Interpreter, folder: &Path, name: &str, source: &str, suffix: &str) -> PathBuf {
    let include = python.facts.include.as_ref().expect("the tests need CPython's headers");
    let (input, output) = (folder.join(format!("{name}.c")), folder.join(format!("{name}{suffix}")));
    std::fs::write(&input, source).unwrap();
    let status = Command::new("cc")
        .args(["-shared", "-fPIC", "-I"])
        .arg(include)
        // Some systems keep pyconfig.h beside the headers' folder.
        .arg("-idirafter")
        .arg(include.parent().expect("a folder"))
        .arg(&input)
        .arg("-o")
        .arg(&output)
        .status()
        .expect("the tests need a C compiler");
    assert!(status.success(), "{name} does not compile");
    output
}
