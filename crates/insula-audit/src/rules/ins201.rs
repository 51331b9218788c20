//! INS201: whether traverse visits the type.

use insula_xray::TypeSlot;

use super::Judgement;
use super::common::types::{one, over_types};
use crate::observations::Observations;

pub(super) fn check(seen: &Observations) -> Judgement {
    // The rule is reversed there: the interpreter visits the type itself.
    let reversed = seen.feature < (3, 9);
    over_types(
        seen,
        TypeSlot::Traverse,
        |kind| kind.has_gc && kind.own_traverse,
        |_, kind| {
            let visits = kind.type_visits?;
            Some(if reversed {
                one(visits > 0, "traverse visits the type, which CPython 3.8 does itself")
            } else {
                one(visits == 0, "traverse does not visit the type")
            })
        },
    )
}
