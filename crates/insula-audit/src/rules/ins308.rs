//! INS308: what calls leave behind.

use super::common::{amount, and_calls};
use super::{Found, Judgement};
use crate::observations::{Leak, LeakingTest, Observations};

pub(super) fn check(seen: &Observations) -> Judgement {
    let tests = seen.exercised.iter().flat_map(|exercised| &exercised.leaks).map(|LeakingTest { leak, suspects }| {
        let message = format!("each run of {} leaves {} behind{}", leak.callable, amount(leak), and_calls(suspects));
        let found = Found::new(&leak.callable, message).at("test", &leak.callable, None);
        found.in_source(seen.lines.of_suspects(suspects))
    });
    let mut judgement = of_calls(seen);
    let tests: Vec<Found> = tests.collect();
    if !tests.is_empty() {
        let found = std::mem::take(&mut judgement.found);
        judgement = Judgement::of(found.into_iter().chain(tests));
    }
    judgement
}

fn of_calls(seen: &Observations) -> Judgement {
    let repetition = match &seen.repetition {
        Ok(repetition) => repetition,
        Err(gap) => return Judgement::gap(gap),
    };
    let found = repetition.calls.iter().map(|leak: &Leak| {
        let message = format!("each call leaves {} behind: {}", amount(leak), leak.call);
        Found::new(&leak.callable, message)
            .at("callable", &leak.callable, None)
            .in_source(seen.lines.of_callable(&leak.callable))
            .with_repro(seen.place.leak(&leak.call))
    });
    let judgement = Judgement::of(found);
    let mut reasons = Vec::new();
    if let Some((reached, of)) = repetition.reached.filter(|(reached, of)| reached < of) {
        reasons.push(format!("{reached} of {of} callables were called over and over"));
    }
    if !repetition.unclear.is_empty() {
        let names = repetition.unclear.join(", ");
        reasons.push(format!("what these add to each time hides whether they leak, too: {names}"));
    }
    match (repetition.reached, &repetition.gap) {
        (None, Some(gap)) if repetition.calls.is_empty() => Judgement::gap(gap),
        (None, None) if repetition.calls.is_empty() => Judgement::not_run("its functions are not called"),
        _ if reasons.is_empty() => judgement,
        _ => judgement.with_reason(reasons.join("; ")),
    }
}
