//! What repetition costs without any target: measured once for each interpreter and machine, and kept.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use insula_pythons::Interpreter;
use sha2::{Digest, Sha256};

use crate::cache::{prune, read, stamp, write};
use crate::observations::{LeakRate, Seen};
use crate::target::fetch::hex;
use crate::worker::WorkerError;
use crate::worker::task::Task;

/// The rates of the controls.
#[derive(Default)]
pub(super) struct Rates {
    /// Those of this audit, also where there is none.
    known: Mutex<HashMap<Task, Seen<LeakRate>>>,
    /// Where those of all audits are, and what tells this program and interpreter from others.
    kept: Option<(PathBuf, String)>,
}

impl Rates {
    /// Those that this program measured with this interpreter.
    pub(super) fn of(interpreter: &Interpreter, program: &Path) -> Self {
        let facts = &interpreter.facts;
        // Start-up files of an installation run in each interpreter, and may leave something behind.
        let files = [Some(program), Some(&interpreter.executable), facts.libpython.as_deref()];
        let files = files.into_iter().flatten().chain([facts.site_packages.as_path(), facts.stdlib.as_path()]);
        let looks: Vec<String> = files.map(|file| format!("{} {}", file.display(), stamp(file))).collect();
        let identity = format!("{}\n{}", facts.full_version, looks.join("\n"));
        let folder = insula_pythons::cache_dir().join("controls");
        Self { known: Mutex::default(), kept: Some((folder, identity)) }
    }

    /// What this control came to, if that was measured before.
    pub(super) fn known(&self, control: &Task) -> Option<LeakRate> {
        let here = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(control).cloned();
        here.and_then(Result::ok).or_else(|| self.place(control).as_deref().and_then(read))
    }

    /// What this control came to, which is measured where that is not known.
    pub(super) fn get(
        &self,
        control: &Task,
        measure: impl FnOnce() -> Result<Seen<LeakRate>, WorkerError>,
    ) -> Result<Seen<LeakRate>, WorkerError> {
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(rate) = known().get(control) {
            return Ok(rate.clone());
        }
        let place = self.place(control);
        let rate = match place.as_deref().and_then(read::<LeakRate>) {
            Some(kept) => Ok(kept),
            None => {
                let measured = measure()?;
                if let (Some(place), Ok(rate)) = (&place, &measured) {
                    place.parent().into_iter().for_each(prune);
                    // Where it cannot be kept, the next audit measures it, too.
                    let _ = write(place, rate);
                }
                measured
            }
        };
        known().insert(control.clone(), rate.clone());
        Ok(rate)
    }

    /// The file that holds, or would hold, the rate. What a control imports may change, and is measured each time.
    fn place(&self, control: &Task) -> Option<PathBuf> {
        let (folder, identity) = self.kept.as_ref().filter(|_| control.dependencies.is_empty())?;
        let task = serde_json::to_string(control).ok()?;
        let digest = Sha256::digest(format!("{identity}\n{task}"));
        Some(folder.join(format!("{}.json", hex(&digest))))
    }
}
