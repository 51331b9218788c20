//! From what the user typed to the extension modules it means.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use insula_xray::Extension;
use sha2::{Digest, Sha256};

use crate::distribution::{self, Distribution};
use crate::fetch::{self, FetchError};
use crate::observe::Lab;
use crate::probe::Task;
use crate::wheel::{self, WheelError};
use crate::worker::WorkerError;

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
    /// The distribution's version.
    pub(crate) version: Option<String>,
    /// What the file says about itself.
    pub(crate) extension: Extension,
}

/// What a target means.
#[derive(Debug, Default)]
pub(crate) struct Resolved {
    pub(crate) subjects: Vec<Subject>,
    /// Files passed over, and why.
    pub(crate) skipped: Vec<String>,
}

/// Why a target means nothing that can be audited. Each message is one line: what, why, what to do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TargetError {
    #[error(transparent)]
    Elf(#[from] insula_xray::ElfError),
    #[error(transparent)]
    Wheel(#[from] WheelError),
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Worker(#[from] WorkerError),
    #[error("{0}: no such file; check the path")]
    NoFile(String),
    #[error("{0:?} is neither a path, nor an importable name, nor NAME==VERSION; check the spelling")]
    Malformed(String),
    #[error(
        "{0} is built into the interpreter (statically linked), so there is no file to audit; name an extension module"
    )]
    Builtin(String),
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

impl Lab {
    /// The modules that a target means.
    pub(crate) fn resolve(&self, target: &str) -> Result<Resolved, TargetError> {
        let path = Path::new(target);
        if target.ends_with(".whl") {
            return self.resolve_wheel(target);
        }
        if target.contains('/') || target.ends_with(".so") || path.is_file() {
            if !path.exists() {
                return Err(TargetError::NoFile(target.to_owned()));
            }
            return self.resolve_file(path);
        }
        let (name, version) = match target.split_once("==") {
            Some((name, version)) => (name, Some(version)),
            None => (target, None),
        };
        let fits = |text: &str| {
            !text.is_empty()
                && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-+!".contains(c))
                && text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        };
        if !fits(name) || version.is_some_and(|version| !fits(version)) {
            return Err(TargetError::Malformed(target.to_owned()));
        }
        if version.is_none()
            && name.split('.').all(is_identifier)
            && let Some(resolved) = self.resolve_installed(name)?
        {
            return Ok(resolved);
        }
        self.resolve_distribution(name, version)
    }

    fn resolve_file(&self, path: &Path) -> Result<Resolved, TargetError> {
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let shown = path.display().to_string();
        let extension = Extension::read(&path)?;
        self.check_machine(&path, &extension)?;
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let (stem, suffix) = file.split_once('.').unwrap_or((file.as_str(), ""));
        let known = extension.module_names();
        let Some(first) = known.first() else {
            return Err(TargetError::NoInit(shown));
        };
        let suffix = format!(".{suffix}");
        if !self.suffixes().contains(&suffix) && (suffix.starts_with(".cpython-") || suffix.starts_with(".pypy")) {
            let wanted = self.host.interpreter.facts.ext_suffix.clone();
            return Err(TargetError::Tag { path: shown, tag: suffix, suffix: wanted });
        }
        // A file that is part of a package has to be imported as such; what is no file name of a module at all (a build
        // artefact such as libfoo.so) is imported under the name of its init function.
        let named = if known.iter().any(|name| name == stem) { stem } else { first };
        let (root, name) = dotted(&path, named);
        let version = root.as_deref().and_then(|root| distribution::version_of_file(root, &path));
        let subject =
            Subject { name, shown: path.clone(), path, roots: root.into_iter().collect(), version, extension };
        Ok(Resolved { subjects: vec![subject], skipped: Vec::new() })
    }

    fn check_machine(&self, path: &Path, extension: &Extension) -> Result<(), TargetError> {
        let wanted = &self.host.interpreter.facts.machine;
        if extension.machine == *wanted {
            return Ok(());
        }
        Err(TargetError::Machine {
            path: path.display().to_string(),
            found: extension.machine.clone(),
            wanted: wanted.clone(),
        })
    }

    fn resolve_wheel(&self, target: &str) -> Result<Resolved, TargetError> {
        let path = Path::new(target);
        if !path.is_file() {
            return Err(TargetError::NoFile(target.to_owned()));
        }
        let mut wheel = wheel::open(path, &self.host)?;
        let root = match (wheel.needs_others, std::path::absolute(path)) {
            (true, Ok(absolute)) => {
                let bytes = std::fs::read(path).map_err(WorkerError::Folder)?;
                let key = format!("{} {}", wheel.name, fetch::hex(&Sha256::digest(&bytes)));
                fetch::fetch(&self.host.interpreter, &absolute.to_string_lossy(), &key, &self.scratch)?
            }
            _ => wheel.unpack(&self.scratch)?,
        };
        let files = wheel.members.iter().map(|member| root.join(member)).collect();
        let mut resolved = self.members(&root, files, Some(&wheel.version), &wheel.name)?;
        for subject in &mut resolved.subjects {
            if let Ok(member) = subject.path.strip_prefix(&root) {
                subject.shown = PathBuf::from(format!("{target}!/{}", member.display()));
            }
        }
        Ok(resolved)
    }

    /// What the interpreter itself would import; none if it knows no such name.
    fn resolve_installed(&self, name: &str) -> Result<Option<Resolved>, TargetError> {
        let task = Task { scenario: "locate", name: name.to_owned(), ..Task::default() };
        let run = self.work(&task, &mut |_, _, _| {})?;
        let Some(found) = run.events_named("located").next() else {
            let said = run.stderr.lines().last().unwrap_or("it ended without a word").to_owned();
            return Err(TargetError::Locate(name.to_owned(), said));
        };
        let file = found["file"].as_str().map(PathBuf::from);
        match (found["kind"].as_str().unwrap_or_default(), file) {
            ("missing", _) => Ok(None),
            ("builtin", _) => Err(TargetError::Builtin(name.to_owned())),
            ("extension", Some(file)) => {
                let extension = Extension::read(&file)?;
                let root = root_of(&file, name);
                let version = distribution::version_of_file(&root, &file);
                let subject = Subject {
                    name: name.to_owned(),
                    shown: file.clone(),
                    path: file,
                    roots: Vec::new(),
                    version: version.or_else(|| self.host_version(&root)),
                    extension,
                };
                Ok(Some(Resolved { subjects: vec![subject], skipped: Vec::new() }))
            }
            _ => {
                let folders = found["folders"].as_array().into_iter().flatten().filter_map(|one| one.as_str());
                let mut all = Resolved::default();
                for folder in folders.map(Path::new) {
                    let root = folder.ancestors().nth(name.split('.').count()).unwrap_or(folder).to_owned();
                    let files = distribution::files_below(folder);
                    let version = files.first().and_then(|file| distribution::version_of_file(&root, file));
                    match self.members(&root, files, version.as_deref(), name) {
                        Ok(more) => {
                            all.subjects.extend(more.subjects);
                            all.skipped.extend(more.skipped);
                        }
                        Err(TargetError::Pure(_)) => {}
                        Err(error) => return Err(error),
                    }
                }
                // The package's folder is on sys.path already.
                all.subjects.iter_mut().for_each(|subject| subject.roots.clear());
                if all.subjects.is_empty() {
                    return Err(TargetError::Pure(name.to_owned()));
                }
                Ok(Some(all))
            }
        }
    }

    fn resolve_distribution(&self, name: &str, version: Option<&str>) -> Result<Resolved, TargetError> {
        // `kiwisolver._cext` is a module of the distribution `kiwisolver`; a distribution's own name may contain dots, but
        // hardly one that is also a dotted name of identifiers.
        let (project, member) = match name.split_once('.') {
            Some((project, _)) if name.split('.').all(is_identifier) => (project, Some(name)),
            _ => (name, None),
        };
        if !project.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            return Err(TargetError::NoDistribution(project.to_owned(), self.host.interpreter.version.to_string()));
        }
        let requirement = version.map_or(project.to_owned(), |version| format!("{project}=={version}"));
        let root = fetch::fetch(&self.host.interpreter, &requirement, &requirement, &self.scratch)?;
        let Distribution { version, files } =
            distribution::find(&root, project).ok_or_else(|| TargetError::Pure(project.to_owned()))?;
        let mut resolved = self.members(&root, files, Some(&version), project)?;
        if let Some(member) = member {
            let below = format!("{member}.");
            resolved.subjects.retain(|subject| subject.name == member || subject.name.starts_with(&below));
            if resolved.subjects.is_empty() {
                return Err(TargetError::NoMember(project.to_owned(), member.to_owned()));
            }
        }
        Ok(resolved)
    }

    /// The extension modules among files of one package or distribution that this interpreter would import.
    fn members(
        &self,
        root: &Path,
        files: Vec<PathBuf>,
        version: Option<&str>,
        name: &str,
    ) -> Result<Resolved, TargetError> {
        let suffixes = self.suffixes();
        let mut chosen: BTreeMap<String, (usize, PathBuf)> = BTreeMap::new();
        for file in files {
            let Ok(relative) = file.strip_prefix(root) else {
                continue;
            };
            let text = relative.to_string_lossy();
            let Some((rank, suffix)) = suffixes.iter().enumerate().find(|(_, suffix)| text.ends_with(suffix.as_str()))
            else {
                continue;
            };
            let stem = text.strip_suffix(suffix.as_str()).unwrap_or(&text).replace('/', ".");
            if !stem.split('.').all(is_identifier) {
                continue;
            }
            // Of several files for one name the import system takes the first suffix of its list.
            let better = chosen.get(&stem).is_none_or(|(other, _)| rank < *other);
            if better {
                chosen.insert(stem, (rank, file));
            }
        }
        let mut resolved = Resolved::default();
        for (name, (_, path)) in chosen {
            let extension = Extension::read(&path)?;
            self.check_machine(&path, &extension)?;
            let last = name.rsplit('.').next().unwrap_or(&name);
            if !extension.module_names().iter().any(|known| known == last) {
                resolved.skipped.push(format!("{name}: exports no init function"));
                continue;
            }
            resolved.subjects.push(Subject {
                name,
                shown: path.clone(),
                path,
                roots: vec![root.to_owned()],
                version: version.map(str::to_owned),
                extension,
            });
        }
        if resolved.subjects.is_empty() {
            return Err(TargetError::Pure(name.to_owned()));
        }
        Ok(resolved)
    }

    /// The suffixes of extension modules, in the import system's order.
    fn suffixes(&self) -> Vec<String> {
        vec![self.host.interpreter.facts.ext_suffix.clone(), ".abi3.so".to_owned(), ".so".to_owned()]
    }

    /// Modules of the standard library have the interpreter's version.
    fn host_version(&self, root: &Path) -> Option<String> {
        let facts = &self.host.interpreter.facts;
        let own = facts.lib_dynload.as_deref() == Some(root) || root.starts_with(&facts.stdlib);
        (own && !root.starts_with(&facts.site_packages)).then(|| self.host.interpreter.version.to_string())
    }
}

/// The `sys.path` folder of a file imported as `name`.
fn root_of(file: &Path, name: &str) -> PathBuf {
    file.ancestors().nth(name.split('.').count()).unwrap_or(file).to_owned()
}

/// The `sys.path` folder and dotted name of a file, by the `__init__.py` of its parents.
fn dotted(path: &Path, stem: &str) -> (Option<PathBuf>, String) {
    let mut name = stem.to_owned();
    let mut root = None;
    for folder in path.ancestors().skip(1) {
        if !folder.join("__init__.py").is_file() {
            break;
        }
        let Some(part) = folder.file_name().map(|part| part.to_string_lossy().into_owned()) else {
            break;
        };
        if !is_identifier(&part) {
            break;
        }
        name = format!("{part}.{name}");
        root = folder.parent().map(Path::to_owned);
    }
    (root, name)
}

fn is_identifier(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}

impl Subject {
    /// SHA-256 of the file.
    pub(crate) fn sha256(&self) -> String {
        std::fs::read(&self.path).map(|bytes| fetch::hex(&Sha256::digest(&bytes))).unwrap_or_default()
    }

    /// The first part of its name.
    pub(crate) fn package(&self) -> &str {
        self.name.split('.').next().unwrap_or(&self.name)
    }
}
