//! INS110: what two interpreters are given by the same calls.

use std::collections::HashSet;

use super::{Found, Judgement};
use crate::observations::Observations;

pub(super) fn check(seen: &Observations) -> Judgement {
    let all = match &seen.given {
        Ok(all) => all,
        Err(gap) => return Judgement::gap(gap),
    };
    let mut callables = HashSet::new();
    let found = all.iter().filter_map(|one| {
        let callable = one.callable.as_str();
        callables.insert((callable, one.live)).then(|| {
            let message = if one.live {
                format!("{} gives two interpreters one and the same object ({})", one.call, one.kind)
            } else {
                format!("an instance of {} lies in memory that the first interpreter's allocator gave", one.kind)
            };
            let program = one.live.then(|| seen.place.given(&one.other, &one.call));
            let kind = if one.live { "callable" } else { "type" };
            Found::new(callable, message)
                .at(kind, callable, None)
                .in_source(seen.lines.of_callable(callable))
                .with_repro(program)
        })
    });
    Judgement::of(found.collect::<Vec<_>>())
}
