//! `insula audit --isolate`, with packages that stand in for `insula_isolate`: one that isolates nothing, and one that
//! copies each extension file as it is. So it is the auditor that is tested here, and not the loader.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::common::{compile, insula, json_of, python};

/// What is the same in both.
const HEAD: &str = "import _imp, sys\n";

/// Loads every module as usual, whatever it declares.
const NOTHING: &str = "
def install():
    if sys.modules['insula_isolate._native'].number():
        _imp._override_multi_interp_extensions_check(-1)
from insula_isolate import _native
";

/// Copies each extension file, and nothing else.
const COPIES: &str = "
import importlib.machinery, os, shutil, tempfile
from insula_isolate import _native

class Loader(importlib.machinery.ExtensionFileLoader):
    def create_module(self, spec):
        spec.origin = os.path.join(tempfile.mkdtemp(), os.path.basename(self.path))
        shutil.copyfile(self.path, spec.origin)
        _native.COPIES[spec.origin] = self.path
        try:
            return super().create_module(spec)
        finally:
            spec.origin = self.path

class Finder:
    def find_spec(self, name, path=None, target=None):
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is None or not isinstance(spec.loader, importlib.machinery.ExtensionFileLoader):
            return None
        if not os.path.exists(os.path.join(os.path.dirname(spec.origin), 'copied')):
            return None
        spec.loader = Loader(name, spec.origin)
        return spec

def install():
    if _native.number():
        _imp._override_multi_interp_extensions_check(-1)
        sys.meta_path.insert(0, Finder())
";

/// Tells where the copies lie, by the kernel's map of the process.
const NATIVE: &str = "
import _interpreters, struct

COPIES = {}

def number():
    return _interpreters.get_current()[0]

def size(path):
    with open(path, 'rb') as file:
        data = file.read()
    begin, = struct.unpack_from('<Q', data, 0x20)
    each, number = struct.unpack_from('<HH', data, 0x36)
    end = 0
    for header in range(begin, begin + each * number, each):
        kind, = struct.unpack_from('<I', data, header)
        address, = struct.unpack_from('<Q', data, header + 16)
        length, = struct.unpack_from('<Q', data, header + 40)
        end = max(end, address + length if kind == 1 else 0)
    return end

def images():
    found = []
    with open('/proc/self/maps') as maps:
        for line in maps.read().splitlines():
            fields = line.split(maxsplit=5)
            path = fields[5] if len(fields) > 5 else None
            if path in COPIES and int(fields[2], 16) == 0:
                address = int(fields[0].split('-')[0], 16)
                found.append({'path': COPIES[path], 'address': address, 'size': size(path), 'kind': 'extension'})
    return found
";

/// A folder with a package that stands in, and one for modules.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new(package: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("stand-in/insula_isolate");
        std::fs::create_dir_all(&home).unwrap();
        std::fs::create_dir(folder.path().join("modules")).unwrap();
        std::fs::write(folder.path().join("modules/copied"), "").unwrap();
        std::fs::write(home.join("__init__.py"), format!("{HEAD}{package}")).unwrap();
        std::fs::write(home.join("_native.py"), NATIVE).unwrap();
        Self { folder }
    }

    fn modules(&self) -> PathBuf {
        self.folder.path().join("modules")
    }

    /// A module with these functions, whose exec slot has this body.
    fn module(&self, name: &str, functions: &str, methods: &str, body: &str) -> PathBuf {
        compile(&self.modules(), name, &source(name, functions, methods, body), &python().facts.ext_suffix)
    }

    fn audit(&self, target: &Path) -> (Value, Output) {
        let mut command = insula();
        command.args(["audit", "--isolate", "--no-config", "--python", "3.13", "--format", "json"]);
        command.arg("--isolate-package").arg(self.folder.path().join("stand-in")).arg(target);
        let (report, output) = json_of(&mut command);
        let schema: Value = serde_json::from_str(include_str!("../../../../docs/report.schema.json")).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let wrong: Vec<String> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
        assert!(wrong.is_empty(), "{wrong:#?}\n{report:#}");
        (report, output)
    }
}

