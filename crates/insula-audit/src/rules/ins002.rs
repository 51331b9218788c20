//! INS002: a module that says it has no state, while globals hold objects.

use insula_xray::Holds;

use super::{Found, Judgement};
use crate::observations::Observations;

pub(super) fn check(seen: &Observations) -> Judgement {
    if !seen.multi_phase() {
        return Judgement::not_run("not a multi-phase module (INS001)");
    }
    let Some(definition) = &seen.definition else {
        return Judgement::not_run("the module's definition could not be read");
    };
    let hits = match &seen.hits {
        Ok(hits) => hits,
        Err(gap) => return Judgement::gap(gap),
    };
    let state = hits.iter().filter(|hit| hit.holds != Holds::StaticType).count();
    if definition.m_size > 0 || state == 0 {
        return Judgement::holds();
    }
    let noun = if state == 1 { "global holds a Python object" } else { "globals hold Python objects" };
    let message = format!("m_size is {}, so it declares to have no state, but {state} {noun}", definition.m_size);
    Judgement::of([Found::new("", message)])
}
