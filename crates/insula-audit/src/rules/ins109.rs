//! INS109: native words that calls change.

use super::Judgement;
use super::common::globals::{global, place};
use crate::observations::Observations;

pub(super) fn check(seen: &Observations) -> Judgement {
    let all = match &seen.in_use.changed {
        Ok(all) => all,
        Err(gap) => return Judgement::gap(gap),
    };
    let state = all.iter().filter(|one| !one.symbol.as_deref().is_some_and(is_argument_parser));
    Judgement::of(state.map(|one| {
        let symbol = one.symbol.as_deref();
        let root = place(seen, one.vaddr, symbol);
        let message = format!("{root}: native state that calls change; does it have a lock?");
        global(seen, one.vaddr, symbol, None, message)
    }))
}

/// What CPython's argument clinic calls its parsers; the first call fills one, and a lock of the interpreter guards
/// that.
fn is_argument_parser(symbol: &str) -> bool {
    symbol.split(['.', '+']).next() == Some("_parser")
}
