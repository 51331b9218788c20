//! Processes that import the application, in its own environment.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde::Serialize;

use super::events::{Event, Place, What};
use super::{AppError, Entry};
use crate::worker::scratch::Scratch;
use crate::worker::{self, WorkerError};

const PROBE: &str = include_str!("probe.py");

/// The part of it that each interpreter runs for itself.
pub(super) const WATCH: &str = include_str!("watch.py");

/// What imports entries, in each interpreter as well.
const ENTER: &str = concat!(include_str!("enter.py"), include_str!("sources.py"));

/// How often a process that a module crashed is started again without it.
const RESTARTS: usize = 24;

/// How many packages that the application does not import are waited for until their time is over.
const WAITS: usize = 2;

/// What the probe is told.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Task {
    pub(super) out: PathBuf,
    pub(super) mode: &'static str,
    pub(super) entries: Vec<Entry>,
    /// Whether one entry that does not import keeps the others from nothing.
    #[serde(skip)]
    pub(super) many: bool,
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
    /// The distributions that these belong to.
    pub(super) groups: BTreeMap<String, String>,
    /// What is done in sub-interpreters.
    pub(super) steps: Vec<&'static str>,
}

/// What a program in Python is told, in a file.
pub(super) trait Told: Serialize {
    /// Adds where it writes its events; the application's folder.
    fn tell(&mut self, out: PathBuf) -> &Path;
}

impl Told for Task {
    fn tell(&mut self, out: PathBuf) -> &Path {
        self.out = out;
        &self.folder
    }
}

/// What came of a process.
#[derive(Default)]
pub(super) struct Ran {
    pub(super) events: Vec<Event>,
    /// Modules of the application that ended the process, with how.
    pub(super) crashed: Vec<(String, String)>,
    /// The same of packages that it does not import.
    pub(super) crashed_others: Vec<(String, String)>,
    /// Why it was given up.
    pub(super) gave_up: Option<String>,
    /// How the process ended while everything had its private copy, if it did.
    pub(super) isolated_end: Option<String>,
    /// Entries that ended the process, of many, with how.
    pub(super) left_out: Vec<String>,
    /// Whether the time of a process was over.
    pub(super) hung: bool,
    /// Extension modules of the application at which it was.
    pub(super) waiting: Vec<String>,
    /// Packages that the application does not import at which it was, with how.
    pub(super) slow_others: Vec<(String, String)>,
}

/// Runs the task; what ends the process is left out, and the rest done in another one.
pub(super) fn run(python: &Path, mut task: Task, timeout: Duration) -> Result<Ran, AppError> {
    let mut ran = Ran::default();
    for _ in 0..RESTARTS {
        let (events, End { said: end, hung, .. }) = once(python, &probe(), &mut task, timeout)?;
        let over = events.iter().any(|event| matches!(event.what, What::End {}));
        let loading = loading(&events);
        let last = last(&events, loading.as_deref());
        // What was done need not be done again.
        let begun = events.iter().filter(|event| matches!(event.what, What::Step { .. })).count();
        task.steps.drain(..begun.saturating_sub(1).min(task.steps.len()));
        let step = task.steps.first().copied().filter(|_| begun > 0);
        let further = drop_done(&mut task, &events);
        ran.events.extend(events);
        if over {
            return Ok(ran);
        }
        // Each had its time, and all together more than one process has.
        if hung && step == Some("others") && further {
            continue;
        }
        ran.hung |= hung;
        let Some(last) = last else {
            ran.gave_up = Some(end);
            return Ok(ran);
        };
        // What private copies come to is one answer, whoever ends the process.
        if step == Some("isolated") {
            let how = if hung {
                format!("{end} while {last} was imported")
            } else {
                format!("{last} ends the process: {end}")
            };
            ran.isolated_end = Some(how);
            task.steps.remove(0);
            continue;
        }
        if task.many && leave_out(&mut task, &last) {
            entry_ended(&mut task, &mut ran, last, end, hung);
            continue;
        }
        if task.others.iter().any(|(other, _)| *other == last) {
            task.others.retain(|(other, _)| *other != last);
            task.crashing.push(last.clone());
            if hung { &mut ran.slow_others } else { &mut ran.crashed_others }.push((last, end));
            if ran.slow_others.len() >= WAITS {
                task.others.clear();
            }
            continue;
        }
        if hung {
            ran.gave_up.get_or_insert(format!("{end} while {last} was imported"));
            let stuck = loading.filter(|name| *name == last);
            if !leave_step(&mut task, step, stuck.as_deref()) {
                return Ok(ran);
            }
            ran.waiting.extend(stuck);
            continue;
        }
        // The application cannot go on there, but what comes behind can be seen, and whether private copies help.
        if step == Some("natural") && loading.as_ref() == Some(&last) {
            task.steps.remove(0);
            task.crashing.push(last.clone());
            ran.crashed.push((last, end));
            continue;
        }
        if task.crashing.contains(&last) || task.entries.iter().any(|entry| entry.name == last) {
            if loading.as_ref() == Some(&last) && !task.crashing.contains(&last) {
                ran.crashed.push((last, end));
            } else {
                ran.gave_up = Some(format!("{end} while {last} was imported"));
            }
            return Ok(ran);
        }
        task.crashing.push(last.clone());
        ran.crashed.push((last, end));
    }
    ran.gave_up = Some(format!("{RESTARTS} modules ended the process"));
    Ok(ran)
}

