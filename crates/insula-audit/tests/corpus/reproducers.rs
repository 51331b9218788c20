//! The programs that show findings: each ends with 1 on the module it was written for, and with 0 on a twin.

use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use insula_pythons::Interpreter;
use serde_json::Value;

use super::Entry;

/// What must come of a program.
struct Trial {
    what: String,
    program: String,
    code: i32,
}

/// Rules whose findings all have a program; of the others some do, or none can.
const ALWAYS: [&str; 12] = [
    "INS101", "INS102", "INS103", "INS104", "INS106", "INS212", "INS213", "INS301", "INS302", "INS303", "INS308",
    "INS401",
];

/// Runs the programs of all findings; returns what came out otherwise than it should.
pub(crate) fn wrong(python: &Interpreter, audited: &[(&Entry, Value)]) -> Vec<String> {
    let mut trials = Vec::new();
    let mut wrong = Vec::new();
    for (entry, module) in audited {
        for finding in module["findings"].as_array().expect("findings") {
            let rule = finding["rule"].as_str().expect("a rule");
            let what = format!("{} on {}", finding["message"], entry.name);
            let Some(program) = finding["repro"].as_str() else {
                if ALWAYS.contains(&rule) {
                    wrong.push(format!("{what}: no program"));
                }
                continue;
            };
            if rule == super::rule_of(&entry.name) {
                let twins = audited.iter().filter(|(twin, _)| twin.twin_of.contains(&entry.name));
                trials.extend(twins.map(|(twin, _)| Trial {
                    what: format!("{what}, on its twin {}", twin.name),
                    program: program.replace(&entry.name, &twin.name),
                    code: 0,
                }));
            }
            trials.push(Trial { what, program: program.to_owned(), code: 1 });
        }
    }
    assert!(trials.len() > 80, "only {} programs", trials.len());
    wrong.extend(side_by_side(python, &trials));
    wrong
}

fn side_by_side(python: &Interpreter, trials: &[Trial]) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(trial) = trials.get(number) else { break };
                    if let Some(what) = run(python, trial, &folder.path().join(format!("{number}.py"))) {
                        wrong.lock().expect("no panic").push(what);
                    }
                }
            });
        }
    });
    wrong.into_inner().expect("no panic")
}

fn run(python: &Interpreter, trial: &Trial, file: &Path) -> Option<String> {
    std::fs::write(file, &trial.program).expect("writable");
    let output = Command::new(&python.executable).arg(file).current_dir("/").output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stdout);
    (output.status.code() != Some(trial.code))
        .then(|| format!("{}: {}, not {}: {said}", trial.what, output.status, trial.code))
}
