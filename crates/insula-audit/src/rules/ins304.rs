//! INS304: interpreters with a GIL of their own, at the same time.

use super::Judgement;
use super::common::scenario::judge;
use crate::observations::Observations;

pub(super) fn check(seen: &Observations) -> Judgement {
    judge(&seen.parallel, None)
}
