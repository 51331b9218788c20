//! What keeps an application from sub-interpreters.
//!
//! The application is imported as its user would: in its environment, its folder first on the path; first in the main
//! interpreter, then in further ones. What refuses there is seen in three ways, so that the first obstacle does not
//! hide the others: as it comes; with CPython's check lifted where that is what refuses; and each extension module
//! that was not reached by itself. Then the application is imported once more in the main interpreter without what
//! refuses, which tells what it falls back from and what it cannot do without.
//!
//! The order of these modules: `run`, `without`, `later`, `damage`, `installed` and `command` start processes, whose
//! `events` `judge`, `verdicts`, `others` and `denials` turn into a [`report`], to which `newer` adds what other
//! releases would do and `isolation` what is known of the modules that load; `text` and `lists` write it for people and
//! `memory` keeps it for the next time.

mod chains;
mod command;
mod damage;
mod denials;
mod events;
mod installed;
mod isolation;
mod judge;
mod later;
mod lists;
mod memory;
mod newer;
mod others;
pub mod report;
mod run;
mod text;
mod verdicts;
mod without;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

use self::events::{Event, Installed};
use self::installed::{Listing, Names};
use self::report::{Kind, Report};
use self::run::{Ran, Task};
use crate::Progress;
use crate::host::Host;
use crate::target::distribution::normal;
use crate::target::inputs;

pub use self::text::text;

/// What is imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// `module`, `module:attribute` or the path of a script, each.
    Entries(Vec<String>),
    /// The packages of the distributions that a file of requirements, or its like, names.
    Needed(PathBuf),
    /// The packages of everything that is installed.
    Installed,
}

/// What is asked.
#[derive(Clone, Debug)]
pub struct Question {
    /// What is imported.
    pub wanted: Wanted,
    /// The application's folder.
    pub folder: PathBuf,
    /// The time for each import of all entries in one process.
    pub timeout: Duration,
    /// Whether an answer of before counts, where nothing has changed.
    pub cache: bool,
    /// A command that loads what the application loads only later.
    pub command: Option<String>,
    /// Whether newer releases of what stands in the way are tried.
    pub newer: bool,
    /// Whether what loads is audited, where it was not yet.
    pub deep: bool,
    /// The `insula` program, as in [`crate::Options`].
    pub helper: Option<PathBuf>,
}

/// Why there is no answer at all.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// There is no script of that name.
    #[error("{0}: there is no such script; name a module, module:attribute or the path of a .py file")]
    NoScript(PathBuf),
    /// It names nothing that can be imported.
    #[error(
        "{0:?} names nothing to import; write `module`, `module:attribute`, or the path of a .py file, as `__main__.py`"
    )]
    NoEntry(String),
    /// No folder to work in.
    #[error("cannot write temporary files: {0}; set TMPDIR to a folder that can be written")]
    Scratch(String),
    /// The interpreter does not start.
    #[error("{path}: it does not start: {1}; name another interpreter with --python", path = .0.display())]
    Start(PathBuf, String),
    /// What the file of requirements says.
    #[error("{0}")]
    Input(String),
    /// The user pressed Ctrl-C.
    #[error("interrupted")]
    Interrupted,
    /// A folder that Python cannot be told of.
    #[error("{path}: a path that is not UTF-8; {1}", path = .0.display())]
    NotUtf8(PathBuf, &'static str),
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
    /// Of an extension module that a distribution brings: the packages by which it is used.
    packages: Vec<String>,
}

impl Entry {
    fn module(name: &str) -> Self {
        Self { name: name.to_owned(), script: false, folder: PathBuf::new(), packages: Vec::new() }
    }

    fn read(name: &str) -> Result<Self, AppError> {
        let script = name.ends_with(".py") || name.contains('/');
        if !script {
            let (module, attribute) = name.split_once(':').unwrap_or((name, "whole"));
            // What `__main__` is depends on who asks: here, on the probe.
            let named =
                module != "__main__" && module.split('.').chain(attribute.split('.')).all(|part| !part.is_empty());
            return if named { Ok(Self::module(name)) } else { Err(AppError::NoEntry(name.to_owned())) };
        }
        let path = std::path::absolute(name).unwrap_or_else(|_| name.into());
        if !path.is_file() {
            return Err(AppError::NoScript(name.into()));
        }
        let folder = path.parent().unwrap_or(Path::new("/")).to_owned();
        Ok(Self { name: path.display().to_string(), script, folder, packages: Vec::new() })
    }
}

