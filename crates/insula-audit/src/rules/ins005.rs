//! INS005: modules that refuse to be loaded more than once.

use insula_xray::MultiInterp;

use super::{Found, Judgement};
use crate::observations::{Observations, Outcome};

pub(super) fn check(seen: &Observations) -> Judgement {
    let refused = |place: &str, outcome: &Outcome| match outcome {
        Outcome::Refused(how) => Some(format!("it refuses a second load {place}: {how}")),
        _ => None,
    };
    let mut found = Vec::new();
    // A refusal in another interpreter implies that there is one object for the whole process.
    if let Some(how) = refused("in another interpreter", &seen.legacy) {
        found.push(Found::new("process", format!("one module object per process: {how}")));
    } else if let Some(how) = refused("in the same interpreter", &seen.again) {
        found.push(Found::new("interpreter", format!("one module object per interpreter: {how}")));
    } else if seen.declared() == Some(MultiInterp::NotSupported) {
        let message = "one module object per process: it declares that it supports the main interpreter only";
        found.push(Found::new("process", message));
    } else if let (None, Some(how)) = (seen.declared(), refused("under an own GIL", &seen.own_gil)) {
        found.push(Found::new("own-gil", how));
    } else if let Some(how) = refused("after a restart", &seen.restart) {
        found.push(Found::new("restart", how));
    }
    if let Ok(2..) = seen.race {
        let message = "its guard lets several interpreters in that import it at the same time";
        found.push(Found::new("race", message));
    }
    Judgement::of(found)
}
