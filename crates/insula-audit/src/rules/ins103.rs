//! INS103: globals that hold heap types and exception classes.

use insula_xray::Holds;

use super::Judgement;
use super::common::globals::held;
use crate::observations::Observations;

pub(super) fn check(seen: &Observations) -> Judgement {
    held(seen, |hit| matches!(hit.holds, Holds::HeapType | Holds::ExceptionClass))
}