fn source(name: &str, functions: &str, methods: &str, body: &str) -> String {
    format!(
        "#include <Python.h>\n{functions}\n\
         static PyMethodDef methods[] = {{{methods} {{0}}}};\n\
         static int execute(PyObject *module) {{ (void)module; {body} return 0; }}\n\
         static PyModuleDef_Slot slots[] = {{{{Py_mod_exec, execute}}, {{0, 0}}}};\n\
         static PyModuleDef definition = {{PyModuleDef_HEAD_INIT, .m_name = \"{name}\", .m_methods = methods,\n\
                                           .m_slots = slots}};\n\
         PyMODINIT_FUNC PyInit_{name}(void) {{ return PyModuleDef_Init(&definition); }}\n"
    )
}

/// The verdict of the only module, and its findings: rule and message.
fn verdict(report: &Value) -> (String, Vec<(String, String)>) {
    let verdict = report["isolate"][0]["modules"][0]["verdict"].as_str().unwrap_or_default().to_owned();
    let findings = report["targets"][0]["modules"][0]["findings"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (verdict, findings.iter().map(|one| (text(&one["rule"]), text(&one["message"]))).collect())
}

fn has(findings: &[(String, String)], rule: &str, part: &str) -> bool {
    findings.iter().any(|(id, message)| id == rule && message.contains(part))
}

const KEPT: &str = "if (kept == NULL) kept = PyList_New(3);";

#[test]
fn a_variable_that_holds_an_object_is_found_where_nothing_is_isolated() {
    let place = Place::new(NOTHING);
    let module = place.module("keeps", "static PyObject *kept;", "", KEPT);
    let (report, output) = place.audit(&module);
    let (verdict, findings) = verdict(&report);
    assert_eq!((verdict.as_str(), output.status.code()), ("not-isolated", Some(1)), "{report:#}");
    assert!(
        has(&findings, "INS107", "kept is one for all interpreters, and holds an object: list 3 items"),
        "{report:#}"
    );
}

/// The first line that says this.
fn line_of(source: &str, text: &str) -> u64 {
    source.lines().position(|line| line.contains(text)).unwrap_or_else(|| panic!("no {text}")) as u64 + 1
}

#[test]
fn findings_are_at_their_source_lines_in_text_and_json() {
    let place = Place::new(NOTHING);
    let functions = "static PyObject *kept;\nstatic int imports;\n\
                     static PyObject *count(PyObject *m, PyObject *a)\n\
                     { (void)m; (void)a; return PyLong_FromLong(imports); }";
    let code = source("counts", functions, "{\"count\", count, METH_NOARGS},", &format!("imports++; {KEPT}"));
    let root = place.folder.path();
    std::fs::create_dir(root.join(".git")).unwrap();
    std::fs::write(root.join("modules/counts.c"), &code).unwrap();
    let module = root.join(format!("modules/counts{}", python().facts.ext_suffix));
    let mut compiler = Command::new("cc");
    compiler.args(["-g", "-shared", "-fPIC", "-I"]).arg(python().facts.include.unwrap());
    assert!(compiler.arg(root.join("modules/counts.c")).arg("-o").arg(&module).status().unwrap().success());
    let audit = |format: &str| {
        let mut command = insula();
        command.current_dir(root).args(["audit", "--isolate", "--no-config", "--python", "3.13", "--format", format]);
        command.args(["--isolate-package", "stand-in"]).arg(&module);
        command
    };
    let (report, _) = json_of(&mut audit("json"));
    let output = audit("text").output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let findings = report["targets"][0]["modules"][0]["findings"].as_array().unwrap();
    for (rule, planted, said) in [
        ("INS107", "PyObject *kept;", "kept is one for all interpreters"),
        ("INS305", "*count(PyObject *m", "module.count()"),
    ] {
        let line = line_of(&code, planted);
        let about = |one: &&Value| one["rule"] == rule && one["message"].as_str().unwrap().contains(said);
        let one = findings.iter().find(about).unwrap_or_else(|| panic!("no {rule}: {report:#}"));
        let location = &one["location"];
        assert_eq!((&location["file"], &location["line"]), (&"modules/counts.c".into(), &line.into()), "{one:#}");
        assert!(location["code"].as_str().unwrap().contains(planted), "{one:#}");
        let shown = format!("{rule} error: modules/counts.c:{line}: ");
        assert!(text.lines().any(|line| line.contains(&shown) && line.contains(said)), "{shown}{said}: {text}");
    }
}

#[test]
fn the_same_module_is_isolated_by_copies() {
    let place = Place::new(COPIES);
    let module = place.module("keeps", "static PyObject *kept;", "", KEPT);
    let (report, output) = place.audit(&module);
    let (verdict, findings) = verdict(&report);
    assert_eq!((verdict.as_str(), output.status.code()), ("isolated-by-copy", Some(0)), "{report:#}");
    assert!(findings.is_empty(), "{report:#}");
    let proof = &report["isolate"][0];
    assert_eq!(proof["modules"][0]["copies"], 3, "{report:#}");
    // Each copy holds a list of its own.
    assert_eq!(proof["modules"][0]["objects"], 3, "{report:#}");
    assert!(proof["leaks"]["control"].is_object(), "{report:#}");
}

#[test]
fn a_module_without_state_is_isolated_as_it_is() {
    let place = Place::new(NOTHING);
    let module = place.module("stateless", "", "", "");
    let (report, output) = place.audit(&module);
    assert_eq!(verdict(&report).0, "isolated-as-it-is", "{report:#}");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_list_in_a_library_that_the_copies_share_is_found_and_the_library_named() {
    let place = Place::new(COPIES);
    let folder = place.modules();
    let include = python().facts.include.unwrap();
    let library = folder.join("libregister.so");
    let code = "#include <Python.h>\nPyObject *registered;\n\
                void register_it(void) { if (registered == NULL) registered = PyList_New(2); }\n";
    std::fs::write(folder.join("register.c"), code).unwrap();
    let run = |command: &mut Command| assert!(command.status().unwrap().success());
    run(Command::new("cc")
        .args(["-shared", "-fPIC", "-Wl,-soname,libregister.so", "-I"])
        .arg(&include)
        .arg("-o")
        .args([&library, &folder.join("register.c")]));
    let code = source("user", "extern void register_it(void);", "", "register_it();");
    std::fs::write(folder.join("user.c"), code).unwrap();
    let user = folder.join(format!("user{}", python().facts.ext_suffix));
    run(Command::new("cc")
        .args(["-shared", "-fPIC", "-I"])
        .arg(&include)
        .arg("-o")
        .args([&user, &folder.join("user.c"), &library])
        .arg(format!("-Wl,-rpath,{}", folder.display())));
    let (report, output) = place.audit(&user);
    let (verdict, findings) = verdict(&report);
    assert_eq!((verdict.as_str(), output.status.code()), ("not-isolated", Some(1)), "{report:#}");
    let message = "registered of libregister.so is one for all interpreters, and holds an object: list 2 items";
    assert!(has(&findings, "INS107", message), "{report:#}");
    assert!(report["isolate"][0]["shared_libraries"].to_string().contains("libregister.so"), "{report:#}");
}

#[test]
fn a_crash_is_a_finding_with_its_signal() {
    let place = Place::new(NOTHING);
    let module = place.module("once", "static int imports;", "", "if (++imports > 1) abort();");
    let (report, output) = place.audit(&module);
    let (verdict, findings) = verdict(&report);
    assert_eq!(verdict, "not-isolated", "{report:#}");
    assert!(has(&findings, "INS304", "crash (SIGABRT)"), "{report:#}");
    assert_eq!(report["isolate"][0]["scenarios"]["control of isolated interpreters"], "passed");
    assert_ne!(output.status.code(), Some(0));
}

#[test]
fn a_call_that_comes_to_something_else_after_others_imported_is_found() {
    let functions = "static int imports;\n\
                     static PyObject *count(PyObject *m, PyObject *a)\n\
                     { (void)m; (void)a; return PyLong_FromLong(imports); }";
    let methods = "{\"count\", count, METH_NOARGS},";
    for (package, expected) in [(NOTHING, "not-isolated"), (COPIES, "isolated-by-copy")] {
        let place = Place::new(package);
        let module = place.module("counts", functions, methods, "imports++;");
        let (report, _) = place.audit(&module);
        let (verdict, findings) = verdict(&report);
        assert_eq!(verdict, expected, "{report:#}");
        assert_eq!(has(&findings, "INS305", "module.count()"), package == NOTHING, "{report:#}");
    }
}

#[test]
fn a_callback_that_a_native_thread_runs_in_the_main_interpreter_is_found() {
    // Copies alone do not help: `PyGILState_Ensure` means the main interpreter.
    let functions = "#include <pthread.h>\n\
                     static void *body(void *callback)\n\
                     {\n\
                         PyGILState_STATE state = PyGILState_Ensure();\n\
                         Py_XDECREF(PyObject_CallNoArgs(callback));\n\
                         PyGILState_Release(state);\n\
                         return NULL;\n\
                     }\n\
                     static PyObject *in_thread(PyObject *m, PyObject *callback)\n\
                     {\n\
                         (void)m;\n\
                         if (!PyFunction_Check(callback)) Py_RETURN_NONE;\n\
                         pthread_t thread;\n\
                         pthread_create(&thread, NULL, body, callback);\n\
                         Py_BEGIN_ALLOW_THREADS\n\
                         pthread_join(thread, NULL);\n\
                         Py_END_ALLOW_THREADS\n\
                         Py_RETURN_NONE;\n\
                     }";
    let place = Place::new(COPIES);
    let module = place.module("strays", functions, "{\"in_thread\", in_thread, METH_O},", "");
    let (report, _) = place.audit(&module);
    let (verdict, findings) = verdict(&report);
    assert_eq!(verdict, "not-isolated", "{report:#}");
    assert!(has(&findings, "INS303", "module.in_thread(callback): the callback ran in another"), "{report:#}");
}

#[test]
fn a_refusal_is_told_in_its_own_words() {
    let place = Place::new(NOTHING);
    let body = "if (PyInterpreterState_Get() != PyInterpreterState_Main()) {\n\
                PyErr_SetString(PyExc_ImportError, \"only in the main interpreter\"); return -1; }";
    let module = place.module("refuses", "", "", body);
    let (report, output) = place.audit(&module);
    let (verdict, findings) = verdict(&report);
    assert_eq!((verdict.as_str(), output.status.code()), ("not-isolated", Some(1)), "{report:#}");
    assert!(has(&findings, "INS303", "ImportError: only in the main interpreter"), "{report:#}");
}

#[test]
fn without_the_package_one_line_says_how_to_get_it() {
    let folder = tempfile::tempdir().unwrap();
    let said = |arguments: &[&str]| {
        let output = insula()
            .args(["audit", "--no-config", "--python", "3.13", "_json"])
            .args(arguments)
            .env_remove("PYTHONPATH")
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    };
    let text = said(&["--isolate"]);
    assert!(
        text.contains("-m pip install insula-isolate`, or name the folder that has it with --isolate-package"),
        "{text}"
    );
    let nothing = folder.path().to_str().unwrap();
    let text = said(&["--isolate", "--isolate-package", nothing]);
    assert!(text.contains("there is no insula_isolate in it"), "{text}");
    let text = said(&["--isolate", "--format", "html"]);
    assert!(text.contains("--isolate has no html page"), "{text}");
}
