//! What the target's callables make of hostile arguments.

use super::{Found, Judgement};
use crate::observations::{Case, Observations};

/// A finding for each of these cases.
pub(in crate::rules) fn judge(seen: &Observations, wanted: impl Fn(&Case) -> bool) -> Judgement {
    match &seen.hostile_calls {
        Err(gap) => Judgement::gap(gap),
        Ok(calls) => {
            let made = format!("{} of {} calls of {} callables", calls.chosen, calls.all, calls.groups);
            let reason = match &calls.stopped {
                Some(why) => format!("{made}; {why}"),
                None => made,
            };
            Judgement::of(calls.cases.iter().filter(|case| wanted(case)).map(describe)).with_reason(reason)
        }
    }
}

pub(in crate::rules) fn describe(case: &Case) -> Found {
    let message = match &case.calls[..] {
        [] => case.what.clone(),
        [only] => format!("{only}: {}", case.what),
        [first, last] => format!("{first}, and then {last}: {}", case.what),
        [.., last] => format!("{last}: {}, after {} other calls", case.what, case.calls.len() - 1),
    };
    Found::new(&case.group, message).at("callable", &case.group, None).with_repro(case.repro.clone())
}
