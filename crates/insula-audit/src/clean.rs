//! Removing what audits keep from one to the next.

use std::io;
use std::path::PathBuf;

use crate::distribution::files_below;

/// What [`clean`] removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cleaned {
    /// The cache.
    pub folder: PathBuf,
    /// How many files.
    pub files: usize,
    /// Their size together.
    pub bytes: u64,
}

/// Removes the environments that targets were fetched into, pip's own cache and the kept results. Fetched interpreters stay:
/// they are the tests' and not the auditor's. An audit that runs meanwhile will miss what it uses.
///
/// # Errors
///
/// If a folder cannot be removed.
pub fn clean() -> io::Result<Cleaned> {
    let mut cleaned = Cleaned { folder: insula_pythons::cache_dir(), files: 0, bytes: 0 };
    for name in ["environments", "pip", "results"] {
        let folder = cleaned.folder.join(name);
        for file in files_below(&folder) {
            cleaned.files += 1;
            cleaned.bytes += file.symlink_metadata().map_or(0, |facts| facts.len());
        }
        match std::fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(io::Error::new(error.kind(), format!("{}: {error}", folder.display())));
            }
            _ => {}
        }
    }
    Ok(cleaned)
}
