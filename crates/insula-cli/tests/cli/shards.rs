//! Parts of an audit, and reports that are put together.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::common::{insula, json_of};

/// Modules of the standard library, a file that is none, and a name that is not there.
const TARGETS: [&str; 7] = ["_json", "_heapq", "xxlimited_35", "nosuch", "_bisect", "_random", "xxlimited"];

struct Audits {
    folder: TempDir,
}

impl Audits {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Audits some of the targets, from results of before where there are any.
    fn audit(&self, name: &str, targets: &[&str], arguments: &[&str]) -> (PathBuf, Option<i32>) {
        let file = self.file(name);
        let mut command = insula();
        command.args(["audit", "--no-config", "--python", "3.13", "--format", "json", "--output"]).arg(&file);
        command.args(targets).args(arguments).env("INSULA_CACHE", self.file("cache"));
        let output = command.output().unwrap();
        (file, output.status.code())
    }

    fn parts(&self, targets: &[&str]) -> Vec<PathBuf> {
        ["1/3", "2/3", "3/3"]
            .iter()
            .map(|part| self.audit(&format!("part {}.json", &part[..1]), targets, &["--shard", part]).0)
            .collect()
    }
}

/// A report without what a clock or a cache has to do with.
fn lasting(file: &Path) -> Value {
    let mut report: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    for target in report["targets"].as_array_mut().unwrap() {
        target.as_object_mut().unwrap().remove("made");
        for module in target["modules"].as_array_mut().unwrap() {
            let module = module.as_object_mut().unwrap();
            ["seconds", "spent", "cached"].iter().for_each(|field| drop(module.remove(*field)));
        }
    }
    report
}

#[test]
fn the_parts_of_an_audit_make_the_whole_one() {
    let audits = Audits::new();
    let parts = audits.parts(&TARGETS);
    for part in &parts {
        let report = lasting(part);
        let modules =
            report["targets"].as_array().unwrap().iter().map(|target| target["modules"].as_array().unwrap().len());
        assert_eq!(modules.sum::<usize>(), 2, "{report:#}");
    }
    let (whole, code) = audits.audit("whole.json", &TARGETS, &[]);
    let merged = audits.file("merged.json");
    // In any order.
    let mut merge = insula();
    merge.args(["merge", "--format", "json", "--output"]).arg(&merged).args([&parts[2], &parts[0], &parts[1]]);
    let status = merge.status().unwrap();
    assert_eq!(status.code(), code);
    assert_eq!(lasting(&merged), lasting(&whole));
}

#[test]
fn reports_of_different_things_make_one_in_any_format() {
    let audits = Audits::new();
    let (first, _) = audits.audit("first.json", &["_json"], &[]);
    let (second, _) = audits.audit("second.json", &["_heapq", "xxlimited_35"], &[]);
    let page = audits.file("page.html");
    let mut command = insula();
    command.arg("merge").args([&first, &second]).args(["--format", "json", "--format"]);
    command.arg(format!("html={}", page.display()));
    let (report, output) = json_of(&mut command);
    let targets: Vec<_> = report["targets"].as_array().unwrap().iter().map(|target| &target["target"]).collect();
    assert_eq!(targets, ["_json", "_heapq", "xxlimited_35"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(fs::read_to_string(page).unwrap().contains("xxlimited_35"));
}

#[test]
fn what_does_not_fit_together_is_an_error() {
    let audits = Audits::new();
    let parts = audits.parts(&["_json", "nosuch", "_heapq"]);
    let (other, _) = audits.audit("other.json", &["_json", "_heapq"], &["--shard", "2/3"]);
    let changed = |name: &str, change: &dyn Fn(&mut Value)| {
        let mut report: Value = serde_json::from_slice(&fs::read(&parts[1]).unwrap()).unwrap();
        change(&mut report);
        let file = audits.file(name);
        fs::write(&file, report.to_string()).unwrap();
        file
    };
    let old = changed("old.json", &|report| report["schema"] = 1.into());
    let tool = changed("tool.json", &|report| report["tool"]["version"] = "0.0.9".into());
    let python = changed("python.json", &|report| report["interpreters"][0]["full_version"] = "3.13.0 (other)".into());
    let text = audits.file("text.json");
    fs::write(&text, "no report").unwrap();
    let app = audits.file("app.json");
    fs::write(&app, "[{\"schema\": 1, \"entries\": [\"main\"]}]").unwrap();
    let rejected = |files: &[&PathBuf], wanted: &str| {
        let output = insula().arg("merge").args(files).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(wanted) && said.lines().count() == 1, "{wanted}: {said}");
    };
    rejected(&[&parts[0], &parts[1]], "part 3/3 is missing");
    let copy = audits.file("copy.json");
    fs::copy(&parts[1], &copy).unwrap();
    rejected(&[&parts[0], &parts[1], &copy, &parts[2]], "part 2/3 is there more than once");
    let link = audits.file("link.json");
    std::os::unix::fs::symlink(&parts[1], &link).unwrap();
    rejected(&[&parts[0], &parts[1], &parts[1], &parts[2]], "part 2.json: it is named twice");
    rejected(&[&parts[0], &parts[1], &link, &parts[2]], "link.json: it is named twice");
    let (whole, _) = audits.audit("whole.json", &["_json"], &[]);
    for order in [[&whole, &parts[0]], [&parts[0], &whole]] {
        rejected(&order, "whole.json: it is no part of an audit, and ");
    }
    rejected(&[&whole, &whole], "whole.json: it is named twice");
    // What is read is not written over, by whatever option.
    let before = fs::read(&whole).unwrap();
    for more in [
        ["--output".to_owned(), whole.display().to_string()],
        ["--format".to_owned(), format!("json={}", link.display())],
    ] {
        let output = insula().arg("merge").args([&whole, &parts[1]]).args(&more).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("it is to be merged and to be written") && said.lines().count() == 1, "{said}");
    }
    assert_eq!(fs::read(&whole).unwrap(), before);
    rejected(&[&parts[0], &other, &parts[2]], "an audit of other targets");
    rejected(&[&parts[0], &old, &parts[2]], "its schema is 1");
    rejected(&[&parts[0], &tool, &parts[2]], "made by insula 0.0.9");
    rejected(&[&parts[0], &python, &parts[2]], "is another build");
    rejected(&[&parts[0], &text, &parts[2]], "cannot be read");
    rejected(&[&parts[0], &app, &parts[2]], "it is no report of an audit");
    rejected(&[&parts[0], &audits.file("absent.json"), &parts[2]], "cannot be read");
    for wrong in ["0/3", "4/3", "x", "1"] {
        let output = insula().args(["audit", "_json", "--shard", wrong]).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&output.stderr).contains("no part of an audit"));
    }
}
