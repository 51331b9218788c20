//! From events to the answer.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::chains::Ways;
use super::events::{Event, Installed, Stage, What};
use super::installed::Owners;
use super::report::{Distribution, Kind, Loaded, Module, Report, Trouble, Verdict};
use super::run::Ran;
use super::verdicts::{later_trouble, loaded_in, main_trouble, spared, troubles, verdict};
use super::{Entry, Question, Seen, Wanted, denials, others};
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

/// The entries that the main interpreter imports.
pub(super) fn entered(events: &[Event]) -> impl Iterator<Item = &str> {
    let mut seen = BTreeSet::new();
    let names = events.iter().filter_map(|event| match &event.what {
        What::Entered { name, stage: Stage::Main } => Some(name.as_str()),
        _ => None,
    });
    names.filter(move |name| seen.insert(*name))
}

/// What distributions that were asked for mean by their packages.
pub(super) fn entries(listed: &[Event]) -> Vec<Entry> {
    let lists = listed.iter().filter_map(|event| match &event.what {
        What::Entries { names, compiled } => Some((names, compiled)),
        _ => None,
    });
    lists
        .flat_map(|(names, compiled)| {
            let modules =
                compiled.iter().map(|(name, packages)| Entry { packages: packages.clone(), ..Entry::module(name) });
            names.iter().map(|name| Entry::module(name)).chain(modules)
        })
        .collect()
}

/// The folders of `sys.path`, as the application leaves it.
pub(super) fn path(events: &[Event]) -> Vec<PathBuf> {
    let folders = events.iter().filter_map(|event| match &event.what {
        What::Path { folders } => Some(folders),
        _ => None,
    });
    folders.flatten().cloned().collect()
}

/// The extension modules of the application, in the order in which the main interpreter loads them.
pub(super) fn extensions<'a>(events: impl IntoIterator<Item = &'a Event>) -> Vec<(String, PathBuf)> {
    let events: Vec<&Event> = events.into_iter().collect();
    // What does not load there, it goes on without wherever it is.
    let loaded: BTreeSet<&str> = events.iter().filter_map(|event| loaded_name(event)).collect();
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for event in events {
        if let What::Trying { name, file, .. } = &event.what
            && loaded.contains(name.as_str())
            && seen.insert(name.clone())
            && !is_standard(file)
        {
            found.push((name.clone(), file.clone()));
        }
    }
    found
}

fn loaded_name(event: &Event) -> Option<&str> {
    match &event.what {
        What::Loaded { name } => Some(name),
        _ => None,
    }
}

/// What the application's answer depends on.
pub(super) fn files(events: &[Event]) -> impl Iterator<Item = PathBuf> {
    let files = events.iter().filter_map(|event| match &event.what {
        What::Files { files } => Some(files),
        _ => None,
    });
    files.flatten().cloned()
}

/// Whether a file is of the standard library: one of its own, or CPython's program.
pub(super) fn is_standard(file: &Path) -> bool {
    file == Path::new("built-in") || file.parent().is_some_and(|folder| folder.ends_with("lib-dynload"))
}

/// What a module counts for: its distribution, or its package where nobody knows that.
fn title(module: &str, owner: Option<&Installed>) -> String {
    let package = module.split('.').next().unwrap_or(module);
    owner.map_or(package, |one| &one.name).to_owned()
}

/// The same for each extension module.
pub(super) fn distributions(extensions: &[(String, PathBuf)], installed: &[Installed]) -> BTreeMap<String, String> {
    let owners = Owners::new(installed);
    extensions.iter().map(|(name, file)| (name.clone(), title(name, owners.get(file)))).collect()
}

/// The address where a project's source or issues are, before its home page.
fn upstream(one: &Installed) -> Option<String> {
    let labelled: Vec<(String, &str)> = one
        .urls
        .iter()
        .filter_map(|line| line.split_once(','))
        .map(|(label, url)| (label.trim().to_lowercase(), url.trim()))
        .collect();
    let wanted = ["source", "repo", "code", "homepage", "issue", "tracker", "github", ""];
    let found = wanted.iter().find_map(|word| labelled.iter().find(|(label, _)| label.contains(word)));
    found.map(|(_, url)| (*url).to_owned())
}

/// The module of which people are told first, and the way to it.
fn worst(one: &Distribution) -> &str {
    let worst = one.modules.iter().min_by_key(|module| module.troubles.iter().map(|(_, what)| what.clone()).min());
    worst.map(|module| module.name.as_str()).unwrap_or_default()
}

