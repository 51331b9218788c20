//! INS006: what the import changes outside of the module.

use super::{Found, Judgement};
use crate::observations::Observations;

pub(super) fn check(seen: &Observations) -> Judgement {
    Judgement::of_each(&seen.effects, |what| Found::new(what, format!("its import changes {what}")))
}
