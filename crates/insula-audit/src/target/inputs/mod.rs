//! Files that say what a project needs: requirements.txt, pyproject.toml, uv.lock, pylock.toml.
//!
//! Each becomes a list of lines for pip. Paths in them are made absolute, so that it does not matter where pip runs.

mod locks;
mod requirements;
mod sources;

use std::path::{Path, PathBuf};

use insula_pythons::Interpreter;
use pep508_rs::{MarkerEnvironment, MarkerEnvironmentBuilder, MarkerTree, Requirement, VerbatimUrl};
use sha2::{Digest, Sha256};

use crate::target::distribution::{self, normal};
use crate::target::fetch::hex;

/// What a file asks for, on one interpreter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Needs {
    /// One requirement, path or option of pip's each.
    pub(crate) lines: Vec<String>,
    /// The distributions that are named, in their normal form.
    pub(crate) names: Vec<String>,
    /// Paths and addresses that do not tell which distribution they are.
    pub(crate) nameless: Vec<String>,
    /// Whether these are all that is needed, dependencies included.
    pub(crate) complete: bool,
    /// Folders of source code and files of constraints among them, which may change while their path stays.
    sources: Vec<PathBuf>,
    /// The files that were read.
    pub(crate) read: Vec<PathBuf>,
    /// What was left out, and why.
    pub(crate) left_out: Vec<String>,
}

/// Why a file says nothing. Each message is one line: where, what, what to do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InputError {
    #[error("{path}: cannot be read: {1}; check the path", path = .0.display())]
    Unreadable(PathBuf, std::io::Error),
    #[error("{path}:{line}: {text:?} is no requirement: {why}; correct that line", path = path.display())]
    Line { path: PathBuf, line: usize, text: String, why: String },
    #[error("{path}: {1}; correct it, or make the file anew", path = .0.display())]
    Malformed(PathBuf, String),
    #[error("{path}: {1}", path = .0.display())]
    Unfit(PathBuf, String),
}

/// Whether a name is that of such a file, so that it needs no `-r`.
pub(crate) fn is_input(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let named = matches!(name, "pyproject.toml" | "uv.lock") || is_pylock(name);
    named || (name.starts_with("requirements") && path.extension().is_some_and(|ending| ending == "txt"))
}

fn is_pylock(name: &str) -> bool {
    name == "pylock.toml" || (name.starts_with("pylock.") && name.ends_with(".toml"))
}

/// Reads such a file.
pub(crate) fn read(path: &Path, interpreter: &Interpreter) -> Result<Needs, InputError> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let here = Here { path, interpreter };
    let needs = match name {
        "pyproject.toml" => locks::pyproject(&here)?,
        "uv.lock" => locks::uv(&here)?,
        _ if is_pylock(name) => locks::pylock(&here)?,
        _ => return requirements::read(&here),
    };
    Ok(Needs { read: vec![path.to_owned()], ..needs })
}

/// Whether a marker has more parentheses than anybody writes, which would exhaust the stack of who reads them.
fn too_deep(text: &str) -> bool {
    const DEEPEST: usize = 100;
    text.matches('(').count() > DEEPEST
}

/// Whether a marker holds; none if it asks for what only the tool that locked it knows.
fn holds(marker: &str, markers: &MarkerEnvironment) -> Option<bool> {
    let tree: MarkerTree = if too_deep(marker) { None } else { marker.parse().ok() }?;
    Some(tree.evaluate(markers, &[]))
}

/// A requirement.
fn requirement(text: &str) -> Result<Requirement<VerbatimUrl>, String> {
    if too_deep(text) {
        return Err("it is nested too deeply".to_owned());
    }
    text.parse().map_err(|error: pep508_rs::Pep508Error<VerbatimUrl>| error.to_string())
}

impl Needs {
    /// What tells these from others: the text, and what lies in folders of source code.
    pub(crate) fn key(&self) -> String {
        let mut digest = Sha256::new();
        for line in &self.lines {
            digest.update(line);
            digest.update("\n");
        }
        for source in &self.sources {
            let files = if source.is_dir() { distribution::files_below(source) } else { vec![source.clone()] };
            for file in files {
                let facts = file.metadata().ok();
                let changed = facts.as_ref().and_then(|facts| facts.modified().ok());
                digest.update(format!("{} {:?} {changed:?}\n", file.display(), facts.map(|facts| facts.len())));
            }
        }
        format!("requirements {}", hex(&digest.finalize()))
    }

    fn add(&mut self, name: &str, line: String) {
        self.names.push(normal(name));
        self.lines.push(line);
    }
}

/// A file, and the interpreter that it is read for.
struct Here<'a> {
    path: &'a Path,
    interpreter: &'a Interpreter,
}

impl Here<'_> {
    fn document(&self) -> Result<toml::Table, InputError> {
        let text = std::fs::read_to_string(self.path).map_err(|error| self.unreadable(error))?;
        toml::from_str(&text).map_err(|error| self.malformed(format!("it is not valid TOML: {}", error.message())))
    }

    fn unreadable(&self, error: std::io::Error) -> InputError {
        InputError::Unreadable(self.path.to_owned(), error)
    }

    fn malformed(&self, why: impl Into<String>) -> InputError {
        InputError::Malformed(self.path.to_owned(), why.into())
    }

    fn unfit(&self, why: impl Into<String>) -> InputError {
        InputError::Unfit(self.path.to_owned(), why.into())
    }

    fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("/"))
    }

    /// What markers are compared with.
    fn markers(&self) -> Result<MarkerEnvironment, InputError> {
        let version = &self.interpreter.version;
        let (full, (major, minor)) = (version.to_string(), version.feature());
        MarkerEnvironment::try_from(MarkerEnvironmentBuilder {
            implementation_name: "cpython",
            implementation_version: &full,
            os_name: "posix",
            platform_machine: &self.interpreter.facts.machine,
            platform_python_implementation: "CPython",
            platform_release: "",
            platform_system: "Linux",
            platform_version: "",
            python_full_version: &full,
            python_version: &format!("{major}.{minor}"),
            sys_platform: "linux",
        })
        .map_err(|error| self.unfit(format!("the version of this interpreter cannot be compared: {error}")))
    }

    /// Whether `>=3.12` and its like allow this interpreter.
    fn check_python(&self, wanted: Option<&str>) -> Result<(), InputError> {
        let Some(wanted) = wanted else { return Ok(()) };
        let requirement: Requirement<VerbatimUrl> = format!("python{wanted}")
            .parse()
            .map_err(|_| self.malformed(format!("{wanted:?} is no range of versions")))?;
        let markers = self.markers()?;
        let version = &markers.python_full_version().version;
        let allowed = match &requirement.version_or_url {
            Some(pep508_rs::VersionOrUrl::VersionSpecifier(range)) => range.contains(version),
            _ => true,
        };
        if allowed {
            return Ok(());
        }
        Err(self.unfit(format!("it is for Python {wanted}, and this is {version}; choose another with --python")))
    }
}
