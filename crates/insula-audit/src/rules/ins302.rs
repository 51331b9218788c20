//! INS302: legacy sub-interpreters.

use super::Judgement;
use super::common::scenario::judge_with_tests;
use crate::observations::Observations;

pub(super) fn check(seen: &Observations) -> Judgement {
    judge_with_tests(&seen.legacy, seen.place.sequence(false), seen, false)
}
