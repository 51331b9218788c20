//! INS108: objects in thread-local storage.

use super::common::globals::{kind, object};
use super::{Found, Judgement};
use crate::observations::Observations;

pub(super) fn check(seen: &Observations) -> Judgement {
    Judgement::of_each(&seen.in_use.thread_locals, |(offset, hit)| {
        let message = format!("thread-local storage +{offset:#x}: {}", object(hit));
        Found::new(kind(hit), message).at("global", "thread-local storage", Some(format!("+{offset:#x}")))
    })
}
