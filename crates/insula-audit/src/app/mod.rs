//! What keeps an application from sub-interpreters.
//!
//! The application is imported as its user would: in its environment, its folder first on the path; first in the main
//! interpreter, then in further ones. What refuses there is seen in three ways, so that the first obstacle does not
//! hide the others: as it comes; with CPython's check lifted where that is what refuses; and each extension module
//! that was not reached by itself. Then the application is imported once more in the main interpreter without what
//! refuses, which tells what it falls back from and what it cannot do without.
//!
//! The order of these modules: `run` starts processes, whose `events` `judge` turns into a [`report`], which `text`
//! writes for people and `memory` keeps for the next time.

mod events;
mod judge;
mod memory;
pub mod report;
mod run;
mod text;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

use self::events::{Event, Installed, What};
use self::report::{Kind, Report};
use self::run::{Ran, Task};
use crate::host::Host;

pub use self::text::text;

/// What is asked.
#[derive(Clone, Debug)]
pub struct Question {
    /// What is imported: `module`, `module:attribute` or the path of a script.
    pub entries: Vec<String>,
    /// The application's folder.
    pub folder: PathBuf,
    /// The time for each import of all entries in one process.
    pub timeout: Duration,
    /// Whether an answer of before counts, where nothing has changed.
    pub cache: bool,
}

/// Why there is no answer at all.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// There is no script of that name.
    #[error("{0}: there is no such script; name a module, module:attribute or the path of a .py file")]
    NoScript(PathBuf),
    /// No folder to work in.
    #[error("cannot write temporary files: {0}; set TMPDIR to a folder that can be written")]
    Scratch(String),
    /// The interpreter does not start.
    #[error("{path}: it does not start: {1}; name another interpreter with --python", path = .0.display())]
    Start(PathBuf, String),
    /// The interpreter ended before the application was imported.
    #[error("{path}: it ended before the application was imported ({1})", path = .0.display())]
    Interpreter(PathBuf, String),
}

/// What is imported, as the probe is told.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Entry {
    name: String,
    script: bool,
    folder: PathBuf,
}

impl Entry {
    fn read(name: &str) -> Result<Self, AppError> {
        let script = name.ends_with(".py") || name.contains('/');
        if !script {
            return Ok(Self { name: name.to_owned(), script, folder: PathBuf::new() });
        }
        let path = std::path::absolute(name).unwrap_or_else(|_| name.into());
        if !path.is_file() {
            return Err(AppError::NoScript(name.into()));
        }
        let folder = path.parent().unwrap_or(Path::new("/")).to_owned();
        Ok(Self { name: path.display().to_string(), script, folder })
    }
}

/// What the processes of one question showed.
struct Seen {
    main: Ran,
    /// By kind of interpreter.
    kinds: Vec<(Kind, Ran)>,
    without: Option<Ran>,
    installed: Vec<Installed>,
}

/// The extension modules that importing a module loads, but for the standard library's.
pub(crate) fn loaded(host: &Host, module: &str, timeout: Duration) -> Result<Vec<(String, PathBuf)>, AppError> {
    let folder = std::env::current_dir().map_err(|error| AppError::Scratch(error.to_string()))?;
    let task = Task { mode: "main", entries: vec![Entry::read(module)?], folder, ..Task::default() };
    Ok(judge::extensions(&run::run(&host.interpreter.executable, task, timeout)?.events))
}

/// Answers the question on one interpreter.
pub fn examine(host: &Host, question: &Question) -> Result<Report, AppError> {
    let place = question.cache.then(|| memory::place(host, question));
    if let Some(report) = place.as_deref().and_then(memory::recall) {
        return Ok(report);
    }
    let seen = look(host, question)?;
    let report = judge::judge(host, question, &seen);
    // What could not be tried may go another time.
    if let Some(place) = place
        && report.exit_code() < 2
    {
        memory::keep(&place, &report, judge::files(&seen.main.events));
    }
    Ok(report)
}

fn look(host: &Host, question: &Question) -> Result<Seen, AppError> {
    let python = &host.interpreter.executable;
    let entries = question.entries.iter().map(|name| Entry::read(name)).collect::<Result<Vec<_>, _>>()?;
    let folder = question.folder.clone();
    let task = Task { mode: "main", entries, folder, ..Task::default() };
    let main = run::run(python, task.clone(), question.timeout)?;
    if main.events.is_empty() {
        let why = main.gave_up.unwrap_or_default();
        return Err(AppError::Interpreter(python.clone(), why));
    }
    let installed: Vec<Installed> = main
        .events
        .iter()
        .filter_map(|event| match &event.what {
            What::Distribution(one) => Some(one.clone()),
            _ => None,
        })
        .collect();
    let mut seen = Seen { main, kinds: Vec::new(), without: None, installed };
    if judge::main_trouble(&seen.main).is_none() {
        let mut task = task;
        task.extensions = judge::extensions(&seen.main.events);
        task.others = judge::others(&seen);
        task.steps = vec!["natural", "lifted", "isolated", "others"];
        let kinds: &[(Kind, &str)] = if host.has_own_gil() {
            &[(Kind::Legacy, "legacy"), (Kind::Own, "own")]
        } else {
            &[(Kind::Legacy, "legacy")]
        };
        // Side by side: each waits for its own process.
        let ran: Vec<_> = std::thread::scope(|scope| {
            let started: Vec<_> = kinds
                .iter()
                .map(|(kind, mode)| {
                    let task = Task { mode, ..task.clone() };
                    (*kind, scope.spawn(|| run::run(python, task, question.timeout)))
                })
                .collect();
            started.into_iter().map(|(kind, thread)| (kind, thread.join().expect("no panic"))).collect()
        });
        for (kind, ran) in ran {
            seen.kinds.push((kind, ran?));
        }
        let refused = refused(&seen.kinds);
        if !refused.is_empty() {
            let task = Task { mode: "without", refused, ..task };
            seen.without = Some(run::run(python, task, question.timeout)?);
        }
    }
    Ok(seen)
}

/// The extension modules that refuse in some kind of interpreter, with what they say.
fn refused(kinds: &[(Kind, Ran)]) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for (kind, ran) in kinds {
        for Event { place, what } in &ran.events {
            if let What::Refused { name, message, .. } = what
                && *place == (*kind).into()
            {
                found.entry(name.clone()).or_insert_with(|| message.clone());
            }
        }
        found.extend(ran.crashed.iter().map(|(name, how)| (name.clone(), how.clone())));
    }
    found
}
