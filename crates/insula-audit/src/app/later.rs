//! What the application goes on without that only a command loads.
//!
//! Importing the application does not come there, so the command is run once more, without what is refused elsewhere.
//! That its end is a good one again is not enough: a command may go on whatever fails in it. So only those modules are
//! kept from it at whose imports the source shows something that catches what they raise.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::events::{Event, Place, Stage, What};
use super::run::{self, Ran, Task, Told};
use super::{AppError, Question, Seen, command, damage, judge, verdicts, without};

const GUARDED: &str = include_str!("guarded.py");

/// How many distributions are tried each by itself, where the command does not go on without all of them.
const TRIED: usize = 6;

/// What the reader of source code is told.
#[derive(Serialize)]
struct Asked {
    out: PathBuf,
    folder: PathBuf,
    /// The modules, with what they say elsewhere, and the lines at which they are loaded.
    modules: BTreeMap<String, (String, Vec<String>)>,
}

impl Told for Asked {
    fn tell(&mut self, out: PathBuf) -> &Path {
        self.out = out;
        &self.folder
    }
}

/// Modules with what they say elsewhere.
type Refused = BTreeMap<String, String>;

/// Adds to what importing the application showed what its command goes on without.
pub(super) fn add(python: &Path, question: &Question, seen: &Seen, task: &Task, ran: &mut Ran) -> Result<(), AppError> {
    let Some(line) = question.command.as_deref().filter(|_| seen.ended_well) else { return Ok(()) };
    let at_once: BTreeSet<String> = judge::extensions(&seen.main.events).into_iter().map(|(name, _)| name).collect();
    let known = without::spared(ran, &verdicts::reached(seen));
    let open: Refused = task
        .refused
        .iter()
        .filter(|(name, _)| !at_once.contains(*name) && !known.contains(name.as_str()))
        .map(|(name, message)| (name.clone(), message.clone()))
        .collect();
    let guarded = guarded(python, question, seen, &open)?;
    // A distribution stands in the way as a whole.
    let mut groups: BTreeMap<&str, Refused> = BTreeMap::new();
    for (name, message) in &open {
        let group = task.groups.get(name).unwrap_or(name);
        groups.entry(group).or_default().insert(name.clone(), message.clone());
    }
    let groups: Vec<Refused> =
        groups.into_values().filter(|group| group.keys().all(|name| guarded.contains(name))).collect();
    let goes_on = |groups: &[&Refused]| -> Result<bool, AppError> {
        let kept: Refused = groups.iter().flat_map(|group| (*group).clone()).collect();
        let again = command::run(python, &question.folder, line, question.timeout, &kept)?;
        let asked = |group: &&Refused| group.keys().any(|name| withheld(&again.events, name));
        Ok(again.ended_well && groups.iter().all(asked) && loads(python, question, seen, task, &again.events)?)
    };
    for group in spared(&groups, &goes_on)? {
        for name in group.keys().cloned() {
            ran.events.push(Event { place: Place::Main, what: What::Withheld { name: name.clone() } });
            ran.events.push(Event { place: Place::Main, what: What::Spared { name } });
        }
    }
    Ok(())
}

/// The groups that are not missed: all, or else those of which each is not missed by itself, nor all of these.
fn spared<'a>(
    groups: &'a [Refused],
    goes_on: &impl Fn(&[&Refused]) -> Result<bool, AppError>,
) -> Result<Vec<&'a Refused>, AppError> {
    let all: Vec<&Refused> = groups.iter().collect();
    if all.is_empty() || goes_on(&all)? {
        return Ok(all);
    }
    if all.len() == 1 || all.len() > TRIED {
        return Ok(Vec::new());
    }
    let mut some = Vec::new();
    for group in all {
        if goes_on(&[group])? {
            some.push(group);
        }
    }
    if some.len() < 2 || goes_on(&some)? { Ok(some) } else { Ok(Vec::new()) }
}

/// Whether what takes the place of a module that is kept from a command loads everywhere, where it is compiled as well.
fn loads(python: &Path, question: &Question, seen: &Seen, task: &Task, events: &[Event]) -> Result<bool, AppError> {
    let found = judge::extensions(events);
    let known = |name: &str| task.extensions.iter().any(|(one, _)| one == name);
    let further: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).filter(|name| !known(name)).collect();
    if further.is_empty() {
        return Ok(true);
    }
    for (kind, _) in &seen.kinds {
        let ran = damage::alone(python, question.timeout, &question.folder, *kind, &further)?;
        if verdicts::verdict(*kind, &ran, Stage::Natural, &BTreeSet::new()).loads != Some(true) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn withheld(events: &[Event], module: &str) -> bool {
    events.iter().any(|event| matches!(&event.what, What::Withheld { name } if name == module))
}

/// The modules at whose imports something catches what they raise.
fn guarded(python: &Path, question: &Question, seen: &Seen, open: &Refused) -> Result<BTreeSet<String>, AppError> {
    if open.is_empty() {
        return Ok(BTreeSet::new());
    }
    let lines = |wanted: &str| {
        let tried = seen.later.iter().filter_map(move |event| match &event.what {
            What::Trying { name, lines, .. } if name == wanted => Some(lines.clone()),
            _ => None,
        });
        tried.flatten().collect::<Vec<_>>()
    };
    let modules = open.iter().map(|(name, said)| (name.clone(), (said.clone(), lines(name)))).collect();
    let mut asked = Asked { out: PathBuf::new(), folder: question.folder.clone(), modules };
    let (events, _) = run::once(python, GUARDED, &mut asked, question.timeout)?;
    let found = events.into_iter().filter_map(|event| match event.what {
        What::Guarded { name } => Some(name),
        _ => None,
    });
    Ok(found.collect())
}
