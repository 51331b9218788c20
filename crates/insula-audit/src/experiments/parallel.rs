//! Interpreters that import, use and end the target at the same time.

use std::time::Duration;

use super::control::judged;
use super::sequence::allow_for_defects;
use super::{Lab, Setup};
use crate::observations::{Gap, Outcome, Seen, Trouble};
use crate::worker::WorkerError;
use crate::worker::protocol::{Gil, Scenario, Visited};
use crate::worker::task::Task;

/// How many interpreters run at the same time.
const WIDTH: u32 = 8;
/// How many processes do that. What depends on luck is tried a fixed number of times.
const RUNS: u32 = 3;
/// How often the first imports race in one process.
const ROUNDS: u32 = 3;
const RACE: Duration = Duration::from_secs(30);

/// `proved`: why a race would prove no more than is known already.
pub(super) fn run(
    lab: &Lab,
    setup: &Setup,
    unchecked: bool,
    own_gil: &Outcome,
    proved: Option<&str>,
) -> Result<Outcome, WorkerError> {
    match own_gil {
        Outcome::Passed => {}
        Outcome::Refused(why) => return Ok(Outcome::Refused(why.clone())),
        Outcome::Impossible(why) => return Ok(Outcome::Impossible(why.clone())),
        Outcome::NotTried(why) => return Ok(Outcome::NotTried(why.clone())),
        Outcome::Broken(_) | Outcome::Blocked { .. } | Outcome::Inconclusive(_) => {
            return Ok(Outcome::NotTried("it was not seen to work under an own GIL in sequence".to_owned()));
        }
    }
    if let Some(why) = proved {
        return Ok(Outcome::NotTried(format!("{why}: a race for these would prove no more")));
    }
    let scenario = Scenario::Parallel { gil: Gil::Own, width: WIDTH, rounds: 1 };
    let task = Task { unchecked, ..setup.base.doing(scenario) };
    let mut first = None;
    let mut times = 0;
    for number in 1..=RUNS {
        let run = lab.just_work(&task)?;
        match allow_for_defects(lab, judged(lab, setup, &task, &run)?) {
            Outcome::Passed => {}
            // Whoever waits for ever does not do so by luck, and takes long.
            Outcome::Broken(trouble @ Trouble::Stuck { .. }) if number == 1 => return Ok(Outcome::Broken(trouble)),
            Outcome::Broken(trouble) => {
                times += 1;
                first.get_or_insert(trouble);
            }
            other if first.is_none() => return Ok(other),
            _ => {}
        }
    }
    Ok(first.map_or(Outcome::Passed, |what| Outcome::Broken(Trouble::Race { times, of: RUNS, what: Box::new(what) })))
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
