//! Real packages and modules of the standard library: what was found against what is known of them.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Output;
use std::sync::OnceLock;

use serde_json::Value;

use crate::common::{answers, audit, compile, insula, json_of, module};

/// Per module: the answers that are no plain yes, and how many findings of which rule.
type Table = BTreeMap<String, (String, BTreeMap<String, usize>)>;

fn expected(rows: &str) -> (Vec<String>, Table) {
    let (mut targets, mut table) = (Vec::new(), Table::new());
    for line in rows.lines().filter(|line| !line.starts_with('#')) {
        let mut columns = line.split('|').map(str::trim);
        let mut next = || columns.next().expect("four columns").to_owned();
        let (target, module, answers, counts) = (next(), next(), next(), next());
        let counts = counts.split_whitespace().map(|field| field.split_once('=').expect("a count"));
        let counts = counts.map(|(id, count)| (id.to_owned(), count.parse().unwrap()));
        table.insert(module, (answers, counts.collect()));
        if targets.last() != Some(&target) {
            targets.push(target);
        }
    }
    (targets, table)
}

fn found(report: &Value) -> Table {
    let mut table = Table::new();
    for module in report["targets"].as_array().unwrap().iter().flat_map(|target| target["modules"].as_array().unwrap())
    {
        let mut findings = BTreeMap::new();
        let public = |finding: &&Value| {
            let rule = finding["rule"].as_str().unwrap();
            rule != "INS208" && !rule.starts_with("INS4")
        };
        for finding in module["findings"].as_array().unwrap().iter().filter(public) {
            *findings.entry(finding["rule"].as_str().unwrap().to_owned()).or_default() += 1;
        }
        table.insert(module["name"].as_str().unwrap().to_owned(), (answers(module), findings));
    }
    table
}

/// Everything that people read: no addresses, no times; of the module `by_chance` not the words in which it fails in a
/// restarted runtime.
fn said(report: &Value, by_chance: &str) -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    let mut report = report.clone();
    let targets = report["targets"].as_array_mut().unwrap().iter_mut();
    for module in targets.flat_map(|target| target["modules"].as_array_mut().unwrap()) {
        if module["name"] == by_chance {
            assert_eq!(module["answers"]["restart"]["answer"], "no");
            module["answers"]["restart"]["why"] = Value::Null;
            let findings = module["findings"].as_array_mut().unwrap().iter_mut();
            findings.filter(|one| one["rule"] == "INS306").for_each(|one| one["message"] = Value::Null);
        }
    }
    for module in report["targets"].as_array().unwrap().iter().flat_map(|target| target["modules"].as_array().unwrap())
    {
        let name = &module["name"];
        lines.insert(format!(
            "{name} {} {} {} {}",
            module["answers"], module["rules"], module["notes"], module["error"]
        ));
        for finding in module["findings"].as_array().unwrap() {
            let told = (&finding["rule"], &finding["severity"], &finding["message"], &finding["key"]);
            lines.insert(format!("{name} {told:?}"));
        }
    }
    lines
}

/// Audits the targets of a table.
fn audited(rows: &str) -> (Value, Output) {
    let mut command = insula();
    command.args(["audit", "--no-cache", "--no-config", "--python", "3.13", "--format", "json"]);
    json_of(command.args(expected(rows).0).env_remove("INSULA_NO_PROGRESS"))
}

/// Audits the targets of a table, and expects of each module what the table says.
pub(crate) fn are_as(rows: &str) {
    let (report, output) = audited(rows);
    is_as(rows, &report, &output);
}

fn is_as(rows: &str, report: &Value, output: &Output) {
    let expected = expected(rows).1;
    let found = found(report);
    let different: Vec<String> = found
        .iter()
        .filter(|(module, one)| expected.get(*module) != Some(one))
        .map(|(module, (answers, findings))| {
            let counts: Vec<String> = findings.iter().map(|(id, count)| format!("{id}={count}")).collect();
            format!("{module} | {answers} | {}", counts.join(" "))
        })
        .collect();
    assert!(different.is_empty(), "found otherwise than expected:\n{}", different.join("\n"));
    assert_eq!(found.len(), expected.len());
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(report["exit_code"], 1);
    // Nothing was wrong; and without a terminal a line now and then says how far it is.
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let of = format!(" of {} modules", expected.len());
    assert!(said.lines().all(|line| line.starts_with("insula: ") && line.contains(&of)), "{said}");
    assert!(said.lines().count() > 0);
}

