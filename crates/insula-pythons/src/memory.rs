//! Remembers answers of interpreters between runs, so that a second discovery starts none of them.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::inspect::PROBE;
use crate::{Interpreter, cache_dir};

/// What interpreters answered, by the path they were started by.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Memory {
    /// Which questions were asked; other questions make the answers worthless.
    probe: u64,
    answers: BTreeMap<PathBuf, Remembered>,
    /// Something is to be stored.
    #[serde(skip)]
    changed: bool,
}

#[derive(Clone, Serialize, Deserialize)]
struct Remembered {
    interpreter: Interpreter,
    stamps: Vec<Stamp>,
}

/// How a file looked when the interpreter answered.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Stamp {
    path: PathBuf,
    /// Seconds, nanoseconds and size; `None` while it did not exist.
    state: Option<(i64, i64, u64)>,
}

impl Stamp {
    fn of(path: &Path) -> Self {
        let state = fs::metadata(path).ok().map(|data| (data.mtime(), data.mtime_nsec(), data.size()));
        Self { path: path.to_owned(), state }
    }
}

impl Memory {
    /// What earlier runs left. Nothing, where there is no such file or it cannot be understood.
    pub(crate) fn load() -> Self {
        let probe = probe_number();
        fs::read(file())
            .ok()
            .and_then(|bytes| serde_json::from_slice::<Self>(&bytes).ok())
            .filter(|memory| memory.probe == probe)
            .unwrap_or(Self { probe, ..Self::default() })
    }

    /// The remembered answer, if nothing it depends on has changed since.
    pub(crate) fn get(&self, executable: &Path) -> Option<Interpreter> {
        let known = self.answers.get(executable)?;
        known.stamps.iter().all(|stamp| *stamp == Stamp::of(&stamp.path)).then(|| known.interpreter.clone())
    }

    pub(crate) fn insert(&mut self, asked: &Path, interpreter: &Interpreter) {
        let facts = &interpreter.facts;
        let mut stamps = vec![asked.to_owned(), interpreter.executable.clone(), facts.base_executable.clone()];
        // Packages that come or go (pip, test) show in their folders.
        stamps.extend([facts.site_packages.clone(), facts.stdlib.clone(), facts.prefix.join("pyvenv.cfg")]);
        stamps.extend(facts.lib_dynload.clone());
        stamps.extend(facts.libpython.clone());
        let stamps = stamps.iter().map(|path| Stamp::of(path)).collect();
        self.changed = true;
        self.answers.insert(asked.to_owned(), Remembered { interpreter: interpreter.clone(), stamps });
    }

    /// Keeps it for the next run. Failing is no error: the next run asks again.
    pub(crate) fn store(&mut self) {
        if !self.changed {
            return;
        }
        self.answers.retain(|path, _| path.exists());
        let file = file();
        // Written aside and renamed, so that runs at the same time never read half a file.
        let aside = file.with_extension(format!("{}.tmp", std::process::id()));
        let written = serde_json::to_vec(self).ok().and_then(|bytes| {
            fs::create_dir_all(cache_dir()).ok()?;
            fs::write(&aside, bytes).ok()?;
            fs::rename(&aside, &file).ok()
        });
        if written.is_none() {
            let _ = fs::remove_file(&aside);
        }
    }
}

fn file() -> PathBuf {
    cache_dir().join("interpreters.json")
}

fn probe_number() -> u64 {
    let mut hasher = DefaultHasher::new();
    PROBE.hash(&mut hasher);
    env!("CARGO_PKG_VERSION").hash(&mut hasher);
    hasher.finish()
}
