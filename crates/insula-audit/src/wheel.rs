//! Wheels: what they are for, what is in them.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use zip::ZipArchive;

use crate::host::Host;

/// Why a wheel cannot be audited.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WheelError {
    /// The name does not follow the rules for wheels.
    #[error(
        "{0}: not a wheel's file name (NAME-VERSION-PYTHON-ABI-PLATFORM.whl); give the file the name it was published under"
    )]
    Name(String),
    /// It is no zip archive, or damaged.
    #[error("{path}: cannot be read as a wheel: {error}; fetch or build it again")]
    Damaged {
        /// The file.
        path: String,
        /// What is wrong with the archive.
        error: String,
    },
    /// It is for another Python.
    #[error("{path}: a wheel for another Python ({tags}), not for CPython {version}; choose another with --python")]
    OtherPython {
        /// The file.
        path: String,
        /// Its Python and ABI tags.
        tags: String,
        /// The interpreter's version.
        version: String,
    },
    /// It is for another platform.
    #[error("{path}: a wheel for another platform ({tag}), not for {wanted}; fetch the one for this platform")]
    OtherPlatform {
        /// The file.
        path: String,
        /// Its platform tag.
        tag: String,
        /// The interpreter's platform.
        wanted: String,
    },
    /// The scratch folder.
    #[error("cannot unpack {path}: {error}; check free space and TMPDIR")]
    Unpack {
        /// The file.
        path: String,
        /// What the system said.
        error: std::io::Error,
    },
}

/// An opened wheel.
pub(crate) struct Wheel {
    path: PathBuf,
    archive: ZipArchive<File>,
    /// The distribution.
    pub(crate) name: String,
    /// Its version.
    pub(crate) version: String,
    /// The names of its files.
    pub(crate) members: Vec<String>,
    /// Whether it depends on other distributions.
    pub(crate) needs_others: bool,
}

/// Opens a wheel that the host can import.
pub(crate) fn open(path: &Path, host: &Host) -> Result<Wheel, WheelError> {
    let shown = path.display().to_string();
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let parts: Vec<&str> = stem.split('-').collect();
    let (name, version, [python, abi, platform]) = match parts[..] {
        [name, version, a, b, c] | [name, version, _, a, b, c] => (name, version, [a, b, c]),
        _ => return Err(WheelError::Name(shown)),
    };
    check_tags(&shown, python, abi, platform, host)?;
    let damaged = |error: &dyn std::fmt::Display| WheelError::Damaged { path: shown.clone(), error: error.to_string() };
    let file = File::open(path).map_err(|error| damaged(&error))?;
    let mut archive = ZipArchive::new(file).map_err(|error| damaged(&error))?;
    let members: Vec<String> = archive.file_names().map(str::to_owned).collect();
    let mut metadata = String::new();
    if let Some(member) = members.iter().find(|member| member.ends_with(".dist-info/METADATA")) {
        let mut entry = archive.by_name(member).map_err(|error| damaged(&error))?;
        entry.read_to_string(&mut metadata).map_err(|error| damaged(&error))?;
    }
    let head = metadata.split("\n\n").next().unwrap_or_default();
    let needs_others = head.lines().any(|line| line.starts_with("Requires-Dist:") && !line.contains("extra =="));
    let (name, version) = (name.to_owned(), version.to_owned());
    Ok(Wheel { path: path.to_owned(), archive, name, version, members, needs_others })
}

fn check_tags(shown: &str, python: &str, abi: &str, platform: &str, host: &Host) -> Result<(), WheelError> {
    let (major, minor) = host.feature();
    let exact = format!("cp{major}{minor}");
    let any = |tags: &str, fits: &dyn Fn(&str) -> bool| tags.split('.').any(fits);
    let older = |tag: &str| {
        let number = tag.strip_prefix(&format!("cp{major}")).and_then(|number| number.parse::<u32>().ok());
        number.is_some_and(|number| number <= minor)
    };
    let fits_python = any(abi, &|abi| match abi {
        "abi3" => any(python, &older),
        "none" => any(python, &|tag| tag == format!("py{major}") || tag == exact || tag == format!("py{major}{minor}")),
        other => any(python, &|tag| tag == exact) && other.trim_end_matches('m') == exact,
    });
    if !fits_python {
        let tags = format!("{python}-{abi}");
        return Err(WheelError::OtherPython {
            path: shown.to_owned(),
            tags,
            version: host.interpreter.version.to_string(),
        });
    }
    let machine = &host.interpreter.facts.machine;
    let musl = host.interpreter.facts.ext_suffix.contains("-musl");
    let fits_platform = any(platform, &|tag| {
        let families: &[&str] = if musl { &["linux_", "musllinux_"] } else { &["linux_", "manylinux"] };
        tag == "any" || (tag.ends_with(&format!("_{machine}")) && families.iter().any(|family| tag.starts_with(family)))
    });
    if !fits_platform {
        let wanted = format!("linux {machine}");
        return Err(WheelError::OtherPlatform { path: shown.to_owned(), tag: platform.to_owned(), wanted });
    }
    Ok(())
}

impl Wheel {
    /// Unpacks everything into a new folder below `scratch`, which goes away with it.
    pub(crate) fn unpack(&mut self, scratch: &Path) -> Result<PathBuf, WheelError> {
        let path = self.path.display().to_string();
        let fail = |error| WheelError::Unpack { path: path.clone(), error };
        let folder = tempfile::Builder::new().prefix("wheel-").tempdir_in(scratch).map_err(fail)?.keep();
        // The archive's own check rejects members that would land outside.
        self.archive
            .extract(&folder)
            .map_err(|error| WheelError::Damaged { path: path.clone(), error: error.to_string() })?;
        Ok(folder)
    }
}
