//! INS212: weak references to instances.

use insula_xray::TypeSlot;

use super::{Found, Judgement};
use crate::observations::Observations;

pub(super) fn check(seen: &Observations) -> Judgement {
    let repetition = match &seen.repetition {
        Ok(repetition) => repetition,
        Err(gap) => return Judgement::gap(gap),
    };
    let program = |name: &String| {
        let contract = seen.gc_contract.as_ref().ok()?;
        Some(seen.place.weak(contract.types.get(name)?.made_by.as_ref()?))
    };
    let found = |name: &String, what: String| {
        Found::new(name, format!("weak references to instances of {name}: {what}"))
            .at("type", name, None)
            .in_source(seen.lines.of_type(name, &[TypeSlot::Dealloc]))
            .with_repro(program(name))
    };
    let ended = repetition.weak_ended.iter().map(|(name, trouble)| found(name, trouble.kind()));
    let wrong = repetition.weak.iter().filter_map(|(name, wrong)| Some(found(name, wrong.clone()?)));
    Judgement::of(ended.chain(wrong))
}
