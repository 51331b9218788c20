//! One package on one interpreter: used in many interpreters at once, and its own tests.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::isolate::packages::{self, Package};
use crate::process::{self, Outcome};

/// Time for one process that uses a package.
const TIMEOUT: Duration = Duration::from_secs(400);
/// Time for one process that uses it without insula_isolate: some wait for ever.
const WITHOUT: Duration = Duration::from_secs(60);
/// Time for one run of a package's own tests.
const SUITE: Duration = Duration::from_secs(3600);

/// Where and how to try packages.
pub(crate) struct Place {
    /// An environment that has the packages.
    pub(crate) environment: PathBuf,
    /// A folder that has `insula_isolate`.
    pub(crate) loader: PathBuf,
    pub(crate) interpreters: usize,
    pub(crate) rounds: usize,
    /// Whether CPython checks its memory: see `Version::checks_memory_in_threads`.
    pub(crate) checks_memory: bool,
}

impl Place {
    /// Uses a package in the main interpreter, without insula_isolate, in many interpreters, with proof, and for its
    /// cost. Returns what each of these runs showed.
    pub(crate) fn uses(&self, package: &Package, kinds: &[&str]) -> Result<Value> {
        let folder = tempfile::tempdir()?;
        let expected = folder.path().join("main");
        let mut shown = json!({});
        for kind in kinds {
            let out = folder.path().join(kind);
            let mut command = self.program("runner.py");
            command.arg(kind).arg("--use").arg(package.file()).args(["--imports", &package.imports.join(",")]);
            command.args(["--rounds", &self.rounds.to_string()]).arg("--out").arg(&out);
            let interpreters = match *kind {
                "isolated" => self.interpreters,
                _ => self.interpreters.min(3),
            };
            command.args(["--interpreters", &interpreters.to_string()]);
            if *kind != "main" {
                command.arg("--expected").arg(&expected);
            }
            if ["without", "isolated", "proof"].contains(kind) && self.checks_memory {
                command.env("PYTHONMALLOC", "debug");
            }
            let time = if *kind == "without" { WITHOUT } else { TIMEOUT };
            shown[kind] = seen(&process::run(&mut command, time)?, &out)?;
            if *kind == "main" && shown[kind]["said"].is_null() {
                // There is nothing to compare with.
                break;
            }
        }
        Ok(shown)
    }

    /// Runs a package's own tests in the main interpreter, and in several interpreters at once.
    pub(crate) fn tests(&self, package: &Package, sdist: Option<&Path>, interpreters: usize) -> Result<Value> {
        let tests = package.tests.as_ref().context("it has tests")?;
        let folder = tempfile::tempdir()?;
        let mut shown = json!({});
        for (kind, count) in [("main", 0), ("isolated", interpreters)] {
            let out = folder.path().join(kind);
            let mut command = self.program("suite.py");
            command.args(["--interpreters", &count.to_string()]).arg("--out").arg(&out);
            match sdist {
                Some(sdist) => {
                    command.arg("--folder").arg(sdist);
                    command.args(tests.select.iter().filter_map(|part| Some(format!("--select={}", last(part)?))));
                }
                None => {
                    command.arg("--folder").arg(folder.path()).arg("--select=--pyargs");
                    command.args(tests.select.iter().map(|part| format!("--select={part}")));
                }
            }
            command.args(tests.without.keys().map(|test| format!("--without={test}")));
            command.envs(tests.environment.keys().filter_map(|setting| setting.split_once('=')));
            // Test ids that hold a set are the same in both processes then.
            command.env("PYTHONHASHSEED", "0");
            shown[kind] = seen(&process::run(&mut command, SUITE)?, &out)?;
        }
        Ok(shown)
    }

    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.environment.join("bin/python"));
        command.args(["-X", "faulthandler"]).arg(packages::folder().join(name));
        command.env("PYTHONPATH", &self.loader).env_remove("PYTHONSTARTUP");
        command
    }
}

fn last(path: &str) -> Option<&str> {
    Path::new(path).file_name()?.to_str()
}

/// How a run ended, what it said, and what it wrote on standard error.
fn seen(outcome: &Outcome, out: &Path) -> Result<Value> {
    let said: Value = match fs::read_to_string(out) {
        Ok(text) => serde_json::from_str(&text).context("a program beside packages.toml writes JSON")?,
        Err(_) => Value::Null,
    };
    let lines: Vec<&str> = outcome.stderr.lines().collect();
    let tail = lines[lines.len().saturating_sub(60)..].join("\n");
    Ok(json!({ "well": outcome.success(), "ending": outcome.ending(), "said": said, "stderr": tail }))
}

