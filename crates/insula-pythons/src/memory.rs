//! Remembers answers of interpreters between runs, so that a second discovery starts none of them.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::inspect::PROBE;
use crate::{Error, Interpreter, cache_dir};

/// What interpreters answered, by the path they were started by.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Memory {
    /// Which questions were asked; other questions make the answers worthless.
    probe: u64,
    answers: BTreeMap<PathBuf, Remembered>,
    /// What was no interpreter for us, and will not become one while its file stays as it is.
    refusals: BTreeMap<PathBuf, Refused>,
    /// Something is to be stored.
    #[serde(skip)]
    changed: bool,
}

#[derive(Clone, Serialize, Deserialize)]
struct Remembered {
    interpreter: Interpreter,
    stamps: Vec<Stamp>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Refused {
    refusal: Refusal,
    stamp: Stamp,
}

/// The errors that say what an interpreter is; others say what happened, which may be otherwise the next time.
#[derive(Clone, Serialize, Deserialize)]
enum Refusal {
    NotCpython { implementation: String },
    TooOld { version: String },
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
    pub(crate) fn get(&self, executable: &Path) -> Option<Result<Interpreter, Error>> {
        let unchanged = |stamp: &Stamp| *stamp == Stamp::of(&stamp.path);
        if let Some(known) = self.answers.get(executable) {
            return known.stamps.iter().all(unchanged).then(|| Ok(known.interpreter.clone()));
        }
        let known = self.refusals.get(executable).filter(|known| unchanged(&known.stamp))?;
        let path = std::path::absolute(executable).ok()?;
        Some(Err(match known.refusal.clone() {
            Refusal::NotCpython { implementation } => Error::NotCpython { path, implementation },
            Refusal::TooOld { version } => Error::TooOld { path, version },
        }))
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
        self.refusals.remove(asked);
        self.answers.insert(asked.to_owned(), Remembered { interpreter: interpreter.clone(), stamps });
    }

    /// Remembers an error that says what an interpreter is.
    pub(crate) fn refuse(&mut self, asked: &Path, error: &Error) {
        let refusal = match error {
            Error::NotCpython { implementation, .. } => Refusal::NotCpython { implementation: implementation.clone() },
            Error::TooOld { version, .. } => Refusal::TooOld { version: version.clone() },
            _ => return,
        };
        // Where a script leads may depend on more than its file.
        if fs::read(asked).is_ok_and(|bytes| bytes.starts_with(b"#!")) {
            return;
        }
        self.changed = true;
        self.answers.remove(asked);
        self.refusals.insert(asked.to_owned(), Refused { refusal, stamp: Stamp::of(asked) });
    }

    /// Keeps it for the next run. Failing is no error: the next run asks again.
    pub(crate) fn store(&mut self) {
        if !self.changed {
            return;
        }
        self.answers.retain(|path, _| path.exists());
        self.refusals.retain(|path, _| path.exists());
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
