//! A second import in one interpreter.

use super::{Lab, Setup, judge};
use crate::observations::Outcome;
use crate::worker::protocol::{Again, Scenario};
use crate::worker::{Run, WorkerError};

/// What came of it, and whether it was given the first module object again.
pub(super) fn run(lab: &Lab, setup: &Setup) -> Result<(Outcome, bool), WorkerError> {
    let run = lab.just_work(&setup.base.doing(Scenario::Again))?;
    let given_again = run.first::<Again>().is_some_and(|again| again.same_module);
    Ok((judged(setup, &run), given_again))
}

fn judged(setup: &Setup, run: &Run) -> Outcome {
    if let Some(trouble) = setup.trouble(run) {
        return match trouble {
            trouble if trouble.says_nothing() => Outcome::Inconclusive(trouble.line()),
            trouble if trouble.is_opt_out() => Outcome::Refused(trouble.line()),
            trouble => Outcome::Broken(trouble),
        };
    }
    let Some(again) = run.first::<Again>() else {
        return Outcome::Inconclusive("the worker did not report the second import".to_owned());
    };
    let name = &setup.subject.name;
    if again.same_module {
        return Outcome::wrong(format!("the second import of {name} returns the first module object"));
    }
    let old = judge::same_heap_types(&again.first_types, &again.types);
    if !old.is_empty() {
        return Outcome::wrong(format!("the second import returns the first one's types: {}", judge::list(&old)));
    }
    if let Some(what) = judge::missing_names(&again.first_names, &again.names) {
        return Outcome::wrong(format!("the second import lacks names that the first one had: {what}"));
    }
    judge::changed_behaviour(run).map_or(Outcome::Passed, Outcome::wrong)
}

/// Who refuses other interpreters, and gives the first module object again in its own, has a guard.
pub(super) fn guarded(again: Outcome, given_again: bool, legacy: &Outcome) -> Outcome {
    match (again, legacy) {
        (Outcome::Broken(trouble), Outcome::Refused(_)) if given_again => Outcome::Refused(trouble.line()),
        (again, _) => again,
    }
}
