//! The lossless-conversion report, on a pair of modules written for it: a static type, and its careless conversion.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::common::{compile, insula, python};

const METHODS: &str = r#"
#include <Python.h>
#include <stddef.h>
typedef struct { PyObject_HEAD PyObject *weakrefs; int value; } Point;
static PyObject *norm(PyObject *self, PyObject *none) { (void)none; return PyLong_FromLong(((Point *)self)->value); }
static PyObject *compare(PyObject *a, PyObject *b, int op)
{
    if (Py_TYPE(a) != Py_TYPE(b)) { Py_RETURN_NOTIMPLEMENTED; }
    Py_RETURN_RICHCOMPARE(((Point *)a)->value, ((Point *)b)->value, op);
}
static Py_hash_t hash(PyObject *self) { return ((Point *)self)->value + 1; }
"#;

const STATIC: &str = r#"
static PyMethodDef methods[] = {{"norm", norm, METH_NOARGS, "norm($self, /)\n--\n\nThe norm."}, {0}};
static PyTypeObject Point_Type = {PyVarObject_HEAD_INIT(NULL, 0) .tp_name = "shapes.Point", .tp_doc = "A point.",
    .tp_basicsize = sizeof(Point), .tp_flags = Py_TPFLAGS_DEFAULT, .tp_methods = methods, .tp_new = PyType_GenericNew,
    .tp_richcompare = compare, .tp_hash = hash, .tp_weaklistoffset = offsetof(Point, weakrefs)};
static PyTypeObject Cursor_Type = {PyVarObject_HEAD_INIT(NULL, 0) .tp_name = "shapes.Cursor",
    .tp_basicsize = sizeof(PyObject), .tp_flags = Py_TPFLAGS_DEFAULT};
static int execute(PyObject *module)
{
    return PyModule_AddType(module, &Point_Type) || PyModule_AddType(module, &Cursor_Type) ? -1 : 0;
}
"#;

/// Everything that is commonly forgotten: immutability, no instantiation, weak references, hash, documentation, the
/// module's name in the type's.
const CARELESS: &str = r#"
static PyMethodDef methods[] = {{"norm", norm, METH_NOARGS, 0}, {0}};
static void dealloc(PyObject *self) { PyTypeObject *type = Py_TYPE(self); type->tp_free(self); Py_DECREF(type); }
static PyType_Slot point_slots[] = {{Py_tp_methods, methods}, {Py_tp_new, PyType_GenericNew}, {Py_tp_dealloc, dealloc},
    {Py_tp_richcompare, compare}, {0, 0}};
static PyType_Spec point_spec = {"Point", sizeof(Point), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, point_slots};
static PyType_Slot cursor_slots[] = {{0, 0}};
static PyType_Spec cursor_spec = {"shapes.Cursor", sizeof(PyObject), 0, Py_TPFLAGS_DEFAULT, cursor_slots};
static int add(PyObject *module, PyType_Spec *spec)
{
    PyObject *type = PyType_FromModuleAndSpec(module, spec, NULL);
    int result = type ? PyModule_AddType(module, (PyTypeObject *)type) : -1;
    Py_XDECREF(type);
    return result;
}
static int execute(PyObject *module) {
    (void)hash;
    return add(module, &point_spec) || add(module, &cursor_spec) ? -1 : 0;
}
"#;

/// The same conversion with all of it.
const CAREFUL: &str = r#"
static PyMethodDef methods[] = {{"norm", norm, METH_NOARGS, "norm($self, /)\n--\n\nThe norm."}, {0}};
static int traverse(PyObject *self, visitproc visit, void *arg) { Py_VISIT(Py_TYPE(self)); return 0; }
static void dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    PyObject_ClearWeakRefs(self);
    type->tp_free(self);
    Py_DECREF(type);
}
static PyMemberDef members[] = {{"__weaklistoffset__", Py_T_PYSSIZET, offsetof(Point, weakrefs), Py_READONLY, 0}, {0}};
static PyType_Slot point_slots[] = {{Py_tp_methods, methods}, {Py_tp_new, PyType_GenericNew}, {Py_tp_dealloc, dealloc},
    {Py_tp_richcompare, compare}, {Py_tp_hash, hash}, {Py_tp_doc, "A point."}, {Py_tp_members, members},
    {Py_tp_traverse, traverse}, {0, 0}};
static PyType_Spec point_spec = {"shapes.Point", sizeof(Point), 0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE, point_slots};
static PyType_Slot cursor_slots[] = {{0, 0}};
static PyType_Spec cursor_spec = {"shapes.Cursor", sizeof(PyObject), 0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION, cursor_slots};
static int add(PyObject *module, PyType_Spec *spec)
{
    PyObject *type = PyType_FromModuleAndSpec(module, spec, NULL);
    int result = type ? PyModule_AddType(module, (PyTypeObject *)type) : -1;
    Py_XDECREF(type);
    return result;
}
static int execute(PyObject *module) { return add(module, &point_spec) || add(module, &cursor_spec) ? -1 : 0; }
"#;

