//! The extension modules among many files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use insula_xray::Extension;

use super::{INIT, Owner, Resolved, Subject, TargetError, Unfit, is_identifier};
use crate::experiments::Lab;
use crate::report::Bundle;

/// The extension modules among files of one package or distribution that this interpreter would import.
pub(super) fn members(
    lab: &Lab,
    root: &Path,
    files: Vec<PathBuf>,
    owner: &dyn Fn(&Path) -> Option<Owner>,
    name: &str,
) -> Result<Resolved, TargetError> {
    let suffixes = suffixes(lab);
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
        // An extension module in the place of `__init__.py` is the package itself.
        let stem = stem.strip_suffix(&format!(".{INIT}")).map_or(stem.clone(), str::to_owned);
        // Of several files for one name the import system takes the first suffix of its list.
        let better = chosen.get(&stem).is_none_or(|(other, _)| rank < *other);
        if better {
            chosen.insert(stem, (rank, file));
        }
    }
    let mut resolved = Resolved { skipped, ..Resolved::default() };
    for (name, (_, path)) in chosen {
        let read = Extension::read(&path).map_err(TargetError::from);
        let checked = read.and_then(|extension| check_machine(lab, &path, &extension).map(|()| extension));
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
            owner: owner(&path),
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

pub(super) fn check_machine(lab: &Lab, path: &Path, extension: &Extension) -> Result<(), TargetError> {
    let wanted = &lab.host.interpreter.facts.machine;
    if extension.machine == *wanted {
        return Ok(());
    }
    Err(TargetError::Machine {
        path: path.display().to_string(),
        found: extension.machine.clone(),
        wanted: wanted.clone(),
    })
}

/// The suffixes of extension modules, in the import system's order.
pub(super) fn suffixes(lab: &Lab) -> Vec<String> {
    vec![lab.host.interpreter.facts.ext_suffix.clone(), ".abi3.so".to_owned(), ".so".to_owned()]
}

/// The folders of bundled libraries that these modules are linked with: `NAME.libs` beside the packages, or `.libs`
/// in one.
pub(super) fn bundled(root: &Path, subjects: &[Subject]) -> Vec<Bundle> {
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
