//! `tests/isolate/real/packages.toml`, and the versions that are pinned for each interpreter.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use insula_pythons::Interpreter;
use serde::Deserialize;

use crate::workspace;

/// One package of PyPI.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Package {
    pub(crate) name: String,
    /// What is imported.
    pub(crate) imports: Vec<String>,
    pub(crate) tests: Option<Tests>,
    /// Why something is not as it should be: by version of CPython, or `all`.
    #[serde(default)]
    pub(crate) known: BTreeMap<String, String>,
    /// Belongs to the selection that continuous integration runs: on these versions.
    #[serde(default)]
    pub(crate) selected: Vec<String>,
}

/// A package's own tests.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tests {
    #[serde(rename = "in")]
    pub(crate) place: Place,
    /// Modules of the installed package, or files and folders of the sdist.
    pub(crate) select: Vec<String>,
    /// What else of the sdist they need.
    #[serde(default)]
    pub(crate) data: Vec<String>,
    /// The distribution whose sdist it is, if another.
    pub(crate) of: Option<String>,
    /// What else they import.
    #[serde(default)]
    pub(crate) needs: Vec<String>,
    /// Tests that are not run, each with the reason: parts of names, ids with a `/`, or marks, as `@slow`.
    #[serde(default)]
    pub(crate) without: BTreeMap<String, String>,
    /// Environment variables for them, as `NAME=value`, each with the reason.
    #[serde(default)]
    pub(crate) environment: BTreeMap<String, String>,
    /// Parts of test ids, or of their errors, that may end otherwise than in the main interpreter, each with the
    /// reason.
    #[serde(default)]
    pub(crate) otherwise: BTreeMap<String, String>,
    /// The versions of CPython to run them on, if not all.
    pub(crate) on: Option<Vec<String>>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Place {
    Installed,
    Sdist,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    package: Vec<Package>,
}

/// The folder of the programs, the uses and the lists.
pub(crate) fn folder() -> PathBuf {
    workspace::root().join("tests/isolate/real")
}

/// All of them, in the order of the file.
pub(crate) fn all() -> Result<Vec<Package>> {
    let path = folder().join("packages.toml");
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let file: File = toml::from_str(&text).with_context(|| format!("cannot read {}", path.display()))?;
    for package in &file.package {
        if !package.file().is_file() {
            bail!("{} is missing: it says how {} is used", package.file().display(), package.name);
        }
    }
    Ok(file.package)
}

impl Package {
    /// The file that uses it.
    pub(crate) fn file(&self) -> PathBuf {
        folder().join("uses").join(format!("{}.py", self.name))
    }

    /// Why something may not be as it should on this version.
    pub(crate) fn known(&self, version: &str) -> Option<&str> {
        self.known.get(version).or_else(|| self.known.get("all")).map(String::as_str)
    }
}

/// `3.13`.
pub(crate) fn version(python: &Interpreter) -> String {
    let (major, minor) = python.version.feature();
    format!("{major}.{minor}")
}

/// Where the versions for an interpreter are pinned.
pub(crate) fn pins_file(python: &Interpreter) -> PathBuf {
    folder().join("pins").join(format!("{}.txt", version(python)))
}

/// The pinned versions, by normalised name.
pub(crate) fn pins(file: &Path) -> Result<BTreeMap<String, String>> {
    let text = fs::read_to_string(file)
        .with_context(|| format!("cannot read {}; `cargo xtask isolate --pin` makes it", file.display()))?;
    Ok(text
        .lines()
        .filter_map(|line| line.split_once("=="))
        .map(|(name, version)| (normal(name), version.trim().to_owned()))
        .collect())
}

/// A name as PyPI compares it.
pub(crate) fn normal(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    lower.split(['-', '_', '.']).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::{all, normal};

    #[test]
    fn the_list_is_read_and_each_package_is_named_once() {
        let mut names: Vec<String> = all().expect("the list").iter().map(|package| normal(&package.name)).collect();
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
        assert!(count >= 64, "{count}");
    }

    #[test]
    fn names_are_compared_as_pypi_does() {
        assert_eq!(normal("Zope.Interface"), "zope-interface");
        assert_eq!(normal("ruamel.yaml__clib"), "ruamel-yaml-clib");
    }
}
