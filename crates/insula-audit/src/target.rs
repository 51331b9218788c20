//! From what the user typed to the extension modules it means.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use insula_xray::Extension;
use sha2::{Digest, Sha256};

use crate::distribution::{self, Distribution};
use crate::fetch::{self, FetchError, Wanted};
use crate::model::Bundle;
use crate::observe::Lab;
use crate::probe::Task;
use crate::wheel::{self, WheelError};
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
    /// The distribution's version.
    pub(crate) version: Option<String>,
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
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Worker(#[from] WorkerError),
    #[error("{0}: no such file; check the path")]
    NoFile(String),
    #[error(
        "{path}: a folder without wheels and without extension modules for CPython {version} (*{suffix}); name another folder, or choose another interpreter with --python"
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
    pub(crate) fn resolve(&self, target: &Target) -> Result<Resolved, TargetError> {
        match target {
            Target::Named(name) => self.resolve_named(name),
            Target::Requirements(path) => self.resolve_requirements(path),
            Target::Environment => self.resolve_environment(),
        }
    }

    fn resolve_named(&self, target: &str) -> Result<Resolved, TargetError> {
        let path = Path::new(target);
        if path.is_dir() && (target.contains('/') || [".", ".."].contains(&target)) {
            return self.resolve_folder(path);
        }
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
        let subject = Subject {
            name,
            shown: path.clone(),
            path,
            roots: root.into_iter().collect(),
            version,
            extension,
            wheel: None,
        };
        Ok(Resolved { subjects: vec![subject], ..Resolved::default() })
    }

    /// The wheels in a folder, and the extension modules below it.
    fn resolve_folder(&self, folder: &Path) -> Result<Resolved, TargetError> {
        let shown = folder.display().to_string();
        if folder.join("pyvenv.cfg").is_file() {
            return Err(TargetError::VirtualEnvironment(shown));
        }
        let mut all = Resolved::default();
        let wheels = wheels_in(folder).map_err(|error| TargetError::Unreadable(shown.clone(), error))?;
        for wheel in wheels {
            let wheel = wheel.display().to_string();
            match self.resolve_wheel(&wheel) {
                Ok(more) => all.merge(more),
                Err(error @ TargetError::Wheel(WheelError::OtherPython { .. } | WheelError::OtherPlatform { .. })) => {
                    all.skipped.push(error.to_string());
                }
                Err(TargetError::Pure(name)) => all.skipped.push(format!("{name}: has no compiled part")),
                Err(error) => all.failed.push(Unfit {
                    name: wheel.rsplit('/').next().unwrap_or_default().to_owned(),
                    path: wheel.clone().into(),
                    error: error.to_string(),
                }),
            }
        }
        let folder = folder.canonicalize().map_err(|error| TargetError::Unreadable(shown.clone(), error))?;
        all.merge(self.everything_below(&folder)?);
        if all.is_empty() {
            let suffix = self.host.interpreter.facts.ext_suffix.clone();
            let version = self.host.interpreter.version.to_string();
            return Err(TargetError::EmptyFolder { path: shown, version, suffix });
        }
        Ok(all)
    }

    /// Everything that is installed where the interpreter installs.
    fn resolve_environment(&self) -> Result<Resolved, TargetError> {
        let folder = &self.host.interpreter.facts.site_packages;
        let mut all = self.everything_below(folder)?;
        if all.is_empty() {
            return Err(TargetError::Pure(folder.display().to_string()));
        }
        // The folder is on sys.path already.
        all.subjects.iter_mut().for_each(|subject| subject.roots.clear());
        Ok(all)
    }

    /// The environment that pip makes of a file of requirements.
    fn resolve_requirements(&self, path: &Path) -> Result<Resolved, TargetError> {
        let unreadable = |error| TargetError::Unreadable(path.display().to_string(), error);
        let path = path.canonicalize().map_err(unreadable)?;
        let key = fetch::requirements_key(&path).map_err(unreadable)?;
        let root = fetch::fetch(&self.host.interpreter, Wanted::File(&path), &key, &self.scratch)?;
        let all = self.everything_below(&root)?;
        if all.is_empty() {
            return Err(TargetError::Pure(path.display().to_string()));
        }
        Ok(all)
    }

    /// Every extension module below a folder, which is on `sys.path` or holds folders that would be.
    fn everything_below(&self, folder: &Path) -> Result<Resolved, TargetError> {
        let mut by_root: BTreeMap<PathBuf, Vec<PathBuf>> = BTreeMap::new();
        for file in distribution::files_below(folder) {
            let text = file.to_string_lossy();
            if self.suffixes().iter().any(|suffix| text.ends_with(suffix.as_str())) {
                let root = dotted(&file, "").0.unwrap_or_else(|| folder.to_owned());
                by_root.entry(root).or_default().push(file);
            }
        }
        let mut all = Resolved::default();
        for (root, files) in by_root {
            let versions = distribution::versions(&root);
            match self.members(&root, files, &|file| version_in(&versions, &root, file), "") {
                Ok(more) => all.merge(more),
                Err(TargetError::Pure(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(all)
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
        let digest = sha256_of(path).map_err(|error| TargetError::Unreadable(target.to_owned(), error))?;
        let root = match (wheel.needs_others, std::path::absolute(path)) {
            (true, Ok(absolute)) => {
                let key = format!("{} {digest}", wheel.name);
                fetch::fetch(&self.host.interpreter, Wanted::One(&absolute.to_string_lossy()), &key, &self.scratch)?
            }
            _ => wheel.unpack(&self.scratch)?,
        };
        let files = wheel.members.iter().map(|member| root.join(member)).collect();
        let mut resolved = self.members(&root, files, &|_| Some(wheel.version.clone()), &wheel.name)?;
        resolved.sha256 = Some(digest);
        for unfit in &mut resolved.failed {
            unfit.path = inside(target, &root, &unfit.path);
        }
        for bundle in &mut resolved.bundled {
            bundle.folder = inside(target, &root, &bundle.folder);
        }
        for subject in &mut resolved.subjects {
            subject.shown = inside(target, &root, &subject.path);
            subject.wheel = resolved.sha256.clone();
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
                    wheel: None,
                };
                Ok(Some(Resolved { subjects: vec![subject], ..Resolved::default() }))
            }
            _ => {
                let folders = found["folders"].as_array().into_iter().flatten().filter_map(|one| one.as_str());
                let mut all = Resolved::default();
                for folder in folders.map(Path::new) {
                    let root = folder.ancestors().nth(name.split('.').count()).unwrap_or(folder).to_owned();
                    let files = distribution::files_below(folder);
                    let versions = distribution::versions(&root);
                    match self.members(&root, files, &|file| version_in(&versions, &root, file), name) {
                        Ok(more) => all.merge(more),
                        Err(TargetError::Pure(_)) => {}
                        Err(error) => return Err(error),
                    }
                }
                // The package's folder is on sys.path already.
                all.subjects.iter_mut().for_each(|subject| subject.roots.clear());
                if all.is_empty() {
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
        let root = fetch::fetch(&self.host.interpreter, Wanted::One(&requirement), &requirement, &self.scratch)?;
        let Distribution { version, files } =
            distribution::find(&root, project).ok_or_else(|| TargetError::Pure(project.to_owned()))?;
        let mut resolved = self.members(&root, files, &|_| Some(version.clone()), project)?;
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
        version: &dyn Fn(&Path) -> Option<String>,
        name: &str,
    ) -> Result<Resolved, TargetError> {
        let suffixes = self.suffixes();
        let mut chosen: BTreeMap<String, (usize, PathBuf)> = BTreeMap::new();
        let mut skipped = Vec::new();
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
                skipped.push(format!("{text}: not importable under this name"));
                continue;
            }
            // Of several files for one name the import system takes the first suffix of its list.
            let better = chosen.get(&stem).is_none_or(|(other, _)| rank < *other);
            if better {
                chosen.insert(stem, (rank, file));
            }
        }
        let mut resolved = Resolved { skipped, ..Resolved::default() };
        for (name, (_, path)) in chosen {
            let read = Extension::read(&path).map_err(TargetError::from);
            let checked = read.and_then(|extension| self.check_machine(&path, &extension).map(|()| extension));
            let extension = match checked {
                Ok(extension) => extension,
                Err(error) => {
                    resolved.failed.push(Unfit { name, path, error: error.to_string() });
                    continue;
                }
            };
            let last = name.rsplit('.').next().unwrap_or(&name);
            if !extension.module_names().iter().any(|known| known == last) {
                resolved.skipped.push(format!("{name}: exports no init function"));
                continue;
            }
            resolved.subjects.push(Subject {
                name,
                version: version(&path),
                shown: path.clone(),
                path,
                roots: vec![root.to_owned()],
                extension,
                wheel: None,
            });
        }
        if resolved.is_empty() {
            return Err(TargetError::Pure(name.to_owned()));
        }
        resolved.bundled = bundled(root, &resolved.subjects);
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

/// The wheels that lie in a folder.
fn wheels_in(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let paths = std::fs::read_dir(folder)?.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    let mut wheels: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|end| end == "whl") && path.is_file()).collect();
    wheels.sort();
    Ok(wheels)
}

/// The folders of bundled libraries that these modules are linked with: `NAME.libs` beside the packages, or `.libs` in one.
fn bundled(root: &Path, subjects: &[Subject]) -> Vec<Bundle> {
    let names = |folder: &Path| -> Vec<String> {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    };
    let mut folders: Vec<PathBuf> =
        names(root).iter().filter(|name| name.ends_with(".libs")).map(|name| root.join(name)).collect();
    for subject in subjects {
        let inner = root.join(subject.package()).join(".libs");
        if inner.is_dir() && !folders.contains(&inner) {
            folders.push(inner);
        }
    }
    let all = folders.into_iter().map(|folder| Bundle { files: names(&folder), folder });
    let linked = |bundle: &Bundle| {
        subjects.iter().any(|subject| subject.extension.needed.iter().any(|needed| bundle.files.contains(needed)))
    };
    all.filter(linked).collect()
}

/// The version of the distribution that has this file.
fn version_in(versions: &HashMap<String, String>, root: &Path, file: &Path) -> Option<String> {
    versions.get(&*file.strip_prefix(root).ok()?.to_string_lossy()).cloned()
}

/// The place of an unpacked file in its wheel.
fn inside(wheel: &str, root: &Path, file: &Path) -> PathBuf {
    match file.strip_prefix(root) {
        Ok(member) => PathBuf::from(format!("{wheel}!/{}", member.display())),
        Err(_) => file.to_owned(),
    }
}

fn sha256_of(path: &Path) -> std::io::Result<String> {
    let mut digest = Sha256::new();
    std::io::copy(&mut std::fs::File::open(path)?, &mut digest)?;
    Ok(fetch::hex(&digest.finalize()))
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

pub(crate) fn is_identifier(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}

impl Subject {
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
