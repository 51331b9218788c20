//! Where Insula keeps what it fetched or learnt.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use crate::Error;

/// `$INSULA_CACHE`, or `insula` in the user's cache folder. The folder need not exist yet.
pub fn cache_dir() -> PathBuf {
    let absolute = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    if let Some(path) = env::var_os("INSULA_CACHE").filter(|path| !path.is_empty()) {
        // A relative folder would be another one after a change of directory.
        return std::path::absolute(&path).unwrap_or_else(|_| path.into());
    }
    // The XDG specification: a relative path is to be ignored.
    absolute("XDG_CACHE_HOME")
        // A user without a home gets a folder that cannot be made, and with it the error that names INSULA_CACHE.
        .unwrap_or_else(|| env::home_dir().unwrap_or_else(|| "/".into()).join(".cache"))
        .join("insula")
}

/// The file by which a folder of [`pythons_dir`] says that it was unpacked to the end and tried out.
pub const COMPLETE: &str = "complete";

/// The interpreters that `cargo xtask pythons` fetched: one folder each.
pub fn pythons_dir() -> PathBuf {
    cache_dir().join("pythons")
}

/// Makes a folder of the cache and proves that it can be written.
pub fn ensure_dir(path: &Path) -> Result<(), Error> {
    let refused = |reason| Error::Cache { path: path.to_owned(), reason };
    fs::create_dir_all(path).map_err(refused)?;
    let trial = path.join(format!(".writable-{}", std::process::id()));
    fs::write(&trial, b"").map_err(refused)?;
    fs::remove_file(&trial).map_err(refused)
}
