//! Where a project takes the framework from.

use std::fs;
use std::path::{Path, PathBuf};

use toml::Value;

/// The framework's crate in a checkout of Insula.
const CRATE: &str = "crates/insula";

/// A checkout, a repository, or the registry.
#[derive(Debug)]
pub(super) enum Source {
    Folder(PathBuf),
    Git(String),
    Version(&'static str),
}

impl Source {
    /// What the user says; else the checkout that this program was built from, so that what it makes can be built
    /// before the crates are on a registry; else this version.
    pub(super) fn choose(path: Option<&Path>, git: Option<&str>) -> Result<Self, String> {
        if let Some(url) = git {
            return Ok(Self::Git(url.to_owned()));
        }
        if let Some(folder) = path {
            let found = framework(folder).ok_or_else(|| {
                format!("{} is no checkout of Insula: it has no {CRATE}; name one with --path", folder.display())
            });
            return found.map(Self::Folder);
        }
        let origin = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
        Ok(origin.and_then(framework).map_or(Self::Version(env!("CARGO_PKG_VERSION")), Self::Folder))
    }

    /// The inner part of cargo's inline table for the crate.
    pub(super) fn dependency(&self) -> String {
        let (key, value) = match self {
            Self::Folder(folder) => ("path", folder.to_string_lossy().into_owned()),
            Self::Git(url) => ("git", url.clone()),
            Self::Version(version) => ("version", (*version).to_owned()),
        };
        format!("{key} = {}", Value::String(value))
    }

    /// The requirement that installs the auditor, as a TOML string.
    pub(super) fn auditor(&self) -> String {
        let requirement = match self {
            // Pip takes URLs, and none of the short forms that git has for them.
            Self::Git(url) if url.contains("://") => format!("insula @ git+{url}#subdirectory=crates/insula-cli"),
            _ => "insula".to_owned(),
        };
        Value::String(requirement).to_string()
    }

    /// Whether nobody else can build with it.
    pub(super) fn is_local(&self) -> bool {
        matches!(self, Self::Folder(_))
    }
}

/// The framework's crate in this checkout, if it is one.
fn framework(checkout: &Path) -> Option<PathBuf> {
    let folder = fs::canonicalize(checkout.join(CRATE)).ok()?;
    folder.join("Cargo.toml").is_file().then_some(folder)
}
