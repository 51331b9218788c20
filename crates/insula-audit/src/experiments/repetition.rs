//! The same over again: what each call leaves behind, `__init__` a second time, and weak references to instances that
//! come and go.
//!
//! A crash is held against the second time only if the same experiment without it goes well.

use std::time::Duration;

use super::{Lab, Setup};
use crate::observations::{Gap, Leak, Repetition, Seen};
use crate::worker::protocol::{
    BlindCalls, CallLeaves, CallsRepeated, Event, Experiment, InitAgain, Repeated, Scenario, WeakReferences,
};
use crate::worker::{Run, WorkerError};

/// How long one worker may take, and how much processor time its calls.
const TIME: Duration = Duration::from_secs(30);
const SECONDS: u32 = 6;
/// How many workers one module may use up.
const MOST_WORKERS: usize = 24;

/// What the labels of experiments begin with.
const INIT: &str = "__init__ again of ";
const WEAK: &str = "weak references to ";

/// What a repetition leaves at least, if it leaves anything: the probe's measure.
const BLOCKS: f64 = 0.9;
const BYTES: f64 = 16.0;

pub(super) fn run(lab: &Lab, setup: &Setup) -> Result<Seen<Repetition>, WorkerError> {
    if let Some(why) = lab.acts_on_the_system(&setup.subject) {
        return Ok(Err(Gap::not_tried(why)));
    }
    let mut calls = setup.calls.clone();
    let mut start = 0;
    let mut found = Repetition::default();
    for _ in 0..MOST_WORKERS {
        let run = work(lab, setup, &calls, start, None, &[])?;
        if let Some(why) = &run.unreadable {
            return Ok(Err(Gap::inconclusive(why)));
        }
        run.messages.iter().for_each(|message| take(&mut found, &message.event));
        if run.done() {
            look_again_at_bytes(lab, setup, &calls, &mut found)?;
            return Ok(Ok(found));
        }
        let trouble = setup.trouble(&run);
        let first = run.first::<Experiment>().map(|experiment| experiment.number);
        let Some(last) = run.all::<Experiment>().next_back() else {
            if let Some(fewer) = Setup::without_last_attempt(&calls, &run) {
                calls = fewer;
                continue;
            }
            let gap = trouble.as_ref().map_or_else(|| Gap::inconclusive("it reported nothing"), Gap::from_trouble);
            return Ok(Err(gap.behind("the worker ended before anything was repeated")));
        };
        if run.out_of_time() && first != Some(last.number) {
            // Others had used up its time.
            start = last.number;
            continue;
        }
        if let Some(trouble) = trouble.as_ref().filter(|_| run.out_of_time()) {
            found.gap = Some(Gap::from_trouble(trouble));
        }
        if let Some(repeated) = run.last_of_all::<Repeated>().filter(|_| !run.out_of_time()) {
            // What a call does to the process is the subject of other experiments.
            calls.avoid.push(repeated.call.clone());
            start = last.number;
            continue;
        }
        let ended = [(INIT, &mut found.init_ended), (WEAK, &mut found.weak_ended)];
        if let Some(trouble) = trouble.filter(|trouble| !trouble.says_nothing())
            && let Some((name, list)) =
                ended.into_iter().find_map(|(label, list)| Some((last.label.strip_prefix(label)?.to_owned(), list)))
            && setup.trouble(&work(lab, setup, &calls, last.number, Some(true), &[])?).is_none()
            // It does so again.
            && setup.trouble(&work(lab, setup, &calls, last.number, Some(false), &[])?).is_some()
        {
            list.push((name, trouble));
        }
        start = last.number + 1;
    }
    found.gap = Some(Gap::inconclusive(format!("{MOST_WORKERS} workers ended before all was repeated")));
    Ok(Ok(found))
}

/// Of each size that a thread frees, glibc keeps some pieces for it, and counts them as in use. Calls that want other
/// sizes each time fill this store for so long that it looks like a leak. So where nothing but bytes is left behind,
/// the same is done in a worker without the store.
fn look_again_at_bytes(
    lab: &Lab,
    setup: &Setup,
    calls: &BlindCalls,
    found: &mut Repetition,
) -> Result<(), WorkerError> {
    let in_doubt = |leak: &Leak| leak.blocks == 0 && leak.bytes > 0;
    if !found.calls.iter().chain(found.init.iter().map(|(_, leak)| leak)).any(in_doubt) {
        return Ok(());
    }
    let run = work(lab, setup, calls, 0, None, &[("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0")])?;
    let mut again = Repetition::default();
    run.messages.iter().for_each(|message| take(&mut again, &message.event));
    if !run.done() || again.reached < found.reached {
        // What it did not come to does not speak against what was found.
        return Ok(());
    }
    (found.reached, found.unclear) = (again.reached, again.unclear);
    found.calls.retain(|leak| !in_doubt(leak));
    let known: Vec<String> = found.calls.iter().map(|leak| leak.callable.clone()).collect();
    found.calls.extend(again.calls.into_iter().filter(|leak| !known.contains(&leak.callable)));
    for (name, leak) in found.init.iter_mut().filter(|(_, leak)| in_doubt(leak)) {
        if let Some((_, other)) = again.init.iter().find(|(other, _)| other == name) {
            leak.clone_from(other);
        }
    }
    Ok(())
}

/// All from this experiment on, or only this one: as the control, in which nothing is done a second time, or not.
fn work(
    lab: &Lab,
    setup: &Setup,
    calls: &BlindCalls,
    start: usize,
    only: Option<bool>,
    variables: &[(&str, &str)],
) -> Result<Run, WorkerError> {
    let scenario = Scenario::Repetition {
        calls: calls.clone(),
        seconds: SECONDS,
        start,
        only: only.is_some(),
        once: only == Some(true),
    };
    let task = setup.base.doing(scenario);
    let variables = [&[("PYTHONMALLOC", "debug")], variables].concat();
    lab.work_with(&task, lab.within(TIME), &variables, &mut |_, _, _| {})
}

/// Takes in what was reported.
fn take(found: &mut Repetition, event: &Event) {
    match event {
        Event::CallLeaves(CallLeaves { callable, call, blocks, bytes, repeats }) => {
            found.calls.push(leak(callable, call, *blocks, *bytes, *repeats));
        }
        Event::CallsRepeated(CallsRepeated { reached, of, unclear }) => {
            found.reached = Some((*reached, *of));
            found.unclear.clone_from(unclear);
        }
        Event::InitAgain(InitAgain { of, call, blocks, bytes, repeats }) => {
            let leak = leak(&format!("{of}.__init__"), call, *blocks, *bytes, *repeats);
            let known = found.init.iter_mut().find(|(name, _)| name == of);
            match known {
                Some((_, known)) if known.is_one() => {}
                Some((_, known)) => *known = leak,
                None => found.init.push((of.clone(), leak)),
            }
        }
        Event::WeakReferences(WeakReferences { of, wrong }) => found.weak.push((of.clone(), wrong.clone())),
        _ => {}
    }
}

fn leak(callable: &str, call: &str, blocks: i64, bytes: i64, repeats: u32) -> Leak {
    let each = |amount: i64, least: f64| {
        let rate = amount as f64 / f64::from(repeats.max(1));
        if rate >= least { rate.round() as i64 } else { 0 }
    };
    Leak {
        callable: callable.to_owned(),
        call: call.to_owned(),
        blocks: each(blocks, BLOCKS),
        bytes: each(bytes, BYTES),
    }
}
