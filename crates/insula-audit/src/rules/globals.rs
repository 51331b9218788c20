//! INS101-INS107: Python objects that the whole process shares, by the X-ray of globals and by intersection.

use std::collections::HashSet;

use insula_xray::{Hit, Holds, Shared};
use serde_json::json;

use super::{Checked, Results, finding};
use crate::model::Severity;
use crate::observe::Observations;

pub(crate) fn mutable(seen: &Observations, _: &Results) -> Checked {
    held(seen, "INS101", Severity::Error, |hit| hit.holds == Holds::MutableObject)
}

pub(crate) fn immutable(seen: &Observations, _: &Results) -> Checked {
    held(seen, "INS102", by_declaration(seen), |hit| {
        matches!(hit.holds, Holds::ImmutableObject | Holds::InternedString)
    })
}

pub(crate) fn heap_type(seen: &Observations, _: &Results) -> Checked {
    held(seen, "INS103", Severity::Error, |hit| matches!(hit.holds, Holds::HeapType | Holds::ExceptionClass))
}

pub(crate) fn static_type(seen: &Observations, _: &Results) -> Checked {
    held(seen, "INS104", by_declaration(seen), |hit| hit.holds == Holds::StaticType)
}

/// Under a shared GIL an object that never changes does little harm; under an own GIL its reference count is a race.
fn by_declaration(seen: &Observations) -> Severity {
    if seen.declares_own_gil() { Severity::Error } else { Severity::Warning }
}

fn held(seen: &Observations, rule: &str, severity: Severity, wanted: impl Fn(&Hit) -> bool) -> Checked {
    match &seen.hits {
        Err(why) => Checked::not_run(format!("no X-ray: {why}")),
        Ok(hits) => Checked::from_findings(
            hits.iter()
                .filter(|hit| wanted(hit))
                .map(|hit| {
                    let message = format!("{}: {}", place(seen, hit), object(hit));
                    finding(rule, severity, message, json!({ "global": place(seen, hit), "hit": hit }))
                })
                .collect(),
        ),
    }
}

/// Where a global is: by its symbol, or else by section and offset.
fn place(seen: &Observations, hit: &Hit) -> String {
    let section =
        seen.subject.extension.sections.iter().find(|one| (one.vaddr..one.vaddr + one.size).contains(&hit.vaddr));
    let offset =
        section.map_or(format!("{:#x}", hit.vaddr), |one| format!("{}+{:#x}", one.name, hit.vaddr - one.vaddr));
    match &hit.symbol {
        Some(symbol) => format!("{} ({offset})", demangled(symbol)),
        None => offset,
    }
}

/// What it holds, without addresses.
fn object(hit: &Hit) -> String {
    let kind = match hit.holds {
        Holds::HeapType => "heap type",
        Holds::ExceptionClass => "exception class",
        Holds::StaticType => "static type",
        Holds::InternedString => "interned str",
        Holds::MutableObject | Holds::ImmutableObject => hit.type_name.as_str(),
    };
    if hit.detail.is_empty() { kind.to_owned() } else { format!("{kind} {}", hit.detail) }
}

pub(crate) fn overwritten(seen: &Observations, _: &Results) -> Checked {
    match &seen.overwritten {
        Err(why) => Checked::not_run(why),
        Ok(all) => Checked::from_findings(
            all.iter()
                .map(|one| {
                    let message = format!(
                        "{}: {} of the first interpreter, replaced by the second's",
                        place(seen, &one.was),
                        object(&one.was)
                    );
                    finding(
                        "INS106",
                        Severity::Error,
                        message,
                        json!({ "global": place(seen, &one.was), "change": one }),
                    )
                })
                .collect(),
        ),
    }
}

pub(crate) fn shared(seen: &Observations, _: &Results) -> Checked {
    match &seen.shared {
        Err(why) => Checked::not_run(why),
        Ok(all) => Checked::from_findings(
            outermost(all)
                .map(|one| {
                    let message = format!("{} ({}) is one object in two interpreters", one.path, one.type_name);
                    finding("INS107", Severity::Error, message, json!({ "object": one }))
                })
                .collect(),
        ),
    }
}

/// The shared objects that are not merely parts of another one.
fn outermost(all: &[Shared]) -> impl Iterator<Item = &Shared> {
    let paths: HashSet<&str> = all.iter().map(|one| one.path.as_str()).collect();
    all.iter().filter(move |one| {
        let mut inside = one.path.match_indices('.').map(|(at, _)| &one.path[..at]);
        !inside.any(|path| paths.contains(path))
    })
}

/// The linker's name of a variable, as its author wrote it.
fn demangled(symbol: &str) -> String {
    let (name, offset) = symbol.split_at(symbol.rfind('+').unwrap_or(symbol.len()));
    let plain = match rustc_demangle::try_demangle(name) {
        Ok(rust) => format!("{rust:#}"),
        Err(_) => {
            cpp_demangle::Symbol::new(name).ok().and_then(|cpp| cpp.demangle().ok()).unwrap_or_else(|| name.to_owned())
        }
    };
    plain + offset
}
