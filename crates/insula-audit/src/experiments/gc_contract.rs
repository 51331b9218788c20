//! The contract with the garbage collector: experiments on each heap type of the target, and its module state.
//!
//! An experiment may end its worker (looking at an object that is being destroyed revives it), so that a new worker
//! goes on behind it. What a type's experiments mean depends on whose functions they exercised: only slots in the
//! target's own file are judged.

use std::collections::BTreeMap;
use std::time::Duration;

use super::memory::View;
use super::{Lab, Setup, gc_memory};
use crate::observations::{Contract, Gap, OverRelease, OverVisit, Released, Seen, TypeContract};
use crate::worker::WorkerError;
use crate::worker::protocol::{
    At, CycleStays, Event, Experiment, Kind, Lifetime, Made, Members, OverReleased, Part, Scenario, Slope, Untracked,
    Visits,
};

/// How long one worker may take.
const TIME: Duration = Duration::from_secs(30);
/// How many workers one module may use up.
const MOST_WORKERS: usize = 60;
/// How many experiments may come to no end in their time before the others are left alone.
const MOST_SLOW: usize = 4;

pub(super) fn run(lab: &Lab, setup: &Setup, copies: bool) -> Result<Seen<Contract>, WorkerError> {
    let mut calls = setup.calls.clone();
    let mut start = 0;
    let mut found = Contract {
        types: BTreeMap::new(),
        missed_state: Err(Gap::not_tried("the module's state was not read")),
        survivors: None,
        one_module: false,
        releases: Vec::new(),
        ended: Vec::new(),
        time_was_up: false,
    };
    let mut slow = 0;
    for _ in 0..MOST_WORKERS {
        let task = setup.base.doing(Scenario::GcContract { calls: calls.clone(), copies, start });
        let run = lab.work_with(&task, lab.within(TIME), &[], &mut |pid, checkpoint, earlier| match (
            View::open(lab, pid, checkpoint),
            &checkpoint.at,
        ) {
            (Ok(view), At::State { known, module, referents, types }) => {
                found.types = gc_memory::types(&view, &setup.subject, types);
                let made = earlier.iter().find_map(|message| Made::of(&message.event));
                for (name, one) in &mut found.types {
                    one.made_by = made.and_then(|made| made.by.get(name)).cloned();
                }
                found.missed_state = gc_memory::missed_state(&view, &setup.subject, &known.types(), *module, referents);
            }
            (Ok(view), At::Instances { known, samples }) => {
                gc_memory::instances(&view, &setup.subject, &known.types(), samples, &mut found.types);
            }
            (Err(gap), _) => found.missed_state = Err(gap),
            _ => {}
        })?;
        if let Some(why) = &run.unreadable {
            return Ok(Err(Gap::inconclusive(why)));
        }
        run.messages.iter().for_each(|message| take(&mut found, &message.event));
        if run.done() {
            return Ok(Ok(found));
        }
        let trouble = setup.trouble(&run);
        let first = run.first::<Experiment>().map(|experiment| experiment.number);
        let Some(last) = run.all::<Experiment>().next_back() else {
            if let Some(fewer) = Setup::without_last_attempt(&calls, &run) {
                calls = fewer;
                continue;
            }
            let gap =
                trouble.map_or_else(|| Gap::inconclusive("it reported nothing"), |trouble| Gap::from_trouble(&trouble));
            return Ok(Err(gap.behind("the worker ended before the first experiment")));
        };
        if run.out_of_time() && first != Some(last.number) {
            // Others had used up its time.
            start = last.number;
            continue;
        }
        let judged = run.last_of_all::<Untracked>().is_some();
        if let (false, Some(trouble)) = (judged, trouble) {
            slow += usize::from(trouble.says_nothing());
            found.ended.push((last.label.clone(), trouble));
        }
        if slow >= MOST_SLOW {
            found.time_was_up = true;
            return Ok(Ok(found));
        }
        start = last.number + 1;
    }
    Ok(Err(Gap::inconclusive(format!("{MOST_WORKERS} workers ended before all experiments were done"))))
}

/// Takes in what an experiment reported.
fn take(found: &mut Contract, event: &Event) {
    let mut with = |name: &String, change: &dyn Fn(&mut TypeContract)| {
        found.types.get_mut(name).into_iter().for_each(change);
    };
    match event {
        Event::Lifetime(Lifetime { same, survivors }) => {
            found.one_module = *same;
            found.survivors = Some(survivors.clone());
        }
        Event::OverReleased(OverReleased { call, part, kind }) => {
            let what = match part {
                Part::Result => Released::Result(kind.clone()),
                Part::Argument => Released::Argument,
                Part::Receiver => Released::Receiver,
            };
            found.releases.push(OverRelease { call: call.clone(), what });
        }
        Event::Visits(Visits { of, of_type, over }) => with(of, &|one| {
            one.type_visits = Some(*of_type);
            let over = over.iter().map(|(what, visits, owned)| OverVisit {
                what: what.clone(),
                visits: *visits,
                owned: *owned,
            });
            one.over_visited = over.collect();
        }),
        Event::Slope(Slope { of, references, repeats, blocks, alive }) => with(of, &|one| {
            let repeats = f64::from((*repeats).max(1));
            one.slope = Some(*references as f64 / repeats);
            one.kept = *alive as f64 >= repeats / 2.0 || *blocks as f64 >= repeats * 0.9;
        }),
        Event::Members(Members { of, missed, ways }) => with(of, &|one| {
            one.missed = Some(missed.clone());
            one.holds_objects = *ways > 0;
        }),
        Event::CycleStays(CycleStays { of, stuck }) => with(of, &|one| one.stuck = Some(stuck.clone())),
        Event::Untracked(Untracked { of, tracked, by }) => with(of, &|one| {
            if *tracked {
                one.tracked_to_death = Some(Some(by.clone()));
            } else {
                one.tracked_to_death.get_or_insert(None);
            }
        }),
        _ => {}
    }
}
