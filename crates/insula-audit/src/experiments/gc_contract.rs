//! The contract with the garbage collector: experiments on each heap type of the target, and its module state.
//!
//! An experiment may end its worker (looking at an object that is being destroyed revives it), so that a new worker goes on
//! behind it. What a type's experiments mean depends on whose functions they exercised: only slots in the target's own file
//! are judged.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use insula_xray::{Hit, Layout, ProcessMemory, TypeObject, objects_in};
use serde::Serialize;
use serde_json::Value;

use crate::experiments::trouble::Trouble;
use crate::experiments::{Lab, Seen, known_of};
use crate::target::Subject;
use crate::worker::task::Task;
use crate::worker::{Run, WorkerError};

/// What the experiments came to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Contract {
    /// The heap types that came with the target, by name.
    pub(crate) types: BTreeMap<String, TypeContract>,
    /// The objects in the module state that the collector is not told of.
    pub(crate) missed_state: Option<Seen<Vec<MissedState>>>,
    /// What was still alive after a module was dropped.
    pub(crate) survivors: Option<Vec<String>>,
    /// A second copy of the module is the first one.
    pub(crate) one_module: bool,
    /// Calls that release what they do not own.
    pub(crate) releases: Option<Vec<String>>,
    /// Experiments that ended the process.
    pub(crate) ended: Vec<(String, Trouble)>,
}

/// One heap type.
#[derive(Clone, Debug, Default)]
pub(crate) struct TypeContract {
    /// The expression that made an instance.
    pub(crate) made_by: Option<String>,
    /// Its flags say that instances take part in garbage collection.
    pub(crate) has_gc: bool,
    /// Its flags say that its attributes cannot be set (3.10 and later).
    pub(crate) immutable: bool,
    /// `tp_traverse` lies in the target's file.
    pub(crate) own_traverse: bool,
    /// `tp_dealloc` lies in the target's file.
    pub(crate) own_dealloc: bool,
    /// How often traverse visits the type.
    pub(crate) type_visits: Option<u64>,
    /// What traverse visits more often than the instance owns it.
    pub(crate) over_visited: Vec<String>,
    /// By how much the type's reference count changes for each instance that came and went.
    pub(crate) slope: Option<f64>,
    /// Instances were kept alive, so that the slope says nothing.
    pub(crate) kept: bool,
    /// Ways to make it own an object that traverse does not visit.
    pub(crate) missed: Option<Vec<String>>,
    /// Whether an object could be put into an instance at all.
    pub(crate) holds_objects: bool,
    /// Ways to make a cycle that is never collected.
    pub(crate) stuck: Option<Vec<String>>,
    /// Who saw that the instance was still tracked while it was destroyed; none if it was seen not to be.
    pub(crate) tracked_to_death: Option<Option<String>>,
    /// Words of the instance that own an object which traverse does not visit.
    pub(crate) missed_words: Vec<MissedState>,
}

/// An object that native memory owns and the collector is not told of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct MissedState {
    /// Offset in the state, or in the instance.
    pub(crate) offset: u64,
    /// The object.
    pub(crate) object: Hit,
}

/// How long one worker may take.
const TIME: Duration = Duration::from_secs(30);
/// How many workers one module may use up.
const MOST_WORKERS: usize = 60;

impl Lab {
    pub(crate) fn contract(&self, subject: &Subject, base: &Task, copies: bool) -> Result<Seen<Contract>, WorkerError> {
        let mut task = Task { scenario: "contract", functions: self.may_call(subject), copies, ..base.clone() };
        let layout = self.layout();
        let mut found = Contract::default();
        for _ in 0..MOST_WORKERS {
            let mut look = |pid: u32, event: &Value, earlier: &[Value]| {
                if let Ok(layout) = &layout {
                    found.look(pid, subject, layout, event, earlier);
                }
            };
            let run = self.work_within(&task, TIME, &mut look)?;
            for event in &run.events {
                found.take(event);
            }
            if run.done() {
                return Ok(Ok(found));
            }
            let Some(last) = run.events_named("experiment").last() else {
                if avoid_last_attempt(&mut task, &run) {
                    continue;
                }
                let why = Trouble::of(&run).map_or_else(|| "it reported nothing".to_owned(), |trouble| trouble.line());
                return Ok(Err(format!("the worker ended before the first experiment: {why}")));
            };
            let label = last["label"].as_str().unwrap_or_default().to_owned();
            let judged = run.events.last().is_some_and(|event| event["event"] == "untracked");
            if let (false, Some(trouble)) = (judged, Trouble::of(&run)) {
                found.ended.push((label, trouble));
            }
            task.start = last["number"].as_u64().map_or(usize::MAX, |number| number as usize + 1);
        }
        Ok(Err(format!("{MOST_WORKERS} workers ended before all experiments were done")))
    }
}

