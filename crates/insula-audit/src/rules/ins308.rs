//! INS308: what calls leave behind.

use super::common::amount;
use super::{Found, Judgement};
use crate::observations::{Leak, Observations};

pub(super) fn check(seen: &Observations) -> Judgement {
    let repetition = match &seen.repetition {
        Ok(repetition) => repetition,
        Err(gap) => return Judgement::gap(gap),
    };
    let found = repetition.calls.iter().map(|leak: &Leak| {
        let message = format!("each call leaves {} behind: {}", amount(leak), leak.call);
        Found::new(&leak.callable, message).at("callable", &leak.callable, None).with_repro(seen.place.leak(&leak.call))
    });
    let judgement = Judgement::of(found);
    match (repetition.reached, &repetition.gap) {
        (Some((reached, of)), _) if reached < of => {
            judgement.with_reason(format!("{reached} of {of} callables were called over and over"))
        }
        (None, Some(gap)) if repetition.calls.is_empty() => Judgement::gap(gap),
        (None, None) if repetition.calls.is_empty() => Judgement::not_run("its functions are not called"),
        _ => judgement,
    }
}
