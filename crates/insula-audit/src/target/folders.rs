//! Folders, environments and files of requirements.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::{
    Owner, Resolved, TargetError, Unfit, Wanted, WheelError, distribution, dotted, fetch, files, inputs, is_identifier,
    members, named, owner_in,
};
use crate::experiments::Lab;

/// The wheels in a folder, and the extension modules below it.
pub(super) fn resolve_folder(lab: &Lab, folder: &Path) -> Result<Resolved, TargetError> {
    let shown = folder.display().to_string();
    if folder.join("pyvenv.cfg").is_file() {
        return Err(TargetError::VirtualEnvironment(shown));
    }
    let mut all = Resolved::default();
    let wheels = wheels_in(folder).map_err(|error| TargetError::Unreadable(shown.clone(), error))?;
    for wheel in wheels {
        let wheel = wheel.display().to_string();
        match files::resolve_wheel(lab, &wheel) {
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
    all.merge(everything_below(lab, &folder)?);
    if all.is_empty() {
        let suffix = lab.host.interpreter.facts.ext_suffix.clone();
        let version = lab.host.interpreter.version.to_string();
        return Err(TargetError::EmptyFolder { path: shown, version, suffix });
    }
    Ok(all)
}

/// Everything that is installed where the interpreter installs.
pub(super) fn resolve_environment(lab: &Lab) -> Result<Resolved, TargetError> {
    let folder = &lab.host.interpreter.facts.site_packages;
    let mut all = everything_below(lab, folder)?;
    // The folder is on sys.path already.
    all.subjects.iter_mut().for_each(|subject| subject.roots.clear());
    for (owner, names) in distribution::editable(folder) {
        for name in names.iter().filter(|name| is_identifier(name)) {
            all.merge(in_editable_form(lab, folder, &owner, name));
        }
    }
    if all.is_empty() {
        return Err(TargetError::Pure(folder.display().to_string()));
    }
    Ok(all)
}

/// The extension modules of a package whose files are where its source code is.
fn in_editable_form(lab: &Lab, installed: &Path, owner: &Owner, name: &str) -> Resolved {
    let mut found = match named::resolve_installed(lab, name) {
        Ok(found) => found.unwrap_or_default(),
        Err(TargetError::Pure(_) | TargetError::Builtin(_)) => Resolved::default(),
        Err(error) => {
            let unfit = Unfit { name: name.to_owned(), path: name.into(), error: error.to_string() };
            Resolved { failed: vec![unfit], ..Resolved::default() }
        }
    };
    // A namespace has parts of others, too.
    found.subjects.retain(|subject| !subject.path.starts_with(installed));
    found.subjects.iter_mut().for_each(|subject| subject.owner = Some(owner.clone()));
    found
}

/// The environment that pip makes of a file of requirements.
pub(super) fn resolve_requirements(lab: &Lab, path: &Path) -> Result<Resolved, TargetError> {
    let needs = inputs::read(path, &lab.host.interpreter)?;
    let unwritable = |error| TargetError::Unreadable(path.display().to_string(), error);
    let mut file = tempfile::NamedTempFile::new_in(&lab.scratch).map_err(unwritable)?;
    file.write_all((needs.lines.join("\n") + "\n").as_bytes()).map_err(unwritable)?;
    let wanted = Wanted::File(path, file.path(), needs.complete);
    let root = fetch::fetch(&lab.host.interpreter, wanted, &needs.key(), &lab.scratch)?;
    let mut all = everything_below(lab, &root)?;
    all.skipped.extend(needs.left_out);
    if all.is_empty() {
        return Err(TargetError::Pure(path.display().to_string()));
    }
    Ok(all)
}

/// Every extension module below a folder, which is on `sys.path` or holds folders that would be.
pub(super) fn everything_below(lab: &Lab, folder: &Path) -> Result<Resolved, TargetError> {
    let mut by_root: BTreeMap<PathBuf, Vec<PathBuf>> = BTreeMap::new();
    for file in distribution::files_below(folder) {
        let text = file.to_string_lossy();
        if members::suffixes(lab).iter().any(|suffix| text.ends_with(suffix.as_str())) {
            let root = dotted(&file, "").0.unwrap_or_else(|| folder.to_owned());
            by_root.entry(root).or_default().push(file);
        }
    }
    let mut all = Resolved::default();
    for (root, files) in by_root {
        let owners = distribution::owners(&root);
        match members::members(lab, &root, files, &|file| owner_in(&owners, &root, file), "") {
            Ok(more) => all.merge(more),
            Err(TargetError::Pure(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(all)
}

/// The wheels that lie in a folder.
pub(super) fn wheels_in(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let paths = std::fs::read_dir(folder)?.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    let mut wheels: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|end| end == "whl") && path.is_file()).collect();
    wheels.sort();
    Ok(wheels)
}
