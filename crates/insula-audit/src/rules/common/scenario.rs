//! What a scenario came to, as a judgement.

use super::{Found, Judgement, and_calls};
use crate::observations::{FailingTest, Observations, Outcome};

/// `program` shows the finding, if there is one.
pub(in crate::rules) fn judge(outcome: &Outcome, program: impl Into<Option<String>>) -> Judgement {
    match outcome {
        Outcome::Passed => Judgement::holds(),
        Outcome::Broken(trouble) => Judgement::of([Found::new("", trouble.line()).with_repro(program)]),
        Outcome::Refused(_) => Judgement::not_run("the module refuses it deliberately (INS005)"),
        Outcome::Blocked { by, .. } => Judgement::inconclusive(format!("blocked by the dependency {by} (INS902)")),
        Outcome::Inconclusive(why) => Judgement::inconclusive(why),
        Outcome::NotTried(why) | Outcome::Impossible(why) => Judgement::not_run(why),
    }
}

/// The same, with the user's tests that fail in such interpreters and pass in the first one.
pub(in crate::rules) fn judge_with_tests(
    outcome: &Outcome,
    program: impl Into<Option<String>>,
    seen: &Observations,
    own_gil: bool,
) -> Judgement {
    let failing = seen.exercised.iter().flat_map(|exercised| &exercised.failing);
    let tests: Vec<Found> = failing
        .filter(|test| test.own_gil == own_gil)
        .map(|FailingTest { test, place, said, suspects, .. }| {
            let calls = and_calls(suspects);
            let message = format!("{test} passes in the first interpreter, and fails in the {place}{calls}: {said}");
            Found::new(test, message).at("test", test, None).in_source(seen.lines.of_suspects(suspects))
        })
        .collect();
    let mut judgement = judge(outcome, program);
    if !tests.is_empty() {
        let found = std::mem::take(&mut judgement.found);
        judgement = Judgement::of(found.into_iter().chain(tests));
    }
    judgement
}
