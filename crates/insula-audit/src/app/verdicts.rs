//! Whether the application loads, and what keeps it or its modules from it.

use std::collections::{BTreeMap, BTreeSet};

use super::events::{Event, Place, Stage, What};
use super::judge::{entered, is_standard};
use super::report::{Distribution, Kind, Trouble, Verdict};
use super::run::Ran;
use super::{Question, Seen, Wanted};

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

/// What kept a step from being taken.
fn trouble(ran: &Ran) -> Option<String> {
    ran.events.iter().find_map(|event| match &event.what {
        What::Trouble { message } => Some(message.clone()),
        _ => None,
    })
}

/// What keeps each extension module from loading in one kind of interpreter.
pub(super) fn troubles(kind: Kind, ran: &Ran) -> BTreeMap<String, Trouble> {
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
    if complete(&ran.events, Place::from(kind), wanted, spared) && ran.gave_up.is_none() {
        return Verdict { kind, loads: Some(true), why: None };
    }
    if let Some((name, how)) = ran.crashed.first() {
        return Verdict { kind, loads: Some(false), why: Some(format!("{name} ends the process: {how}")) };
    }
    Verdict { kind, loads: None, why: trouble(ran).or_else(|| ran.gave_up.clone()) }
}

/// The extension modules that the application was refused, and did without: withheld from it, or told by the source of
/// the package that has them.
pub(super) fn spared(seen: &Seen) -> BTreeSet<&str> {
    let (mut withheld, mut spared) = (BTreeSet::new(), BTreeSet::new());
    let (mut by_source, mut missed) = (BTreeSet::new(), BTreeSet::new());
    let elsewhere = seen.kinds.iter().flat_map(|(_, ran)| &ran.events);
    for event in seen.without.iter().flat_map(|ran| &ran.events).chain(elsewhere) {
        match &event.what {
            What::Withheld { name } => drop(withheld.insert(name.as_str())),
            What::Spared { name } => drop(spared.insert(name.as_str())),
            What::Failed { name, spared: true, .. } => drop(by_source.insert(name.as_str())),
            What::Failed { name, stage: Stage::Natural, .. } => drop(missed.insert(name.as_str())),
            _ => {}
        }
    }
    let damaging = damaging(seen);
    let without = spared.intersection(&withheld);
    without.chain(by_source.difference(&missed)).filter(|name| !damaging.contains(*name)).copied().collect()
}

/// What refused before a module of the standard library failed that loads by itself.
fn damaging(seen: &Seen) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    for (kind, name) in &seen.cleared {
        for (_, ran) in seen.kinds.iter().filter(|(other, _)| other == kind) {
            found.extend(refused_before(*kind, ran, name));
        }
    }
    found
}

/// The modules, but for the standard library's, that are refused before another one is, or end the process.
fn refused_before<'a>(kind: Kind, ran: &'a Ran, name: &str) -> Vec<&'a str> {
    let standard = standard(ran);
    let before =
        refused(kind, ran).take_while(|one| *one != name).chain(ran.crashed.iter().map(|(one, _)| one.as_str()));
    before.filter(|one| !standard.contains(one)).collect()
}

/// The standard library's modules that are refused after one that is not.
pub(super) fn behind_others(kind: Kind, ran: &Ran) -> BTreeSet<&str> {
    let standard = standard(ran);
    refused(kind, ran).filter(|name| standard.contains(name) && !refused_before(kind, ran, name).is_empty()).collect()
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

/// What is loaded later, and refuses then, keeps the application from this kind of interpreter all the same.
pub(super) fn later_trouble(verdict: &mut Verdict, obstacles: &[Distribution]) {
    let modules = obstacles.iter().flat_map(|one| &one.modules).filter(|module| module.later);
    let refused = modules.filter(|module| module.troubles.iter().any(|(kind, _)| *kind == verdict.kind));
    if let Some(module) = refused.into_iter().next() {
        verdict.loads = Some(false);
        verdict.why = Some(format!("{}, which the command loads, does not load", module.name));
    }
}