/// What the processes of one question showed.
struct Seen {
    main: Ran,
    /// What the user's command loads.
    later: Vec<Event>,
    /// By kind of interpreter.
    kinds: Vec<(Kind, Ran)>,
    /// The application without what refuses, in each way in which that does.
    without: Vec<Ran>,
    /// What was said of distributions that were asked for.
    listed: Vec<Event>,
    installed: Vec<Installed>,
    /// What is to be said besides.
    notes: Vec<String>,
    /// Why what the application loads only later was not seen.
    untried: Option<String>,
    /// Whether the user's command came to a good end.
    ended_well: bool,
    /// Whether its time was over.
    hung: bool,
    /// Modules that fail behind one that refuses, and load by themselves.
    cleared: Vec<(Kind, String)>,
    /// The ones that those fail behind.
    damaging: BTreeSet<String>,
}

impl Seen {
    fn is_cleared(&self, kind: Kind, name: &str) -> bool {
        self.cleared.iter().any(|(of, one)| *of == kind && one == name)
    }
}

/// The extension modules that importing a module loads, but for the standard library's.
pub(crate) fn loaded(host: &Host, module: &str, timeout: Duration) -> Result<Vec<(String, PathBuf)>, AppError> {
    let folder = std::env::current_dir().map_err(|error| AppError::Scratch(error.to_string()))?;
    let task = Task { mode: "main", entries: vec![Entry::read(module)?], folder, ..Task::default() };
    Ok(judge::extensions(&run::run(&host.interpreter.executable, task, timeout)?.events))
}

/// The same for a distribution in a folder of `sys.path`.
pub(crate) fn loaded_by(
    host: &Host,
    distribution: &str,
    folder: &Path,
    timeout: Duration,
) -> Result<Vec<(String, PathBuf)>, AppError> {
    let python = &host.interpreter.executable;
    let installed = Some(Names { names: Some(vec![normal(distribution)]) });
    let listing = Listing { installed, folder: folder.to_owned(), ..Listing::default() };
    let entries = judge::entries(&installed::list(python, listing, timeout)?);
    let task = Task { mode: "main", entries, many: true, folder: folder.to_owned(), ..Task::default() };
    Ok(judge::extensions(&run::run(python, task, timeout)?.events))
}

/// Answers the question on one interpreter.
pub fn examine(host: &Host, question: &Question, progress: &(dyn Fn(Progress) + Sync)) -> Result<Report, AppError> {
    // What a command loads, and what the package index has, may be something else the next time.
    let keeps = question.cache && question.command.is_none() && !question.newer;
    let place = keeps.then(|| memory::place(host, question));
    let known = place.as_deref().and_then(memory::recall);
    let mut report = match known {
        Some(report) => report,
        None => {
            let seen = look(host, question)?;
            let mut report = judge::judge(host, question, &seen);
            if question.newer {
                newer::add(host, question, &mut report, progress)?;
            }
            // What could not be tried may go another time.
            if let Some(place) = place
                && report.exit_code() < 2
            {
                // Without what it depends on, nobody could tell when it is out of date.
                let files: Vec<PathBuf> = judge::files(&seen.main.events).chain(named(host, question)).collect();
                if judge::files(&seen.main.events).next().is_some() {
                    memory::keep(&place, &report, files.into_iter());
                }
            }
            report
        }
    };
    isolation::add(host, question, &mut report, progress)?;
    Ok(report)
}

/// The files that name what is wanted.
fn named(host: &Host, question: &Question) -> Vec<PathBuf> {
    match &question.wanted {
        Wanted::Needed(file) => inputs::read(file, &host.interpreter).map(|needs| needs.read).unwrap_or_default(),
        _ => Vec::new(),
    }
}

