//! INS210: cycles that are never collected.

use insula_xray::TypeSlot;

use super::Judgement;
use super::common::types::{one, over_types};
use crate::observations::Observations;

pub(super) fn check(seen: &Observations) -> Judgement {
    over_types(
        seen,
        TypeSlot::Traverse,
        |kind| kind.has_gc && kind.own_traverse,
        |_, kind| {
            let stuck = kind.stuck.as_ref()?;
            let message = format!("a cycle through an instance is never collected (made by {})", stuck.join(", "));
            Some(one(!stuck.is_empty(), message))
        },
    )
}
