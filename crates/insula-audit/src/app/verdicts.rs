//! Whether the application loads, and what keeps it or its modules from it.

use std::collections::{BTreeMap, BTreeSet};

use super::events::{Event, Place, Stage, What};
use super::judge::{entered, extensions, is_standard};
use super::report::{Distribution, Kind, Trouble, Verdict};
use super::run::Ran;
use super::{Question, Seen, Wanted, without};

/// Why an entry could not be imported in the main interpreter.
pub(super) fn main_trouble(question: &Question, main: &Ran) -> Option<String> {
    let begun = || main.gave_up.clone().or_else(|| trouble(main));
    if !matches!(question.wanted, Wanted::Entries(_)) {
        // One of many that does not import keeps the others from nothing.
        let none = || Some("no distribution of those has anything to import".to_owned());
        return if entered(&main.events).next().is_some() { main.gave_up.clone() } else { begun().or_else(none) };
    }
    let failed = main.events.iter().find_map(|event| match &event.what {
        What::Failed { name, stage: Stage::Main, message, .. } => Some(format!("{name}: {message}")),
        _ => None,
    });
    // What an application does after its import is nothing against that.
    let whole = complete(&main.events, Place::Main, Stage::Main, &BTreeSet::new());
    let silent = || Some("it did not come to its end".to_owned());
    failed.or_else(|| if whole { None } else { begun().or_else(silent) })
}

/// Whether every entry that was begun was imported, or is not missed: what says nothing has not come to an end.
fn complete(events: &[Event], place: Place, wanted: Stage, spared: &BTreeSet<&str>) -> bool {
    let mut open = BTreeSet::new();
    let mut begun = false;
    for Event { what, .. } in events.iter().filter(|event| event.place == place) {
        match what {
            What::Entering { name, stage } if *stage == wanted => {
                begun = true;
                open.insert(name.as_str());
            }
            What::Entered { name, stage } if *stage == wanted => drop(open.remove(name.as_str())),
            What::Failed { name, stage, .. } if *stage == wanted && !missed(what, spared) => {
                open.remove(name.as_str());
            }
            _ => {}
        }
    }
    begun && open.is_empty()
}

/// Whether an entry that does not import is one that somebody misses.
fn missed(failed: &What, without: &BTreeSet<&str>) -> bool {
    matches!(failed, What::Failed { name, spared: false, .. } if !without.contains(name.as_str()))
}

/// Whether a process came to the end of an import of the entries, whatever came of what it did behind it.
fn over(ran: &Ran, stage: Stage) -> bool {
    let step = match stage {
        Stage::Natural => "natural",
        Stage::Lifted => "lifted",
        Stage::Isolated => "isolated",
        Stage::Main | Stage::Without => return ran.gave_up.is_none(),
    };
    let last = ran.events.iter().rev().find_map(|event| match &event.what {
        What::Step { name } => Some(name.as_str()),
        _ => None,
    });
    ran.gave_up.is_none() || last.is_some_and(|last| last != step)
}

/// What kept a step from being taken.
fn trouble(ran: &Ran) -> Option<String> {
    ran.events.iter().find_map(|event| match &event.what {
        What::Trouble { message } => Some(message.clone()),
        _ => None,
    })
}

/// What keeps each extension module from loading in one kind of interpreter.
pub(super) fn troubles(kind: Kind, ran: &Ran, seen: &Seen) -> BTreeMap<String, Trouble> {
    let mut found = BTreeMap::new();
    for Event { what, .. } in ran.events.iter().filter(|event| event.place == Place::from(kind)) {
        match what {
            What::Refused { name, declared: true, .. } => drop(found.insert(name.clone(), Trouble::Undeclared)),
            What::Refused { name, message, .. } => {
                found.entry(name.clone()).or_insert_with(|| Trouble::Refuses { message: message.clone() });
            }
            What::Blocked { name, message } => {
                found.entry(name.clone()).or_insert_with(|| Trouble::Blocked { message: message.clone() });
            }
            _ => {}
        }
    }
    for (name, _) in &ran.crashed {
        // Where CPython's check was lifted, a crash says nothing about what happens without.
        found.entry(name.clone()).or_insert(Trouble::Crashes);
    }
    found.retain(|name, _| !seen.is_cleared(kind, name));
    found
}

/// Whether the application loads: as it is, or isolated. It does without the modules that are `spared`.
pub(super) fn verdict(kind: Kind, ran: &Ran, wanted: Stage, spared: &BTreeSet<&str>) -> Verdict {
    let mut here = ran.events.iter().filter(|event| event.place == Place::from(kind));
    let failed = here.find_map(|event| match &event.what {
        What::Failed { stage, message, .. } if *stage == wanted && missed(&event.what, spared) => Some(message.clone()),
        _ => None,
    });
    if let Some(why) = failed {
        return Verdict { kind, loads: Some(false), why: Some(why) };
    }
    if complete(&ran.events, Place::from(kind), wanted, spared) && over(ran, wanted) {
        return Verdict { kind, loads: Some(true), why: None };
    }
    // What ended the process when everything was as it is says nothing of private copies.
    if wanted != Stage::Isolated
        && let Some((name, how)) = ran.crashed.first()
    {
        return Verdict { kind, loads: Some(false), why: Some(format!("{name} ends the process: {how}")) };
    }
    Verdict { kind, loads: None, why: trouble(ran).or_else(|| ran.gave_up.clone()) }
}

