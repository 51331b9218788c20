//! A plain import, and the end of the process.

use super::{Lab, Setup, control, judge};
use crate::observations::Outcome;
use crate::worker::WorkerError;
use crate::worker::protocol::Scenario;

pub(super) fn run(lab: &Lab, setup: &Setup) -> Result<Outcome, WorkerError> {
    let task = setup.base.doing(Scenario::Exit);
    let run = lab.just_work(&task)?;
    match judge::trouble(&run) {
        None => Ok(Outcome::Passed),
        Some(trouble) if trouble.says_nothing() => Ok(Outcome::Inconclusive(trouble.line())),
        Some(trouble) if !run.done() => {
            Ok(Outcome::Inconclusive(format!("it could be imported, and then could not: {}", trouble.line())))
        }
        Some(trouble) => control::attribute(lab, &task, trouble, &|control| lab.just_work(control).map(Some)),
    }
}