impl Contract {
    /// The calls whose results are released too often.
    pub(crate) fn overdrawn(&self) -> impl Iterator<Item = String> {
        let releases = self.releases.iter().flatten();
        releases.filter_map(|what| what.split_once(": its result").map(|(call, _)| call.to_owned()))
    }
}

/// Where a worker ended in an attempt to make an instance, the next one does without; where there is no end to that, it
/// calls constructors only.
pub(crate) fn avoid_last_attempt(task: &mut Task, run: &Run) -> bool {
    const MOST: usize = 16;
    let last = run.events.last().filter(|event| event["event"] == "attempt");
    let Some(expression) = last.and_then(|event| event["expression"].as_str()) else {
        return false;
    };
    if task.avoid.len() >= MOST {
        return std::mem::take(&mut task.functions);
    }
    task.avoid.push(expression.to_owned());
    true
}

impl Contract {
    fn look(&mut self, pid: u32, subject: &Subject, layout: &Layout, event: &Value, earlier: &[Value]) {
        let Ok(memory) = ProcessMemory::of(pid) else {
            return;
        };
        if event["name"] == "state" {
            self.read_types(&memory, subject, layout, event);
            let made = earlier.iter().find(|one| one["event"] == "types").map(|one| &one["made"]);
            for (name, one) in &mut self.types {
                one.made_by = made.and_then(|made| made[name.as_str()].as_str()).map(str::to_owned);
            }
            self.missed_state = Some(missed_state(&memory, subject, layout, event));
        } else if event["name"] == "instances" {
            self.read_instances(&memory, subject, layout, event);
        }
    }

    fn read_types(&mut self, memory: &ProcessMemory, subject: &Subject, layout: &Layout, event: &Value) {
        const IMMUTABLE: u64 = 1 << 8;
        let own = memory.loaded(&subject.extension).map(|file| file.range.clone()).unwrap_or_default();
        for (name, address) in event["types"].as_object().into_iter().flatten() {
            let Some(kind) = address.as_u64().and_then(|address| TypeObject::read(memory, layout, address).ok()) else {
                continue;
            };
            let one = TypeContract {
                has_gc: kind.has_gc(),
                immutable: kind.flags & IMMUTABLE != 0,
                own_traverse: own.contains(&kind.traverse),
                own_dealloc: own.contains(&kind.dealloc),
                ..TypeContract::default()
            };
            self.types.insert(name.clone(), one);
        }
    }

