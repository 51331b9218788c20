//! INS213: a second call of `__init__`.

use insula_xray::TypeSlot;

use super::common::amount;
use super::{Found, Judgement};
use crate::observations::Observations;

pub(super) fn check(seen: &Observations) -> Judgement {
    let repetition = match &seen.repetition {
        Ok(repetition) => repetition,
        Err(gap) => return Judgement::gap(gap),
    };
    let program = |name: &String| {
        let made = repetition.init.iter().find(|(of, _)| of == name).map(|(_, leak)| leak.call.clone());
        seen.place.init_again(&made.unwrap_or_else(|| format!("{name}('insula probe')")))
    };
    let found = |name: &String, message: String| {
        let spot = seen.lines.of_type(name, &[TypeSlot::Init]);
        Found::new(name, message).at("type", name, None).in_source(spot)
    };
    let ended = repetition.init_ended.iter().map(|(name, trouble)| {
        let message = format!("{name}: __init__ called again on an instance: {}", trouble.kind());
        found(name, message).with_repro(program(name))
    });
    let leaks = repetition.init.iter().filter(|(_, leak)| leak.is_one()).map(|(name, leak)| {
        let message =
            format!("each further call of __init__ on an instance leaves {} behind: {}", amount(leak), leak.call);
        found(name, message).minor(true).with_repro(seen.place.init_again(&leak.call))
    });
    Judgement::of(ended.chain(leaks))
}
