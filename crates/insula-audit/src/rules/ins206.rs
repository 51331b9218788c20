//! INS206: whether m_traverse visits what the state holds.

use super::common::globals::{kind, object};
use super::{Found, Judgement};
use crate::observations::Observations;

pub(super) fn check(seen: &Observations) -> Judgement {
    let missed = match &seen.gc_contract {
        Ok(contract) => &contract.missed_state,
        Err(gap) => return Judgement::gap(gap),
    };
    Judgement::of_each(missed, |one| {
        let what = object(&one.object);
        let message = format!("m_traverse does not visit the object at offset {} of the state: {what}", one.offset);
        Found::new(kind(&one.object), message).at("state", what, Some(format!("+{}", one.offset)))
    })
}
