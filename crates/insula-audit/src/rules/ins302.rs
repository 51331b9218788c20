//! INS302: legacy sub-interpreters.

use super::Judgement;
use super::common::scenario::judge;
use crate::observations::Observations;

pub(super) fn check(seen: &Observations) -> Judgement {
    judge(&seen.legacy, seen.place.sequence(false))
}
