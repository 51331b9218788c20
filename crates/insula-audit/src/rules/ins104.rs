//! INS104: globals that hold static types.

use insula_xray::Holds;

use super::Judgement;
use super::common::globals::held;
use crate::observations::Observations;

pub(super) fn check(seen: &Observations) -> Judgement {
    held(seen, |hit| hit.holds == Holds::StaticType)
}