/// What distributions are asked for; what cannot be asked for is noted.
fn names(host: &Host, question: &Question, notes: &mut Vec<String>) -> Result<Option<Names>, AppError> {
    match &question.wanted {
        Wanted::Entries(_) => Ok(None),
        Wanted::Installed => Ok(Some(Names { names: None })),
        Wanted::Needed(file) => {
            let needs = inputs::read(file, &host.interpreter).map_err(|error| AppError::Input(error.to_string()))?;
            let nameless =
                |place: &String| format!("{place} does not say which distribution it is: write `NAME @ ADDRESS`");
            notes.extend(needs.nameless.iter().map(nameless));
            Ok(Some(Names { names: Some(needs.names) }))
        }
    }
}

fn look(host: &Host, question: &Question) -> Result<Seen, AppError> {
    let python = &host.interpreter.executable;
    let mut notes = Vec::new();
    let installed = names(host, question, &mut notes)?;
    let mut listing = Listing { installed, folder: question.folder.clone(), ..Listing::default() };
    let mut task = Task { mode: "main", folder: question.folder.clone(), ..Task::default() };
    let mut listed = Vec::new();
    if let Wanted::Entries(names) = &question.wanted {
        task.entries = names.iter().map(|name| Entry::read(name)).collect::<Result<Vec<_>, _>>()?;
    } else {
        listed = installed::list(python, listing.clone(), question.timeout)?;
        task = Task { entries: judge::entries(&listed), many: true, ..task };
    }
    let main = run::run(python, task.clone(), question.timeout)?;
    if main.events.is_empty() {
        let why = main.gave_up.unwrap_or_default();
        return Err(AppError::Interpreter(python.clone(), why));
    }
    let mut installed = installed::distributions(&listed);
    if task.many {
        let entered: BTreeSet<&str> = judge::entered(&main.events).collect();
        task.entries.retain(|entry| entered.contains(entry.name.as_str()));
    } else {
        // The application may have changed where its distributions are.
        listing.path = judge::path(&main.events);
        installed = installed::distributions(&installed::list(python, listing, question.timeout)?);
    }
    let mut seen = Seen {
        main,
        later: Vec::new(),
        kinds: Vec::new(),
        without: Vec::new(),
        listed,
        installed,
        notes,
        untried: None,
        ended_well: false,
        hung: false,
        cleared: Vec::new(),
        damaging: BTreeSet::new(),
    };
    if verdicts::main_trouble(question, &seen.main).is_some() {
        return Ok(seen);
    }
    if let Some(line) = &question.command {
        let commanded = command::run(python, &question.folder, line, question.timeout, &BTreeMap::new())?;
        (seen.ended_well, seen.hung) = (commanded.ended_well, commanded.hung);
        seen.later = commanded.events;
        seen.notes.extend(commanded.notes);
        seen.untried = commanded.untried;
    }
    task.extensions = judge::extensions(seen.main.events.iter().chain(&seen.later));
    task.others = others::packages(&seen);
    task.steps = vec!["natural", "lifted", "isolated", "others"];
    look_elsewhere(host, question, task, &mut seen)?;
    Ok(seen)
}

/// The same in each kind of sub-interpreter, and in the main one without what refuses there.
fn look_elsewhere(host: &Host, question: &Question, task: Task, seen: &mut Seen) -> Result<(), AppError> {
    let python = &host.interpreter.executable;
    let kinds: &[(Kind, &str)] =
        if host.has_own_gil() { &[(Kind::Legacy, "legacy"), (Kind::Own, "own")] } else { &[(Kind::Legacy, "legacy")] };
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
    for refused in without::refused(&seen.kinds) {
        let mut task = Task { mode: "without", refused, ..task.clone() };
        // An extension module is no fallback for itself.
        task.entries.retain(|entry| entry.packages.is_empty());
        // Of what is loaded later, its importer shows whether it is done without.
        task.entries.extend(judge::importers(&seen.later).iter().map(|name| Entry::module(name)));
        task.groups = judge::distributions(&task.extensions, &seen.installed);
        let mut ran = without::run(python, task.clone(), question.timeout)?;
        later::add(python, question, seen, &task, &mut ran)?;
        seen.without.push(ran);
    }
    damage::find(python, question.timeout, &task.folder, seen)
}
