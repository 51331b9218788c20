//! Names: of modules that the interpreter can import, and of distributions that it cannot.

use std::path::{Path, PathBuf};

use insula_xray::Extension;

use super::fetch::FetchError;
use super::{
    Distribution, Owner, Resolved, Subject, TargetError, Wanted, distribution, fetch, files, folders, is_identifier,
    members, owner_in, root_of,
};
use crate::app;
use crate::experiments::Lab;
use crate::worker::protocol::{Located, Place, Scenario};
use crate::worker::task::Task;

pub(super) fn resolve_named(lab: &Lab, target: &str) -> Result<Resolved, TargetError> {
    let path = Path::new(target);
    if path.is_dir() {
        match folders::resolve_folder(lab, path) {
            // A folder of source code has the name of what is imported.
            Err(TargetError::EmptyFolder { .. }) if is_identifier(target) => {}
            other => return other,
        }
    }
    if target.ends_with(".whl") {
        return files::resolve_wheel(lab, target);
    }
    if target.contains('/') || target.ends_with(".so") || path.is_file() {
        if !path.exists() {
            return Err(TargetError::NoFile(target.to_owned()));
        }
        return files::resolve_file(lab, path);
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
        && let Some(resolved) = match resolve_installed(lab, name) {
            Err(TargetError::Pure(pure)) => Some(resolve_beside(lab, pure)?),
            other => other?,
        }
    {
        return Ok(resolved);
    }
    if version.is_none()
        && let Some(resolved) = resolve_by_distribution(lab, name)?
    {
        return Ok(resolved);
    }
    let is_project = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    if version.is_none() && !lab.fetch && is_project {
        return Err(TargetError::NotImportable(name.to_owned(), lab.host.interpreter.version.to_string()));
    }
    resolve_distribution(lab, name, version)
}

/// What the interpreter itself would import; none if it knows no such name.
pub(super) fn resolve_installed(lab: &Lab, name: &str) -> Result<Option<Resolved>, TargetError> {
    let own = python_path();
    let task = Task { scenario: Scenario::Locate, name: name.to_owned(), roots: own.clone(), ..Task::default() };
    let run = lab.work(&task, &mut |_, _, _| {})?;
    let Some(Located { kind, file, folders }) = run.first().filter(|_| run.unreadable.is_none()) else {
        let said = run.stderr.lines().last().unwrap_or("it ended without a word").to_owned();
        return Err(TargetError::Locate(name.to_owned(), said));
    };
    match (kind, file) {
        (Place::Missing, _) => Ok(None),
        (Place::Builtin, _) => Err(TargetError::Builtin(name.to_owned())),
        (Place::Extension, Some(file)) if folders.is_empty() => {
            let extension = Extension::read(file)?;
            let root = root_of(file, name);
            let owner = distribution::owner_of_file(&root, file);
            let subject = Subject {
                name: name.to_owned(),
                shown: file.clone(),
                path: file.clone(),
                roots: needed(&own, file),
                owner: owner.or_else(|| standard_library(lab, &root)),
                extension,
                wheel: None,
            };
            Ok(Some(Resolved { subjects: vec![subject], ..Resolved::default() }))
        }
        _ => {
            let mut all = Resolved::default();
            for folder in folders {
                let root = folder.ancestors().nth(name.split('.').count()).unwrap_or(folder).to_owned();
                let files = distribution::files_below(folder);
                let owners = distribution::owners(&root);
                match members::members(lab, &root, files, &|file| owner_in(&owners, &root, file), name) {
                    Ok(more) => all.merge(more),
                    Err(TargetError::Pure(_)) => {}
                    Err(error) => return Err(error),
                }
            }
            // The package's folder is on sys.path already.
            all.subjects.iter_mut().for_each(|subject| subject.roots = needed(&own, &subject.path));
            if all.is_empty() {
                return Err(TargetError::Pure(name.to_owned()));
            }
            Ok(Some(all))
        }
    }
}

/// What stands for a module without compiled parts: the extension modules that its distribution has elsewhere, as
/// `rjsmin` has `_rjsmin`, else those of others that importing it loads.
fn resolve_beside(lab: &Lab, name: String) -> Result<Resolved, TargetError> {
    match compiled_parts(lab, &name)? {
        Some(resolved) => Ok(resolved),
        None if lab.dependencies => resolve_loaded(lab, &name),
        None => Err(TargetError::Pure(name)),
    }
}

/// The folders of PYTHONPATH. Workers do not inherit it: what is found without it is audited without it.
fn python_path() -> Vec<PathBuf> {
    let named = std::env::var_os("PYTHONPATH").unwrap_or_default();
    let folders = std::env::split_paths(&named).filter(|path| path.is_dir());
    folders.filter_map(|path| std::path::absolute(path).ok()).collect()
}

/// What `sys.path` needs to have for a file: all of PYTHONPATH, if the file is below one of its folders.
fn needed(own: &[PathBuf], file: &Path) -> Vec<PathBuf> {
    if own.iter().any(|folder| file.starts_with(folder)) { own.to_vec() } else { Vec::new() }
}

/// The extension modules of others that importing a package without compiled parts loads.
fn resolve_loaded(lab: &Lab, name: &str) -> Result<Resolved, TargetError> {
    instead(name, app::loaded(&lab.host, name, lab.limits.time).unwrap_or_default(), &[])
}

/// What stands for a package without compiled parts.
fn instead(name: &str, loaded: Vec<(String, PathBuf)>, roots: &[PathBuf]) -> Result<Resolved, TargetError> {
    let mut all = Resolved::default();
    for (module, file) in loaded {
        all.subjects.push(super::of_file(&module, &file, roots.to_vec())?);
    }
    if all.is_empty() {
        return Err(TargetError::Pure(name.to_owned()));
    }
    all.note = Some(format!("{name} has no compiled part; audited is what importing it loads (without --no-deps)"));
    Ok(all)
}

/// What the distribution of that name has installed in the interpreter's environment: people know a package by the name
/// that pip has for it, which need not be that of a module. None if there is none.
fn resolve_by_distribution(lab: &Lab, name: &str) -> Result<Option<Resolved>, TargetError> {
    let root = &lab.host.interpreter.facts.site_packages;
    if distribution::find(root, name).is_none() {
        return Ok(None);
    }
    match compiled_parts(lab, name)? {
        Some(resolved) => Ok(Some(resolved)),
        None if lab.dependencies => {
            let loaded = app::loaded_by(&lab.host, name, root, lab.limits.time).unwrap_or_default();
            instead(name, loaded, &[]).map(Some)
        }
        None => Err(TargetError::Pure(name.to_owned())),
    }
}

/// The extension modules of the distribution of that name; none if it has none, or if there is no such distribution.
fn compiled_parts(lab: &Lab, name: &str) -> Result<Option<Resolved>, TargetError> {
    let root = &lab.host.interpreter.facts.site_packages;
    let Some(found) = distribution::find(root, name) else { return Ok(None) };
    let mut resolved = match of_distribution(lab, root, name, found) {
        Err(TargetError::Pure(_)) => return Ok(None),
        other => other?,
    };
    // That folder is on sys.path already.
    resolved.subjects.iter_mut().for_each(|subject| subject.roots.clear());
    let mut packages: Vec<&str> = resolved.subjects.iter().map(Subject::package).collect();
    packages.dedup();
    resolved.note =
        Some(format!("{name} is a distribution, and its extension modules are below {}", packages.join(", ")));
    Ok(Some(resolved))
}

/// The extension modules among a distribution's files.
fn of_distribution(lab: &Lab, root: &Path, name: &str, found: Distribution) -> Result<Resolved, TargetError> {
    let owner = Owner { name: distribution::normal(name), version: found.version };
    members::members(lab, root, found.files, &|_| Some(owner.clone()), name)
}

/// A distribution of the package index, or a module of one. `zope.interface` may be either: the longest part of the
/// name that the index knows is the distribution.
pub(super) fn resolve_distribution(lab: &Lab, name: &str, version: Option<&str>) -> Result<Resolved, TargetError> {
    if !name.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return Err(TargetError::NoDistribution(name.to_owned(), lab.host.interpreter.version.to_string()));
    }
    let mut project = name;
    let root = loop {
        let requirement = version.map_or(project.to_owned(), |version| format!("{project}=={version}"));
        match fetch::fetch(&lab.host.interpreter, Wanted::One(&requirement), &requirement, &lab.scratch) {
            Ok(root) => break root,
            Err(error @ FetchError::NoWheel { .. }) => match project.rsplit_once('.') {
                Some((parent, _)) if name.split('.').all(is_identifier) => project = parent,
                _ => return Err(error.into()),
            },
            Err(error) => return Err(error.into()),
        }
    };
    let found = distribution::find(&root, project).ok_or_else(|| TargetError::Pure(project.to_owned()))?;
    let mut resolved = match of_distribution(lab, &root, project, found) {
        Err(TargetError::Pure(_)) if lab.dependencies && project == name => {
            let loaded = app::loaded_by(&lab.host, project, &root, lab.limits.time).unwrap_or_default();
            return instead(name, loaded, std::slice::from_ref(&root));
        }
        other => other?,
    };
    if project != name {
        let below = format!("{name}.");
        resolved.subjects.retain(|subject| subject.name == name || subject.name.starts_with(&below));
        if resolved.subjects.is_empty() {
            return Err(TargetError::NoMember(project.to_owned(), name.to_owned()));
        }
    }
    Ok(resolved)
}

/// Modules of the standard library have the interpreter's version.
pub(super) fn standard_library(lab: &Lab, root: &Path) -> Option<Owner> {
    let facts = &lab.host.interpreter.facts;
    let own = facts.lib_dynload.as_deref() == Some(root) || root.starts_with(&facts.stdlib);
    let version = lab.host.interpreter.version.to_string();
    (own && !root.starts_with(&facts.site_packages)).then(|| Owner { name: "standard library".to_owned(), version })
}
