//! Where reports go, which findings count, and what the configuration says.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::common::{answers, insula, module};

fn audit(folder: &Path) -> Command {
    let mut command = insula();
    command.args(["audit", "--python", "3.13"]).current_dir(folder).env("INSULA_CACHE", folder.join("cache"));
    command
}

fn code_and_stderr(command: &mut Command) -> (i32, String) {
    let output = command.output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn several_formats_go_to_files_of_their_own_and_people_still_get_the_text() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = audit(folder.path());
    for format in ["json=a.json", "sarif=a.sarif", "junit=a.xml", "html=a.html", "github=a.txt"] {
        command.args(["--format", format]);
    }
    let output = command.arg("_json").output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("_json   3.13"));
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let report: Value = serde_json::from_str(&read("a.json")).unwrap();
    let schema: Value = serde_json::from_str(include_str!("../../../../docs/report.schema.json")).unwrap();
    let errors: Vec<String> =
        jsonschema::validator_for(&schema).unwrap().iter_errors(&report).map(|error| error.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
    assert!(read("a.sarif").contains("\"2.1.0\""));
    assert!(read("a.xml").starts_with("<?xml"));
    assert!(read("a.html").starts_with("<!doctype html>"));
    let output = audit(folder.path()).args(["--format", "json", "-o", "b.json", "_json"]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    assert_eq!(serde_json::from_str::<Value>(&read("b.json")).unwrap()["targets"][0]["target"], "_json");
    let output = audit(folder.path()).args(["--format", "json", "-o", "/dev/stdout", "_json"]).output().unwrap();
    assert!(serde_json::from_slice::<Value>(&output.stdout).is_ok());
    // Nothing is left beside the reports.
    let hidden = |name: &std::ffi::OsStr| name.to_string_lossy().starts_with('.');
    assert!(!std::fs::read_dir(folder.path()).unwrap().any(|entry| hidden(&entry.unwrap().file_name())));
}

#[test]
fn reports_that_cannot_be_written_are_said_before_the_audit() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, text) in [
        (&["-o", "nowhere/report.txt"][..], "nowhere/report.txt"),
        (&["-o", "."], "is a folder"),
        (&["--format", "json", "--format", "sarif"], "--format sarif=FILE"),
        (&["--format", "json=a", "--format", "sarif=a"], "two reports"),
        (&["--write-baseline", "nowhere/b.json"], "nowhere/b.json"),
        (&["--baseline", "nowhere.json"], "--write-baseline"),
        (&["--select", "INS9X"], "INS9X"),
    ] {
        let (code, said) = code_and_stderr(audit(folder.path()).args(arguments).arg("_json"));
        assert!(said.contains(text), "{said}");
        assert_eq!((code, said.lines().count()), (2, 1), "{said}");
    }
    let (code, said) = code_and_stderr(audit(folder.path()).args(["--format", "yaml", "_json"]));
    assert!(said.contains("there is no format \"yaml\""), "{said}");
    assert_eq!(code, 2);
    let (code, said) = code_and_stderr(&mut audit(folder.path()));
    assert!(said.contains("there is nothing to audit"), "{said}");
    assert_eq!(code, 2);
}

#[test]
fn a_baseline_fails_on_new_findings_only() {
    let folder = tempfile::tempdir().unwrap();
    let one = module(folder.path(), "one", "return 0;");
    let run = |arguments: &[&str], path: &Path| code_and_stderr(audit(folder.path()).args(arguments).arg(path)).0;
    assert_eq!(run(&[], &one), 1);
    assert_eq!(run(&["--write-baseline", "known.json"], &one), 0);
    assert_eq!(run(&["--baseline", "known.json"], &one), 0);
    let other = module(folder.path(), "other", "return 0;");
    assert_eq!(run(&["--baseline", "known.json"], &other), 1);
    let output = audit(folder.path()).args(["--baseline", "known.json"]).args([&one, &other]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("1 finding is in the baseline"), "{text}");
    assert!(text.contains("other does not say") && !text.contains("one does not say"), "{text}");
    std::fs::write(folder.path().join("known.json"), "[]").unwrap();
    let (code, said) = code_and_stderr(audit(folder.path()).args(["--baseline", "known.json"]).arg(&one));
    assert!(code == 2 && said.contains("is not a baseline"), "{said}");
}

#[test]
fn rules_that_are_not_selected_are_neither_reported_nor_counted() {
    let folder = tempfile::tempdir().unwrap();
    let path = module(folder.path(), "plain", "return 0;");
    let run = |arguments: &[&str]| {
        let output = audit(folder.path()).args(["--format", "json"]).args(arguments).arg(&path).output().unwrap();
        (output.status.code(), serde_json::from_slice::<Value>(&output.stdout).unwrap())
    };
    let (code, report) = run(&["--ignore", "INS003"]);
    assert_eq!((code, &report["targets"][0]["modules"][0]["rules"]["INS003"]), (Some(0), &Value::Null));
    let (code, report) = run(&["--select", "INS1,INS003"]);
    let rules = report["targets"][0]["modules"][0]["rules"].as_object().unwrap().clone();
    assert!(rules.keys().all(|id| id.starts_with("INS1") || id == "INS003"), "{rules:?}");
    assert_eq!(code, Some(1));
    // The answers say what was seen, whatever is reported.
    assert_eq!(answers(&report["targets"][0]["modules"][0]), "own-gil=undeclared");
}

#[test]
fn the_project_says_what_it_always_wants_and_the_command_line_outweighs_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = module(folder.path(), "plain", "return 0;");
    let inner = folder.path().join("inner");
    std::fs::create_dir(&inner).unwrap();
    let write = |table: &str| std::fs::write(folder.path().join("pyproject.toml"), table).unwrap();
    let run = |arguments: &[&str]| code_and_stderr(audit(&inner).args(arguments).arg(&path));
    write("[tool.insula]\nignore = [\"INS003\"]\n");
    assert_eq!(run(&[]).0, 0);
    assert_eq!(run(&["--ignore", "INS101"]).0, 1);
    assert_eq!(run(&["--no-config"]).0, 1);
    write("[tool.insula]\nignored = [\"INS003\"]\n");
    let (code, said) = run(&[]);
    assert!(code == 2 && said.contains("`ignored`") && said.lines().count() == 1, "{said}");
    write("[tool.insula]\ntargets = [\"_json\"]\npython = \"3.13\"\n");
    let output = insula().arg("audit").current_dir(&inner).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).contains("_json   3.13"), "{output:?}");
}
