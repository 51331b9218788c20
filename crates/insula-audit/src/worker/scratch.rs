//! Folders for the time of one audit, which go away with it, also if it is killed: the next audit removes what it left.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::sync::Once;

use tempfile::TempDir;

/// The file in each folder that its owner holds locked. The kernel lifts the lock when the owner ends, however that
/// comes.
const LOCK: &str = "lock";

/// The beginning of their names.
const PREFIX: &str = "insula-";

/// A folder that this process owns.
pub(crate) struct Scratch {
    folder: TempDir,
    _lock: File,
}

impl Scratch {
    /// Makes a folder of that prefix in `parent`, and removes those of dead owners.
    pub(crate) fn new_in(parent: &Path, prefix: &str) -> io::Result<Scratch> {
        remove_abandoned(parent, prefix);
        Scratch::make(parent, prefix)
    }

    fn make(parent: &Path, prefix: &str) -> io::Result<Scratch> {
        let folder = tempfile::Builder::new().prefix(prefix).tempdir_in(parent)?;
        // It gets its name once it is locked, so that nobody sees it unlocked while its owner lives.
        let making = folder.path().join("lock.new");
        let lock = File::create_new(&making)?;
        lock.lock()?;
        fs::rename(&making, folder.path().join(LOCK))?;
        Ok(Scratch { folder, _lock: lock })
    }

    /// Makes one where the system wants temporary files. Those of dead owners are looked for once: there may be many
    /// files of others.
    pub(crate) fn new() -> io::Result<Scratch> {
        static SWEPT: Once = Once::new();
        let parent = std::env::temp_dir();
        SWEPT.call_once(|| remove_abandoned(&parent, PREFIX));
        Scratch::make(&parent, PREFIX)
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// What cannot be read or removed belongs to somebody else, and stays.
fn remove_abandoned(parent: &Path, prefix: &str) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        if !entry.file_name().to_string_lossy().starts_with(prefix) {
            continue;
        }
        // A folder without the file is being made right now, or is none of ours.
        let lock = File::open(entry.path().join(LOCK));
        if lock.is_ok_and(|lock| lock.try_lock().is_ok()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_dead_owners_are_removed_and_others_stay() {
        let parent = tempfile::tempdir().unwrap();
        let living = Scratch::new_in(parent.path(), "one-").unwrap();
        let dead = Scratch::new_in(parent.path(), "one-").unwrap();
        let left = dead.folder.path().to_owned();
        // What a killed process leaves: the folder, and no lock.
        std::mem::forget(dead.folder);
        drop(dead._lock);
        let strange = parent.path().join("one-of-somebody-else");
        fs::create_dir(&strange).unwrap();

        let next = Scratch::new_in(parent.path(), "one-").unwrap();
        assert!(!left.exists());
        assert!(living.path().exists() && next.path().exists() && strange.exists());
    }
}