pub(super) fn judge(host: &Host, question: &Question, seen: &Seen) -> Report {
    let events: Vec<Event> = seen.main.events.iter().chain(&seen.later).cloned().collect();
    let extensions = extensions(&events);
    let owners = Owners::new(&seen.installed);
    let by_kind: Vec<(Kind, BTreeMap<String, Trouble>)> =
        seen.kinds.iter().map(|(kind, ran)| (*kind, troubles(*kind, ran, seen))).collect();
    let spared = spared(seen);
    let ways = Ways::new(question, seen);

    let at_once: BTreeSet<String> = self::extensions(&seen.main.events).into_iter().map(|(name, _)| name).collect();
    let (mut loaded, mut unknown) = (Vec::new(), Vec::new());
    let mut grouped: BTreeMap<String, Distribution> = BTreeMap::new();
    for (name, file) in &extensions {
        let troubles: Vec<(Kind, Trouble)> =
            by_kind.iter().filter_map(|(kind, found)| Some((*kind, found.get(name)?.clone()))).collect();
        let loads = |kind: Kind, ran: &Ran| loaded_in(kind, ran, name) || seen.is_cleared(kind, name);
        let owner = owners.get(file);
        if troubles.is_empty() && !seen.kinds.iter().all(|(kind, ran)| loads(*kind, ran)) {
            let of = |(kind, ran): &(Kind, Ran)| (!loads(*kind, ran)).then_some(*kind);
            unknown.push((name.clone(), seen.kinds.iter().filter_map(of).collect()));
            continue;
        }
        if troubles.is_empty() {
            loaded.push(Loaded {
                name: name.clone(),
                file: file.clone(),
                version: owner.map(|one| one.version.clone()),
                isolated: None,
                why: None,
            });
            continue;
        }
        let title = title(name, owner);
        let distribution = grouped.entry(title.clone()).or_insert_with(|| Distribution {
            version: owner.map(|one| one.version.clone()),
            modules: Vec::new(),
            chain: Vec::new(),
            newer: None,
            upstream: owner.and_then(upstream),
            switch: SWITCHES.iter().find(|(one, _)| one.eq_ignore_ascii_case(&title)).map(|(_, how)| (*how).to_owned()),
            name: title,
        });
        distribution.modules.push(Module { name: name.clone(), later: !at_once.contains(name), troubles });
    }
    grouped.values_mut().for_each(|one| one.chain = ways.chain_of(&events, worst(one)));
    let everywhere = loaded.len();
    let (fallbacks, mut obstacles): (Vec<_>, Vec<_>) = grouped
        .into_values()
        .partition(|one: &Distribution| one.modules.iter().all(|module| spared.contains(module.name.as_str())));
    let worst =
        |one: &Distribution| one.modules.iter().flat_map(|module| &module.troubles).map(|(_, what)| what.clone()).min();
    obstacles.sort_by_key(|one| (worst(one), one.name.to_lowercase()));

    Report {
        schema: 1,
        entries: match &question.wanted {
            Wanted::Entries(names) => names.clone(),
            Wanted::Needed(file) => vec![format!("-r {}", file.display())],
            Wanted::Installed => vec!["--env".to_owned()],
        },
        python: host.interpreter.executable.clone(),
        version: host.interpreter.version.to_string(),
        reason: host.reason.clone(),
        main: main_trouble(question, &seen.main),
        verdicts: verdicts(seen, &spared, &obstacles, &unknown),
        denied: denials::found(seen, &spared, &ways),
        obstacles,
        fallbacks,
        others: others::answers(seen),
        modules: extensions.len(),
        everywhere,
        loaded,
        isolated: isolated(seen, &spared),
        notes: notes(question, seen, &unknown, &spared),
        time_limit: hung(seen).then_some(question.timeout.as_secs()),
        kept: None,
    }
}

/// Whether it loads, in each kind of interpreter, with what a command loads.
fn verdicts(
    seen: &Seen,
    spared: &BTreeSet<&str>,
    obstacles: &[Distribution],
    unknown: &[(String, Vec<Kind>)],
) -> Vec<Verdict> {
    let at_once: BTreeSet<String> = extensions(&seen.main.events).into_iter().map(|(name, _)| name).collect();
    let mut verdicts: Vec<Verdict> =
        seen.kinds.iter().map(|(kind, ran)| verdict(*kind, ran, Stage::Natural, spared)).collect();
    for verdict in &mut verdicts {
        if verdict.loads == Some(true) {
            later_trouble(verdict, obstacles);
        }
        // What importing the application does not load is tried by itself, and that may have come to no end.
        let missing = unknown.iter().find(|(name, kinds)| kinds.contains(&verdict.kind) && !at_once.contains(name));
        if verdict.loads == Some(true)
            && let Some((name, _)) = missing
        {
            (verdict.loads, verdict.why) = (None, Some(format!("{name}, which the command loads, was not reached")));
        }
        if verdict.loads == Some(true) && seen.untried.is_some() {
            (verdict.loads, verdict.why) = (None, seen.untried.clone());
        }
    }
    verdicts
}

