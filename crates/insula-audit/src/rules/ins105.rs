//! INS105: objects behind native heap memory.

use super::Judgement;
use super::common::globals::{global, object, place};
use crate::observations::Observations;

pub(super) fn check(seen: &Observations) -> Judgement {
    Judgement::of_each(&seen.in_use.deep, |one| {
        let away = if one.depth == 1 { "one pointer".to_owned() } else { format!("{} pointers", one.depth) };
        let root = place(seen, one.vaddr, one.symbol.as_deref());
        let what = object(&one.object);
        let message = format!("{root}: {what} in a heap block of {} bytes, {away} away", one.block);
        global(seen, one.vaddr, one.symbol.as_deref(), Some(&one.object), message)
    })
}
