//! INS306: restarts of the runtime.

use super::Judgement;
use super::common::scenario::judge;
use crate::observations::Observations;

pub(super) fn check(seen: &Observations) -> Judgement {
    judge(&seen.restart, None)
}