const KNOWN: &str = include_str!("verdicts.txt");

/// What one audit says of the known packages. Tests that compare it with something share it.
pub(crate) fn of_the_known() -> &'static (Value, Output) {
    static AUDITED: OnceLock<(Value, Output)> = OnceLock::new();
    AUDITED.get_or_init(|| audited(KNOWN))
}

#[test]
fn known_packages_get_their_known_verdicts() {
    let (report, output) = of_the_known();
    is_as(KNOWN, report, output);
}

#[test]
fn runs_say_the_same() {
    let targets = ["xxlimited_35", "_testsinglephase", "_struct", "kiwisolver==1.5.1", "rpds-py==2026.9.1"];
    let mut first = of_the_known().0.clone();
    let asked = |target: &Value| targets.iter().any(|name| target["target"] == *name);
    first["targets"].as_array_mut().unwrap().retain(asked);
    assert_eq!(first["targets"].as_array().unwrap().len(), targets.len());
    for _ in 0..2 {
        let (again, _) = audit(&targets);
        // What rpds finds of its first runtime in a restarted one is freed memory, which answers by chance.
        assert_eq!(said(&again, "rpds.rpds"), said(&first, "rpds.rpds"));
    }
}

/// Of each size glibc keeps what a thread freed, up to seven pieces, and counts it as in use.
#[test]
fn what_the_c_library_keeps_for_a_thread_is_no_leak() {
    let source = r#"
#include <Python.h>
#include <stdlib.h>
static PyObject *mix(PyObject *module, PyObject *unused)
{
    static unsigned calls;
    unsigned pieces = calls / 4 % 7 + 1, size = 1032 - 16 * (calls / 28 % 63);
    void *all[7];
    calls++;
    for (unsigned i = 0; i < pieces; i++) { all[i] = malloc(size); }
    for (unsigned i = 0; i < pieces; i++) { free(all[i]); }
    Py_RETURN_NONE;
}
static PyObject *lose(PyObject *module, PyObject *unused)
{
    *(void *volatile *)malloc(200) = module;
    Py_RETURN_NONE;
}
static PyMethodDef methods[] = {{"lose", lose, METH_NOARGS}, {"mix", mix, METH_NOARGS}, {NULL}};
static PyModuleDef_Slot slots[] = {{Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED}, {0, NULL}};
static PyModuleDef def = {PyModuleDef_HEAD_INIT, "mixed", NULL, 0, methods, slots};
PyMODINIT_FUNC PyInit_mixed(void) { return PyModuleDef_Init(&def); }
"#;
    let folder = tempfile::tempdir().unwrap();
    let path = compile(folder.path(), "mixed", source, ".so");
    let (report, _) = audit(&[path.to_str().unwrap()]);
    let findings = report["targets"][0]["modules"][0]["findings"].as_array().unwrap();
    let leaks: Vec<&str> =
        findings.iter().filter(|f| f["rule"] == "INS308").filter_map(|f| f["key"].as_str()).collect();
    assert_eq!(leaks, ["INS308:mixed:lose"], "{report:#}");
}

#[test]
fn modules_without_findings_end_with_code_0() {
    let (report, output) = audit(&["_json", "xxlimited"]);
    assert_eq!(output.status.code(), Some(0), "{report:#}");
    for module in report["targets"].as_array().unwrap().iter().map(|target| &target["modules"][0]) {
        assert_eq!(module["rules"]["INS101"]["status"], "holds");
        assert_eq!(module["rules"]["INS306"]["status"], "holds");
        assert_eq!(module["sha256"].as_str().unwrap().len(), 64);
    }
}

/// What the import of a module changes is looked for in a second one where its package has imported the first.
#[test]
fn a_module_of_a_package_that_refuses_a_second_load_is_asked_for_none() {
    let folder = tempfile::tempdir().unwrap();
    let package = folder.path().join("package");
    std::fs::create_dir(&package).unwrap();
    std::fs::write(package.join("__init__.py"), "from . import once\n").unwrap();
    let body = "static int loaded; \
                if (loaded++) { PyErr_SetString(PyExc_ImportError, \"once only\"); return -1; } return 0;";
    let path = module(&package, "once", body);
    let (report, _) = audit(&[path.to_str().unwrap()]);
    let rule = &report["targets"][0]["modules"][0]["rules"]["INS006"];
    assert_eq!(rule["status"], "not-run", "{report:#}");
    assert_eq!(rule["reason"], "the module refuses a second load (INS005)");
}
