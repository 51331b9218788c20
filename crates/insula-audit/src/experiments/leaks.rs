//! Leak slopes: what repeated imports and repeated interpreters cost, minus what the same costs without the target.

use std::sync::PoisonError;
use std::time::Duration;

use serde::Serialize;

use crate::experiments::trouble::Trouble;
use crate::experiments::{Lab, Seen, control_of};
use crate::worker::task::Task;
use crate::worker::{Run, WorkerError};

/// Growth for each repetition.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Slope {
    /// Blocks of Python's allocator.
    pub(crate) blocks: f64,
    /// Bytes of the C library's; none where it does not tell.
    pub(crate) bytes: Option<f64>,
}

/// What grows.
#[derive(Clone, Debug)]
pub(crate) struct Slopes {
    pub(crate) import: Seen<Slope>,
    pub(crate) interpreter: Seen<Slope>,
}

const TIME: Duration = Duration::from_secs(40);
const IMPORTS: u32 = 60;
const INTERPRETERS: u32 = 8;
/// An interpreter that leaves this many blocks behind by itself never frees the names that C code interned (3.13.0 leaves
/// 2,700); then each name of the target is one block that is not its fault.
const HOST_LEAVES_NAMES: f64 = 500.0;

impl Lab {
    /// Both slopes, each only where the scenario itself is known to pass.
    pub(crate) fn slopes(
        &self,
        base: &Task,
        again: Result<(), String>,
        legacy: Result<(), String>,
    ) -> Result<Slopes, WorkerError> {
        let task = |scenario, cycles| Task { scenario, cycles, light_use: false, ..base.clone() };
        let import = match again {
            Ok(()) => self.slope(&task("slope_import", IMPORTS))?,
            Err(why) => Err(why),
        };
        let interpreter = match legacy {
            Ok(()) => {
                let task = Task { gil: "legacy", ..task("slope_interpreter", INTERPRETERS) };
                self.slope(&task)?
            }
            Err(why) => Err(why),
        };
        Ok(Slopes { import, interpreter })
    }

    fn slope(&self, task: &Task) -> Result<Seen<Slope>, WorkerError> {
        let run = self.work_within(task, TIME, &mut |_, _, _| {})?;
        let with = match slope_of(&run) {
            Ok(slope) => slope,
            Err(why) => return Ok(Err(why)),
        };
        // The control imports what the target itself imported, its own package's Python modules included.
        let loaded = run.events_named("loaded").next().and_then(|event| event["names"].as_array());
        let loaded = loaded.into_iter().flatten().filter_map(|name| name.as_str().map(str::to_owned)).collect();
        let mut control = control_of(task, loaded);
        if !control.dependencies.is_empty() {
            control.roots.clone_from(&task.roots);
        }
        let package = task.name.split('.').next();
        if control.dependencies.iter().any(|name| name.split('.').next() == package) {
            control.name.clone_from(&task.name);
            control.path.clone_from(&task.path);
        }
        control.cycles = task.cycles;
        let names = run.events_named("loaded").next().and_then(|event| event["own"].as_f64()).unwrap_or(0.0);
        let known = || self.slope_controls.lock().unwrap_or_else(PoisonError::into_inner);
        let earlier = known().get(&control).cloned();
        let without = match earlier {
            Some(without) => without,
            None => {
                let without = slope_of(&self.work_within(&control, TIME, &mut |_, _, _| {})?);
                known().insert(control, without.clone());
                without
            }
        };
        Ok(without.map_err(|why| format!("the control failed: {why}")).map(|without| Slope {
            blocks: with.blocks - without.blocks - if without.blocks > HOST_LEAVES_NAMES { names } else { 0.0 },
            bytes: with.bytes.zip(without.bytes).map(|(with, without)| with - without),
        }))
    }
}

/// The smallest of the windows: what sinks with time is no leak.
fn slope_of(run: &Run) -> Seen<Slope> {
    if let Some(trouble) = Trouble::of(run) {
        return Err(trouble.line());
    }
    let event = run.events_named("slopes").next().ok_or("the worker did not report")?;
    let cycles = event["cycles"].as_f64().unwrap_or(1.0);
    let least = |column: usize| {
        let windows = event["windows"].as_array().into_iter().flatten();
        windows.filter_map(|window| window[column].as_f64()).fold(f64::INFINITY, f64::min) / cycles
    };
    Ok(Slope { blocks: least(0), bytes: (event["bytes"] == true).then(|| least(1)) })
}
