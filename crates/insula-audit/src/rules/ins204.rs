//! INS204: whether traverse visits every member.

use insula_xray::TypeSlot;

use super::Judgement;
use super::common::types::{over_types, unvisited};
use crate::observations::Observations;

pub(super) fn check(seen: &Observations) -> Judgement {
    over_types(
        seen,
        TypeSlot::Traverse,
        |kind| kind.has_gc && kind.own_traverse,
        |name, kind| {
            Some(
                unvisited(seen, name, kind)?
                    .into_iter()
                    .map(|what| format!("traverse does not visit {what}"))
                    .collect(),
            )
        },
    )
}
