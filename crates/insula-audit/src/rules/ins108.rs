//! INS108: objects in thread-local storage.

use super::common::globals::{kind, object};
use super::{Found, Judgement};
use crate::observations::Observations;

pub(super) fn check(seen: &Observations) -> Judgement {
    Judgement::of_each(&seen.in_use.thread_locals, |(offset, hit)| {
        let spot = seen.lines.thread_locals.get(offset);
        let place = format!("thread-local storage +{offset:#x}");
        let place = spot.map_or_else(|| place.clone(), |spot| format!("{} ({place})", spot.symbol));
        Found::new(kind(hit), format!("{place}: {}", object(hit)))
            .at("global", "thread-local storage", Some(format!("+{offset:#x}")))
            .in_source(spot)
    })
}
