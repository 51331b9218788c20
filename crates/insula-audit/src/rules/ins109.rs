//! INS109: native words that calls change.

use insula_xray::Changed;

use super::Judgement;
use super::common::globals::{global, place};
use crate::observations::Observations;

pub(super) fn check(seen: &Observations) -> Judgement {
    if let Err(gap) = &seen.in_use.changed {
        return Judgement::gap(gap);
    }
    Judgement::of(native_state(seen).map(|one| {
        let symbol = one.symbol.as_deref();
        let root = place(seen, one.vaddr, symbol);
        let message = format!("{root}: native state that calls change; does it have a lock?");
        global(seen, one.vaddr, symbol, None, message)
    }))
}

/// The native words that calls change.
pub(super) fn native_state(seen: &Observations) -> impl Iterator<Item = &Changed> {
    let all = seen.in_use.changed.iter().flatten();
    // Compiled without that function, a guard is a plain flag.
    let locked = seen.imports("__cxa_guard_acquire");
    let guarded = move |symbol: &str| is_argument_parser(symbol) || locked && is_guard(symbol);
    // A stripped file's debug file may know what its own symbols do not say.
    let known = move |one: &Changed| seen.lines.variables.get(&one.vaddr).is_some_and(|spot| guarded(&spot.symbol));
    all.filter(move |one| !one.symbol.as_deref().is_some_and(guarded) && !known(one))
}

/// What C++ compilers call the flag beside a static of a function: whether it was initialised. Their runtime sets it,
/// under a lock.
fn is_guard(symbol: &str) -> bool {
    symbol.starts_with("_ZGV") || symbol.starts_with("guard variable for ")
}

/// What CPython's argument clinic calls its parsers; the first call fills one, and a lock of the interpreter guards
/// that.
fn is_argument_parser(symbol: &str) -> bool {
    symbol.split(['.', '+']).next() == Some("_parser")
}
