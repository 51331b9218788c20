//! INS902: who is in the way.

use super::ins901::outcomes;
use super::{Found, Judgement};
use crate::observations::{Observations, Outcome};

pub(super) fn check(seen: &Observations) -> Judgement {
    Judgement::of(outcomes(seen).into_iter().filter_map(|(scenario, outcome)| match outcome {
        Outcome::Blocked { by, why } => {
            let message = format!("{scenario}: its dependency {by} is in the way: {why}");
            Some(Found::new(format!("{scenario}:{by}"), message).at("dependency", by, None))
        }
        _ => None,
    }))
}

/// A module that cannot be imported for want of another one.
pub(crate) fn missing(dependency: &str) -> Found {
    let message = format!("it needs {dependency}, which is not installed");
    Found::new(format!("import:{dependency}"), message).at("dependency", dependency, None)
}