/// What is wrong with the use of a package in many interpreters; nothing if all is well.
pub(crate) fn faults(shown: &Value) -> Vec<String> {
    let main = &shown["main"];
    if main["well"] != true {
        return vec![format!("fails in the main interpreter: {}", last_line(main))];
    }
    let mut faults = Vec::new();
    let unstable = main["said"]["unstable"].as_array().is_some_and(|turns| !turns.is_empty());
    if unstable {
        faults.push("its results are not the same each time in the main interpreter".to_owned());
    }
    for kind in ["isolated", "proof"] {
        let run = &shown[kind];
        if run.is_null() {
            continue;
        }
        if run["well"] != true {
            faults.push(format!("{}: {}", run["ending"].as_str().unwrap_or("?"), last_line(run)));
        }
        for one in run["said"]["interpreters"].as_array().into_iter().flatten() {
            if let Some(error) = one["error"].as_str() {
                faults.push(first_line(error));
            }
            if one["wrong"].as_array().is_some_and(|wrong| !wrong.is_empty()) {
                faults.push(format!("wrong result: {} instead of {}", one["wrong"][0][2], one["wrong"][0][1]));
            }
        }
    }
    faults.sort();
    faults.dedup();
    faults
}

/// What `verify()` has against it; nothing if it is proved, an error's text if nothing could be proved.
pub(crate) fn unproved(shown: &Value) -> Vec<String> {
    let interpreters = shown.pointer("/proof/said/interpreters").and_then(Value::as_array);
    // The last one came after the others, for a use only.
    let proofs = interpreters.map(|all| &all[..all.len().saturating_sub(1)]).unwrap_or_default();
    let mut found: Vec<String> = proofs
        .iter()
        .filter(|one| one["proof"][0] != true)
        .map(|one| one["proof"][1].as_str().or(one["error"].as_str()).unwrap_or("not run").to_owned())
        .collect();
    if proofs.is_empty() {
        found.push("not run".to_owned());
    }
    found.sort();
    found.dedup();
    found
}

/// One test that ended otherwise than in the main interpreter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Difference {
    pub(crate) test: String,
    pub(crate) main: String,
    pub(crate) isolated: String,
    pub(crate) why: String,
}

/// The tests that ended otherwise in at least one of the interpreters, or an error's text.
pub(crate) fn differences(shown: &Value) -> Result<Vec<Difference>, String> {
    let main = &shown["main"]["said"][0];
    let tests = tests_of(main).ok_or_else(|| format!("main interpreter: {}", failure(&shown["main"])))?;
    let isolated = shown["isolated"]["said"].as_array().ok_or_else(|| failure(&shown["isolated"]))?;
    let mut found = Vec::new();
    for one in isolated {
        let theirs = tests_of(one).ok_or_else(|| failure(&json!({ "said": [one] })))?;
        let names = tests.keys().chain(theirs.keys().filter(|name| !tests.contains_key(*name)));
        for name in names {
            let (main, isolated) = (outcomes(tests.get(name)), outcomes(theirs.get(name)));
            if main != isolated {
                let why = theirs.get(name).and_then(|runs| runs.iter().find(|run| !run.1.is_empty()));
                let why = why.map(|run| run.1.to_owned()).unwrap_or_default();
                found.push(Difference { test: name.clone(), main, isolated, why });
            }
        }
        for (file, why) in one["broken"].as_object().into_iter().flatten() {
            if main["broken"].get(file).is_none() {
                let why = why.as_str().unwrap_or_default().to_owned();
                let (main, isolated) = ("collected".to_owned(), "not collected".to_owned());
                found.push(Difference { test: file.clone(), main, isolated, why });
            }
        }
    }
    found.sort();
    found.dedup_by(|a, b| a.test == b.test && a.isolated == b.isolated);
    if shown["isolated"]["well"] != true {
        return Err(failure(&shown["isolated"]));
    }
    Ok(found)
}

/// How the tests of one run ended and why, by their [stable] ids. Several may have the same.
fn tests_of(run: &Value) -> Option<BTreeMap<String, Vec<(&str, &str)>>> {
    let mut found: BTreeMap<String, Vec<(&str, &str)>> = BTreeMap::new();
    for (id, test) in run["tests"].as_object()? {
        let ended = (test[0].as_str().unwrap_or("?"), test[1].as_str().unwrap_or_default());
        found.entry(stable(id)).or_default().push(ended);
    }
    Some(found)
}

/// How many ended how.
fn outcomes(runs: Option<&Vec<(&str, &str)>>) -> String {
    let Some(runs) = runs else { return "not there".to_owned() };
    if let [one] = runs[..] {
        return one.0.to_owned();
    }
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    runs.iter().for_each(|run| *counts.entry(run.0).or_default() += 1);
    counts.iter().map(|(word, count)| format!("{count} {word}")).collect::<Vec<_>>().join(", ")
}

