//! Where a library is that an image needs, and whose it is.

use std::path::{Path, PathBuf};

use crate::elf::Elf;
use crate::error::{Error, Result};
use crate::mending::{Mending, left_out};

/// Which libraries are not copied.
#[derive(Debug, Default)]
pub struct Rules {
    /// Patterns of file names of bundled libraries that are one for the process.
    shared: Vec<glob::Pattern>,
    /// Folders of the system and of the Python installation: what lies directly in them is nobody's bundle.
    system: Vec<PathBuf>,
}

impl Rules {
    /// The rules.
    ///
    /// # Errors
    ///
    /// A pattern that is none.
    pub fn new(shared: &[String], system: Vec<PathBuf>) -> Result<Self> {
        let pattern = |text: &String| {
            glob::Pattern::new(text).map_err(|error| Error::new(format!("{text:?} is no pattern: {error}")))
        };
        Ok(Self { shared: shared.iter().map(pattern).collect::<Result<_>>()?, system })
    }

    /// Whether a library of that file name is one for the process.
    pub(crate) fn is_shared(&self, name: &str) -> bool {
        self.shared.iter().any(|pattern| pattern.matches(name))
    }

    pub(crate) fn is_system(&self, path: &Path) -> bool {
        const SYSTEM: [&str; 3] = ["/lib", "/usr/lib", "/lib64"];
        let folder = path.parent().unwrap_or(path);
        SYSTEM.iter().any(|system| path.starts_with(system) && !path.to_string_lossy().contains("-packages/"))
            || self.system.iter().any(|system| system == folder)
    }
}

/// A library that an image needs.
pub(crate) enum Need {
    /// Bundled with it: copied.
    Private(PathBuf),
    /// Bundled with it, but one for the process.
    Shared(PathBuf),
    /// Anybody's: the dynamic loader finds it.
    System,
}

/// The folders of DT_RPATH that a file's libraries look in, too: its own, and those of what loads it, the nearest
/// first.
pub(crate) fn handed_on(elf: &Elf, handed: &[PathBuf]) -> Vec<PathBuf> {
    let own = if elf.runpath { Vec::new() } else { elf.folders() };
    [&own, handed].concat()
}

/// Where a library that `elf` needs is. `handed` are the folders of DT_RPATH of what loads the file: the dynamic loader
/// looks in them for a file without DT_RUNPATH, and some bundled libraries have no folders of their own.
pub(crate) fn find(elf: &Elf, name: &str, rules: &Rules, handed: &[PathBuf]) -> Need {
    let folders = if elf.runpath { elf.folders() } else { handed_on(elf, handed) };
    let there = folders.into_iter().map(|folder| folder.join(name)).find(|path| path.is_file());
    let Some(path) = there else { return Need::System };
    if rules.is_system(&canonical(&path)) {
        Need::System
    } else if rules.is_shared(name) || left_out(Mending::Closure) {
        Need::Shared(path)
    } else {
        Need::Private(path)
    }
}

/// Which file a path names, without symbolic links.
pub(crate) fn canonical(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}
