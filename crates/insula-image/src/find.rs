//! Where a library is that an image needs, and whose it is.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use crate::elf::{Elf, Text};
use crate::error::{Error, Result};
use crate::loader;
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
    /// Bundled with it, or one that may keep Python objects: copied.
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
    let Found { path, bundled } = look_for(elf, name, rules, handed);
    if bundled && let Some(path) = path {
        return if rules.is_shared(name) || left_out(Mending::Closure) {
            Need::Shared(path)
        } else {
            Need::Private(path)
        };
    }
    match path {
        Some(path) if is_python_user(&path, name, rules, handed) => Need::Private(path),
        _ => Need::System,
    }
}

struct Found {
    path: Option<PathBuf>,
    /// Whether it lies in a folder that the file names itself, and which is not the system's.
    bundled: bool,
}

/// Looks in the folders of DT_RPATH, LD_LIBRARY_PATH, DT_RUNPATH and the system, in the dynamic loader's order.
fn look_for(elf: &Elf, name: &str, rules: &Rules, handed: &[PathBuf]) -> Found {
    let file = |folder: &PathBuf| Some(folder.join(name)).filter(|path| path.is_file());
    let folders = if elf.runpath { elf.folders() } else { handed_on(elf, handed) };
    let own = folders.iter().find_map(file);
    // The loader passes over what is for another machine.
    let anybodys = |folders: &[PathBuf]| folders.iter().filter_map(file).find(|path| Elf::of(path).is_ok());
    let bundled = own.as_ref().is_some_and(|path| !rules.is_system(&canonical(path)));
    let path = if elf.runpath || own.is_none() { anybodys(library_path()).or(own) } else { own };
    let bundled = bundled && path.as_ref().is_some_and(|path| !rules.is_system(&canonical(path)));
    let path = path.or_else(|| if is_of_the_compiler(name) { None } else { anybodys(loader::search_path()) });
    Found { path, bundled }
}

/// The folders of LD_LIBRARY_PATH: those that the process was started with, for the dynamic loader knows no others.
fn library_path() -> &'static [PathBuf] {
    static FOLDERS: LazyLock<Vec<PathBuf>> = LazyLock::new(|| {
        const NAME: &[u8] = b"LD_LIBRARY_PATH=";
        let environment = std::fs::read("/proc/self/environ").unwrap_or_default();
        let value = environment.split(|byte| *byte == 0).find_map(|entry| entry.strip_prefix(NAME));
        let folders = value.unwrap_or_default().split(|byte| b":;".contains(byte));
        folders.filter(|folder| !folder.is_empty()).map(|folder| PathBuf::from(OsStr::from_bytes(folder))).collect()
    });
    &FOLDERS
}

/// Whether a library that is nobody's bundle may keep Python objects: it calls Python, or needs what does. Two
/// interpreters would meet in it.
pub(crate) fn is_python_user(path: &Path, name: &str, rules: &Rules, handed: &[PathBuf]) -> bool {
    fn calls(path: &Path, name: &str, rules: &Rules, handed: &[PathBuf], seen: &mut Vec<PathBuf>) -> bool {
        if is_of_the_compiler(name) {
            return false;
        }
        let Ok(elf) = Elf::of(path) else { return false };
        if seen.contains(&elf.path) {
            return false;
        }
        seen.push(elf.path.clone());
        let of_python = |import: &String| import.starts_with("Py") || import.starts_with("_Py");
        if elf.imports.keys().filter(|import| of_python(import)).any(|import| loader::is_global(import)) {
            return true;
        }
        let handed = handed_on(&elf, handed);
        let found = |needed: &Text| look_for(&elf, &needed.value, rules, &handed).path;
        elf.needed.iter().any(|text| found(text).is_some_and(|path| calls(&path, &text.value, rules, &handed, seen)))
    }
    !rules.is_shared(name) && !left_out(Mending::Closure) && calls(path, name, rules, handed, &mut Vec::new())
}

/// Whether a library need not be read: Python itself, and what every compiler links with.
pub(crate) fn is_of_the_compiler(name: &str) -> bool {
    const BEGINNINGS: [&str; 11] = [
        "libpython",
        "libc.",
        "libm.so",
        "libpthread.so",
        "libdl.so",
        "librt.so",
        "libutil.so",
        "ld-linux",
        "libgcc_s.so",
        "libstdc++.so",
        "libcrypt.so",
    ];
    BEGINNINGS.iter().any(|beginning| name.starts_with(beginning))
}

/// Which file a path names, without symbolic links.
pub(crate) fn canonical(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}
