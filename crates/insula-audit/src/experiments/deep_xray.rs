//! The module after use, seen from outside: objects behind heap memory, in thread-locals, and native words that change.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use insula_xray::{Chunks, DeepHit, Extension, Hit, KnownType, NativeWords, deep, objects_in};

use super::memory::{View, unread};
use super::{Lab, Setup};
use crate::observations::{Gap, InUse, Seen};
use crate::worker::protocol::{At, BlindCalls, Scenario};
use crate::worker::task::Task;
use crate::worker::{Limits, Run, WorkerError};

/// The library that notes heap memory; empty where there is none for this system.
const LIBRARY: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/libinsula_chunks.so"));
const NAME: &str = "libinsula_chunks.so";

const TIME: Duration = Duration::from_secs(30);

/// The globals that hold objects, after light use and after all calls, and what else was seen after those.
pub(super) fn run(lab: &Lab, setup: &Setup, first: Seen<Vec<Hit>>) -> Result<(Seen<Vec<Hit>>, InUse), WorkerError> {
    let in_use = look(lab, setup)?;
    let hits = match (first, &in_use.hits) {
        (Ok(first), Ok(later)) if !same_places(&first, later) => {
            // A word that nobody uses any more may point at an object by chance, on one run and not on the next.
            let again = look(lab, setup)?.hits;
            Ok(seen_twice([&first, later, again.as_ref().unwrap_or(later)]))
        }
        (first, _) => first,
    };
    Ok((hits, in_use))
}

fn same_places(one: &[Hit], other: &[Hit]) -> bool {
    let places = |hits: &[Hit]| hits.iter().map(|hit| hit.vaddr).collect::<BTreeSet<u64>>();
    places(one) == places(other)
}

/// The globals that hold an object in at least two of three X-rays: after light use, and twice once everything was
/// called.
fn seen_twice(readings: [&Vec<Hit>; 3]) -> Vec<Hit> {
    let mut places: BTreeMap<u64, (usize, &Hit)> = BTreeMap::new();
    for hit in readings.into_iter().flatten() {
        places.entry(hit.vaddr).or_insert((0, hit)).0 += 1;
    }
    places.into_values().filter(|(times, _)| *times > 1).map(|(_, hit)| hit.clone()).collect()
}

fn unwritten(error: std::io::Error) -> Gap {
    Gap::not_tried(format!("cannot write {NAME}: {error}"))
}

/// Writes the preloaded library to the temporary folder; one copy serves all workers.
pub(crate) fn library(lab: &Lab) -> Seen<PathBuf> {
    if LIBRARY.is_empty() {
        return Err(Gap::not_tried("following heap memory needs Linux"));
    }
    let path = lab.scratch.join(NAME);
    if !path.exists() {
        // Several modules may be the first at the same time: each writes a file of its own, and moves it there whole.
        let mut file = tempfile::NamedTempFile::new_in(&lab.scratch).map_err(unwritten)?;
        file.write_all(LIBRARY).map_err(unwritten)?;
        file.persist(&path).map_err(|error| unwritten(error.error))?;
    }
    Ok(path)
}

fn look(lab: &Lab, setup: &Setup) -> Result<InUse, WorkerError> {
    let mut found = InUse::nothing(&Gap::inconclusive("the worker did not come so far"));
    // Where calls of its functions end the worker, constructors have to do.
    for functions in [setup.calls.functions, false] {
        let calls = BlindCalls { functions, ..setup.calls.clone() };
        let task = setup.base.doing(Scenario::DeepXray { calls });
        let (run, seen) = after(lab, setup, &task, lab.within(TIME))?;
        found = seen;
        match setup.trouble(&run) {
            Some(trouble) if found.hits.is_err() => {
                found = InUse::nothing(&Gap::from_trouble(&trouble).behind("the worker ended"));
            }
            _ => break,
        }
    }
    Ok(found)
}