const END: &str = r#"
static PyModuleDef_Slot slots[] = {{Py_mod_exec, execute}, {0, 0}};
static PyModuleDef definition = {PyModuleDef_HEAD_INIT, .m_name = "shapes", .m_slots = slots};
PyMODINIT_FUNC PyInit_shapes(void) { return PyModuleDef_Init(&definition); }
"#;

fn build(folder: &Path, name: &str, types: &str) -> PathBuf {
    let folder = folder.join(name);
    std::fs::create_dir(&folder).unwrap();
    compile(&folder, "shapes", &format!("{METHODS}{types}{END}"), &python().facts.ext_suffix)
}

fn compare(arguments: &[&str]) -> (Value, i32) {
    let output = insula().args(["compare", "--format", "json"]).args(arguments).output().unwrap();
    let report = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    (report, output.status.code().unwrap())
}

#[test]
fn a_careless_conversion_is_listed_type_by_type() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (build(folder.path(), "old", STATIC), build(folder.path(), "new", CARELESS));
    let (old, new) = (old.to_str().unwrap(), new.to_str().unwrap());
    let (report, code) = compare(&["--python", "3.13", old, new]);
    assert_eq!(code, 1);
    let changes = report["modules"][0]["changes"].as_array().unwrap();
    let found = |type_name: &str, aspect: &str, item: &str| {
        let one = changes.iter().find(|c| c["type_name"] == type_name && c["aspect"] == aspect && c["item"] == item);
        one.unwrap_or_else(|| panic!("{type_name} {aspect} {item} is not in {report:#}"))
    };
    for (type_name, aspect, item) in [
        ("Point", "flags", "IMMUTABLETYPE"),
        ("Point", "flags", "BASETYPE"),
        ("Point", "name", "__module__"),
        ("Point", "slots", "__hash__"),
        ("Point", "layout", "__weakrefoffset__"),
        ("Point", "doc", "__doc__"),
        ("Point", "doc", "norm"),
        ("Point", "subclassing", "subclass"),
        ("Point", "type attributes", "set an attribute"),
        ("Point", "instances", "weak reference"),
        ("Point", "instances", "hash"),
        ("Point", "instances", "pickle protocol 2"),
        ("Cursor", "flags", "DISALLOW_INSTANTIATION"),
        ("Cursor", "instantiation", "called with ()"),
    ] {
        assert_eq!(found(type_name, aspect, item)["expected"], false);
    }
    assert_eq!(found("Point", "flags", "HEAPTYPE")["expected"], true);
    assert!(found("Cursor", "instantiation", "called with ()")["advice"].as_str().unwrap().contains("DISALLOW"));
    let output = insula().args(["compare", "--python", "3.13", old, new]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("instantiation: called with (): TypeError: cannot create 'MODULE.Cursor' instances -> makes"),
        "{text}"
    );
}

#[test]
fn a_careful_conversion_and_the_same_build_are_lossless() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (build(folder.path(), "old", STATIC), build(folder.path(), "new", CAREFUL));
    let (old, new) = (old.to_str().unwrap(), new.to_str().unwrap());
    let (report, code) = compare(&["--python", "3.13", old, old]);
    assert_eq!((code, &report["modules"][0]["changes"]), (0, &Value::Array(Vec::new())));
    let (report, _) = compare(&["--python", "3.13", old, new]);
    let changes = report["modules"][0]["changes"].as_array().unwrap();
    let unexpected: Vec<&Value> = changes.iter().filter(|change| change["expected"] == false).collect();
    // The one thing that such a member brings, and nobody calls.
    assert!(unexpected.iter().all(|change| change["item"] == "__weaklistoffset__"), "{unexpected:#?}");
}

#[test]
fn modules_of_different_names_and_interpreters_can_be_compared() {
    let (report, code) = compare(&["--python", "3.13", "xxlimited_35", "xxlimited"]);
    assert_eq!(code, 1);
    assert_eq!(report["modules"][0]["new"][0], "xxlimited");
    assert!(report["modules"][0]["types_compared"].as_u64().unwrap() >= 2);
    let (report, _) = compare(&["--python", "3.12", "--python", "3.13", "_csv", "_csv"]);
    assert!(report["old"]["python"].as_str().unwrap().starts_with("3.12"));
    assert!(report["new"]["python"].as_str().unwrap().starts_with("3.13"));
    assert_eq!(report["modules"][0]["types_compared"], 4);
}

#[test]
fn what_cannot_be_compared_is_said_on_one_line() {
    for (arguments, text) in [
        (["--python", "3.13", "json", "_json"], "no compiled part"),
        (["--python", "3.13", "nowhere.so", "_json"], "no such file"),
        (["--python", "2.7", "_json", "_json"], "no CPython 2.7"),
    ] {
        let output = insula().arg("compare").args(arguments).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(text), "{said}");
        assert_eq!((said.lines().count(), output.status.code()), (1, Some(2)), "{said}");
    }
}
