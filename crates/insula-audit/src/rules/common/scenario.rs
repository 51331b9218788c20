//! What a scenario came to, as a judgement.

use super::{Found, Judgement};
use crate::observations::Outcome;

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
