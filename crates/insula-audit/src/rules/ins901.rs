//! INS901: results that say nothing about the module.

use super::{Found, Judgement};
use crate::observations::{Observations, Outcome};

pub(super) fn check(seen: &Observations) -> Judgement {
    Judgement::of(outcomes(seen).into_iter().filter_map(|(scenario, outcome)| match outcome {
        Outcome::Inconclusive(why) => Some(Found::new(scenario, format!("{scenario}: {why}"))),
        _ => None,
    }))
}

/// The scenarios that have controls, in words.
pub(super) fn outcomes(seen: &Observations) -> [(&'static str, &Outcome); 7] {
    [
        ("exit", &seen.exit),
        ("second import", &seen.again),
        ("legacy sub-interpreters", &seen.legacy),
        ("own-GIL interpreters", &seen.own_gil),
        ("parallel interpreters", &seen.parallel),
        ("restart of the runtime", &seen.restart),
        ("calls in the first interpreter", &seen.replay),
    ]
}
