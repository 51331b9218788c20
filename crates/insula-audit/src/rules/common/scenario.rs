//! What a scenario came to, as a judgement.

use super::{Found, Judgement};
use crate::observations::Outcome;

pub(in crate::rules) fn judge(outcome: &Outcome) -> Judgement {
    match outcome {
        Outcome::Passed => Judgement::holds(),
        Outcome::Broken(trouble) => Judgement::of([Found::new("", trouble.line())]),
        Outcome::Refused(_) => Judgement::not_run("the module refuses it deliberately (INS005)"),
        Outcome::Blocked { by, .. } => Judgement::inconclusive(format!("blocked by the dependency {by} (INS902)")),
        Outcome::Inconclusive(why) => Judgement::inconclusive(why),
        Outcome::NotTried(why) | Outcome::Impossible(why) => Judgement::not_run(why),
    }
}
