//! Who is to blame: what stands in the way is told from what is done without, whatever fails behind what.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::app::{app, application, names};
use crate::app_python::text_of;
use crate::common::{compile, json_of, module, python};

/// The start of a module's code that does something in sub-interpreters alone.
const ELSEWHERE: &str = "if (PyInterpreterState_Get() != PyInterpreterState_Main()) ";

fn with(files: &[(&str, &str)]) -> TempDir {
    let folder = application();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn ask(folder: &Path, entry: &str) -> (Value, Option<i32>) {
    let (reports, output) = json_of(&mut app(folder, &[entry, "--no-cache", "--format", "json"]));
    (reports[0].clone(), output.status.code())
}

/// A module that raises something elsewhere.
fn raising(folder: &Path, name: &str, exception: &str) {
    module(folder, name, &format!("{ELSEWHERE}{{ PyErr_SetString({exception}, \"not here\"); return -1; }} return 0;"));
}

#[test]
fn a_module_that_is_half_begun_makes_no_fallback_an_obstacle() {
    let folder = with(&[("uses.py", "import outer\ntry:\n    import spare\nexcept ImportError:\n    pass\n")]);
    // As Cython has it: it imports another one, and is never begun again, whatever came of the first time.
    let body = "static int begun; if (begun++) { PyErr_SetString(PyExc_ImportError, \"only once\"); return -1; }\
                PyObject *inner = PyImport_ImportModule(\"inner\"); Py_XDECREF(inner); return inner ? 0 : -1;";
    module(folder.path(), "outer", body);
    module(folder.path(), "inner", "return 0;");
    raising(folder.path(), "spare", "PyExc_ImportError");
    let (report, code) = ask(folder.path(), "uses");
    assert_eq!((names(&report["fallbacks"]), code), (vec!["spare"], Some(1)), "{report:#}");
    assert_eq!(names(&report["obstacles"]), ["outer", "inner"], "{report:#}");
}

#[test]
fn what_an_application_lacks_is_found_where_nothing_says_it() {
    let lenient = |name: &str| format!("try:\n    import {name}\nexcept ImportError:\n    {name} = None\n");
    let text = format!("{}{}first.__name__\n", lenient("first"), lenient("second"));
    let folder = with(&[("uses.py", &text)]);
    raising(folder.path(), "first", "PyExc_ImportError");
    raising(folder.path(), "second", "PyExc_ImportError");
    let (report, code) = ask(folder.path(), "uses");
    assert_eq!((names(&report["fallbacks"]), code), (vec!["second"], Some(1)), "{report:#}");
    assert_eq!(names(&report["obstacles"]), ["first"], "{report:#}");
}

#[test]
fn what_no_handler_of_import_errors_catches_is_no_fallback() {
    let lenient = |name: &str| format!("try:\n    import {name}\nexcept ImportError:\n    pass\n");
    let folder = with(&[("runtime.py", &lenient("raises")), ("fatal.py", &lenient("crashes"))]);
    raising(folder.path(), "raises", "PyExc_RuntimeError");
    module(folder.path(), "crashes", &format!("{ELSEWHERE}abort(); return 0;"));
    for (entry, name) in [("runtime", "raises"), ("fatal", "crashes")] {
        let (report, code) = ask(folder.path(), entry);
        assert_eq!((names(&report["obstacles"]), code), (vec![name], Some(1)), "{report:#}");
        assert_eq!(report["fallbacks"], json!([]), "{report:#}");
        let (text, _) = text_of(folder.path(), &[entry]);
        assert!(!text.contains("No extension module stands in the way"), "{text}");
    }
    // One that says so is caught.
    fs::write(folder.path().join("catches.py"), lenient("raises").replace("ImportError", "RuntimeError")).unwrap();
    let (report, code) = ask(folder.path(), "catches");
    assert_eq!(names(&report["fallbacks"]), Vec::<&str>::new(), "own-GIL interpreters raise ImportError: {report:#}");
    assert_eq!(code, Some(1), "{report:#}");
}

#[test]
fn a_crash_hides_nothing_and_says_nothing_of_private_copies() {
    let folder = with(&[("uses.py", "import crashes, behind\n")]);
    // It declares that it supports every kind of interpreter, and ends the process in each.
    let source = format!(
        "#include <Python.h>\nstatic int execute(PyObject *module) {{ (void)module; {ELSEWHERE}abort(); return 0; }}\n\
         static PyModuleDef_Slot slots[] = {{{{Py_mod_exec, execute}},\
         {{Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED}}, {{0, 0}}}};\n\
         static PyModuleDef definition = {{PyModuleDef_HEAD_INIT, .m_name = \"crashes\", .m_slots = slots}};\n\
         PyMODINIT_FUNC PyInit_crashes(void) {{ return PyModuleDef_Init(&definition); }}\n"
    );
    compile(folder.path(), "crashes", &source, &python().facts.ext_suffix);
    module(folder.path(), "behind", "return 0;");
    let (report, code) = ask(folder.path(), "uses");
    assert_eq!((names(&report["obstacles"]), code), (vec!["crashes", "behind"], Some(1)), "{report:#}");
    assert_eq!(report["notes"], json!([]), "{report:#}");
    assert_eq!(report["isolated"], Value::Null, "what is not installed was not tried: {report:#}");
    let (text, _) = text_of(folder.path(), &["uses"]);
    assert!(text.contains("install it in this") && !text.contains("does not get it to load"), "{text}");

    // Where it is installed, it is tried behind the crash. Here, one that gives copies, and one that crashes as well.
    fs::create_dir(folder.path().join("insula_isolate")).unwrap();
    let init = folder.path().join("insula_isolate/__init__.py");
    let gives = "import sys, types\ndef install():\n    for name in ('crashes', 'behind'):\n        \
                 sys.modules[name] = types.ModuleType(name)\n";
    for (text, loads) in [(gives, true), ("def install():\n    pass\n", false)] {
        fs::write(&init, text).unwrap();
        let (report, _) = ask(folder.path(), "uses");
        assert_eq!(report["isolated"]["loads"], json!(loads), "{report:#}");
        if !loads {
            let why = report["isolated"]["why"].as_str().unwrap();
            assert!(why.starts_with("crashes ends the process"), "{report:#}");
        }
    }
    // What was not tried is not said to have failed.
    let hangs = "import time, _interpreters\nif _interpreters.get_current()[0]:\n    time.sleep(1000)\nimport behind\n";
    fs::write(folder.path().join("hangs.py"), hangs).unwrap();
    let mut command = app(folder.path(), &["hangs", "--no-cache", "--timeout", "3", "--format", "json"]);
    let (reports, _) = json_of(&mut command);
    assert_eq!(reports[0]["isolated"]["loads"], Value::Null, "{reports:#}");
}

#[test]
fn an_extension_module_is_not_blamed_for_what_another_one_breaks() {
    let lenient = |name: &str| format!("try:\n    import {name}\nexcept ImportError:\n    pass\n");
    let text = format!("{}{}import victim\n", lenient("spare"), lenient("damages"));
    let folder = with(&[("uses.py", &text)]);
    raising(folder.path(), "spare", "PyExc_ImportError");
    let damage = "{ PyDict_SetItemString(PyImport_GetModuleDict(), \"numbers\", Py_True);\
                  PyErr_SetString(PyExc_ImportError, \"not here\"); return -1; } return 0;";
    module(folder.path(), "damages", &format!("{ELSEWHERE}{damage}"));
    let needs = "PyObject *numbers = PyImport_ImportModule(\"numbers\");\
                 PyObject *found = numbers ? PyObject_GetAttrString(numbers, \"Number\") : NULL;\
                 Py_XDECREF(numbers); Py_XDECREF(found); return found ? 0 : -1;";
    module(folder.path(), "victim", needs);
    let (report, _) = ask(folder.path(), "uses");
    assert_eq!(names(&report["obstacles"]), ["damages", "victim"], "{report:#}");
    assert_eq!(names(&report["fallbacks"]), ["spare"], "what did no damage is still done without: {report:#}");
    let troubles = &report["obstacles"][1]["modules"][0]["troubles"];
    assert_eq!(troubles, &json!([["own", { "what": "undeclared" }]]), "{report:#}");
}

#[test]
fn what_the_main_interpreter_does_not_load_either_is_no_obstacle() {
    let folder = with(&[("uses.py", "try:\n    import never\nexcept Exception:\n    pass\n")]);
    module(folder.path(), "never", "PyErr_SetString(PyExc_ImportError, \"no such library\"); return -1;");
    let (report, code) = ask(folder.path(), "uses");
    assert_eq!((&report["obstacles"], &report["fallbacks"], code), (&json!([]), &json!([]), Some(0)), "{report:#}");
    assert_eq!(report["modules"], 0, "{report:#}");
}

#[test]
fn a_command_hears_nothing_of_what_records_it() {
    let folder = with(&[("idle.py", "")]);
    let text = "import subprocess, sys\nran = subprocess.run([sys.executable, '-c', ''], capture_output=True)\n\
                sys.exit(ran.stderr.decode() or 0)\n";
    fs::write(folder.path().join("checks.py"), text).unwrap();
    let (reports, _) = json_of(&mut app(folder.path(), &["idle", "--format", "json", "--run", "python checks.py"]));
    assert_eq!(reports[0]["notes"], json!([]), "{reports:#}");
    // One of the environment's own runs as before.
    let own = folder.path().join("own");
    fs::create_dir(&own).unwrap();
    fs::write(own.join("sitecustomize.py"), "import sys\nsys.stderr.write('hello')\n").unwrap();
    let mut command = app(folder.path(), &["idle", "--format", "json", "--run", "python checks.py"]);
    let (reports, _) = json_of(command.env("PYTHONPATH", &own));
    assert_eq!(reports[0]["notes"][1], "  hellohello", "{reports:#}");
}

#[test]
fn what_a_command_goes_on_without_is_no_obstacle() {
    let text = "def spares():\n    try:\n        import spare\n    except ImportError:\n        return None\n\
                def needs():\n    import needed\n\
                def ends():\n    try:\n        import needed\n    except ImportError:\n        raise SystemExit(3)\n\
                def another():\n    try:\n        import spare\n    except ImportError:\n        import needed\n\
                def fine():\n    try:\n        import spare\n    except ImportError:\n        import markupsafe\n\
                def fails():\n    try:\n        import raises\n    except ImportError:\n        pass\n";
    let folder = with(&[("lazy.py", text)]);
    raising(folder.path(), "spare", "PyExc_ImportError");
    raising(folder.path(), "needed", "PyExc_ImportError");
    raising(folder.path(), "raises", "PyExc_RuntimeError");
    let run = |command: &str| {
        let (reports, output) = json_of(&mut app(folder.path(), &["lazy", "--format", "json", "--run", command]));
        let report = &reports[0];
        let named = |list: &Value| names(list).join(" ");
        (named(&report["obstacles"]), named(&report["fallbacks"]), output.status.code())
    };
    let told = |obstacles: &str, fallbacks: &str, code: i32| (obstacles.to_owned(), fallbacks.to_owned(), Some(code));
    assert_eq!(run("python -c 'import lazy; lazy.spares()'"), told("", "spare", 0));
    assert_eq!(run("python -c 'import lazy; lazy.spares(); lazy.needs()'"), told("needed", "spare", 1));
    // What takes its place has to load as well.
    assert_eq!(run("python -c 'import lazy; lazy.fine()'"), told("", "spare", 0));
    assert_eq!(run("python -c 'import lazy; lazy.another()'"), told("spare", "", 1));
    // Neither a handler that ends the program nor a command that goes on whatever fails does without.
    assert_eq!(run("python -c 'import lazy; lazy.spares(); lazy.ends()'"), told("needed", "spare", 1));
    assert_eq!(run("python -c 'import lazy; lazy.needs()'; true"), told("needed", "", 1));
    assert_eq!(run("python -c 'import lazy; lazy.fails()'"), told("raises", "", 1));
}

#[test]
fn modules_of_one_package_fall_back_together() {
    let folder = with(&[
        ("uses.py", "try:\n    import pair.one, pair.two\nexcept ImportError:\n    pair = None\n"),
        ("needs.py", "try:\n    import pair.one\nexcept ImportError:\n    pass\nimport pair.two\n"),
    ]);
    let package = folder.path().join("pair");
    fs::create_dir(&package).unwrap();
    raising(&package, "one", "PyExc_ImportError");
    raising(&package, "two", "PyExc_ImportError");
    let (report, code) = ask(folder.path(), "uses");
    assert_eq!((names(&report["fallbacks"]), code), (vec!["pair"], Some(0)), "{report:#}");
    let (report, code) = ask(folder.path(), "needs");
    assert_eq!((names(&report["obstacles"]), code), (vec!["pair"], Some(1)), "{report:#}");
}