/// A test's id without what is another in each run: addresses, and random UUIDs.
fn stable(id: &str) -> String {
    let hex = |text: &str| text.bytes().take_while(u8::is_ascii_hexdigit).count();
    let mut text = String::new();
    let mut rest = id;
    while let Some(first) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("0x").filter(|after| hex(after) >= 8) {
            text.push_str("0x..");
            rest = &after[hex(after)..];
        } else if let Some(after) = after_uuid(rest) {
            text.push_str("UUID");
            rest = after;
        } else {
            text.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    text
}

/// What follows the UUID that a text begins with.
fn after_uuid(text: &str) -> Option<&str> {
    let (uuid, after) = text.split_at_checked(36)?;
    let fits = uuid.bytes().enumerate().all(|(at, byte)| match at {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    });
    fits.then_some(after)
}

fn failure(run: &Value) -> String {
    let said = run.pointer("/said/0/error").and_then(Value::as_str).map(first_line);
    said.unwrap_or_else(|| format!("{}: {}", run["ending"].as_str().unwrap_or("?"), last_line(run)))
}

/// How many tests passed, failed and were skipped.
pub(crate) fn counts(one: &Value) -> Option<[usize; 3]> {
    let tests = one["tests"].as_object()?;
    let count = |outcome: &str| tests.values().filter(|test| test[0] == outcome).count();
    Some(["passed", "failed", "skipped"].map(count))
}

/// Of several lines, the first that says something.
pub(crate) fn first_line(text: &str) -> String {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    // numpy puts a page between the exception's name and the reason.
    match lines.find_map(|line| line.strip_prefix("Original error was: ")) {
        Some(reason) => format!("{first} {reason}"),
        None => first.to_owned(),
    }
}

/// Of what was written on standard error, what says most of an end.
fn last_line(run: &Value) -> String {
    let text = run["stderr"].as_str().unwrap_or_default();
    let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty());
    let fatal = lines().find(|line| line.contains("Fatal") || line.contains("Debug memory"));
    fatal.or_else(|| lines().next_back()).unwrap_or("it wrote nothing").to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{differences, faults, stable, unproved};

    #[test]
    fn a_wrong_result_an_error_and_a_crash_are_faults() {
        let main = json!({ "well": true, "said": { "unstable": [] } });
        let good = json!({ "error": null, "wrong": [] });
        let run = |well: bool, one| {
            json!({ "well": well, "ending": "killed by signal 11", "stderr": "Fatal Python error: x\ny",
            "said": { "interpreters": [good, one] } })
        };
        let all = |run| faults(&json!({ "main": main, "isolated": run }));
        assert!(all(run(true, good.clone())).is_empty());
        assert_eq!(all(run(false, good.clone())), ["killed by signal 11: Fatal Python error: x"]);
        assert_eq!(all(run(true, json!({ "error": "ImportError: no\nmore", "wrong": [] }))), ["ImportError: no"]);
        assert_eq!(all(run(true, json!({ "error": null, "wrong": [[0, "1", "2"]] }))).len(), 1);
        assert!(!faults(&json!({ "main": { "well": false, "stderr": "" } })).is_empty());
    }

    #[test]
    fn nothing_is_proved_by_a_run_that_did_not_come_to_it() {
        assert_eq!(unproved(&json!({})), ["not run"]);
        let said = |proof| json!({ "proof": { "said": { "interpreters": [{ "proof": proof, "error": "E" }, {}] } } });
        assert!(unproved(&said(json!([true, "isolated"]))).is_empty());
        assert_eq!(unproved(&said(json!([false, "one image in two"]))), ["one image in two"]);
        assert_eq!(unproved(&said(json!(null))), ["E"]);
    }

    #[test]
    fn a_test_that_ends_otherwise_is_a_difference_wherever_it_does() {
        let said = |a: &str| json!({ "tests": { "a": [a, "E"], "b": ["passed", ""] }, "broken": {} });
        let shown =
            |isolated| json!({ "main": { "said": [said("passed")] }, "isolated": { "well": true, "said": isolated } });
        assert_eq!(differences(&shown(json!([said("passed"), said("passed")]))), Ok(vec![]));
        let found = differences(&shown(json!([said("passed"), said("failed")]))).expect("all were run");
        assert_eq!((found.len(), &*found[0].test, &*found[0].why), (1, "a", "E"));
        assert!(differences(&shown(json!([{ "error": "ImportError: no" }]))).is_err());
    }
    #[test]
    fn ids_that_differ_in_addresses_only_are_one_test_and_each_of_its_runs_counts() {
        assert_eq!(stable("a[<f at 0x7f0011223344>-0x1f]"), "a[<f at 0x..>-0x1f]");
        assert_eq!(stable("é[03397713-4e71-4a95-8948-ac85f174e2c2-b]"), "é[UUID-b]");
        let run = |tests| json!({ "tests": tests, "broken": {} });
        let shown = |isolated| {
            let main = run(json!({ "a[0x7f0000000010]": ["passed", ""], "a[0x7f0000000020]": ["passed", ""] }));
            json!({ "main": { "said": [main] }, "isolated": { "well": true, "said": [run(isolated)] } })
        };
        let same = json!({ "a[0x7f0000000033]": ["passed", ""], "a[0x7f0000000044]": ["passed", ""] });
        assert_eq!(differences(&shown(same)), Ok(vec![]));
        let one_fails = json!({ "a[0x7f0000000033]": ["passed", ""], "a[0x7f0000000044]": ["failed", "E"] });
        assert_eq!(differences(&shown(one_fails)).expect("all were run")[0].why, "E");
        let one_is_missing = json!({ "a[0x7f0000000033]": ["passed", ""] });
        assert_eq!(differences(&shown(one_is_missing)).expect("all were run").len(), 1);
    }
}
