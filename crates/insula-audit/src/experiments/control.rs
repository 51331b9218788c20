//! Controls: the same scenario without the target, by which it is known whose fault a failure is.

use std::sync::PoisonError;

use super::{Lab, Setup, judge};
use crate::observations::{Outcome, Trouble};
use crate::worker::task::Task;
use crate::worker::{Run, WorkerError};

/// Runs a task; nothing if that is not possible here.
pub(super) type Runner<'a> = dyn Fn(&Task) -> Result<Option<Run>, WorkerError> + 'a;

/// The same scenario without the target. What identifies the target is blanked, so that equal controls are run once.
pub(super) fn control_of(task: &Task, dependencies: Vec<String>) -> Task {
    let roots = if dependencies.len() > task.preload.len() { task.roots.clone() } else { Vec::new() };
    Task {
        control: true,
        dependencies,
        preload: task.preload.clone(),
        roots,
        unchecked: task.unchecked,
        scenario: task.scenario.clone(),
        ..Task::default()
    }
}

/// Whose fault this trouble is.
pub(super) fn attribute(lab: &Lab, task: &Task, trouble: Trouble, run: &Runner<'_>) -> Result<Outcome, WorkerError> {
    if trouble.says_nothing() {
        return Ok(Outcome::Inconclusive(trouble.line()));
    }
    if let Some(failure) = control(lab, control_of(task, task.preload.clone()), run)? {
        let version = &lab.host.interpreter.version;
        let why = format!("CPython {version} fails without the target, too: {}", failure.line());
        return Ok(Outcome::Inconclusive(why));
    }
    if task.dependencies.len() > task.preload.len()
        && let Some(failure) = control(lab, control_of(task, task.dependencies.clone()), run)?
    {
        if failure.says_nothing() {
            return Ok(Outcome::Inconclusive(format!("the control with its dependencies: {}", failure.line())));
        }
        let by = match &failure {
            // The package is what a user knows and can replace.
            Trouble::Raised { stage, .. } => stage.split('.').next().unwrap_or(stage).to_owned(),
            _ => "one of its dependencies".to_owned(),
        };
        return Ok(Outcome::Blocked { by, why: failure.line() });
    }
    Ok(if trouble.is_opt_out() { Outcome::Refused(trouble.line()) } else { Outcome::Broken(trouble) })
}

fn control(lab: &Lab, task: Task, run: &Runner<'_>) -> Result<Option<Trouble>, WorkerError> {
    let known = || lab.controls.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = known().get(&task) {
        return Ok(known.clone());
    }
    let outcome = run(&task)?.and_then(|run| judge::trouble(&run));
    known().insert(task, outcome.clone());
    Ok(outcome)
}

/// Judges a run of this task, with controls if it failed.
pub(super) fn judged(lab: &Lab, setup: &Setup, task: &Task, run: &Run) -> Result<Outcome, WorkerError> {
    let Some(trouble) = setup.trouble(run) else {
        return Ok(judge::silent_failure(run));
    };
    if let Some(refused) = trouble.refused_by_host()
        && refused != setup.subject.name
    {
        let why = "it does not declare support for an own GIL".to_owned();
        return Ok(Outcome::Blocked { by: refused.to_owned(), why });
    }
    attribute(lab, task, trouble, &|control| lab.just_work(control).map(Some))
}
