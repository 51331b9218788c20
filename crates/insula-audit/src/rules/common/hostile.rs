//! What the target's callables make of hostile arguments.

use super::{Found, Judgement};
use crate::observations::{Case, Observations, to_blame};

/// A finding for each of these cases.
pub(in crate::rules) fn judge(seen: &Observations, wanted: impl Fn(&Case) -> bool) -> Judgement {
    match &seen.hostile_calls {
        Err(gap) => Judgement::gap(gap),
        Ok(calls) => {
            let made = format!("{} of {} calls of {} callables", calls.chosen, calls.all, calls.groups);
            let reason = match &calls.stopped {
                Some(why) => format!("{made}; {why}"),
                None => made,
            };
            Judgement::of(calls.cases.iter().filter(|case| wanted(case)).map(|case| describe(seen, case)))
                .with_reason(reason)
        }
    }
}

pub(in crate::rules) fn describe(seen: &Observations, case: &Case) -> Found {
    let message = match &case.calls[..] {
        [] => case.what.clone(),
        [only] => format!("{only}: {}", case.what),
        [first, last] => format!("{first}, and then {last}: {}", case.what),
        [.., last] => format!("{last}: {}, after {} other calls", case.what, case.calls.len() - 1),
    };
    let spot = slot_of(case).and_then(|slot| seen.lines.callables.get(&slot));
    let spot = spot.or_else(|| seen.lines.of_callable(&case.group));
    Found::new(&case.group, message).at("callable", &case.group, None).in_source(spot).with_repro(case.repro.clone())
}

/// The method behind an operation on an instance: `repr(...)` of a `Counter` is `Counter.__repr__`.
fn slot_of(case: &Case) -> Option<String> {
    const OPERATIONS: [(&str, &str); 12] = [
        ("repr(", "__repr__"),
        ("str(", "__str__"),
        ("hash(", "__hash__"),
        ("len(", "__len__"),
        ("bool(", "__bool__"),
        ("list(", "__iter__"),
        ("next(iter(", "__iter__"),
        ("next(", "__next__"),
        ("(lambda s: s == s)(", "__eq__"),
        ("(lambda s: s + s)(", "__add__"),
        ("setattr(", "__setattr__"),
        ("delattr(", "__delattr__"),
    ];
    let call = to_blame(&case.calls)?;
    let (_, method) = OPERATIONS.iter().find(|(start, _)| call.starts_with(start))?;
    let kind = case.group.strip_prefix("uninitialised ").unwrap_or(&case.group);
    (!kind.contains('.')).then(|| format!("{kind}.{method}"))
}
