//! The programs that findings carry, of real packages: each run by itself, and on a version in which the defect is mended.

use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

use crate::common::{audit, python};

/// Versions with defects, and later ones without them.
const MENDED: [(&str, &str); 5] = [
    ("multidict==6.4.3", "multidict==7.2.1"),
    ("multidict==6.7.1", "multidict==7.2.1"),
    ("zope.interface==7.0.1", "zope.interface==7.0.2"),
    ("zope.interface==7.1.0", "zope.interface==7.1.1"),
    ("bcrypt==4.1.1", "bcrypt==4.1.2"),
];

/// A program, and what must come of it.
struct Trial {
    what: String,
    program: String,
    code: i32,
}

/// Audits these packages, and those of `MENDED`, and runs the programs of all findings.
pub(crate) fn show_what_they_say(targets: &[&str]) {
    let mut all = targets.to_vec();
    all.extend(MENDED.iter().flat_map(|(defect, mended)| [*defect, *mended]));
    all.sort_unstable();
    all.dedup();
    let (report, _) = audit(&all);
    let audited: Vec<&Value> = report["targets"].as_array().unwrap().iter().collect();
    let of = |name: &str| *audited.iter().find(|target| target["target"] == name).expect("it was audited");
    let mut trials: Vec<Trial> = audited.iter().flat_map(|target| by_themselves(target)).collect();
    let alone = trials.len();
    trials.extend(MENDED.iter().flat_map(|(defect, mended)| on_mended(of(defect), of(mended))));
    let wrong = side_by_side(&trials);
    println!("{alone} programs by themselves, {} on mended versions", trials.len() - alone);
    assert!(trials.len() - alone > 5, "too few rules are mended");
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), trials.len(), wrong.join("\n"));
}

/// Each module of a target with its findings that have programs: rule, what it is about, the program.
fn programs(target: &Value) -> impl Iterator<Item = (&Value, &str, String, &str)> {
    target["modules"].as_array().unwrap().iter().flat_map(move |module| {
        module["findings"].as_array().unwrap().iter().filter_map(move |finding| {
            let (rule, program) = (finding["rule"].as_str().unwrap(), finding["repro"].as_str()?);
            let what = format!("{} {rule} {}", target["target"], finding["message"]);
            Some((module, rule, what, program))
        })
    })
}

fn by_themselves(target: &Value) -> Vec<Trial> {
    programs(target).map(|(_, _, what, program)| Trial { what, program: program.to_owned(), code: 1 }).collect()
}

/// The programs of rules that are no longer broken in the same module of another version, on that version.
fn on_mended(defect: &Value, mended: &Value) -> Vec<Trial> {
    let modules = mended["modules"].as_array().unwrap();
    let trials = programs(defect).filter_map(|(module, rule, what, program)| {
        let later = modules.iter().find(|one| one["name"] == module["name"])?;
        if later["findings"].as_array().unwrap().iter().any(|finding| finding["rule"] == rule) {
            return None;
        }
        let (old, new) = (module["path"].as_str().unwrap(), later["path"].as_str().unwrap());
        let program = program.replace(old, new).replace(&environment(old), &environment(new));
        assert!(!program.contains(&environment(old)), "{program}");
        Some(Trial { what: format!("{what}, on {}", mended["target"]), program, code: 0 })
    });
    trials.collect()
}

/// The folder that a package was fetched into: all before the name of the module's file and of its packages.
fn environment(file: &str) -> String {
    let folders = Path::new(file).ancestors();
    let fetched = folders.take_while(|folder| !folder.ends_with("environments")).last().expect("a file in the cache");
    fetched.to_string_lossy().into_owned()
}

/// Runs them two at a time; returns what came out otherwise than it should.
fn side_by_side(trials: &[Trial]) -> Vec<String> {
    let python = python().executable;
    let folder = tempfile::tempdir().unwrap();
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some((number, trial)) = {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    trials.get(number).map(|trial| (number, trial))
                } {
                    let file = folder.path().join(format!("{number}.py"));
                    std::fs::write(&file, &trial.program).unwrap();
                    let output = Command::new(&python).arg(&file).current_dir("/").output().unwrap();
                    if output.status.code() != Some(trial.code) {
                        let said = String::from_utf8_lossy(&output.stdout).into_owned();
                        let line = format!("{}: {}, not {}: {said}", trial.what, output.status, trial.code);
                        wrong.lock().unwrap().push(line);
                    }
                }
            });
        }
    });
    wrong.into_inner().unwrap()
}
