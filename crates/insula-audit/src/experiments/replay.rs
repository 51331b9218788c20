//! Calls recorded in the first interpreter, repeated after another one imported the target, and ended.

use std::time::Duration;

use super::{Lab, Setup, control};
use crate::observations::Outcome;
use crate::worker::protocol::{Changed, Recorded, Scenario, SecondImported};
use crate::worker::task::Task;
use crate::worker::{Run, WorkerError};

const TIME: Duration = Duration::from_secs(30);

pub(super) fn run(lab: &Lab, setup: &Setup, legacy: &Outcome) -> Result<Outcome, WorkerError> {
    match legacy.obstacle() {
        Some(gap) if gap.inconclusive => return Ok(Outcome::Inconclusive(gap.why)),
        Some(gap) => return Ok(Outcome::NotTried(gap.why)),
        None => {}
    }
    let work = |task: &Task| lab.work_with(task, lab.within(TIME), &[], &mut |_, _, _| {});
    let scenario = |calls, absent| setup.base.doing(Scenario::Replay { calls, absent });
    let mut calls = setup.calls.clone();
    let mut run = work(&scenario(calls.clone(), false))?;
    while run.first::<Recorded>().is_none()
        && setup.trouble(&run).is_some()
        && let Some(fewer) = Setup::without_last_attempt(&calls, &run)
    {
        calls = fewer;
        run = work(&scenario(calls.clone(), false))?;
    }
    if run.unreadable.is_none() && run.first::<Changed>().is_some() {
        // A file descriptor has another number once there are more objects that own one, whoever made them.
        let without = work(&scenario(calls.clone(), true))?;
        if let Some(changed) = run.all::<Changed>().find(|one| !also_without(one, &without)) {
            let Changed { call, before, after, when } = changed;
            return Ok(Outcome::wrong(format!("{call}: {before}, but {after} {when}")));
        }
    }
    let Some(trouble) = setup.trouble(&run) else {
        return Ok(Outcome::Passed);
    };
    if trouble.says_nothing() {
        return Ok(Outcome::Inconclusive(trouble.line()));
    }
    if run.first::<SecondImported>().is_none() {
        return Ok(Outcome::NotTried(format!("the recording itself fails: {}", trouble.line())));
    }
    control::attribute(lab, &scenario(calls, false), trouble, &|control| work(control).map(Some))
}

fn also_without(changed: &Changed, without: &Run) -> bool {
    without.all::<Changed>().any(|other| other.call == changed.call)
}
