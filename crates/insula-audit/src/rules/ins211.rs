//! INS211: references that are released more often than owned.

use insula_xray::TypeSlot;

use super::common::types::{one, over_types};
use super::{Found, Judgement};
use crate::observations::{Observations, OverRelease, Released};

pub(super) fn check(seen: &Observations) -> Judgement {
    let types = over_types(
        seen,
        TypeSlot::Dealloc,
        |kind| kind.own_dealloc,
        |_, kind| Some(one(kind.slope? <= -0.5, "each instance releases its type once more than it owns it")),
    );
    let releases = seen.gc_contract.as_ref().map(|contract| contract.releases.as_slice()).unwrap_or_default();
    if releases.is_empty() {
        return types;
    }
    Judgement::of(types.found.into_iter().chain(releases.iter().map(|OverRelease { call, what }| {
        let what = match what {
            Released::Result(kind) => format!("its result ({kind})"),
            Released::Argument => "its argument".to_owned(),
            Released::Receiver => "the object that it is called on".to_owned(),
        };
        let callable = call.rsplit_once('(').map_or(call.as_str(), |(callable, _)| callable);
        Found::new(callable, format!("a reference is released that is not owned: {call}: {what}"))
            .at("callable", callable, None)
            .in_source(seen.lines.of_callable(callable))
    })))
}
