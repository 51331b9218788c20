//! Processes that import the application, in its own environment.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde::Serialize;

use super::events::{Event, What};
use super::{AppError, Entry};

const PROBE: &str = include_str!("probe.py");

/// How often a process that a module crashed is started again without it.
const RESTARTS: usize = 24;

/// What the probe is told.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Task {
    pub(super) out: PathBuf,
    pub(super) mode: &'static str,
    pub(super) entries: Vec<Entry>,
    /// The application's folder, the first of `sys.path`.
    pub(super) folder: PathBuf,
    /// Modules that crashed.
    pub(super) crashing: Vec<String>,
    /// The extension modules of the main interpreter, in order, with their files.
    pub(super) extensions: Vec<(String, PathBuf)>,
    /// Packages that the application does not import, with their extension modules.
    pub(super) others: Vec<(String, Vec<String>)>,
    /// Modules that are kept from the application, with what it is told.
    pub(super) refused: BTreeMap<String, String>,
    /// What is done in sub-interpreters.
    pub(super) steps: Vec<&'static str>,
}

/// What came of a process.
pub(super) struct Ran {
    pub(super) events: Vec<Event>,
    /// Modules and packages that ended the process, with how.
    pub(super) crashed: Vec<(String, String)>,
    /// Why it was given up.
    pub(super) gave_up: Option<String>,
}

/// Runs the task; what ends the process is left out, and the rest done in another one.
pub(super) fn run(python: &Path, mut task: Task, timeout: Duration) -> Result<Ran, AppError> {
    let mut ran = Ran { events: Vec::new(), crashed: Vec::new(), gave_up: None };
    for _ in 0..RESTARTS {
        let (events, end) = once(python, &mut task, timeout)?;
        let over = events.iter().any(|event| matches!(event.what, What::End {}));
        let last = last(&events);
        // What was done need not be done again.
        let begun = events.iter().filter(|event| matches!(event.what, What::Step {})).count();
        task.steps.drain(..begun.saturating_sub(1));
        ran.events.extend(events);
        if over {
            return Ok(ran);
        }
        let Some(last) = last else {
            ran.gave_up = Some(end);
            return Ok(ran);
        };
        if task.crashing.contains(&last) || task.entries.iter().any(|entry| entry.name == last) {
            ran.gave_up = Some(format!("{end} while {last} was imported"));
            return Ok(ran);
        }
        task.others.retain(|(other, _)| *other != last);
        task.crashing.push(last.clone());
        ran.crashed.push((last, end));
    }
    ran.gave_up = Some(format!("{RESTARTS} modules ended the process"));
    Ok(ran)
}

/// What was being imported at the end: a package that the application does not import, with all that it loads, or else
/// an extension module, or an entry.
fn last(events: &[Event]) -> Option<String> {
    let open = events.iter().rev().find_map(|event| match &event.what {
        What::TryingOther { name } => Some(Some(name.clone())),
        What::Other { .. } | What::Step {} => Some(None),
        _ => None,
    });
    let inner = || {
        events.iter().rev().find_map(|event| match &event.what {
            What::Trying { name, .. } | What::Lifted { name } | What::Entering { name } => Some(name.clone()),
            _ => None,
        })
    };
    open.flatten().or_else(inner)
}

/// The events of one process, and how it ended.
fn once(python: &Path, task: &mut Task, timeout: Duration) -> Result<(Vec<Event>, String), AppError> {
    let scratch = tempfile::tempdir().map_err(|error| AppError::Scratch(error.to_string()))?;
    let (probe, errors) = (scratch.path().join("probe.py"), scratch.path().join("errors"));
    task.out = scratch.path().join("events");
    let told = serde_json::to_string(task).expect("strings and paths in UTF-8");
    let prepared = std::fs::write(&probe, PROBE).and_then(|()| std::fs::File::create(&errors));
    let errors_file = prepared.map_err(|error| AppError::Scratch(error.to_string()))?;
    let mut child = Command::new(python)
        .arg(&probe)
        .env("INSULA_APP", told)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(errors_file)
        .spawn()
        .map_err(|error| AppError::Start(python.to_owned(), error.to_string()))?;
    let begun = Instant::now();
    let end = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status.to_string(),
            Ok(None) if begun.elapsed() < timeout => std::thread::sleep(Duration::from_millis(5)),
            _ => {
                let _ = child.kill();
                let _ = child.wait();
                break format!("no end within {} s", timeout.as_secs());
            }
        }
    };
    let mut text = String::new();
    if let Ok(mut file) = std::fs::File::open(&task.out) {
        let mut bytes = Vec::new();
        let _ = file.read_to_end(&mut bytes);
        text = String::from_utf8_lossy(&bytes).into_owned();
    }
    let events = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    Ok((events, end))
}
