//! Restarts of the runtime, in a program that embeds it.

use std::path::Path;

use super::{Lab, Setup, control, judge};
use crate::observations::Outcome;
use crate::restart::{self, Start};
use crate::worker::protocol::{Cycle, Scenario};
use crate::worker::task::Task;
use crate::worker::{self, Inherits, Launch, Run, WorkerError};

pub(super) fn run(lab: &Lab, setup: &Setup) -> Result<Outcome, WorkerError> {
    let Some(helper) = &lab.restart_helper else {
        return Ok(Outcome::NotTried("the program that embeds the runtime is not at hand".to_owned()));
    };
    let facts = &lab.host.interpreter.facts;
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let environment = facts.is_venv().then(|| (text(&facts.prefix), text(&facts.site_packages)));
    let task = setup.base.doing(Scenario::Restart { search: setup.search.clone(), environment });
    let Some(run) = embedded(lab, &task, helper)? else {
        let why = "this interpreter has no shared libpython that a program could embed";
        return Ok(Outcome::Impossible(why.to_owned()));
    };
    if let Some(trouble) = setup.trouble(&run) {
        return control::attribute(lab, &task, trouble, &|control| embedded(lab, control, helper));
    }
    let names: Vec<&Cycle> = run.all().collect();
    let Some((first, others)) = names.split_first().filter(|(_, others)| others.len() + 1 == restart::CYCLES as usize)
    else {
        return Ok(Outcome::Inconclusive("the worker did not report each cycle".to_owned()));
    };
    let half = others.iter().enumerate().find_map(|(number, cycle)| {
        let what = judge::missing_names(&first.names, &cycle.names)?;
        Some(format!("the import in cycle {} lacks names that the first one had: {what}", number + 2))
    });
    Ok(half.map_or(Outcome::Passed, Outcome::wrong))
}

fn embedded(lab: &Lab, task: &Task, helper: &Path) -> Result<Option<Run>, WorkerError> {
    let Some(Start { program, arguments, mut environment }) =
        restart::launch(helper, &lab.host.interpreter, restart::CYCLES)
    else {
        return Ok(None);
    };
    environment.push(("PYTHONHASHSEED".to_owned(), "0".into()));
    // Freed memory is overwritten, so that an object of an earlier runtime cannot pass for a live one by luck.
    environment.push(("PYTHONMALLOC".to_owned(), "debug".into()));
    let launch = Launch {
        program: &program,
        arguments,
        environment,
        limits: lab.limits,
        scratch: &lab.scratch,
        script: Some(&|channel| task.script(channel, Some(&lab.compiled))),
        inherits: Inherits::Nothing,
    };
    worker::run(launch, &mut |_, _, _| {}).map(Some)
}
