//! Single files: extension modules and wheels.

use std::path::{Path, PathBuf};

use insula_xray::Extension;

use super::{
    INIT, Owner, Resolved, Subject, TargetError, Wanted, distribution, dotted, fetch, members, sha256_of, wheel,
};
use crate::experiments::Lab;

pub(super) fn resolve_file(lab: &Lab, path: &Path) -> Result<Resolved, TargetError> {
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let shown = path.display().to_string();
    let extension = Extension::read(&path)?;
    members::check_machine(lab, &path, &extension)?;
    let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let (stem, suffix) = file.split_once('.').unwrap_or((file.as_str(), ""));
    let known = extension.module_names();
    let Some(first) = known.first() else {
        return Err(TargetError::NoInit(shown));
    };
    let suffix = format!(".{suffix}");
    if !members::suffixes(lab).contains(&suffix) && (suffix.starts_with(".cpython-") || suffix.starts_with(".pypy")) {
        let wanted = lab.host.interpreter.facts.ext_suffix.clone();
        return Err(TargetError::Tag { path: shown, tag: suffix, suffix: wanted });
    }
    // A file that is part of a package has to be imported as such; what is no file name of a module at all (a build
    // artefact such as libfoo.so) is imported under the name of its init function.
    let is_stem = stem == INIT || known.iter().any(|name| name == stem);
    let (root, name) = dotted(&path, if is_stem { stem } else { first });
    let owner = root.as_deref().and_then(|root| distribution::owner_of_file(root, &path));
    let subject =
        Subject { name, shown: path.clone(), path, roots: root.into_iter().collect(), owner, extension, wheel: None };
    Ok(Resolved { subjects: vec![subject], ..Resolved::default() })
}

pub(super) fn resolve_wheel(lab: &Lab, target: &str) -> Result<Resolved, TargetError> {
    let path = Path::new(target);
    if !path.is_file() {
        return Err(TargetError::NoFile(target.to_owned()));
    }
    let mut wheel = wheel::open(path, &lab.host)?;
    let digest = sha256_of(path).map_err(|error| TargetError::Unreadable(target.to_owned(), error))?;
    let root = match (wheel.needs_others, std::path::absolute(path)) {
        (true, Ok(absolute)) => {
            let key = format!("{} {digest}", wheel.name);
            fetch::fetch(&lab.host.interpreter, Wanted::One(&absolute.to_string_lossy()), &key, &lab.scratch)?
        }
        _ => wheel.unpack(&lab.scratch)?,
    };
    let files = wheel.members.iter().map(|member| root.join(member)).collect();
    let owner = Owner { name: distribution::normal(&wheel.name), version: wheel.version.clone() };
    let mut resolved = members::members(lab, &root, files, &|_| Some(owner.clone()), &wheel.name)?;
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

/// The place of an unpacked file in its wheel.
pub(super) fn inside(wheel: &str, root: &Path, file: &Path) -> PathBuf {
    match file.strip_prefix(root) {
        Ok(member) => PathBuf::from(format!("{wheel}!/{}", member.display())),
        Err(_) => file.to_owned(),
    }
}
