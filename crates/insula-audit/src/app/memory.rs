//! Answers of before, so that the same question is answered at once while nothing has changed.
//!
//! An answer is found by a digest of the question, the interpreter, this program and the environment's variables. It
//! holds as long as every file that the application imported, and every folder of `sys.path`, is what it was.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Question;
use super::report::Report;
use crate::clock;
use crate::host::Host;
use crate::target::fetch::hex;

/// Variables that shells set anew and that no application depends on.
const FLEETING: [&str; 6] = ["_", "SHLVL", "PWD", "OLDPWD", "COLUMNS", "LINES"];

#[derive(Serialize, Deserialize)]
struct Kept {
    report: Report,
    /// The day.
    made: String,
    /// What it depends on, with its time and size.
    files: Vec<(PathBuf, String)>,
}

/// Where the answer is kept.
pub(super) fn place(host: &Host, question: &Question) -> PathBuf {
    let mut digest = Sha256::new();
    let mut add = |part: &str| {
        digest.update(part.len().to_le_bytes());
        digest.update(part);
    };
    add(env!("CARGO_PKG_VERSION"));
    add(&std::env::current_exe().map(|program| stamp(&program)).unwrap_or_default());
    add(&host.interpreter.executable.to_string_lossy());
    add(&stamp(&host.interpreter.executable));
    add(&host.reason);
    add(&format!("{question:?}"));
    let mut variables: Vec<_> =
        std::env::vars_os().filter(|(name, _)| !FLEETING.iter().any(|one| name == one)).collect();
    variables.sort();
    add(&format!("{variables:?}"));
    insula_pythons::cache_dir().join("apps").join(format!("{}.json", hex(&digest.finalize())))
}

/// The answer of before, if everything is as it was.
pub(super) fn recall(place: &Path) -> Option<Report> {
    let kept: Kept = serde_json::from_slice(&fs::read(place).ok()?).ok()?;
    let holds = kept.files.iter().all(|(file, was)| stamp(file) == *was);
    holds.then_some(Report { kept: Some(kept.made), ..kept.report })
}

/// Keeps an answer. Where that is not possible, the next one takes as long.
pub(super) fn keep(place: &Path, report: &Report, files: impl Iterator<Item = PathBuf>) {
    let files = files.map(|file| (file.clone(), stamp(&file))).collect();
    let kept = Kept { report: report.clone(), made: clock::today(), files };
    let Some(folder) = place.parent() else { return };
    let written = fs::create_dir_all(folder).and_then(|()| {
        let file = tempfile::NamedTempFile::new_in(folder)?;
        serde_json::to_writer(&file, &kept)?;
        file.persist(place).map_err(|error| error.error)
    });
    drop(written);
}

/// What changes when a file does.
fn stamp(file: &Path) -> String {
    fs::metadata(file)
        .map_or_else(|_| "absent".to_owned(), |it| format!("{}.{:09} {}", it.mtime(), it.mtime_nsec(), it.size()))
}
