//! Installed distributions: their metadata tells which files are theirs, whatever the import names are.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// What the metadata of an installed distribution says.
#[derive(Debug)]
pub(crate) struct Distribution {
    /// Its version.
    pub(crate) version: String,
    /// Its files.
    pub(crate) files: Vec<PathBuf>,
}

/// The distribution that a file belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Owner {
    /// Its name, in its normal form.
    pub(crate) name: String,
    /// Its version.
    pub(crate) version: String,
}

/// The distribution of that name below a `sys.path` folder.
pub(crate) fn find(root: &Path, project: &str) -> Option<Distribution> {
    let wanted = normal(project);
    let (_, version, folder) = all(root).into_iter().find(|(name, ..)| *name == wanted)?;
    let files = recorded(&folder).map(|relative| root.join(relative)).collect();
    Some(Distribution { version, files })
}

/// The distribution that a file below `root` belongs to.
pub(crate) fn owner_of_file(root: &Path, file: &Path) -> Option<Owner> {
    let relative = file.strip_prefix(root).ok()?.to_string_lossy().into_owned();
    let owner = all(root).into_iter().find(|(_, _, folder)| recorded(folder).any(|entry| entry == relative));
    owner.map(|(name, version, _)| Owner { name, version })
}

/// The distribution for every file (relative to `root`) that some distribution below `root` lists.
pub(crate) fn owners(root: &Path) -> HashMap<String, Owner> {
    let files = |(name, version, folder): (String, String, PathBuf)| {
        let owner = Owner { name, version };
        recorded(&folder).map(move |file| (file, owner.clone())).collect::<Vec<_>>()
    };
    all(root).into_iter().flat_map(files).collect()
}

/// The names and versions of all distributions below a `sys.path` folder.
pub(crate) fn installed(root: &Path) -> Vec<(String, String)> {
    let mut names: Vec<_> = all(root).into_iter().map(|(name, version, _)| (name, version)).collect();
    names.sort();
    names
}

/// The distributions below a `sys.path` folder that are installed in editable form, each with the names of what it is
/// imported by.
pub(crate) fn editable(root: &Path) -> Vec<(Owner, Vec<String>)> {
    let mut found: Vec<_> = all(root).into_iter().filter(|(_, _, folder)| is_editable(folder)).collect();
    found.sort();
    let names = |(name, version, folder): (String, String, PathBuf)| {
        let said = std::fs::read_to_string(folder.join("top_level.txt")).unwrap_or_default();
        let mut names: Vec<String> = said.split_whitespace().map(str::to_owned).collect();
        if names.is_empty() {
            let paths = recorded(&folder).filter(|file| file.ends_with(".pth"));
            names = paths.flat_map(|file| on_path(&root.join(file))).collect();
        }
        if names.is_empty() {
            // The name of most.
            names.push(name.replace('-', "_"));
        }
        (Owner { name, version }, names)
    };
    found.into_iter().map(names).collect()
}

/// Direct URLs of distributions: the specification of the same name, "direct_url.json".
fn is_editable(folder: &Path) -> bool {
    let text = std::fs::read_to_string(folder.join("direct_url.json")).unwrap_or_default();
    serde_json::from_str::<DirectUrl>(&text).is_ok_and(|said| said.dir_info.editable)
}

#[derive(Deserialize)]
struct DirectUrl {
    dir_info: DirInfo,
}

#[derive(Deserialize)]
struct DirInfo {
    #[serde(default)]
    editable: bool,
}

/// The packages and modules in the folders that a `.pth` file puts on the path.
fn on_path(file: &Path) -> Vec<String> {
    let text = std::fs::read(file).unwrap_or_default();
    let text = String::from_utf8_lossy(&text).into_owned();
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && Path::new(line).is_dir());
    let name = |path: PathBuf| {
        let name = path.file_name()?.to_string_lossy().into_owned();
        let stem = name.split('.').next()?.to_owned();
        let importable = path.join("__init__.py").is_file() || (path.is_file() && name.ends_with(".so"));
        importable.then_some(stem)
    };
    let entries = lines.flat_map(|line| std::fs::read_dir(line).into_iter().flatten().flatten());
    entries.filter_map(|entry| name(entry.path())).collect()
}

/// Every file below a folder, in the order of their names.
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries.flatten() {
            // Links to folders are not followed: they may lead in a circle.
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                Ok(_) => files.push(entry.path()),
                Err(_) => {}
            }
        }
    }
    files.sort();
    files
}

/// Name (normalised), version and metadata folder of all distributions below a `sys.path` folder.
fn all(root: &Path) -> Vec<(String, String, PathBuf)> {
    let Ok(entries) = std::fs::read_dir(root) else {
        return Vec::new();
    };
    let parse = |path: PathBuf| {
        let folder = path.file_name()?.to_string_lossy().into_owned();
        let (name, version) = folder.strip_suffix(".dist-info")?.rsplit_once('-')?;
        Some((normal(name), version.to_owned(), path))
    };
    entries.flatten().filter_map(|entry| parse(entry.path())).collect()
}

/// The paths in a distribution's list of files.
fn recorded(folder: &Path) -> impl Iterator<Item = String> {
    let text = std::fs::read_to_string(folder.join("RECORD")).unwrap_or_default();
    // path,hash,size; a path with a comma is quoted, which no extension module's is.
    let paths = text.lines().filter_map(|line| line.split(',').next()).map(str::to_owned).collect::<Vec<_>>();
    paths.into_iter()
}

/// Distribution names are equal without regard to case and to runs of `-`, `_` and `.`.
pub(crate) fn normal(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        let c = if "-_.".contains(c) { '-' } else { c.to_ascii_lowercase() };
        if c != '-' || !out.ends_with('-') {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::normal;

    #[test]
    fn names_that_the_index_takes_for_equal_are_equal() {
        assert_eq!(normal("Rpds_PY"), normal("rpds-py"));
        assert_eq!(normal("a.-_b"), "a-b");
    }
}