/// Notes that one entry of many ended the process, or had to be ended.
fn entry_ended(task: &mut Task, ran: &mut Ran, last: String, end: String, hung: bool) {
    if task.mode == "main" {
        ran.left_out.push(format!("{last}: {end} while it was imported"));
    } else if hung {
        ran.gave_up.get_or_insert(format!("{end} while {last} was imported"));
    } else {
        task.crashing.push(last.clone());
        ran.crashed.push((last, end));
    }
}

/// Leaves a step whose time was over, and an extension module at which it was. What the application itself waits for,
/// it would wait for again; what is behind it can be seen all the same. Whether there is any.
fn leave_step(task: &mut Task, step: Option<&str>, stuck: Option<&str>) -> bool {
    match step {
        Some("natural") if stuck.is_some() => task.steps.retain(|step| !["natural", "isolated"].contains(step)),
        Some("lifted") => drop(task.steps.remove(0)),
        _ => return false,
    }
    task.crashing.extend(stuck.map(str::to_owned));
    true
}

/// Takes those packages out of a task that were imported everywhere; whether there were any.
fn drop_done(task: &mut Task, events: &[Event]) -> bool {
    let before = task.others.len();
    task.others.retain(|(other, _)| {
        let done = |event: &Event| matches!(&event.what, What::Other { name, .. } if name == other);
        !events.iter().any(|event| event.place != Place::Main && done(event))
    });
    task.others.len() < before
}

/// Takes an entry that ended the process out of many; whether it was one.
fn leave_out(task: &mut Task, last: &str) -> bool {
    let before = task.entries.len();
    task.entries.retain(|entry| entry.name != last);
    task.entries.len() < before
}

/// What was being imported at the end: a package that the application does not import, with all that it loads, or else
/// an extension module, or an entry.
fn last(events: &[Event], loading: Option<&str>) -> Option<String> {
    let open = events.iter().rev().find_map(|event| match &event.what {
        What::TryingOther { name } => Some(Some(name.clone())),
        What::Other { .. } | What::Step { .. } => Some(None),
        _ => None,
    });
    let entry = || {
        let last = events.iter().rev().find_map(|event| match &event.what {
            What::Entering { name, .. } => Some(Some(name.clone())),
            What::Entered { .. } | What::Failed { .. } => Some(None),
            _ => None,
        });
        last.flatten()
    };
    open.flatten().or_else(|| loading.map(str::to_owned)).or_else(entry)
}