/// The modules whose code loads extension modules only later.
pub(super) fn importers(later: &[Event]) -> BTreeSet<String> {
    let last = later.iter().filter_map(|event| match &event.what {
        What::Trying { file, chain, .. } if !is_standard(file) => chain.last(),
        _ => None,
    });
    // What goes on without it is often not the module itself, but the package around it.
    let tops = last.filter_map(|name| name.split('.').next());
    tops.filter(|name| *name != "__main__").map(str::to_owned).collect()
}

/// What could not be tried, or not to the end.
fn notes(question: &Question, seen: &Seen, unknown: &[(String, Vec<Kind>)], spared: &BTreeSet<&str>) -> Vec<String> {
    let mut notes = seen.notes.clone();
    notes.extend(seen.main.left_out.iter().cloned());
    if !matches!(question.wanted, Wanted::Entries(_)) {
        notes.extend(unimported(seen));
    }
    // Of what hangs that is said.
    let hangs = |name: &String| seen.kinds.iter().any(|(_, ran)| ran.waiting.contains(name));
    let unreached = unknown.iter().filter(|(name, _)| !hangs(name));
    notes.extend(unreached.map(|(name, _)| format!("{name} was not reached in every kind of interpreter")));
    for (kind, ran) in &seen.kinds {
        // What the answer itself says is not said twice.
        let said = verdict(*kind, ran, Stage::Natural, spared).why;
        let more = ran.gave_up.iter().filter(|why| said.as_ref() != Some(why));
        notes.extend(more.map(|why| format!("{}: {why}", super::text::kind(*kind))));
        notes.extend(ran.left_out.iter().map(|why| format!("{}: {why}", super::text::kind(*kind))));
    }
    notes
}

/// Whether the time of some process was over.
fn hung(seen: &Seen) -> bool {
    let elsewhere = seen.kinds.iter().map(|(_, ran)| ran).chain(&seen.without);
    seen.hung || seen.main.hung || elsewhere.into_iter().any(|ran| ran.hung)
}

/// What of many could not be tried.
fn unimported(seen: &Seen) -> Vec<String> {
    let mut notes = Vec::new();
    // A private module of a package may want to be imported by that alone.
    let compiled: BTreeSet<String> =
        entries(&seen.listed).into_iter().filter(|entry| !entry.packages.is_empty()).map(|entry| entry.name).collect();
    for Event { what, .. } in seen.listed.iter().chain(&seen.main.events) {
        let note = match what {
            What::Failed { name, stage: Stage::Main, message, .. } if !compiled.contains(name) => {
                format!("{name} does not import by itself: {message}")
            }
            What::Unreadable { name, message } => format!("{name}: its metadata cannot be read: {message}"),
            What::Missing { name } => format!("{name} is not installed in this environment"),
            _ => continue,
        };
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
    notes
}

/// What came of it with `insula_isolate`, in the most isolated kind of interpreter that there is.
fn isolated(seen: &Seen, spared: &BTreeSet<&str>) -> Option<Verdict> {
    let (kind, ran) = seen.kinds.last()?;
    let absent = ran.events.iter().any(|event| matches!(event.what, What::NoIsolate {}));
    if absent {
        return None;
    }
    if let Some(why) = &ran.isolated_end {
        return Some(Verdict { kind: *kind, loads: Some(false), why: Some(why.clone()) });
    }
    let tried = ran.events.iter().any(|event| matches!(&event.what, What::Step { name } if name == "isolated"));
    let untried = || Verdict { kind: *kind, loads: None, why: ran.gave_up.clone() };
    Some(if tried { verdict(*kind, ran, Stage::Isolated, spared) } else { untried() })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn the_worst_module_of_a_distribution_is_the_one_that_is_told_of() {
        let module = |name: &str, trouble| json!({ "name": name, "later": false, "troubles": [["own", trouble]] });
        let modules = [
            module("shop.a", json!({ "what": "undeclared" })),
            module("shop.b", json!({ "what": "refuses", "message": "ImportError: only once" })),
        ];
        let one = json!({ "name": "shop", "version": null, "chain": [], "upstream": null, "switch": null,
                          "newer": null, "modules": modules });
        assert_eq!(super::worst(&serde_json::from_value(one).unwrap()), "shop.b");
    }
}
