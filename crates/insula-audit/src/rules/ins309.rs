//! INS309: the end of the process after a plain import.

use super::Judgement;
use super::common::scenario::judge;
use crate::observations::Observations;

pub(super) fn check(seen: &Observations) -> Judgement {
    judge(&seen.exit, None)
}
