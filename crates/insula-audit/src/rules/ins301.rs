//! INS301: a second import in one interpreter.

use super::Judgement;
use super::common::scenario::judge;
use crate::observations::Observations;

pub(super) fn check(seen: &Observations) -> Judgement {
    judge(&seen.again, seen.place.again())
}
