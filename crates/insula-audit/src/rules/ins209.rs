//! INS209: whether traverse visits what the instance does not own.

use insula_xray::TypeSlot;

use super::Judgement;
use super::common::types::over_types;
use crate::observations::{Observations, OverVisit};

pub(super) fn check(seen: &Observations) -> Judgement {
    over_types(
        seen,
        TypeSlot::Traverse,
        |kind| kind.has_gc && kind.own_traverse,
        |_, kind| {
            kind.type_visits?;
            let over = kind.over_visited.iter().map(|one| {
                let OverVisit { what, visits, owned } = one;
                format!("traverse visits what it does not own: {what}: visited {visits} times, owned {owned} times")
            });
            Some(over.collect())
        },
    )
}
