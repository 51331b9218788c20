//! INS107: objects that two live interpreters share.

use std::collections::HashSet;

use insula_xray::Shared;

use super::{Found, Judgement};
use crate::observations::Observations;

pub(super) fn check(seen: &Observations) -> Judgement {
    let all = match &seen.shared {
        Ok(all) => all,
        Err(gap) => return Judgement::gap(gap),
    };
    Judgement::of(outermost(all).map(|one| {
        let second = match &one.other_path {
            other if *other == one.path => String::new(),
            other => format!("; the second one has it as {other}"),
        };
        let message = format!("{} ({}) is one object in two interpreters{second}", one.path, one.type_name);
        Found::new(&one.path, message)
            .at("object", &one.path, None)
            .in_source(seen.lines.of_path(&seen.name, &one.path))
            .with_repro(seen.place.shared(&one.path, &one.other_path))
    }))
}

/// The shared objects that are not merely parts of another one.
fn outermost(all: &[Shared]) -> impl Iterator<Item = &Shared> {
    let paths: HashSet<&str> = all.iter().map(|one| one.path.as_str()).collect();
    all.iter().filter(move |one| {
        let mut inside = one.path.match_indices('.').map(|(at, _)| &one.path[..at]);
        !inside.any(|path| paths.contains(path))
    })
}
