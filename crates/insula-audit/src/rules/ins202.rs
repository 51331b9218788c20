//! INS202: whether dealloc releases the type.

use insula_xray::TypeSlot;

use super::Judgement;
use super::common::types::{one, over_types};
use crate::observations::Observations;

pub(super) fn check(seen: &Observations) -> Judgement {
    over_types(
        seen,
        TypeSlot::Dealloc,
        |kind| kind.own_dealloc,
        |_, kind| {
            // Where instances are kept alive, a growing count says nothing.
            let slope = kind.slope.filter(|slope| *slope < 0.5 || !kind.kept)?;
            Some(one(slope >= 0.5, "dealloc does not release the type: each instance leaves a reference behind"))
        },
    )
}
