//! INS102: globals that hold immutable objects.
//!
//! Under a shared GIL an object that never changes does little harm; under an own GIL its reference count is a race.

use insula_xray::Holds;

use super::Judgement;
use super::common::globals::held;
use crate::observations::Observations;

pub(super) fn check(seen: &Observations) -> Judgement {
    held(seen, |hit| matches!(hit.holds, Holds::ImmutableObject | Holds::InternedString))
}
