//! Whether newer releases of what stands in the way would load.
//!
//! pip is asked for the newest wheel, with what it needs, into a private folder; the modules that refuse are then
//! imported from there, in each kind of interpreter.

use std::collections::BTreeSet;
use std::path::Path;

use super::events::Stage;
use super::report::{Distribution, Kind, Newer, Report};
use super::run::{self, Task};
use super::{AppError, Entry, Question, verdicts};
use crate::Progress;
use crate::clock;
use crate::host::Host;
use crate::target::distribution;
use crate::target::fetch::{self, Wanted};
use crate::worker::scratch::Scratch;

/// Asks for each distribution of the report.
pub(super) fn add(
    host: &Host,
    question: &Question,
    report: &mut Report,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<(), AppError> {
    let scratch = Scratch::new().map_err(|error| AppError::Scratch(error.to_string()))?;
    for one in report.obstacles.iter_mut().chain(&mut report.fallbacks).filter(|one| one.version.is_some()) {
        progress(Progress::Resolving(one.name.clone()));
        one.newer = Some(ask(host, question, one, scratch.path())?);
    }
    Ok(())
}

fn ask(host: &Host, question: &Question, one: &Distribution, scratch: &Path) -> Result<Newer, AppError> {
    let none = |why: Option<String>| Newer { version: None, loads: Vec::new(), why };
    // What was fetched today is the newest.
    let key = format!("{} of {}", one.name, clock::today());
    let root = match fetch::fetch(&host.interpreter, Wanted::One(&one.name), &key, scratch) {
        Ok(root) => root,
        Err(error) => return Ok(none(Some(error.to_string()))),
    };
    let here = distribution::installed(&root).into_iter().find(|(name, _)| *name == distribution::normal(&one.name));
    let version = here.map(|(_, version)| version).filter(|version| Some(version) != one.version.as_ref());
    let Some(version) = version else {
        return Ok(none(None));
    };
    let mut loads = Vec::new();
    for (kind, mode) in [(Kind::Legacy, "legacy"), (Kind::Own, "own")] {
        if kind == Kind::Own && !host.has_own_gil() {
            continue;
        }
        let task = Task {
            mode,
            entries: one.modules.iter().map(|module| Entry::module(&module.name)).collect(),
            folder: root.clone(),
            steps: vec!["natural"],
            ..Task::default()
        };
        let ran = run::run(&host.interpreter.executable, task, question.timeout)?;
        if verdicts::verdict(kind, &ran, Stage::Natural, &BTreeSet::new()).loads == Some(true) {
            loads.push(kind);
        }
    }
    Ok(Newer { version: Some(version), loads, why: None })
}
