//! Where in the source it is what was found.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use insula_xray::Extension;

use super::judge::Facts;
use super::seen::{Crossing, Examined};
use crate::experiments::{Lab, take_inventory};
use crate::lines::{look_up, look_up_variables};
use crate::observations::{Lines, Spot};
use crate::target::Subject;
use crate::worker::WorkerError;
use crate::worker::task::Task;

/// What is known of the source of what was found.
#[derive(Default)]
pub(super) struct Sources {
    /// Variables that lead to other interpreters, by file and link-time address.
    variables: BTreeMap<PathBuf, BTreeMap<u64, Spot>>,
    /// Types, callables and the definition of each module.
    modules: BTreeMap<String, Lines>,
    /// Of a module about which there is nothing to say.
    nothing: Lines,
}

impl Sources {
    /// Looks up what findings will be about. Modules without any cost no worker.
    pub(super) fn look(
        lab: &Lab,
        subjects: &[Subject],
        seen: &Examined,
        facts: &Facts<'_>,
    ) -> Result<Self, WorkerError> {
        let mut sources = Self::default();
        let mut wanted: BTreeMap<&Path, BTreeSet<u64>> = BTreeMap::new();
        for crossing in &facts.crossings {
            wanted.entry(&crossing.path).or_default().insert(crossing.variable.vaddr);
        }
        for (path, addresses) in wanted {
            if let Ok(file) = Extension::read(path) {
                let spots = look_up_variables(&file, addresses.into_iter().collect());
                sources.variables.insert(path.to_path_buf(), spots);
            }
        }
        for subject in subjects.iter().filter(|subject| has_findings(&subject.name, seen, facts)) {
            let (name, path, roots) = (subject.name.clone(), subject.path.clone(), subject.roots.clone());
            let task = Task { name, path, roots, ..Task::default() };
            let inventory = take_inventory(lab, &task, subject)?;
            let lines = look_up(&subject.extension, &inventory, &subject.name);
            sources.modules.insert(subject.name.clone(), lines);
        }
        Ok(sources)
    }

    /// What is known of a module.
    pub(super) fn of(&self, module: &str) -> &Lines {
        self.modules.get(module).unwrap_or(&self.nothing)
    }

    /// The variable that a crossing starts from.
    pub(super) fn variable(&self, crossing: &Crossing) -> Option<&Spot> {
        self.variables.get(&crossing.path)?.get(&crossing.variable.vaddr)
    }
}

/// Whether something will be said about types, callables or the whole of a module.
fn has_findings(name: &str, seen: &Examined, facts: &Facts<'_>) -> bool {
    let ended = seen.troubles.iter().any(|one| one.module.as_deref().is_none_or(|module| module == name));
    let changed = seen.changes.iter().any(|change| change.module == name);
    let strayed = seen.strays.iter().any(|(module, _)| module == name);
    seen.refused.contains_key(name) || ended || changed || strayed || !facts.shared.is_empty()
}
