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
    all.filter(|one| !one.symbol.as_deref().is_some_and(is_argument_parser))
}

/// What CPython's argument clinic calls its parsers; the first call fills one, and a lock of the interpreter guards
/// that.
fn is_argument_parser(symbol: &str) -> bool {
    symbol.split(['.', '+']).next() == Some("_parser")
}
