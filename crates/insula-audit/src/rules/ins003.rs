//! INS003: what the module declares about interpreters.

use super::{Found, Judgement};
use crate::observations::Observations;

pub(super) fn check(seen: &Observations) -> Judgement {
    if !seen.multi_phase() {
        return Judgement::not_run("not a multi-phase module (INS001), which could not declare it");
    }
    if seen.feature < (3, 12) {
        return Judgement::not_run("the slot exists since CPython 3.12");
    }
    match &seen.definition {
        None => Judgement::not_run("the module's definition could not be read"),
        Some(definition) if definition.multiple_interpreters.is_some() => Judgement::holds(),
        Some(_) => {
            let message = format!(
                "{} does not say whether it supports multiple interpreters: own-GIL interpreters refuse it",
                seen.name
            );
            Judgement::of([Found::new("", message)])
        }
    }
}