/// The extension module whose own code was running at the end.
fn loading(events: &[Event]) -> Option<String> {
    let mut open: Vec<&str> = Vec::new();
    for event in events {
        match &event.what {
            What::Trying { name, .. } | What::Lifted { name } => open.push(name),
            What::Loaded { name } | What::Closed { name } => {
                if let Some(at) = open.iter().rposition(|one| one == name) {
                    open.truncate(at);
                }
            }
            What::Step { .. } => open.clear(),
            _ => {}
        }
    }
    open.pop().map(str::to_owned)
}

/// How a process ended.
pub(super) struct End {
    /// In words.
    pub(super) said: String,
    /// Whether it had to be ended when its time was over.
    pub(super) hung: bool,
    /// What it returned, if it ended by itself.
    pub(super) code: Option<i32>,
}

/// The probe's source, with what it hands on to each interpreter.
fn probe() -> String {
    PROBE.replacen("__WATCH__", &literal(&WATCH.into()), 1).replacen("__ENTER__", &literal(&ENTER.into()), 1)
}

/// The events of one process, and how it ended.
pub(super) fn once(
    python: &Path,
    source: &str,
    told: &mut impl Told,
    timeout: Duration,
) -> Result<(Vec<Event>, End), AppError> {
    let scratch = Scratch::new().map_err(|error| AppError::Scratch(error.to_string()))?;
    let place = |name: &str| scratch.path().join(name);
    let folder = told.tell(place("events")).to_owned();
    let text = serde_json::to_string(told).map_err(|_| not_utf8(folder, scratch.path()))?;
    let written = std::fs::write(place("task"), text).and_then(|()| std::fs::write(place("probe.py"), source));
    let errors = written.and_then(|()| std::fs::File::create(place("errors")));
    let errors = errors.map_err(|error| AppError::Scratch(error.to_string()))?;
    let mut command = Command::new(python);
    command.arg(place("probe.py")).arg(place("task"));
    let mut end = end_of(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(errors), timeout)?;
    let events = read(&place("events"));
    // Where it did not even begin, its own words say why.
    if events.is_empty()
        && let Some(line) = words(&std::fs::read_to_string(place("errors")).unwrap_or_default())
    {
        end.said = format!("{}: {line}", end.said);
    }
    Ok((events, end))
}

/// Which path it is that Python cannot be told of.
fn not_utf8(folder: PathBuf, scratch: &Path) -> AppError {
    match scratch.to_str() {
        None => AppError::NotUtf8(scratch.to_owned(), "set TMPDIR to another folder"),
        Some(_) if folder.to_str().is_none() => AppError::NotUtf8(folder, "rename the folder, or work in another one"),
        Some(_) => {
            AppError::NotUtf8(folder, "an extension module below it, or what is asked for, has such a path: rename it")
        }
    }
}

/// The line of an interpreter's last words that says why: the last one, but behind a fatal error comes only where it
/// was.
fn words(errors: &str) -> Option<&str> {
    let fatal = errors.lines().find(|line| line.starts_with("Fatal Python error"));
    fatal.or_else(|| errors.lines().rfind(|line| !line.is_empty()))
}

/// A value as Python reads it: JSON's notation is Python's, but for `true`, `false` and `null`.
pub(super) fn literal(value: &serde_json::Value) -> String {
    value.to_string()
}

/// Runs a command to its end, or for so long, with all that it starts: an application may start servers.
pub(super) fn end_of(command: &mut Command, time: Duration) -> Result<End, AppError> {
    let end = worker::run_plain(command, time).map_err(|error| match error {
        WorkerError::Interrupted => AppError::Interrupted,
        WorkerError::Start { program, error } => AppError::Start(program, error.to_string()),
        other => AppError::Scratch(other.to_string()),
    })?;
    let said = end.map_or_else(|| format!("no end within {} s", time.as_secs()), |status| status.to_string());
    Ok(End { said, hung: end.is_none(), code: end.and_then(|status| status.code()) })
}

/// The events in a file, as far as they were written.
pub(super) fn read(file: &Path) -> Vec<Event> {
    let bytes = std::fs::read(file).unwrap_or_default();
    String::from_utf8_lossy(&bytes).lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}
