//! Results of earlier audits, so that an audit that was interrupted goes on where it was, and one that is repeated is
//! quick.
//!
//! A result is found by a digest of all that it depends on: this program, the interpreter, the limits, the file of the
//! module, the files of its package and of the libraries bundled with it, and the distributions around it. Each
//! result is a file of its own, complete or absent, so that audits at the same time do each other no harm.

use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use insula_xray::debug::companions;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use crate::experiments::Lab;
use crate::lines::debug_folders;
use crate::report::ModuleReport;
use crate::target::Subject;
use crate::target::distribution;
use crate::target::fetch::hex;

/// How long a result is kept that nobody asks for.
const KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// The results.
pub(crate) struct Cache {
    folder: PathBuf,
    /// This program: results of another build may be others.
    tool: String,
    /// Digests of packages and of `sys.path` folders, each of which many modules share.
    surroundings: Mutex<HashMap<(PathBuf, String), String>>,
    /// Why the last result could not be kept.
    trouble: Mutex<Option<String>>,
}

impl Cache {
    /// The cache of this user, without what has become old.
    pub(crate) fn open(program: Option<&Path>) -> Self {
        let folder = insula_pythons::cache_dir().join("results");
        prune(&folder);
        let stamp = program.map(stamp).unwrap_or_default();
        Self {
            folder,
            tool: format!("{} {stamp}", env!("CARGO_PKG_VERSION")),
            surroundings: Mutex::default(),
            trouble: Mutex::default(),
        }
    }

    /// The file that holds, or would hold, the result of auditing this module.
    pub(crate) fn place(&self, lab: &Lab, subject: &Subject) -> PathBuf {
        let interpreter = &lab.host.interpreter;
        let mut digest = Sha256::new();
        let mut add = |part: &str| {
            digest.update(part.len().to_le_bytes());
            digest.update(part);
        };
        add(&self.tool);
        add(&interpreter.executable.to_string_lossy());
        add(&stamp(&interpreter.executable));
        add(&interpreter.facts.full_version);
        add(&interpreter.facts.libpython.as_deref().map(stamp).unwrap_or_default());
        add(&format!("{:?} {}", lab.limits, lab.restart_helper.is_some()));
        add(&subject.name);
        add(subject.version().unwrap_or_default());
        add(subject.owner.as_ref().map_or("", |owner| &owner.name));
        add(&subject.sha256());
        match &subject.wheel {
            // The files were unpacked just now, so their times say nothing; the wheel's hash says all.
            Some(wheel) => add(wheel),
            None => add(&self.surroundings(&subject.root(), subject.package())),
        }
        add(&self.surroundings(&interpreter.facts.site_packages, ""));
        // Debug files may come and go, and with them the lines.
        for file in companions(&subject.path, &debug_folders()) {
            add(&format!("{} {}", file.display(), stamp(&file)));
        }
        let digest = hex(&digest.finalize());
        self.folder.join(&digest[..2]).join(format!("{digest}.json"))
    }

    /// The result, if it is there and can be read.
    pub(crate) fn read(&self, place: &Path) -> Option<ModuleReport> {
        let mut report: ModuleReport = read(place)?;
        report.cached = true;
        Some(report)
    }

    /// Keeps a result. A full disk costs the result, never the audit.
    pub(crate) fn write(&self, place: &Path, report: &ModuleReport) {
        if let Err(error) = write(place, report) {
            *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = Some(format!(
                "results cannot be kept in {}: {error}; the next audit will be as long as this one",
                self.folder.display()
            ));
        }
    }

    /// Why results could not be kept.
    pub(crate) fn trouble(&self) -> Option<String> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A digest of the distributions in a `sys.path` folder, of one package there, and of all bundled libraries.
    fn surroundings(&self, root: &Path, package: &str) -> String {
        let key = (root.to_owned(), package.to_owned());
        let mut known = self.surroundings.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry(key).or_insert_with(|| digest_of(root, package)).clone()
    }
}

fn digest_of(root: &Path, package: &str) -> String {
    let mut digest = Sha256::new();
    for (name, version) in distribution::installed(root) {
        digest.update(format!("{name}=={version}\n"));
    }
    let entries = std::fs::read_dir(root).into_iter().flatten().flatten();
    let bundled = entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|end| end == "libs"));
    let mut folders: Vec<PathBuf> = bundled.collect();
    folders.sort();
    if !package.is_empty() {
        folders.push(root.join(package));
    }
    for file in folders.iter().flat_map(|folder| distribution::files_below(folder)) {
        // What the import writes itself is no change of the package.
        if file.extension().is_none_or(|end| end != "pyc") {
            let relative = file.strip_prefix(root).unwrap_or(&file);
            digest.update(format!("{} {}\n", relative.display(), stamp(&file)));
        }
    }
    hex(&digest.finalize())
}

/// What a file of the cache holds, if it is there and can be read.
pub(crate) fn read<T: DeserializeOwned>(place: &Path) -> Option<T> {
    let text = std::fs::read(place).ok()?;
    let held = serde_json::from_slice(&text).ok()?;
    keep_young(place);
    Some(held)
}

/// Use keeps a file; where it cannot be written, it just gets old.
pub(crate) fn keep_young(place: &Path) {
    let _ = std::fs::File::options().append(true).open(place).and_then(|file| file.set_modified(SystemTime::now()));
}

/// Writes a file of the cache.
pub(crate) fn write<T: Serialize>(place: &Path, held: &T) -> std::io::Result<()> {
    write_bytes(place, &serde_json::to_vec(held)?)
}

/// The same of bytes. It is complete or absent.
pub(crate) fn write_bytes(place: &Path, held: &[u8]) -> std::io::Result<()> {
    let parent = place.parent().unwrap_or(place);
    std::fs::create_dir_all(parent)?;
    let mut file = tempfile::NamedTempFile::new_in(parent)?;
    file.write_all(held)?;
    file.persist(place)?;
    Ok(())
}

/// Size and time of a file: enough to notice a change without reading it.
pub(crate) fn stamp(path: &Path) -> String {
    let Ok(facts) = path.metadata() else { return String::new() };
    let since = facts.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
    format!("{} {}", facts.len(), since.as_nanos())
}

/// Removes results that nobody asked for in a long time, and what an interrupted write left.
pub(crate) fn prune(folder: &Path) {
    let old = |path: &Path| {
        let modified = path.metadata().and_then(|facts| facts.modified());
        modified.is_ok_and(|time| time.elapsed().is_ok_and(|age| age > KEPT))
    };
    // Another audit may do the same now: a file that is gone already is what was wanted.
    for file in distribution::files_below(folder).into_iter().filter(|file| old(file)) {
        let _ = std::fs::remove_file(file);
    }
}
