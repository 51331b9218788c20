//! The same calls in two live interpreters: whether one is given an object of the other, or memory that was the
//! other's.

use std::collections::HashMap;
use std::time::Duration;

use super::{Lab, Setup};
use crate::observations::{Gap, Given, Outcome, Seen};
use crate::worker::WorkerError;
use crate::worker::protocol::{Gil, Given as Told, Scenario};
use crate::worker::task::Task;

const TIME: Duration = Duration::from_secs(30);

/// What both interpreters were given, in the order of the calls.
pub(super) fn run(
    lab: &Lab,
    setup: &Setup,
    legacy: &Outcome,
    own_gil: &Outcome,
    declared: bool,
) -> Result<Seen<Vec<Given>>, WorkerError> {
    if lab.host.feature() < (3, 12) {
        return Ok(Err(Gap::not_tried("before CPython 3.12 interpreters share many objects by design")));
    }
    // Only interpreters with a GIL of their own have an allocator of their own, too.
    let gil = match (own_gil, legacy.obstacle()) {
        (Outcome::Passed, _) => Gil::Own,
        (_, None) => Gil::Legacy,
        (_, Some(gap)) => return Ok(Err(gap)),
    };
    let mut calls = setup.calls.clone();
    loop {
        let scenario = Scenario::Identity { calls: calls.clone(), gil };
        let task = Task { unchecked: gil == Gil::Own && !declared, ..setup.base.doing(scenario) };
        let run = lab.work_with(&task, lab.within(TIME), &[], &mut |_, _, _| {})?;
        let told: Vec<&Told> = run.all().collect();
        if let [first, second] = told[..] {
            return Ok(Ok(in_common(first, second, gil)));
        }
        if let Some(fewer) = Setup::without_last_attempt(&calls, &run) {
            calls = fewer;
            continue;
        }
        let silent = || Gap::inconclusive("the second interpreter did not report");
        return Ok(Err(setup.trouble(&run).map_or_else(silent, |trouble| Gap::from_trouble(&trouble))));
    }
}

fn in_common(first: &Told, second: &Told, gil: Gil) -> Vec<Given> {
    let known: HashMap<u64, &str> =
        first.results.iter().map(|(_, call, address, _)| (*address, call.as_str())).collect();
    let objects = second.results.iter().filter_map(|(callable, call, address, kind)| {
        let other = known.get(address)?;
        Some(Given {
            callable: callable.clone(),
            call: call.clone(),
            other: (*other).to_owned(),
            kind: kind.clone(),
            live: true,
        })
    });
    let memory = second.memory.iter().filter(|_| gil == Gil::Own).filter_map(|(name, addresses)| {
        let (_, earlier) = first.memory.iter().find(|(other, _)| other == name)?;
        addresses.iter().any(|address| earlier.contains(address)).then(|| Given {
            callable: name.clone(),
            call: name.clone(),
            other: name.clone(),
            kind: name.clone(),
            live: false,
        })
    });
    objects.chain(memory).collect()
}
