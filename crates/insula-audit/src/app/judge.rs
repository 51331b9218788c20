//! From events to the answer.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use super::events::{Event, Installed, Place, Stage, What};
use super::report::{Distribution, Kind, Module, Other, Report, Trouble, Verdict};
use super::run::Ran;
use super::{Question, Seen};
use crate::host::Host;

/// Switches that projects document.
const SWITCHES: &[(&str, &str)] = &[
    ("aiohttp", "AIOHTTP_NO_EXTENSIONS=1"),
    ("frozenlist", "FROZENLIST_NO_EXTENSIONS=1"),
    ("multidict", "MULTIDICT_NO_EXTENSIONS=1"),
    ("propcache", "PROPCACHE_NO_EXTENSIONS=1"),
    ("sqlalchemy", "DISABLE_SQLALCHEMY_CEXT_RUNTIME=1"),
    ("yarl", "YARL_NO_EXTENSIONS=1"),
];

/// Why an entry could not be imported in the main interpreter.
pub(super) fn main_trouble(main: &Ran) -> Option<String> {
    let failed = main.events.iter().find_map(|event| match &event.what {
        What::Failed { name, stage: Stage::Main, message } => Some(format!("{name}: {message}")),
        _ => None,
    });
    failed.or_else(|| main.gave_up.clone())
}

/// The extension modules of the application, in the order in which the main interpreter loads them.
pub(super) fn extensions(events: &[Event]) -> Vec<(String, PathBuf)> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for event in events {
        if let What::Trying { name, file, .. } = &event.what
            && seen.insert(name.clone())
            && !is_standard(file)
        {
            found.push((name.clone(), file.clone()));
        }
    }
    found
}

/// What the application's answer depends on.
pub(super) fn files(events: &[Event]) -> impl Iterator<Item = PathBuf> {
    let files = events.iter().filter_map(|event| match &event.what {
        What::Files { files } => Some(files),
        _ => None,
    });
    files.flatten().cloned()
}

/// Whether a file is of the standard library.
fn is_standard(file: &Path) -> bool {
    file.parent().is_some_and(|folder| folder.ends_with("lib-dynload"))
}

/// The distribution that each file of an extension module belongs to.
fn owners(installed: &[Installed]) -> HashMap<PathBuf, usize> {
    let files = |(number, one): (usize, &Installed)| {
        let files: Vec<_> = one.compiled.iter().map(|file| (one.base.join(file), number)).collect();
        files
    };
    installed.iter().enumerate().flat_map(files).collect()
}

/// The package that importing a distribution means.
fn top(one: &Installed) -> Option<String> {
    let file = one.compiled.first()?;
    let first = file.components().next()?.as_os_str().to_string_lossy().into_owned();
    let public = one.tops.iter().find(|top| !top.starts_with('_') && **top == first);
    let name = public.cloned().unwrap_or_else(|| first.split('.').next().unwrap_or_default().to_owned());
    (!name.is_empty() && !name.contains('-')).then_some(name)
}

/// Packages with extension modules of which the application imported none, with the names of these.
pub(super) fn others(seen: &Seen) -> Vec<(String, Vec<String>)> {
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
    let owners = owners(&seen.installed);
    let used: BTreeSet<usize> =
        extensions(&seen.main.events).iter().filter_map(|(_, file)| owners.get(file).copied()).collect();
    let installed = seen.installed.iter().enumerate();
    installed.filter(|(number, one)| !one.compiled.is_empty() && !used.contains(number)).map(|(_, one)| one).collect()
}

