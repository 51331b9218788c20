//! What the application does without: it is imported in the main interpreter without what refuses elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use super::AppError;
use super::events::{Event, Place, What};
use super::report::Kind;
use super::run::{self, Ran, Task};

/// The extension modules that refuse in some kind of interpreter, with what they say. Where that is an exception of
/// another class in another kind, there are two answers: a package that goes on after the one may not after the other.
/// What ends the process leaves nobody to go on without it.
pub(super) fn refused(kinds: &[(Kind, Ran)]) -> Vec<BTreeMap<String, String>> {
    let by_kind: Vec<_> = kinds.iter().map(|(kind, ran)| refused_in(*kind, ran)).collect();
    // Where CPython's check was lifted, a crash says nothing about what happens without.
    let crashing: BTreeSet<&str> = kinds
        .iter()
        .zip(&by_kind)
        .flat_map(|((_, ran), refused)| ran.crashed.iter().filter(|(name, _)| !refused.contains_key(name)))
        .map(|(name, _)| name.as_str())
        .collect();
    let class = |message: &str| message.split(':').next().unwrap_or_default().to_owned();
    let mut found: Vec<BTreeMap<String, String>> = Vec::new();
    for first in &by_kind {
        let mut all = first.clone();
        for (name, message) in by_kind.iter().flatten() {
            all.entry(name.clone()).or_insert_with(|| message.clone());
        }
        all.retain(|name, _| !crashing.contains(name.as_str()));
        let alike = |other: &BTreeMap<String, String>| {
            all.iter().all(|(name, message)| other.get(name).is_some_and(|said| class(said) == class(message)))
        };
        if !all.is_empty() && !found.iter().any(alike) {
            found.push(all);
        }
    }
    found
}

fn refused_in(kind: Kind, ran: &Ran) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for Event { place, what } in &ran.events {
        if let What::Refused { name, message, .. } = what
            && *place == Place::from(kind)
        {
            found.entry(name.clone()).or_insert_with(|| message.clone());
        }
    }
    found
}

/// The extension modules that everything imports without: those that were kept from it, and those that importing it
/// loads `at_once`, which it need not have come to where another one was kept from it.
pub(super) fn spared<'a>(ran: &'a Ran, at_once: &BTreeSet<String>) -> BTreeSet<&'a str> {
    let (mut withheld, mut spared) = (BTreeSet::new(), BTreeSet::new());
    for event in &ran.events {
        match &event.what {
            What::Withheld { name } => drop(withheld.insert(name.as_str())),
            What::Spared { name } => drop(spared.insert(name.as_str())),
            _ => {}
        }
    }
    spared.into_iter().filter(|name| withheld.contains(name) || at_once.contains(*name)).collect()
}

/// What is needed is let in, until everything imports in a process in which nothing failed: that one is the answer.
pub(super) fn run(python: &Path, mut task: Task, timeout: Duration) -> Result<Ran, AppError> {
    let mut guesses: Vec<BTreeMap<String, String>> = Vec::new();
    let mut ran = run::run(python, task.clone(), timeout)?;
    loop {
        let (needed, guessed) = told(&ran);
        if needed.is_empty() {
            break;
        }
        let (let_in, kept) = task.refused.into_iter().partition(|(name, _)| needed.contains(name));
        task.refused = kept;
        if guessed {
            guesses.push(let_in);
        }
        ran = run::run(python, task.clone(), timeout)?;
    }
    // The last guess is what helped. What was let in before it need not have.
    guesses.pop();
    for guess in guesses {
        let refused: BTreeMap<_, _> = task.refused.clone().into_iter().chain(guess).collect();
        let again = run::run(python, Task { refused: refused.clone(), ..task.clone() }, timeout)?;
        let whole = again.events.iter().any(|event| matches!(event.what, What::Spared { .. }));
        if whole && told(&again).0.is_empty() {
            (ran, task.refused) = (again, refused);
        }
    }
    Ok(ran)
}

/// The modules that are needed, and whether that is a guess.
fn told(ran: &Ran) -> (BTreeSet<String>, bool) {
    let needed = ran.events.iter().filter_map(|event| match &event.what {
        What::Needed { name } => Some(name.clone()),
        _ => None,
    });
    (needed.collect(), ran.events.iter().any(|event| matches!(event.what, What::Guessed { .. })))
}