/// What is seen after what this task does between its two checkpoints.
pub(super) fn after(lab: &Lab, setup: &Setup, task: &Task, limits: Limits) -> Result<(Run, InUse), WorkerError> {
    let library = library(lab).and_then(|path| Extension::read(&path).map_err(unread));
    let preload = library.as_ref().ok().map(|library| library.path.to_string_lossy().into_owned());
    let variables: Vec<(&str, &str)> = preload.as_deref().map(|path| vec![("LD_PRELOAD", path)]).unwrap_or_default();
    let mut found = InUse::nothing(&Gap::inconclusive("the worker did not come so far"));
    let mut before = None;
    let run = lab.work_with(task, limits, &variables, &mut |pid, checkpoint, _| {
        let seen = View::open(lab, pid, checkpoint)
            .and_then(|view| Ok((view.bias(&setup.subject.extension)?, view)))
            .map(|(bias, view)| Reading { extension: &setup.subject.extension, bias, view });
        match (&seen, &checkpoint.at) {
            (Err(gap), _) => found = InUse::nothing(gap),
            (Ok(reading), At::BeforeCalls { .. }) => before = reading.words(),
            (Ok(reading), At::AfterCalls { known, others, tls }) => {
                let known = known.types();
                found = reading.after_calls(&known, others, *tls, library.as_ref());
                if let (Some(before), Some(now)) = (&before, reading.words()) {
                    found.changed = reading.changed(before, &now, &known);
                }
            }
            _ => {}
        }
    })?;
    Ok((run, found))
}

/// A worker that waits, and the file in question.
struct Reading<'a> {
    extension: &'a Extension,
    bias: u64,
    view: View,
}

impl Reading<'_> {
    fn words(&self) -> Option<NativeWords> {
        NativeWords::read(&self.view.memory, self.extension, self.bias)
    }

    fn changed(&self, before: &NativeWords, now: &NativeWords, known: &[KnownType]) -> Seen<Vec<insula_xray::Changed>> {
        let View { memory, layout } = &self.view;
        now.changed_since(before, memory, self.extension, self.bias, layout, known).map_err(unread)
    }

    fn after_calls(
        &self,
        known: &[KnownType],
        others: &[u64],
        tls: Option<u64>,
        library: Result<&Extension, &Gap>,
    ) -> InUse {
        let hits = self.view.x_ray(self.extension, known, others);
        let skip: HashSet<u64> = hits.iter().flatten().map(|hit| hit.target).collect();
        InUse {
            deep: library.map_err(Gap::clone).and_then(|library| self.behind_heap(known, library, &skip)),
            thread_locals: self.thread_locals(known, tls),
            changed: Err(Gap::not_tried("the words before the calls were not read")),
            hits,
        }
    }

    fn behind_heap(&self, known: &[KnownType], library: &Extension, skip: &HashSet<u64>) -> Seen<Vec<DeepHit>> {
        let View { memory, layout } = &self.view;
        let chunks = Chunks::read(memory, library)
            .ok_or_else(|| Gap::not_tried("this interpreter's C library does not let allocations be followed"))?;
        if chunks.count() == 0 || chunks.lost() > 0 {
            let lost = chunks.lost();
            return Err(Gap::not_tried(format!("the table of heap blocks is not complete ({lost} lost)")));
        }
        if let Some(own) = own_allocator(self.extension) {
            let why = format!("the file has an allocator of its own ({own}), whose blocks cannot be followed");
            return Err(Gap::not_tried(why));
        }
        deep(memory, self.extension, self.bias, layout, known, &chunks, skip).map_err(unread)
    }

    fn thread_locals(&self, known: &[KnownType], tls: Option<u64>) -> Seen<Vec<(u64, Hit)>> {
        let View { memory, layout } = &self.view;
        match (self.extension.tls_size, tls) {
            // No such storage, or none that this thread has used.
            (0, _) | (_, Some(0)) => Ok(Vec::new()),
            (size, Some(start)) => {
                objects_in(memory, self.extension, layout, known, start, size as usize / 8).map_err(unread)
            }
            (_, None) => {
                Err(Gap::not_tried("this interpreter's C library does not tell where thread-local storage is"))
            }
        }
    }
}

/// The sign of an allocator that was linked into the file.
fn own_allocator(extension: &Extension) -> Option<&str> {
    let names = ["mi_malloc", "je_malloc", "_rjem_malloc", "rjem_malloc", "tc_malloc", "malloc"];
    let own = |name: &&str| names.contains(name);
    extension.symbols.iter().map(|symbol| symbol.name.as_str()).find(own)
}
