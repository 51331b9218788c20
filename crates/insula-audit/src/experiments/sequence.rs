//! Interpreters one after the other, in both orders: the main interpreter imports first, or a sub-interpreter does.

use insula_xray::{MultiInterp, Overwritten, Shared};

use super::control::judged;
use super::pair::Pair;
use super::{Lab, Setup};
use crate::observations::{Outcome, Seen, Trouble};
use crate::worker::protocol::{Gil, Scenario};
use crate::worker::task::Task;
use crate::worker::{Look, WorkerError};

/// What legacy interpreters came to, what was overwritten, and what is shared.
pub(super) type Legacy = (Outcome, Seen<Vec<Overwritten>>, Seen<Vec<Shared>>);

pub(super) fn legacy(lab: &Lab, setup: &Setup) -> Result<Legacy, WorkerError> {
    let mut pair = Pair::default();
    let outcome = both_orders(lab, setup, &setup.base, Gil::Legacy, &mut |pid, checkpoint, earlier| {
        pair.look(lab, setup, pid, checkpoint, earlier);
    })?;
    let (overwritten, shared) = pair.results(&outcome);
    Ok((outcome, overwritten, shared))
}

pub(super) fn own_gil(lab: &Lab, setup: &Setup, declared: Option<MultiInterp>) -> Result<Outcome, WorkerError> {
    let (major, minor) = lab.host.feature();
    if !lab.host.has_own_gil() {
        let why = format!("CPython {major}.{minor} has no interpreters with a GIL of their own; use 3.12 or newer");
        return Ok(Outcome::Impossible(why));
    }
    let only = match declared {
        Some(MultiInterp::NotSupported) => Some("the main interpreter"),
        Some(MultiInterp::Supported) => Some("interpreters that share a GIL"),
        Some(MultiInterp::PerInterpreterGil) | None => None,
    };
    if let Some(only) = only {
        return Ok(Outcome::Refused(format!("it declares that it supports {only} only")));
    }
    // Whether an undeclared module would work is worth knowing, so CPython's check is switched off for it.
    let task = Task { unchecked: declared.is_none(), ..setup.base.clone() };
    let outcome = both_orders(lab, setup, &task, Gil::Own, &mut |_, _, _| {})?;
    Ok(allow_for_defects(lab, outcome))
}

fn both_orders(lab: &Lab, setup: &Setup, task: &Task, gil: Gil, look: &mut Look<'_>) -> Result<Outcome, WorkerError> {
    let task = task.doing(Scenario::MainFirst { gil });
    let run = lab.work(&task, look)?;
    let main_first = judged(lab, setup, &task, &run)?;
    if !main_first.passed() {
        return Ok(main_first);
    }
    let task = task.doing(Scenario::SubFirst { gil });
    let run = lab.just_work(&task)?;
    judged(lab, setup, &task, &run)
}

/// Where this version of CPython is known to get own-GIL interpreters wrong, a crash is nobody's proof. An exception
/// is: the target raised it.
pub(super) fn allow_for_defects(lab: &Lab, outcome: Outcome) -> Outcome {
    match (outcome, lab.host.own_gil_defect()) {
        (outcome @ Outcome::Broken(Trouble::Raised { .. }), _) => outcome,
        (Outcome::Broken(trouble), Some(defect)) => {
            Outcome::Inconclusive(format!("{defect} (seen: {})", trouble.line()))
        }
        (outcome, _) => outcome,
    }
}
