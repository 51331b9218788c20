//! What is different outside of the module after its import; the same without the target is taken off.

use std::time::Duration;

use super::{Lab, Setup, control_of, judge};
use crate::observations::{Gap, Outcome, Seen, Trouble};
use crate::worker::WorkerError;
use crate::worker::protocol::{Effects, Scenario};
use crate::worker::task::Task;

const TIME: Duration = Duration::from_secs(30);

/// What the probe calls the step in which it imports a module again that its package has imported.
const SECOND: &str = "second import";

/// `again` is how a second import went.
pub(super) fn run(lab: &Lab, setup: &Setup, again: &Outcome) -> Result<Seen<Vec<String>>, WorkerError> {
    let task = Task { light_use: false, ..setup.base.doing(Scenario::Effects) };
    let mut found = match changed(lab, &task, again)? {
        Ok(found) => found,
        Err(gap) => return Ok(Err(gap)),
    };
    if !found.is_empty() {
        match changed(lab, &control_of(&task, task.dependencies.clone()), again)? {
            Ok(without) => found.retain(|one| !without.contains(one)),
            Err(gap) => return Ok(Err(gap.behind("the control failed"))),
        }
    }
    Ok(Ok(found))
}

fn changed(lab: &Lab, task: &Task, again: &Outcome) -> Result<Seen<Vec<String>>, WorkerError> {
    let run = lab.work_with(task, lab.within(TIME), &[], &mut |_, _, _| {})?;
    let Some(effects) = run.first::<Effects>() else {
        let gap = match judge::trouble(&run) {
            None => Gap::inconclusive("the worker did not report"),
            Some(trouble @ Trouble::Raised { .. }) if run.last_step() == SECOND => {
                again.obstacle().unwrap_or_else(|| Gap::from_trouble(&trouble))
            }
            Some(trouble) => Gap::from_trouble(&trouble),
        };
        return Ok(Err(gap));
    };
    let mut changed = effects.changed.clone();
    if run.left_behind > 0 {
        changed.push("the processes of this session: it leaves some behind that outlive the interpreter".to_owned());
    }
    if !run.stdout.is_empty() {
        changed.push("standard output: it writes there".to_owned());
    }
    Ok(Ok(changed))
}
