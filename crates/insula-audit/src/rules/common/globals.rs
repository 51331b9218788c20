//! Python objects that the whole process shares, by the X-ray of globals.

use insula_xray::{Hit, Holds};

use super::{Found, Judgement};
use crate::lines::names::{demangled, without_number};
use crate::observations::Observations;

/// A finding for each variable that holds what is wanted.
pub(in crate::rules) fn held(seen: &Observations, wanted: impl Fn(&Hit) -> bool) -> Judgement {
    match &seen.hits {
        Err(gap) => Judgement::gap(&gap.clone().behind("no X-ray")),
        Ok(hits) => Judgement::of(variables(hits.iter().filter(|hit| wanted(hit))).into_iter().map(|words| {
            let hit = words[0];
            let again = if words.len() == 1 { "" } else { ", in more than one word" };
            let message = format!("{}: {}{again}", place(seen, hit.vaddr, hit.symbol.as_deref()), object(hit));
            let repro = seen.place.word(hit.vaddr, hit.holds == Holds::StaticType);
            global(seen, hit.vaddr, hit.symbol.as_deref(), Some(hit), message).with_repro(repro)
        })),
    }
}

/// A finding about a global.
pub(in crate::rules) fn global(
    seen: &Observations,
    vaddr: u64,
    symbol: Option<&str>,
    holds: Option<&Hit>,
    message: String,
) -> Found {
    let name = symbol.map(|symbol| without_number(&demangled(symbol)));
    let subject = name.clone().or_else(|| holds.map(kind)).unwrap_or_default();
    let (offset, spot) = (offset(seen, vaddr), seen.lines.variables.get(&vaddr));
    let name = name.or_else(|| spot.map(|spot| spot.symbol.clone()));
    Found::new(subject, message).at("global", name.unwrap_or_else(|| offset.clone()), Some(offset)).in_source(spot)
}

/// The words of each variable: those next to each other that hold one and the same object. PyO3's once-cell of a
/// type, for instance, holds it twice.
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

/// Where a global is: by the name that its author gave it or its symbol, and by section and offset.
pub(in crate::rules) fn place(seen: &Observations, vaddr: u64, symbol: Option<&str>) -> String {
    let offset = offset(seen, vaddr);
    let known = seen.lines.variables.get(&vaddr).map(|spot| spot.symbol.clone());
    match known.or_else(|| symbol.map(demangled)) {
        Some(symbol) => format!("{symbol} ({offset})"),
        None => offset,
    }
}

fn offset(seen: &Observations, vaddr: u64) -> String {
    let section = seen.sections.iter().find(|one| (one.vaddr..one.vaddr + one.size).contains(&vaddr));
    section.map_or(format!("{vaddr:#x}"), |one| format!("{}+{:#x}", one.name, vaddr - one.vaddr))
}

/// What a global holds, without addresses.
pub(in crate::rules) fn object(hit: &Hit) -> String {
    let word = word(hit);
    if hit.detail.is_empty() { word.to_owned() } else { format!("{word} {}", hit.detail) }
}

/// The same without what a later build may change: how many items there are, say.
pub(in crate::rules) fn kind(hit: &Hit) -> String {
    let lasting = match hit.holds {
        Holds::HeapType | Holds::ExceptionClass | Holds::StaticType | Holds::InternedString => true,
        Holds::MutableObject | Holds::ImmutableObject => ["str", "module", "PyCapsule"].contains(&&*hit.type_name),
    };
    if lasting { object(hit) } else { word(hit).to_owned() }
}

fn word(hit: &Hit) -> &str {
    match hit.holds {
        Holds::HeapType => "heap type",
        Holds::ExceptionClass => "exception class",
        Holds::StaticType => "static type",
        Holds::InternedString => "interned str",
        Holds::MutableObject | Holds::ImmutableObject => hit.type_name.as_str(),
    }
}
