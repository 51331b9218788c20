//! What is installed, but not imported by the application: what would come of importing it.

use std::collections::BTreeSet;
use std::path::Path;

use super::Seen;
use super::events::{Installed, Place, What};
use super::installed::Owners;
use super::judge::extensions;
use super::report::{Kind, Other};
use super::run::Ran;

/// The package that importing a distribution means.
fn top(one: &Installed) -> Option<String> {
    let file = one.compiled.first()?;
    let first = file.components().next()?.as_os_str().to_string_lossy().into_owned();
    let stem = first.split('.').next().unwrap_or_default().to_owned();
    let public = one.tops.iter().filter(|top| !top.starts_with('_'));
    // An extension module may lie beside the package that it belongs to, as `_name` beside `name`.
    let beside = || public.clone().find(|_| stem.starts_with('_')).cloned();
    let name = public.clone().find(|top| **top == stem).cloned().or_else(beside).unwrap_or(stem.clone());
    (!name.is_empty() && !name.contains('-')).then_some(name)
}

/// Packages with extension modules of which the application imported none, with the names of these.
pub(super) fn packages(seen: &Seen) -> Vec<(String, Vec<String>)> {
    unused(seen)
        .into_iter()
        .filter_map(|one| Some((top(one)?, one.compiled.iter().filter_map(|file| dotted(file)).collect())))
        .collect()
}

/// The name by which a file below a folder of `sys.path` is imported.
fn dotted(file: &Path) -> Option<String> {
    let stem = file.file_name()?.to_str()?.split('.').next()?;
    let parts: Option<Vec<&str>> = file.parent()?.iter().map(|part| part.to_str()).collect();
    let mut parts = parts?;
    if stem != "__init__" {
        parts.push(stem);
    }
    Some(parts.join("."))
}

fn unused(seen: &Seen) -> Vec<&Installed> {
    let owners = Owners::new(&seen.installed);
    let used: BTreeSet<usize> = extensions(seen.main.events.iter().chain(&seen.later))
        .iter()
        .filter_map(|(_, file)| owners.number(file))
        .collect();
    let installed = seen.installed.iter().enumerate();
    installed.filter(|(number, one)| !one.compiled.is_empty() && !used.contains(number)).map(|(_, one)| one).collect()
}

/// What came of importing each of them.
pub(super) fn answers(seen: &Seen) -> Vec<Other> {
    // Where the application does not import, nothing was tried besides.
    if seen.kinds.is_empty() {
        return Vec::new();
    }
    unused(seen).into_iter().map(|one| answer(one, seen)).collect()
}

fn answer(one: &Installed, seen: &Seen) -> Other {
    let mut answer = Other {
        name: one.name.clone(),
        version: one.version.clone(),
        troubles: Vec::new(),
        fallbacks: Vec::new(),
        untried: Vec::new(),
    };
    for (kind, ran) in &seen.kinds {
        match top(one)
            .map_or(Came::Untried("nothing to import was found in it".to_owned()), |top| came(*kind, ran, &top))
        {
            Came::Loads => {}
            Came::Fails(why) => answer.troubles.push((*kind, why)),
            Came::FallsBack => answer.fallbacks.push(*kind),
            Came::Untried(why) => answer.untried.push((*kind, why)),
        }
    }
    answer
}

/// What came of importing a package in one kind of interpreter.
enum Came {
    Loads,
    Fails(String),
    FallsBack,
    Untried(String),
}

fn came(kind: Kind, ran: &Ran, package: &str) -> Came {
    let told = |place: Place| {
        ran.events.iter().find_map(|event| match &event.what {
            What::Other { name, failed, spared } if name == package && event.place == place => Some((failed, *spared)),
            _ => None,
        })
    };
    let crashed = ran.crashed_others.iter().find(|(name, _)| name == package).map(|(_, how)| how.clone());
    if let Some((_, how)) = ran.slow_others.iter().find(|(name, _)| name == package) {
        return Came::Untried(format!("{how} while it was imported"));
    }
    // What the main interpreter cannot import says nothing about others.
    let Some((main, _)) = told(Place::Main) else {
        let how = crashed.map(|how| format!("it ends the process in the main interpreter: {how}"));
        return Came::Untried(how.unwrap_or_else(|| gave_up(ran)));
    };
    if let Some(why) = main.get(package) {
        return Came::Untried(format!("it does not import in the main interpreter: {why}"));
    }
    match told(Place::from(kind)) {
        Some((failed, spared)) => match failed.iter().find(|(name, _)| !main.contains_key(*name)) {
            Some(_) if spared => Came::FallsBack,
            Some((_, why)) => Came::Fails(why.clone()),
            None => Came::Loads,
        },
        None => crashed.map_or_else(|| Came::Untried(gave_up(ran)), Came::Fails),
    }
}

/// Why what comes later was not done.
fn gave_up(ran: &Ran) -> String {
    let waited = || ran.slow_others.first().map(|(name, how)| format!("{how} while {name} was imported"));
    let gave_up = waited().or_else(|| ran.gave_up.clone());
    gave_up.unwrap_or_else(|| "the process did not come to it".to_owned())
}
