//! INS303: interpreters with a GIL of their own, one after the other.

use super::Judgement;
use super::common::scenario::judge;
use crate::observations::Observations;

pub(super) fn check(seen: &Observations) -> Judgement {
    judge(&seen.own_gil, seen.place.sequence(true))
}
