//! Wheels: what they are for, what is in them.

use std::collections::HashSet;
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use zip::ZipArchive;

use crate::host::Host;

/// Why a wheel cannot be audited.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WheelError {
    /// The name does not follow the rules for wheels.
    #[error(
        "{0}: not a wheel's file name (NAME-VERSION-PYTHON-ABI-PLATFORM.whl); give the file the name it was published \
         under"
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
    /// It holds what no wheel has to hold, and what could do harm when it is unpacked.
    #[error("{path}: not unpacked: {why}; do not trust this file, fetch or build it again")]
    Hostile {
        /// The file.
        path: String,
        /// What it holds.
        why: String,
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

/// No wheel of the package index has as many members.
const MOST_MEMBERS: usize = 200_000;
/// What may be unpacked in any case.
const SMALL: u64 = 256 << 20;
/// How many times larger than the archive its content may be, where it is not small. Code shrinks to a third.
const EXPANSION: u64 = 100;

/// Refuses members that would land outside of the folder, links, repeated names, and more data than a wheel can hold.
fn check_members(shown: &str, archive: &mut ZipArchive<File>, size: u64) -> Result<(), WheelError> {
    let hostile = |why: String| WheelError::Hostile { path: shown.to_owned(), why };
    if archive.len() > MOST_MEMBERS {
        return Err(hostile(format!("it has {} members, and {MOST_MEMBERS} is the limit", archive.len())));
    }
    let mut total: u64 = 0;
    let mut names = HashSet::new();
    for number in 0..archive.len() {
        let member = archive
            .by_index_raw(number)
            .map_err(|error| WheelError::Damaged { path: shown.to_owned(), error: error.to_string() })?;
        let name = member.name();
        // Wheels have plain relative paths, whatever the system would make of others.
        let plain = !name.contains(['\\', '\0']) && !name.starts_with('/') && !name.split('/').any(|part| part == "..");
        if !plain || member.enclosed_name().is_none() {
            return Err(hostile(format!("the member {name:?} would be written outside of the folder")));
        }
        if member.is_symlink() {
            return Err(hostile(format!("the member {name:?} is a symbolic link")));
        }
        if !names.insert(name.to_owned()) {
            return Err(hostile(format!("two members are called {name:?}")));
        }
        total = total.saturating_add(member.size());
    }
    if total > SMALL && total / EXPANSION > size {
        return Err(hostile(format!("its {size} bytes would become {total} (a zip bomb)")));
    }
    Ok(())
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
    let size = path.metadata().map_err(|error| damaged(&error))?.len();
    check_members(&shown, &mut archive, size)?;
    let members: Vec<String> = archive.file_names().map(str::to_owned).collect();
    let mut metadata = String::new();
    if let Some(member) = members.iter().find(|member| member.ends_with(".dist-info/METADATA")) {
        let entry = archive.by_name(member).map_err(|error| damaged(&error))?;
        let declared = entry.size();
        entry.take(declared).read_to_string(&mut metadata).map_err(|error| damaged(&error))?;
    }
    let head = metadata.split("\n\n").next().unwrap_or_default();
    let needs_others = head.lines().any(|line| line.starts_with("Requires-Dist:") && !line.contains("extra =="));
    let (name, version) = (name.to_owned(), version.to_owned());
    Ok(Wheel { path: path.to_owned(), archive, name, version, members, needs_others })
}

/// The one version of CPython that can import a wheel, by its name: `3.13` for `x-1.0-cp313-cp313-linux_x86_64.whl`.
pub(crate) fn only_version(path: &str) -> Option<String> {
    let mut tags = path.strip_suffix(".whl")?.rsplit('-');
    let (_platform, abi, python) = (tags.next()?, tags.next()?, tags.next()?);
    let digits = python.strip_prefix("cp").filter(|_| python == abi)?;
    let (major, minor) = digits.split_at_checked(1)?;
    minor.parse::<u8>().ok().map(|minor| format!("{major}.{minor}"))
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
        let damaged =
            |error: &dyn std::fmt::Display| WheelError::Damaged { path: path.clone(), error: error.to_string() };
        for number in 0..self.archive.len() {
            let mut member = self.archive.by_index(number).map_err(|error| damaged(&error))?;
            let place = folder.join(member.name());
            if member.is_dir() {
                std::fs::create_dir_all(&place).map_err(fail)?;
                continue;
            }
            std::fs::create_dir_all(place.parent().unwrap_or(&folder)).map_err(fail)?;
            let mut file = File::create(&place).map_err(fail)?;
            // Not more than was declared, and counted, before.
            let declared = member.size();
            copy(&mut member.by_ref().take(declared), &mut file).map_err(|error| match error {
                Copied::Reading(error) => damaged(&format!("{}: {error}", member.name())),
                Copied::Writing(error) => fail(error),
            })?;
        }
        Ok(folder)
    }
}

/// Which end of a copy failed: the archive, or the disk.
enum Copied {
    Reading(std::io::Error),
    Writing(std::io::Error),
}

fn copy(from: &mut impl Read, to: &mut impl Write) -> Result<(), Copied> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match from.read(&mut buffer).map_err(Copied::Reading)? {
            0 => return Ok(()),
            length => to.write_all(&buffer[..length]).map_err(Copied::Writing)?,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::only_version;

    #[test]
    fn the_version_that_a_wheel_is_for_is_read_from_its_name() {
        assert_eq!(only_version("dist/x-1.0-cp313-cp313-linux_x86_64.whl").as_deref(), Some("3.13"));
        assert_eq!(
            only_version("x-1.0-1-cp39-cp39-manylinux_2_17_x86_64.manylinux2014_x86_64.whl").as_deref(),
            Some("3.9")
        );
        for other in
            ["x-1.0-cp39-abi3-linux_x86_64.whl", "x-1.0-py3-none-any.whl", "x.whl", "x-cp3-cp3-a.whl", "a-é-é-b.whl"]
        {
            assert_eq!(only_version(other), None, "{other}");
        }
    }
}
