//! Lines of requirements that are a path or an address, and the distributions that they name.

use std::path::{Path, PathBuf};

use pep508_rs::MarkerEnvironment;
use toml::{Table, Value};

use super::{Needs, holds};
use crate::target::distribution::normal;

/// Whether a line is a path or an address rather than a name.
pub(super) fn is_source(text: &str, folder: &Path) -> bool {
    let word = text.split([' ', ';']).next().unwrap_or_default();
    let is_file = [".whl", ".tar.gz", ".zip"].iter().any(|ending| word.ends_with(ending));
    let is_path = word.starts_with(['.', '/']) || word.contains('/') && folder.join(word).exists();
    // `name @ address` has a name.
    (is_path || is_file || word.contains("://")) && !text.contains('@') || word.contains("://")
}

/// A folder, an archive or an address; pip looks for it from where it is run, and a file's own folder is as good.
pub(super) fn source(text: &str, folder: &Path, markers: &MarkerEnvironment, needs: &mut Needs) -> Result<(), String> {
    if text.is_empty() {
        return Err("there is no folder behind the option".to_owned());
    }
    let (place, marker) = text.split_once(" ;").or_else(|| text.split_once("; ")).unwrap_or((text, ""));
    if !marker.is_empty() && holds(marker.trim(), markers) == Some(false) {
        return Ok(());
    }
    let place = place.split(" --").next().unwrap_or_default().trim();
    let found = if place.contains("://") && !place.starts_with("file://") {
        needs.lines.push(text.to_owned());
        None
    } else {
        Some(local(place, folder, needs)?)
    };
    let told = found.as_deref().filter(|path| path.is_dir()).map_or_else(|| named_by(place), project);
    match told {
        Some(name) => needs.names.push(normal(&name)),
        None => needs.nameless.push(place.to_owned()),
    }
    Ok(())
}

/// A file or a folder here.
fn local(text: &str, folder: &Path, needs: &mut Needs) -> Result<PathBuf, String> {
    let text = text.strip_prefix("file://").unwrap_or(text);
    let text = text.split('#').next().unwrap_or_default();
    let (path, extras) = text.split_once('[').map_or((text, String::new()), |(path, rest)| (path, format!("[{rest}")));
    let path = path.trim();
    let is_project = |path: &Path| ["pyproject.toml", "setup.py"].iter().any(|name| path.join(name).is_file());
    let here = std::path::absolute(path).unwrap_or_else(|_| path.into());
    let found: Vec<PathBuf> =
        [here, folder.join(path)].into_iter().filter_map(|path| path.canonicalize().ok()).collect();
    if found.is_empty() {
        return Err("there is no such file or folder".to_owned());
    }
    let path = found.into_iter().find(|path| path.is_file() || is_project(path));
    let path = path.ok_or("the folder has neither a pyproject.toml nor a setup.py")?;
    if path.is_dir() {
        needs.sources.push(path.clone());
    }
    // A path with a space, or with a bracket of its own, is an address for pip.
    needs.lines.push(format!("{}{extras}", path.display()));
    Ok(path)
}

/// The distribution that an address or the name of an archive tells: `#egg=NAME`, `NAME-1.0-py3-none-any.whl`,
/// `NAME-1.0.tar.gz`. The name of a repository tells nothing.
fn named_by(place: &str) -> Option<String> {
    let (address, fragment) = place.split_once('#').unwrap_or((place, ""));
    let egg = fragment.split('&').find_map(|part| part.strip_prefix("egg="));
    if let Some(egg) = egg {
        return egg.split('[').next().filter(|name| !name.is_empty()).map(str::to_owned);
    }
    // Behind the file's name may stand a query or extras.
    let file = address.split(['?', '[']).next()?.rsplit('/').next()?;
    if let Some(stem) = file.strip_suffix(".whl") {
        // The five parts of a wheel's name; a distribution's name has no hyphen there.
        return (stem.matches('-').count() >= 4).then(|| stem.split('-').next().unwrap_or_default().to_owned());
    }
    let stem = [".tar.gz", ".zip"].iter().find_map(|ending| file.strip_suffix(ending))?;
    let (name, version) = stem.rsplit_once('-')?;
    version.starts_with(|c: char| c.is_ascii_digit()).then(|| name.to_owned())
}

/// The name of the project in a folder, where its `pyproject.toml` says it.
fn project(folder: &Path) -> Option<String> {
    let text = std::fs::read_to_string(folder.join("pyproject.toml")).ok()?;
    let document: Table = toml::from_str(&text).ok()?;
    let poetry = || document.get("tool").and_then(|tool| tool.get("poetry"));
    let table = document.get("project").or_else(poetry)?;
    table.get("name").and_then(Value::as_str).map(str::to_owned)
}
