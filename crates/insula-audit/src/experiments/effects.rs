//! What is different outside of the module after its import; the same without the target is taken off.

use std::time::Duration;

use super::{Lab, Setup, control_of, judge};
use crate::observations::{Gap, Seen};
use crate::worker::WorkerError;
use crate::worker::protocol::{Effects, Scenario};
use crate::worker::task::Task;

const TIME: Duration = Duration::from_secs(30);

pub(super) fn run(lab: &Lab, setup: &Setup) -> Result<Seen<Vec<String>>, WorkerError> {
    let task = Task { light_use: false, ..setup.base.doing(Scenario::Effects) };
    let mut found = match changed(lab, &task)? {
        Ok(found) => found,
        Err(gap) => return Ok(Err(gap)),
    };
    if !found.is_empty() {
        match changed(lab, &control_of(&task, task.dependencies.clone()))? {
            Ok(without) => found.retain(|one| !without.contains(one)),
            Err(gap) => return Ok(Err(gap.behind("the control failed"))),
        }
    }
    Ok(Ok(found))
}

fn changed(lab: &Lab, task: &Task) -> Result<Seen<Vec<String>>, WorkerError> {
    let run = lab.work_with(task, lab.within(TIME), &[], &mut |_, _, _| {})?;
    let Some(effects) = run.first::<Effects>() else {
        let silent = || Gap::inconclusive("the worker did not report");
        return Ok(Err(judge::trouble(&run).map_or_else(silent, |trouble| Gap::from_trouble(&trouble))));
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