    /// Words of an instance that are its only owner's: the object has one reference, and traverse does not lead to it.
    fn read_instances(&mut self, memory: &ProcessMemory, subject: &Subject, layout: &Layout, event: &Value) {
        const HEAD: u64 = 16;
        for (name, samples) in event["samples"].as_object().into_iter().flatten() {
            let Some(one) = self.types.get_mut(name) else { continue };
            let samples: Vec<(u64, HashSet<u64>)> = samples
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|sample| Some((sample[0].as_u64()?, addresses(&sample[1]))))
                .collect();
            let Some((first, _)) = samples.first() else { continue };
            let Some(kind) = memory.word(first + 8).and_then(|kind| TypeObject::read(memory, layout, kind).ok()) else {
                continue;
            };
            let count = (kind.basicsize.max(0) as u64).saturating_sub(HEAD) / 8;
            let mut each: Vec<Vec<MissedState>> = Vec::new();
            for (address, referents) in &samples {
                let Ok(objects) =
                    objects_in(memory, &subject.extension, layout, &known_of(event), address + HEAD, count as usize)
                else {
                    return;
                };
                let only_owner = |hit: &Hit| {
                    let count = memory.word(hit.target).and_then(|word| layout.refcount(word));
                    count.is_some_and(|count| !count.immortal && count.count == 1)
                };
                let missed = objects.into_iter().filter(|(_, hit)| {
                    hit.collected && !referents.contains(&hit.target) && only_owner(hit) && hit.type_name != "weakref"
                });
                each.push(missed.map(|(offset, object)| MissedState { offset: offset + HEAD, object }).collect());
            }
            // What all instances have at the same place is a field, and no chance.
            let Some((first, others)) = each.split_first() else { continue };
            let everywhere =
                |missed: &&MissedState| others.iter().all(|all| all.iter().any(|one| one.offset == missed.offset));
            one.missed_words = first.iter().filter(everywhere).cloned().collect();
        }
    }

    fn take(&mut self, event: &Value) {
        let names = |value: &Value| -> Vec<String> {
            value.as_array().into_iter().flatten().filter_map(|one| one.as_str().map(str::to_owned)).collect()
        };
        match event["event"].as_str() {
            Some("lifetime") => {
                self.one_module = event["same"] == true;
                self.survivors = Some(names(&event["survivors"]));
                return;
            }
            Some("releases") => {
                self.releases.get_or_insert_default().extend(names(&event["wrong"]));
                return;
            }
            _ => {}
        }
        let Some(one) = event["type"].as_str().and_then(|name| self.types.get_mut(name)) else {
            return;
        };
        match event["event"].as_str() {
            Some("visits") => {
                one.type_visits = event["of_type"].as_u64();
                let over = |row: &Value| {
                    let (what, visits, owned) = (row[0].as_str()?, row[1].as_u64()?, row[2].as_i64()?);
                    Some(format!("{what}: visited {visits} times, owned {owned} times"))
                };
                one.over_visited = event["over"].as_array().into_iter().flatten().filter_map(over).collect();
            }
            Some("slope") => {
                let number = |key: &str| event[key].as_i64().unwrap_or(0) as f64;
                let repeats = number("repeats").max(1.0);
                one.slope = Some(number("references") / repeats);
                one.kept = number("alive") >= repeats / 2.0 || number("blocks") >= repeats * 0.9;
            }
            Some("members") => {
                one.missed = Some(names(&event["missed"]));
                one.holds_objects = event["ways"].as_u64().is_some_and(|ways| ways > 0);
            }
            Some("cycle") => one.stuck = Some(names(&event["stuck"])),
            Some("untracked") => {
                if event["tracked"] == true {
                    one.tracked_to_death = Some(event["by"].as_str().map(str::to_owned));
                } else {
                    one.tracked_to_death.get_or_insert(None);
                }
            }
            _ => {}
        }
    }
}

fn addresses(list: &Value) -> HashSet<u64> {
    list.as_array().into_iter().flatten().filter_map(Value::as_u64).collect()
}

/// Objects that the state holds, whose type takes part in garbage collection, and that `m_traverse` does not visit.
fn missed_state(memory: &ProcessMemory, subject: &Subject, layout: &Layout, event: &Value) -> Seen<Vec<MissedState>> {
    let module = event["module"].as_u64().unwrap_or(0);
    let facts = insula_xray::module_facts(memory, layout, module).map_err(|error| error.to_string())?;
    let (Some(state), size) = (facts.state, facts.state_size) else {
        return Ok(Vec::new());
    };
    let visited = addresses(&event["referents"]);
    let objects = objects_in(memory, &subject.extension, layout, &known_of(event), state, size as usize / 8)
        .map_err(|error| error.to_string())?;
    let missed = objects
        .into_iter()
        .filter(|(_, hit)| hit.collected && !hit.immortal && hit.target != module && !visited.contains(&hit.target));
    let mut seen = HashSet::new();
    Ok(missed
        .filter(|(_, hit)| seen.insert(hit.target))
        .map(|(offset, object)| MissedState { offset, object })
        .collect())
}
