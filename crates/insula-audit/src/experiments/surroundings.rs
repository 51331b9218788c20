//! What one import does to others: to the interpreter outside of the module, to the module's first interpreter, and to guards
//! that are to keep a second import out.

use std::time::Duration;

use serde_json::Value;

use crate::experiments::gc_contract::avoid_last_attempt;
use crate::experiments::trouble::Trouble;
use crate::experiments::{Lab, Seen, Trial, control_of, wrong};
use crate::target::Subject;
use crate::worker::task::Task;
use crate::worker::{Run, WorkerError};

const TIME: Duration = Duration::from_secs(30);

impl Lab {
    /// What is different outside of the module after its import; the same without the target is taken off.
    pub(crate) fn effects(&self, base: &Task) -> Result<Seen<Vec<String>>, WorkerError> {
        let task = Task { scenario: "effects", light_use: false, ..base.clone() };
        let changed = |task: &Task| -> Result<Seen<Vec<String>>, WorkerError> {
            let run = self.work_within(task, TIME, &mut |_, _, _| {})?;
            let Some(event) = run.events_named("effects").next() else {
                let why = Trouble::of(&run).map_or_else(|| "the worker did not report".to_owned(), |one| one.line());
                return Ok(Err(why));
            };
            let all = event["changed"].as_array().into_iter().flatten();
            Ok(Ok(all.filter_map(|one| one.as_str().map(str::to_owned)).collect()))
        };
        let mut found = match changed(&task)? {
            Ok(found) => found,
            Err(why) => return Ok(Err(why)),
        };
        if !found.is_empty() {
            match changed(&control_of(&task, task.dependencies.clone()))? {
                Ok(without) => found.retain(|one| !without.contains(one)),
                Err(why) => return Ok(Err(format!("the control failed: {why}"))),
            }
        }
        Ok(Ok(found))
    }

    /// Calls recorded in the first interpreter, repeated after another one imported the target, and ended.
    pub(crate) fn replay(&self, subject: &Subject, base: &Task) -> Result<Trial, WorkerError> {
        let mut task = Task { scenario: "replay", gil: "legacy", functions: self.may_call(subject), ..base.clone() };
        let recorded = |run: &Run| run.events_named("recorded").next().is_some();
        let mut run = self.work_within(&task, TIME, &mut |_, _, _| {})?;
        while !recorded(&run) && Trouble::of(&run).is_some() && avoid_last_attempt(&mut task, &run) {
            run = self.work_within(&task, TIME, &mut |_, _, _| {})?;
        }
        let changed: Vec<&Value> = run.events_named("changed").collect();
        let without = if changed.is_empty() {
            None
        } else {
            // A file descriptor has another number once there are more objects that own one, whoever made them.
            let control = Task { absent: true, ..task.clone() };
            Some(self.work_within(&control, TIME, &mut |_, _, _| {})?)
        };
        let hosts = |event: &&Value| {
            without.iter().flat_map(|run| run.events_named("changed")).any(|other| other["call"] == event["call"])
        };
        if let Some(event) = changed.into_iter().find(|event| !hosts(event)) {
            let text = |key: &str| event[key].as_str().unwrap_or_default();
            let what = format!("{}: {}, but {} {}", text("call"), text("before"), text("after"), text("when"));
            return Ok(wrong(what));
        }
        let Some(trouble) = Trouble::of(&run) else {
            return Ok(Trial::Passed);
        };
        if run.events_named("second").next().is_none() {
            return Ok(Trial::NotRun(format!("the recording itself fails: {}", trouble.line())));
        }
        self.attribute(&task, trouble, &|control| self.work_within(control, TIME, &mut |_, _, _| {}).map(Some))
    }

    /// For a module that refuses a second interpreter: how many of those that import at the same time get in.
    pub(crate) fn race(&self, base: &Task) -> Result<Seen<usize>, WorkerError> {
        let gil = if self.host.has_own_gil() { "own" } else { "legacy" };
        let task = Task { scenario: "parallel", gil, unchecked: true, light_use: false, ..base.clone() };
        let run = self.work_within(&task, TIME, &mut |_, _, _| {})?;
        let entered = |event: &&Value| event["names"].as_array().is_some_and(|names| !names.is_empty());
        let count = run.events_named("visited").filter(entered).count();
        match Trouble::of(&run) {
            Some(trouble) if count < 2 && !trouble.is_opt_out() => Ok(Err(trouble.line())),
            _ => Ok(Ok(count)),
        }
    }
}
