//! INS501: what the module declares about the GIL.

use insula_xray::{GilSlot, InitKind};

use super::{Found, Judgement};
use crate::observations::Observations;

pub(super) fn check(seen: &Observations) -> Judgement {
    if seen.feature < (3, 13) {
        return Judgement::not_run("there are no free-threaded builds before CPython 3.13");
    }
    let name = &seen.name;
    let message = match (&seen.definition, seen.init) {
        (_, InitKind::SinglePhase) if seen.imports("PyUnstable_Module_SetGIL") => {
            return Judgement::not_run("it calls PyUnstable_Module_SetGIL; with what, its file does not say");
        }
        (_, InitKind::SinglePhase) => {
            format!("{name} uses single-phase initialisation and never says that it needs no GIL")
        }
        (None, _) => return Judgement::not_run("the module's definition could not be read"),
        (Some(definition), _) => match definition.gil {
            Some(GilSlot::NotUsed) => return Judgement::holds(),
            Some(GilSlot::Used) => format!("{name} says that it needs the GIL"),
            None => format!("{name} does not say whether it needs the GIL, which means that it does"),
        },
    };
    Judgement::of([Found::new("", format!("{message}: free-threaded builds turn it back on when they import it"))])
}
