//! Interpreters that import, use and end the target at the same time.

use std::time::Duration;

use super::control::judged;
use super::sequence::allow_for_defects;
use super::{Lab, Setup};
use crate::observations::{Gap, Outcome, Seen};
use crate::worker::WorkerError;
use crate::worker::protocol::{Gil, Scenario, Visited};
use crate::worker::task::Task;

/// How many interpreters run at the same time, and how often.
const WIDTH: u32 = 8;
const ROUNDS: u32 = 3;
const RACE: Duration = Duration::from_secs(30);

pub(super) fn run(lab: &Lab, setup: &Setup, unchecked: bool, own_gil: &Outcome) -> Result<Outcome, WorkerError> {
    match own_gil {
        Outcome::Passed => {}
        Outcome::Refused(why) => return Ok(Outcome::Refused(why.clone())),
        Outcome::Impossible(why) => return Ok(Outcome::Impossible(why.clone())),
        Outcome::NotTried(why) => return Ok(Outcome::NotTried(why.clone())),
        Outcome::Broken(_) | Outcome::Blocked { .. } | Outcome::Inconclusive(_) => {
            return Ok(Outcome::NotTried("it was not seen to work under an own GIL in sequence".to_owned()));
        }
    }
    let scenario = Scenario::Parallel { gil: Gil::Own, width: WIDTH, rounds: ROUNDS };
    let task = Task { unchecked, ..setup.base.doing(scenario) };
    let run = lab.just_work(&task)?;
    Ok(allow_for_defects(lab, judged(lab, setup, &task, &run)?))
}

/// For a module that refuses a second interpreter: how many of those that import at the same time get in.
pub(super) fn race(lab: &Lab, setup: &Setup, legacy: &Outcome) -> Result<Seen<usize>, WorkerError> {
    if !matches!(legacy, Outcome::Refused(_)) {
        return Ok(Err(Gap::not_tried("it does not refuse a second interpreter")));
    }
    let gil = if lab.host.has_own_gil() { Gil::Own } else { Gil::Legacy };
    let scenario = Scenario::Parallel { gil, width: WIDTH, rounds: ROUNDS };
    let task = Task { unchecked: true, light_use: false, ..setup.base.doing(scenario) };
    let run = lab.work_with(&task, lab.within(RACE), &[], &mut |_, _, _| {})?;
    let count = run.all::<Visited>().filter(|visited| !visited.names.is_empty()).count();
    match setup.trouble(&run) {
        Some(trouble) if count < 2 && !trouble.is_opt_out() => Ok(Err(Gap::from_trouble(&trouble))),
        _ => Ok(Ok(count)),
    }
}
