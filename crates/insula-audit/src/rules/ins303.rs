//! INS303: interpreters with a GIL of their own, one after the other.

use super::Judgement;
use super::common::scenario::judge_with_tests;
use crate::observations::Observations;

pub(super) fn check(seen: &Observations) -> Judgement {
    judge_with_tests(&seen.own_gil, seen.place.sequence(true), seen, true)
}
