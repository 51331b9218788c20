//! From what the user typed to the extension modules it means.

pub(crate) mod distribution;
pub(crate) mod fetch;
mod files;
mod folders;
pub(crate) mod inputs;
mod members;
mod named;
pub(crate) mod wheel;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use insula_xray::Extension;
use sha2::{Digest, Sha256};

use self::distribution::{Distribution, Owner};
use self::fetch::{FetchError, Wanted};
use self::wheel::WheelError;
use crate::experiments::Lab;
use crate::report::Bundle;
use crate::worker::WorkerError;

/// What the user can name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A module, a distribution, or the path of a file or folder.
    Named(String),
    /// A file of requirements; pip makes an environment of it.
    Requirements(PathBuf),
    /// Everything that is installed in the environment of the interpreter.
    Environment,
}

impl Target {
    /// What a word of the command line or of a configuration means: a file of requirements and its like by its name.
    pub fn of(word: &str) -> Self {
        let path = Path::new(word);
        if inputs::is_input(path) && path.is_file() {
            Self::Requirements(path.into())
        } else {
            Self::Named(word.to_owned())
        }
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Named(name) => f.pad(name),
            Self::Requirements(path) => write!(f, "-r {}", path.display()),
            Self::Environment => f.pad("--env"),
        }
    }
}

/// One extension module to audit.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    /// Its dotted name.
    pub(crate) name: String,
    /// Its file, for the worker.
    pub(crate) path: PathBuf,
    /// Its file, for the report: inside a wheel, `wheel!/member`.
    pub(crate) shown: PathBuf,
    /// What goes to the front of `sys.path`.
    pub(crate) roots: Vec<PathBuf>,
    /// The distribution that it belongs to.
    pub(crate) owner: Option<Owner>,
    /// What the file says about itself.
    pub(crate) extension: Extension,
    /// SHA-256 of the wheel it was unpacked from.
    pub(crate) wheel: Option<String>,
}

/// What a target means.
#[derive(Debug, Default)]
pub(crate) struct Resolved {
    pub(crate) subjects: Vec<Subject>,
    /// Files passed over, and why.
    pub(crate) skipped: Vec<String>,
    /// How the target was understood, where that is not plain.
    pub(crate) note: Option<String>,
    /// Files that should be extension modules and cannot be audited.
    pub(crate) failed: Vec<Unfit>,
    /// Shared libraries that came with them.
    pub(crate) bundled: Vec<Bundle>,
    /// SHA-256 of the wheel.
    pub(crate) sha256: Option<String>,
}

/// A file among others that cannot be audited, which must not keep the others from it.
#[derive(Debug)]
pub(crate) struct Unfit {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) error: String,
}

impl Resolved {
    fn merge(&mut self, other: Self) {
        self.subjects.extend(other.subjects);
        self.skipped.extend(other.skipped);
        self.failed.extend(other.failed);
        for bundle in other.bundled {
            if !self.bundled.contains(&bundle) {
                self.bundled.push(bundle);
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.subjects.is_empty() && self.failed.is_empty()
    }
}

/// Why a target means nothing that can be audited. Each message is one line: what, why, what to do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TargetError {
    #[error(transparent)]
    Elf(#[from] insula_xray::ElfError),
    #[error(transparent)]
    Wheel(#[from] WheelError),
    #[error(transparent)]
    Input(#[from] inputs::InputError),
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Worker(#[from] WorkerError),
    #[error("{0}: no such file; check the path")]
    NoFile(String),
    #[error(
        "{path}: a folder without wheels and without extension modules for CPython {version} (*{suffix}); name another \
         folder, or choose another interpreter with --python"
    )]
    EmptyFolder { path: String, version: String, suffix: String },
    #[error("{0}: a folder that is a virtual environment; audit it with --env {0}")]
    VirtualEnvironment(String),
    #[error("{0}: cannot be read: {1}; check the path")]
    Unreadable(String, std::io::Error),
    #[error("{0:?} is neither a path, nor an importable name, nor NAME==VERSION; check the spelling")]
    Malformed(String),
    #[error(
        "{0} is built into the interpreter (statically linked), so there is no file to audit; name an extension module"
    )]
    Builtin(String),
    #[error(
        "CPython {1} cannot import {0}, and has no distribution of that name; to fetch it from the package index name \
         a version ({0}==1.0) or give --fetch"
    )]
    NotImportable(String, String),
    #[error("CPython {1} cannot import {0}, and no distribution can have such a name; check the spelling")]
    NoDistribution(String, String),
    #[error(
        "{0} has no compiled part, so there is nothing to audit: pure Python modules are isolated by CPython itself"
    )]
    Pure(String),
    #[error("{0} has no extension module {1}; name one of those it has, or the package alone")]
    NoMember(String, String),
    #[error(
        "{path}: compiled for {found}, but the interpreter runs on {wanted}; choose an interpreter of that platform"
    )]
    Machine { path: String, found: String, wanted: String },
    #[error(
        "{path}: built for another Python ({tag}); this interpreter imports *{suffix}: choose another with --python"
    )]
    Tag { path: String, tag: String, suffix: String },
    #[error("{0}: not an extension module: it exports no PyInit_ or PyModExport_ function; name an extension module")]
    NoInit(String),
    #[error("{0}: the interpreter did not say where it would import it from: {1}; try the file's path")]
    Locate(String, String),
}

