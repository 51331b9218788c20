//! INS203: whether dealloc untracks.

use insula_xray::TypeSlot;

use super::Judgement;
use super::common::types::over_types;
use crate::observations::Observations;

pub(super) fn check(seen: &Observations) -> Judgement {
    over_types(
        seen,
        TypeSlot::Dealloc,
        |kind| kind.has_gc && kind.own_dealloc,
        |_, kind| match &kind.tracked_to_death {
            Some(Some(by)) => {
                Some(vec![format!("dealloc does not untrack the instance: {by} finds it in the collector's lists")])
            }
            Some(None) => Some(Vec::new()),
            // Where nothing that an instance owns can run code when it is released, nobody sees it half destroyed.
            None => (kind.made_by.is_some() && !kind.holds_objects).then(Vec::new),
        },
    )
}