/// The extension modules that importing the application loads. Of distributions, their own names are entries as well:
/// that one is loaded says nothing of who else comes to it.
pub(super) fn reached(seen: &Seen) -> BTreeSet<String> {
    let found = if seen.listed.is_empty() { extensions(&seen.main.events) } else { Vec::new() };
    found.into_iter().map(|(name, _)| name).collect()
}

/// The extension modules that the application was refused, and did without: withheld from it, or told by the source of
/// the package that has them.
pub(super) fn spared(seen: &Seen) -> BTreeSet<&str> {
    let (mut by_source, mut missed) = (BTreeSet::new(), BTreeSet::new());
    for event in seen.kinds.iter().flat_map(|(_, ran)| &ran.events) {
        match &event.what {
            What::Failed { name, spared: true, .. } => drop(by_source.insert(name.as_str())),
            What::Failed { name, stage: Stage::Natural, .. } => drop(missed.insert(name.as_str())),
            _ => {}
        }
    }
    let damaging: BTreeSet<&str> = seen.damaging.iter().map(String::as_str).collect();
    let at_once = reached(seen);
    let without = seen.without.iter().map(|ran| without::spared(ran, &at_once));
    let without = without.reduce(|one, other| &one & &other).unwrap_or_default();
    without.iter().chain(by_source.difference(&missed)).filter(|name| !damaging.contains(*name)).copied().collect()
}

/// The modules, but for the standard library's, that are refused before another one is, or end the process.
pub(super) fn refused_before<'a>(kind: Kind, ran: &'a Ran, name: &str) -> Vec<&'a str> {
    let standard = standard(ran);
    let before =
        refused(kind, ran).take_while(|one| *one != name).chain(ran.crashed.iter().map(|(one, _)| one.as_str()));
    before.filter(|one| !standard.contains(one)).collect()
}

/// The modules that are refused after one that is not the standard library's, and may be so for that one's damage:
/// those of the standard library, and those that do not say that they refuse, but come to grief.
pub(super) fn behind_others(kind: Kind, ran: &Ran) -> BTreeSet<&str> {
    let standard = standard(ran);
    let grief =
        ran.events.iter().filter(|event| event.place == Place::from(kind)).filter_map(|event| match &event.what {
            What::Refused { name, message, .. } if !message.starts_with("ImportError") => Some(name.as_str()),
            _ => None,
        });
    let suspect: BTreeSet<&str> = grief.chain(standard).collect();
    refused(kind, ran).filter(|name| suspect.contains(name) && !refused_before(kind, ran, name).is_empty()).collect()
}

fn refused(kind: Kind, ran: &Ran) -> impl Iterator<Item = &str> {
    let here = ran.events.iter().filter(move |event| event.place == Place::from(kind));
    here.filter_map(|event| match &event.what {
        What::Refused { name, .. } => Some(name.as_str()),
        _ => None,
    })
}

fn standard(ran: &Ran) -> BTreeSet<&str> {
    let tried = ran.events.iter().filter_map(|event| match &event.what {
        What::Trying { name, file, .. } if is_standard(file) => Some(name.as_str()),
        _ => None,
    });
    tried.collect()
}

/// Whether a module was loaded in a kind of interpreter.
pub(super) fn loaded_in(kind: Kind, ran: &Ran, module: &str) -> bool {
    let here = ran.events.iter().filter(|event| event.place == Place::from(kind));
    here.filter_map(|event| match &event.what {
        What::Loaded { name } => Some(name.as_str()),
        _ => None,
    })
    .any(|name| name == module)
}

/// Whether an entry was imported as it is in a kind of interpreter.
pub(super) fn entered_in(kind: Kind, ran: &Ran, entry: &str) -> bool {
    let here = ran.events.iter().filter(|event| event.place == Place::from(kind));
    here.filter_map(|event| match &event.what {
        What::Entered { name, stage: Stage::Natural } => Some(name.as_str()),
        _ => None,
    })
    .any(|name| name == entry)
}

/// What is loaded later, and refuses then, keeps the application from this kind of interpreter all the same.
pub(super) fn later_trouble(verdict: &mut Verdict, obstacles: &[Distribution]) {
    let modules = obstacles.iter().flat_map(|one| &one.modules).filter(|module| module.later);
    let refused = modules.filter(|module| module.troubles.iter().any(|(kind, _)| *kind == verdict.kind));
    if let Some(module) = refused.into_iter().next() {
        verdict.loads = Some(false);
        verdict.why = Some(format!("{}, which the command loads, does not load", module.name));
    }
}