/// What keeps each extension module from loading in one kind of interpreter.
fn troubles(kind: Kind, ran: &Ran) -> BTreeMap<String, Trouble> {
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

/// Whether the application loads: as it is, or isolated.
fn verdict(kind: Kind, ran: &Ran, wanted: Stage) -> Verdict {
    let mut here = ran.events.iter().filter(|event| event.place == Place::from(kind));
    let failed = here.find_map(|event| match &event.what {
        What::Failed { stage, message, .. } if *stage == wanted => Some(message.clone()),
        _ => None,
    });
    if let Some(why) = failed {
        return Verdict { kind, loads: Some(false), why: Some(why) };
    }
    let entered = |event: &&Event| {
        event.place == Place::from(kind) && matches!(event.what, What::Entered { stage } if stage == wanted)
    };
    if ran.events.iter().any(|event| entered(&event)) {
        return Verdict { kind, loads: Some(true), why: None };
    }
    if let Some((name, how)) = ran.crashed.first() {
        return Verdict { kind, loads: Some(false), why: Some(format!("{name} ends the process: {how}")) };
    }
    let trouble = ran.events.iter().find_map(|event| match &event.what {
        What::Trouble { message } => Some(message.clone()),
        _ => None,
    });
    Verdict { kind, loads: None, why: trouble.or_else(|| ran.gave_up.clone()) }
}

/// The packages on the way to a module, each once.
fn chain_of(events: &[Event], module: &str) -> Vec<String> {
    let chain = events.iter().find_map(|event| match &event.what {
        What::Trying { name, chain, .. } if name == module => Some(chain.as_slice()),
        _ => None,
    });
    let mut packages: Vec<String> = Vec::new();
    for name in chain.unwrap_or_default().iter().filter(|name| *name != "__main__") {
        let name = if name == "__mp_main__" { "the script" } else { name };
        let package = name.split('.').next().unwrap_or_default();
        if packages.last().and_then(|last| last.split('.').next()) != Some(package) {
            // The application's own modules are named whole: there may be many.
            let whole = if packages.is_empty() { name } else { package };
            packages.push(whole.to_owned());
        }
    }
    let package = module.split('.').next().unwrap_or_default();
    if packages.last().and_then(|last| last.split('.').next()) != Some(package) {
        packages.push(package.to_owned());
    }
    packages
}

/// The address where a project's source or issues are, before its home page.
fn upstream(one: &Installed) -> Option<String> {
    let labelled: Vec<(String, &str)> = one
        .urls
        .iter()
        .filter_map(|line| line.split_once(','))
        .map(|(label, url)| (label.trim().to_lowercase(), url.trim()))
        .collect();
    let wanted = ["source", "repository", "github", "code", "issue", "tracker", "homepage", ""];
    let found = wanted.iter().find_map(|word| labelled.iter().find(|(label, _)| label.contains(word)));
    found.map(|(_, url)| (*url).to_owned())
}

pub(super) fn judge(host: &Host, question: &Question, seen: &Seen) -> Report {
    let extensions = extensions(&seen.main.events);
    let owners = owners(&seen.installed);
    let by_kind: Vec<(Kind, BTreeMap<String, Trouble>)> =
        seen.kinds.iter().map(|(kind, ran)| (*kind, troubles(*kind, ran))).collect();
    let spared: BTreeSet<&str> = seen.without.iter().flat_map(|ran| &ran.events).filter_map(spared_of).collect();

    let mut grouped: BTreeMap<String, Distribution> = BTreeMap::new();
    for (name, file) in &extensions {
        let troubles: Vec<(Kind, Trouble)> =
            by_kind.iter().filter_map(|(kind, found)| Some((*kind, found.get(name)?.clone()))).collect();
        if troubles.is_empty() {
            continue;
        }
        let owner = owners.get(file).map(|number| &seen.installed[*number]);
        let package = name.split('.').next().unwrap_or(name);
        let title = owner.map_or(package, |one| &one.name).to_owned();
        let distribution = grouped.entry(title.clone()).or_insert_with(|| Distribution {
            version: owner.map(|one| one.version.clone()),
            modules: Vec::new(),
            chain: chain_of(&seen.main.events, name),
            upstream: owner.and_then(upstream),
            switch: SWITCHES.iter().find(|(one, _)| one.eq_ignore_ascii_case(&title)).map(|(_, how)| (*how).to_owned()),
            name: title,
        });
        distribution.modules.push(Module { name: name.clone(), troubles });
    }
    let everywhere = extensions.len() - grouped.values().map(|one| one.modules.len()).sum::<usize>();
    let (fallbacks, mut obstacles): (Vec<_>, Vec<_>) =
        grouped.into_values().partition(|one| one.modules.iter().all(|module| spared.contains(module.name.as_str())));
    let worst =
        |one: &Distribution| one.modules.iter().flat_map(|module| &module.troubles).map(|(_, what)| what.clone()).min();
    obstacles.sort_by_key(|one| (worst(one), one.name.to_lowercase()));

    let mut notes: Vec<String> = Vec::new();
    for (kind, ran) in &seen.kinds {
        notes.extend(ran.gave_up.iter().map(|why| format!("{}: {why}", super::text::kind(*kind))));
    }
    Report {
        schema: 1,
        entries: question.entries.clone(),
        python: host.interpreter.executable.clone(),
        version: host.interpreter.version.to_string(),
        reason: host.reason.clone(),
        main: main_trouble(&seen.main),
        verdicts: seen.kinds.iter().map(|(kind, ran)| verdict(*kind, ran, Stage::Natural)).collect(),
        obstacles,
        fallbacks,
        others: unused(seen).into_iter().filter_map(|one| other(one, seen)).collect(),
        modules: extensions.len(),
        everywhere,
        isolated: isolated(seen),
        notes,
    }
}

/// What came of it with `insula_isolate`, in the most isolated kind of interpreter that there is.
fn isolated(seen: &Seen) -> Option<Verdict> {
    let (kind, ran) = seen.kinds.last()?;
    let absent = ran.events.iter().any(|event| matches!(event.what, What::NoIsolate {}));
    (!absent).then(|| verdict(*kind, ran, Stage::Isolated))
}

fn spared_of(event: &Event) -> Option<&str> {
    match &event.what {
        What::Spared { name } => Some(name),
        _ => None,
    }
}

/// What came of importing a package that the application does not.
fn other(one: &Installed, seen: &Seen) -> Option<Other> {
    let package = top(one)?;
    let mut troubles = Vec::new();
    for (kind, ran) in &seen.kinds {
        let told = |place: Place| {
            ran.events.iter().find_map(|event| match &event.what {
                What::Other { name, failed } if *name == package && event.place == place => Some(failed),
                _ => None,
            })
        };
        // What the main interpreter cannot import says nothing about others.
        let main = told(Place::Main)?;
        if main.contains_key(&package) {
            return None;
        }
        let failed = told(Place::from(*kind)).into_iter().flatten().find(|(name, _)| !main.contains_key(*name));
        let crashed = ran.crashed.iter().find(|(name, _)| *name == package).map(|(_, how)| how);
        troubles.extend(failed.map(|(_, why)| why).or(crashed).map(|why| (*kind, why.clone())));
    }
    Some(Other { name: one.name.clone(), version: one.version.clone(), troubles })
}
