//! INS206: whether m_traverse visits what the state holds.

use super::common::globals::{kind, object};
use super::{Found, Judgement};
use crate::observations::{FieldName, Observations};

pub(super) fn check(seen: &Observations) -> Judgement {
    let missed = match &seen.gc_contract {
        Ok(contract) => &contract.missed_state,
        Err(gap) => return Judgement::gap(gap),
    };
    Judgement::of_each(missed, |one| {
        let what = object(&one.object);
        let field = FieldName::or_offset(
            seen.lines.state.get(&one.offset),
            &format!("the object at offset {} of the state", one.offset),
        );
        let message = format!("m_traverse does not visit {field}: {what}");
        Found::new(kind(&one.object), message)
            .at("state", what, Some(format!("+{}", one.offset)))
            .in_source(seen.lines.traverse.as_ref())
    })
}
