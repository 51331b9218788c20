//! INS307: what imports and interpreters leave behind.

use super::common::rounded;
use super::{Found, Judgement};
use crate::observations::{Gap, LeakRate, Observations, Seen};

pub(super) fn check(seen: &Observations) -> Judgement {
    let (import, interpreter) = (&seen.leak_per_import, &seen.leak_per_interpreter);
    let both = [leak("import", import, LeakRate::IMPORT), leak("interpreter", interpreter, LeakRate::INTERPRETER)];
    let found: Vec<Found> = both.into_iter().flatten().collect();
    if !found.is_empty() {
        return Judgement::of(found);
    }
    match (import, interpreter) {
        (Err(gap), Err(other)) if gap == other => Judgement::gap(gap),
        (Err(gap), Err(other)) => Judgement::gap(&Gap {
            inconclusive: gap.inconclusive || other.inconclusive,
            why: format!("per import: {}; per interpreter: {}", gap.why, other.why),
        }),
        (Err(gap), Ok(_)) => Judgement::holds().with_reason(format!("per import not measured: {}", gap.why)),
        (Ok(_), Err(gap)) => Judgement::holds().with_reason(format!("per interpreter not measured: {}", gap.why)),
        (Ok(_), Ok(_)) => Judgement::holds(),
    }
}

fn leak(what: &str, rate: &Seen<LeakRate>, least: LeakRate) -> Option<Found> {
    let rate = rate.as_ref().ok()?;
    let grown = rate.bytes.filter(|grown| least.bytes.is_some_and(|bytes| *grown >= bytes));
    // The last digits differ from run to run; the report should not.
    let message = match (rate.blocks >= least.blocks, grown) {
        (true, _) => format!("each {what} leaves about {} blocks of Python's allocator behind", rounded(rate.blocks)),
        (false, Some(grown)) => format!("each {what} leaves about {} bytes of native memory behind", rounded(grown)),
        (false, None) => return None,
    };
    Some(Found::new(what, message))
}
