//! Leak rates: what repeated imports and repeated interpreters cost, minus what the same costs without the target.

use std::time::Duration;

use super::{Lab, Setup, control_of, judge};
use crate::observations::{Gap, LeakRate, Outcome, Seen};
use crate::worker::protocol::{Gil, Loaded, Scenario, Windows};
use crate::worker::task::Task;
use crate::worker::{Run, WorkerError};

const TIME: Duration = Duration::from_secs(40);
const IMPORTS: u32 = 60;
const INTERPRETERS: u32 = 5;
/// In how many windows a rate is measured at most; see `leaks.py`.
const WINDOWS: usize = 3;
/// An interpreter that leaves this many blocks behind by itself never frees the names that C code interned (3.13.0
/// leaves 2,700); then each name of the target is one block that is not its fault.
const HOST_LEAVES_NAMES: f64 = 500.0;

/// Of single-phase modules, too: each import makes a new module object, which takes the place of the one before.
pub(super) fn per_import(lab: &Lab, setup: &Setup, again: &Outcome) -> Result<Seen<LeakRate>, WorkerError> {
    match again.obstacle() {
        Some(gap) => Ok(Err(gap)),
        None => rate(lab, setup, LeakRate::IMPORT, |enough| Scenario::LeakPerImport { cycles: IMPORTS, enough }),
    }
}

pub(super) fn per_interpreter(lab: &Lab, setup: &Setup, legacy: &Outcome) -> Result<Seen<LeakRate>, WorkerError> {
    if lab.host.feature() == (3, 12) {
        let why = "CPython 3.12 leaves names of its own behind with each interpreter; use 3.13 or newer";
        return Ok(Err(Gap::not_tried(why)));
    }
    match legacy.obstacle() {
        Some(gap) => Ok(Err(gap)),
        None => rate(lab, setup, LeakRate::INTERPRETER, |enough| Scenario::LeakPerInterpreter {
            gil: Gil::Legacy,
            cycles: INTERPRETERS,
            enough,
        }),
    }
}

/// The rate, as far as it matters: what is below `least` is only known to be that.
fn rate(
    lab: &Lab,
    setup: &Setup,
    least: LeakRate,
    scenario: impl Fn((i64, i64)) -> Scenario,
) -> Result<Seen<LeakRate>, WorkerError> {
    let doing = |enough| Task { light_use: false, ..setup.base.doing(scenario(enough)) };
    // Controls measure all: others are compared with them.
    let whole = doing((0, 0));
    let host = lab.rates.known(&control_of(&whole, Vec::new())).unwrap_or(LeakRate { blocks: 0.0, bytes: Some(0.0) });
    let (early, windows) = measured(lab, setup, &doing(most(&least, &host, &whole.scenario)), &whole, &least)?;
    if windows < WINDOWS && early.as_ref().is_ok_and(|rate| !rate.is_below(&least)) {
        // Without the target less is left behind than was taken for granted.
        return measured(lab, setup, &whole, &whole, &least).map(|(rate, _)| rate);
    }
    Ok(early)
}

/// What a task leaves behind, without what its control does, and in how many windows that was measured.
fn measured(
    lab: &Lab,
    setup: &Setup,
    task: &Task,
    whole: &Task,
    least: &LeakRate,
) -> Result<(Seen<LeakRate>, usize), WorkerError> {
    let work = |task: &Task| lab.work_with(task, lab.within(TIME), &[], &mut |_, _, _| {});
    let run = work(task)?;
    let count = run.first::<Windows>().map_or(0, |event| event.windows.len());
    let with = match rate_of(setup, &run) {
        // There is no need to take anything off.
        Ok(rate) if rate.is_below(least) => return Ok((Ok(rate), count)),
        Ok(rate) => rate,
        Err(gap) => return Ok((Err(gap), count)),
    };
    // The control imports what the target itself imported, its own package's Python modules included.
    let loaded = run.first::<Loaded>();
    let mut control = control_of(whole, loaded.map(|loaded| loaded.names.clone()).unwrap_or_default());
    if !control.dependencies.is_empty() {
        control.roots.clone_from(&whole.roots);
    }
    let package = whole.name.split('.').next();
    if control.dependencies.iter().any(|name| name.split('.').next() == package) {
        control.name.clone_from(&whole.name);
        control.path.clone_from(&whole.path);
    }
    let without = lab.rates.get(&control, || {
        let run = work(&control)?;
        Ok(judge::trouble(&run).map_or_else(|| windows(&run), |trouble| Err(Gap::from_trouble(&trouble))))
    })?;
    // Imports of one interpreter do not tell how many names they have, and need not.
    let names = loaded.map_or(0.0, |loaded| loaded.own as f64);
    let rate = without.map_err(|gap| gap.behind("the control failed")).map(|without| LeakRate {
        blocks: with.blocks - without.blocks - if without.blocks > HOST_LEAVES_NAMES { names } else { 0.0 },
        bytes: with.bytes.zip(without.bytes).map(|(with, without)| with - without),
    });
    Ok((rate, count))
}

/// What all cycles may leave behind, the host's share included, without there being a leak.
fn most(least: &LeakRate, host: &LeakRate, scenario: &Scenario) -> (i64, i64) {
    let (Scenario::LeakPerImport { cycles, .. } | Scenario::LeakPerInterpreter { cycles, .. }) = scenario else {
        return (0, 0);
    };
    let all = |least: f64, host: f64| ((least + host.max(0.0)) * f64::from(*cycles)) as i64 - 1;
    (all(least.blocks, host.blocks), all(least.bytes.unwrap_or(0.0), host.bytes.unwrap_or(0.0)))
}

fn rate_of(setup: &Setup, run: &Run) -> Seen<LeakRate> {
    match setup.trouble(run) {
        Some(trouble) => Err(Gap::from_trouble(&trouble)),
        None => windows(run),
    }
}

/// The smallest of the windows: what sinks with time is no leak.
fn windows(run: &Run) -> Seen<LeakRate> {
    let Some(Windows { windows, cycles, bytes }) = run.first::<Windows>().filter(|event| !event.windows.is_empty())
    else {
        return Err(Gap::inconclusive("the worker did not report"));
    };
    let least = |column: fn(&(i64, i64)) -> i64| {
        windows.iter().map(column).min().unwrap_or_default() as f64 / f64::from((*cycles).max(1))
    };
    Ok(LeakRate { blocks: least(|window| window.0), bytes: bytes.then(|| least(|window| window.1)) })
}
