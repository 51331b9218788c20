//! Every call of CPython's that may run Python code goes through `src/ffi`, where a thread stops that CPython ends.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// These neither run Python code nor attach: they read or write what they are given, allocate no object and raise
/// nothing, or work before the runtime starts.
const SILENT: &[&str] = &[
    "Py_DecodeLocale",
    "Py_Ellipsis",
    "Py_False",
    "Py_GetVersion",
    "Py_INCREF",
    "Py_IsInitialized",
    "Py_LeaveRecursiveCall",
    "Py_None",
    "Py_NotImplemented",
    "Py_PreInitialize",
    "Py_REFCNT",
    "Py_TYPE",
    "Py_True",
    "Py_XINCREF",
    "PyBool_FromLong",
    "PyCFunction_Check",
    "PyCallable_Check",
    "PyCapsule_IsValid",
    "PyConfig_Clear",
    "PyConfig_InitIsolatedConfig",
    "PyConfig_InitPythonConfig",
    "PyConfig_SetBytesArgv",
    "PyConfig_SetBytesString",
    "PyDict_Next",
    "PyErr_Occurred",
    "PyEval_SaveThread",
    "PyExceptionInstance_Check",
    "PyGC_Disable",
    "PyGC_Enable",
    "PyGILState_GetThisThreadState",
    "PyImport_AppendInittab",
    "PyImport_GetModuleDict",
    "PyInterpreterState_Get",
    "PyInterpreterState_Head",
    "PyInterpreterState_Main",
    "PyInterpreterState_Next",
    "PyInterpreterState_ThreadHead",
    "PyIter_Check",
    "PyMem_RawFree",
    "PyMapping_Check",
    "PyModuleDef_Init",
    "PyModule_GetState",
    "PyObject_CheckBuffer",
    "PyObject_GC_Del",
    "PyObject_GC_Track",
    "PyObject_GC_UnTrack",
    "PyObject_TypeCheck",
    "PyPreConfig_InitIsolatedConfig",
    "PyPreConfig_InitPythonConfig",
    "PySlice_AdjustIndices",
    "PyStatus_Exception",
    "PyStatus_IsExit",
    "PyThreadState_Get",
    "PyThreadState_GetInterpreter",
    "PyThreadState_GetUnchecked",
    "PyThreadState_New",
    "PyThreadState_Next",
    "PyTuple_GET_ITEM",
    "PyTuple_GET_SIZE",
    "PyType_GetFlags",
    "PyType_HasFeature",
    "PyType_IS_GC",
    "PyType_IsSubtype",
    "PyUnicode_CompareWithASCIIString",
    "PyVectorcall_NARGS",
    "PyWideStringList_Append",
];

/// These come to builds only on which CPython lets the thread wait by itself, or stop already in pyo3-ffi.
const STOP_BY_THEMSELVES: &[&str] =
    &["PyCriticalSection_Begin", "PyCriticalSection_End", "PyEval_RestoreThread", "PyModule_GetState_DuringGC"];

/// What follows `ffi::` in a file, also within macros.
#[derive(Default)]
struct Names {
    /// Functions that are called.
    called: BTreeSet<String>,
    /// All else: types, constants, functions whose address is taken.
    other: BTreeSet<String>,
}

impl Names {
    fn of(&mut self, tokens: TokenStream) {
        let tokens: Vec<_> = tokens.into_iter().collect();
        for (place, token) in tokens.iter().enumerate() {
            match token {
                TokenTree::Group(group) => self.of(group.stream()),
                TokenTree::Ident(ident) if ident == "ffi" => self.path(&tokens[place + 1..]),
                _ => {}
            }
        }
    }

    /// `:: name`, with what comes after.
    fn path(&mut self, tokens: &[TokenTree]) {
        let [TokenTree::Punct(first), TokenTree::Punct(_), TokenTree::Ident(name), rest @ ..] = tokens else { return };
        if first.as_char() != ':' {
            return;
        }
        let name = name.to_string();
        match rest {
            _ if name == "compat" => self.path(rest),
            [TokenTree::Group(group), ..] if group.delimiter() == Delimiter::Parenthesis => {
                self.called.insert(name);
            }
            _ => {
                self.other.insert(name);
            }
        }
    }
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder can be listed").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// What a thread can be stopped in.
fn stops() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for file in ["ffi/calls.rs", "ffi/inline.rs"] {
        let text = fs::read_to_string(source().join(file)).expect("the file can be read");
        let names = text.lines().filter_map(|line| line.split_once("fn ")?.1.split_once('('));
        found.extend(names.map(|(name, _)| name.to_owned()));
    }
    found.extend(["call_1", "call_2", "call_3"].map(str::to_owned));
    found
}

/// What is wrong with a file.
fn violations(file: &str, text: &str, stops: &BTreeSet<String>) -> Vec<String> {
    let mut names = Names::default();
    names.of(text.parse().unwrap_or_else(|error| panic!("{file}: {error}")));
    let known = |name: &str| {
        stops.contains(name)
            || SILENT.contains(&name)
            || STOP_BY_THEMSELVES.contains(&name)
            // What a Rust type or variant of pyo3-ffi's is made with.
            || !name.starts_with("Py") && !name.starts_with("_Py")
    };
    let mut found: Vec<String> =
        names.called.iter().filter(|name| !known(name)).map(|name| format!("{file} calls {name}")).collect();
    // The address is that of a function of Rust's, whose calling convention is another one.
    found.extend(
        names
            .other
            .iter()
            .filter(|name| stops.contains(*name))
            .map(|name| format!("{file} takes the address of {name}")),
    );
    if text.contains("pyo3_ffi") {
        found.push(format!("{file} names pyo3_ffi"));
    }
    found
}

#[test]
fn every_call_that_may_run_python_code_stops_a_thread_that_ends() {
    let stops = stops();
    assert!(stops.contains("PyObject_Vectorcall") && stops.contains("Py_DECREF"), "{stops:?}");
    let mut found = Vec::new();
    for path in files(&source()) {
        let relative = path.strip_prefix(source()).expect("a file of the folder");
        // The macros' expansions name types only.
        if !relative.starts_with("ffi") && relative != Path::new("rt.rs") {
            let text = fs::read_to_string(&path).expect("the file can be read");
            found.extend(violations(&relative.display().to_string(), &text, &stops));
        }
    }
    found.sort();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn a_call_that_goes_another_way_is_found_in_every_form() {
    for text in [
        "fn f() { unsafe { ffi::PyObject_NotDeclared() } }",
        "fn f() { unsafe { ffi::compat::PyObject_NotDeclared() } }",
        "macro_rules! m { () => { $crate::ffi::PyObject_NotDeclared() } }",
        "const F: *const c_void = ffi::PyObject_GetAttr as *const c_void;",
        "fn f() { unsafe { pyo3_ffi::PyObject_GetAttr() } }",
    ] {
        assert_eq!(violations("planted.rs", text, &stops()).len(), 1, "{text}");
    }
}
