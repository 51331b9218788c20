//! INS005: modules that refuse to be loaded more than once.

use insula_xray::MultiInterp;

use super::{Found, Judgement};
use crate::observations::{Observations, Outcome};

pub(super) fn check(seen: &Observations) -> Judgement {
    let refusal = |outcome: &Outcome| match outcome {
        Outcome::Refused(how) => Some(how.clone()),
        _ => None,
    };
    let mut found = Vec::new();
    // Three answers: what refuses after a restart refuses for ever, and so it does in one interpreter.
    if let Some(how) = refusal(&seen.restart) {
        found.push(Found::new("restart", format!("it refuses a second load for ever, after a restart, too: {how}")));
    }
    if let Some(how) = refusal(&seen.again) {
        let finding = Found::new("interpreter", format!("one module object per interpreter: {how}"));
        // To be given the first one again breaks nobody who imports it twice.
        found.push(finding.minor(seen.given_again));
    }
    if let Some(how) = refusal(&seen.legacy) {
        let message = format!("one module object per process: it refuses a second load in another interpreter: {how}");
        found.push(Found::new("process", message).minor(true));
    } else if seen.declared() == Some(MultiInterp::NotSupported) {
        let message = "one module object per process: it declares that it supports the main interpreter only";
        found.push(Found::new("process", message).minor(true));
    } else if let (None, Some(how)) = (seen.declared(), refusal(&seen.own_gil)) {
        found.push(Found::new("own-gil", how).minor(true));
    }
    if let Ok(2..) = seen.race {
        let message = "its guard lets several interpreters in that import it at the same time";
        found.push(Found::new("race", message));
    }
    Judgement::of(found)
}
