//! INS106: globals that the second interpreter overwrites.

use super::Judgement;
use super::common::globals::{global, object, place};
use crate::observations::Observations;

pub(super) fn check(seen: &Observations) -> Judgement {
    Judgement::of_each(&seen.overwritten, |one| {
        let (was, symbol) = (&one.was, one.was.symbol.as_deref());
        let root = place(seen, was.vaddr, symbol);
        let message = format!("{root}: {} of the first interpreter, replaced by the second's", object(was));
        global(seen, was.vaddr, symbol, Some(was), message).with_repro(seen.place.overwritten(was.vaddr))
    })
}