/// The modules that a target means.
pub(crate) fn resolve(lab: &Lab, target: &Target) -> Result<Resolved, TargetError> {
    match target {
        Target::Named(name) => named::resolve_named(lab, name),
        Target::Requirements(path) => folders::resolve_requirements(lab, path),
        Target::Environment => folders::resolve_environment(lab),
    }
}

/// An extension module that is imported by this name from this file.
pub(crate) fn of_file(name: &str, file: &Path, roots: Vec<PathBuf>) -> Result<Subject, TargetError> {
    Ok(Subject {
        owner: distribution::owner_of_file(&root_of(file, name), file),
        name: name.to_owned(),
        shown: file.to_owned(),
        extension: Extension::read(file)?,
        path: file.to_owned(),
        roots,
        wheel: None,
    })
}

/// The distribution that has this file.
fn owner_in(owners: &HashMap<String, Owner>, root: &Path, file: &Path) -> Option<Owner> {
    owners.get(&*file.strip_prefix(root).ok()?.to_string_lossy()).cloned()
}

fn sha256_of(path: &Path) -> std::io::Result<String> {
    let mut digest = Sha256::new();
    std::io::copy(&mut std::fs::File::open(path)?, &mut digest)?;
    Ok(fetch::hex(&digest.finalize()))
}

/// The stem of the file that makes its folder a package: `__init__.py`, or an extension module in its place.
const INIT: &str = "__init__";

/// The `sys.path` folder of a file imported as `name`.
fn root_of(file: &Path, name: &str) -> PathBuf {
    let own_folder = usize::from(stem_of(file) == INIT);
    file.ancestors().nth(name.split('.').count() + own_folder).unwrap_or(file).to_owned()
}

/// The name of a file up to the first dot.
fn stem_of(file: &Path) -> String {
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    name.split('.').next().unwrap_or_default().to_owned()
}

/// Whether a file of the folder makes it a package.
fn is_package(folder: &Path) -> bool {
    if folder.join("__init__.py").is_file() {
        return true;
    }
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    files.filter(|file| stem_of(file) == INIT).any(|file| file.extension().is_some_and(|ending| ending == "so"))
}

/// The `sys.path` folder and dotted name of a file, by the packages that it lies in.
fn dotted(path: &Path, stem: &str) -> (Option<PathBuf>, String) {
    let mut parts = Vec::from([stem.to_owned()]);
    let mut root = None;
    for folder in path.ancestors().skip(1) {
        if !is_package(folder) {
            break;
        }
        let Some(part) = folder.file_name().map(|part| part.to_string_lossy().into_owned()) else {
            break;
        };
        if !is_identifier(&part) {
            break;
        }
        parts.insert(0, part);
        root = folder.parent().map(Path::to_owned);
    }
    if parts.len() > 1 && stem == INIT {
        parts.pop();
    }
    (root, parts.join("."))
}

pub(crate) fn is_identifier(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}

impl Subject {
    /// The version of its distribution.
    pub(crate) fn version(&self) -> Option<&str> {
        self.owner.as_ref().map(|owner| owner.version.as_str())
    }

    /// SHA-256 of the file.
    pub(crate) fn sha256(&self) -> String {
        sha256_of(&self.path).unwrap_or_default()
    }

    /// The `sys.path` folder that it is imported from.
    pub(crate) fn root(&self) -> PathBuf {
        root_of(&self.path, &self.name)
    }

    /// The first part of its name.
    pub(crate) fn package(&self) -> &str {
        self.name.split('.').next().unwrap_or(&self.name)
    }
}
