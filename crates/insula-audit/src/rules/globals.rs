//! INS101-INS107: Python objects that the whole process shares, by the X-ray of globals and by intersection.

use std::collections::HashSet;

use insula_xray::{Hit, Holds, Shared};
use serde_json::json;

use super::{Checked, Results, finding};
use crate::experiments::Observations;
use crate::report::Severity;

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
            variables(hits.iter().filter(|hit| wanted(hit)))
                .into_iter()
                .map(|words| {
                    let (hit, more) = (words[0], &words[1..]);
                    let again = if more.is_empty() { "" } else { ", in more than one word" };
                    let message = format!("{}: {}{again}", place(seen, hit), object(hit));
                    let more: Vec<String> = more.iter().map(|hit| place(seen, hit)).collect();
                    finding(rule, severity, message, json!({ "global": place(seen, hit), "hit": hit, "also": more }))
                })
                .collect(),
        ),
    }
}

/// The words of each variable: those next to each other that hold one and the same object. PyO3's once-cell of a type, for
/// instance, holds it twice.
fn variables<'a>(hits: impl Iterator<Item = &'a Hit>) -> Vec<Vec<&'a Hit>> {
    const NEAR: u64 = 64;
    let mut all: Vec<Vec<&Hit>> = Vec::new();
    for hit in hits {
        let same = |words: &&mut Vec<&Hit>| {
            words.last().is_some_and(|last| last.target == hit.target && last.vaddr.abs_diff(hit.vaddr) <= NEAR)
        };
        match all.iter_mut().rev().find(same) {
            Some(words) => words.push(hit),
            None => all.push(vec![hit]),
        }
    }
    all
}

/// Where a global is: by its symbol, or else by section and offset.
fn place(seen: &Observations, hit: &Hit) -> String {
    located(seen, hit.vaddr, hit.symbol.as_deref())
}

fn located(seen: &Observations, vaddr: u64, symbol: Option<&str>) -> String {
    let section = seen.subject.extension.sections.iter().find(|one| (one.vaddr..one.vaddr + one.size).contains(&vaddr));
    let offset = section.map_or(format!("{vaddr:#x}"), |one| format!("{}+{:#x}", one.name, vaddr - one.vaddr));
    match symbol {
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

pub(crate) fn behind_heap(seen: &Observations, _: &Results) -> Checked {
    match &seen.inside.deep {
        Err(why) => Checked::not_run(why),
        Ok(all) => Checked::from_findings(
            all.iter()
                .map(|one| {
                    let root = located(seen, one.vaddr, one.symbol.as_deref());
                    let message = format!(
                        "{root}: {} in a heap block of {} bytes, {} away",
                        object(&one.object),
                        one.block,
                        if one.depth == 1 { "one pointer".to_owned() } else { format!("{} pointers", one.depth) }
                    );
                    finding("INS105", Severity::Error, message, json!({ "global": root, "hit": one }))
                })
                .collect(),
        ),
    }
}

pub(crate) fn thread_local(seen: &Observations, _: &Results) -> Checked {
    match &seen.inside.thread_locals {
        Err(why) => Checked::not_run(why),
        Ok(all) => Checked::from_findings(
            all.iter()
                .map(|(offset, hit)| {
                    let message = format!("thread-local storage +{offset:#x}: {}", object(hit));
                    finding("INS108", Severity::Warning, message, json!({ "offset": offset, "hit": hit }))
                })
                .collect(),
        ),
    }
}

pub(crate) fn native_state(seen: &Observations, _: &Results) -> Checked {
    match &seen.inside.changed {
        Err(why) => Checked::not_run(why),
        Ok(all) => Checked::from_findings(
            all.iter()
                .filter(|one| !one.symbol.as_deref().is_some_and(is_argument_parser))
                .map(|one| {
                    let place = located(seen, one.vaddr, one.symbol.as_deref());
                    let message = format!("{place}: native state that calls change; does it have a lock?");
                    finding("INS109", Severity::Info, message, json!({ "global": place, "changed": one }))
                })
                .collect(),
        ),
    }
}

/// What CPython's argument clinic calls its parsers; the first call fills one, and a lock of the interpreter guards that.
fn is_argument_parser(symbol: &str) -> bool {
    symbol.split(['.', '+']).next() == Some("_parser")
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
