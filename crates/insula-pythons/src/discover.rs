//! Looks where interpreters usually live.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use crate::memory::Memory;
use crate::{COMPLETE, Error, Interpreter, Source, inspect, pythons_dir};

/// Everything that was found.
#[derive(Debug, Default)]
pub struct Discovery {
    /// The interpreters, newest first; of equal versions, ordinary builds first, then in the order of [`Source`].
    pub found: Vec<Interpreter>,
    /// What looked like an interpreter but cannot be used, and why.
    pub rejected: Vec<(PathBuf, Error)>,
}

/// Finds the CPython interpreters of `PATH`, pyenv, uv and Insula's cache. Each installation is listed once.
pub fn discover() -> Discovery {
    let mut candidates: Vec<(PathBuf, Source)> = Vec::new();
    let mut seen = BTreeSet::new();
    for (path, source) in [on_path(), in_pyenv(), in_uv(), in_cache()].concat() {
        if seen.insert(identity(&path)) {
            candidates.push((path, source));
        }
    }

    let mut memory = Memory::load();
    let unknown: Vec<&PathBuf> =
        candidates.iter().map(|(path, _)| path).filter(|path| memory.get(path).is_none()).collect();
    let mut answers: BTreeMap<PathBuf, Result<Interpreter, Error>> = ask_all(unknown).into_iter().collect();
    for (path, answer) in &answers {
        match answer {
            Ok(interpreter) => memory.insert(path, interpreter),
            Err(error) => memory.refuse(path, error),
        }
    }
    memory.store();

    let mut discovery = Discovery::default();
    let mut seen = BTreeSet::new();
    for (path, source) in candidates {
        match answers.remove(&path).or_else(|| memory.get(&path)) {
            // A wrapper script may have led to an interpreter that is listed already.
            Some(Ok(found)) if seen.insert(identity(&found.executable)) => {
                discovery.found.push(Interpreter { source, ..found })
            }
            Some(Err(error)) => discovery.rejected.push((path, error)),
            Some(Ok(_)) | None => {}
        }
    }
    discovery.found.sort_by(|a, b| {
        let plain = |i: &Interpreter| (i.facts.free_threaded, i.facts.debug, i.source);
        b.version.cmp(&a.version).then(plain(a).cmp(&plain(b)))
    });
    discovery
}

/// Starts the interpreters side by side: each spends most of its time waiting for the disk.
fn ask_all(paths: Vec<&PathBuf>) -> Vec<(PathBuf, Result<Interpreter, Error>)> {
    thread::scope(|scope| {
        let asked: Vec<_> = paths.into_iter().map(|path| (path, scope.spawn(|| inspect(path)))).collect();
        asked.into_iter().map(|(path, answer)| (path.clone(), answer.join().expect("inspect does not panic"))).collect()
    })
}

/// What makes two paths the same interpreter: the real file, except that a virtual environment is one of its own.
fn identity(path: &Path) -> PathBuf {
    let in_venv = path.parent().and_then(Path::parent).is_some_and(|root| root.join("pyvenv.cfg").is_file());
    if in_venv { path.to_owned() } else { fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()) }
}

/// `python3`, `python3.13`, `python3.13t`.
fn is_python_name(name: &str) -> bool {
    let Some(rest) = name.strip_prefix("python3") else {
        return false;
    };
    let Some(minor) = rest.strip_prefix('.') else {
        return rest.is_empty();
    };
    let minor = minor.strip_suffix("-dbg").or_else(|| minor.strip_suffix('d')).unwrap_or(minor);
    let minor = minor.strip_suffix('t').unwrap_or(minor);
    !minor.is_empty() && minor.bytes().all(|b| b.is_ascii_digit())
}

/// The files of a folder that are named like interpreters, longest names first: `python3.13` says more than `python3`.
fn pythons_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> =
        entries.filter_map(|entry| entry.file_name().into_string().ok()).filter(|name| is_python_name(name)).collect();
    names.sort_by(|a, b| b.len().cmp(&a.len()).then(a.cmp(b)));
    names.into_iter().map(|name| folder.join(name)).filter(|path| path.is_file()).collect()
}

fn folders_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

/// The folders of `PATH` in which to look: all but the shims of pyenv, whose interpreters are found where they live.
fn path_folders() -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let pyenv = pyenv_root();
    let is_shim =
        |folder: &Path| folder.ends_with("shims") && pyenv.as_ref().is_some_and(|root| folder.starts_with(root));
    env::split_paths(&path).filter(|folder| folder.is_absolute() && !is_shim(folder)).collect()
}

fn on_path() -> Vec<(PathBuf, Source)> {
    path_folders().iter().flat_map(|folder| pythons_in(folder)).map(|path| (path, Source::Path)).collect()
}

fn pyenv_root() -> Option<PathBuf> {
    let root = env::var_os("PYENV_ROOT").filter(|root| !root.is_empty()).map(PathBuf::from);
    root.or_else(|| env::home_dir().map(|home| home.join(".pyenv")))
}

fn in_pyenv() -> Vec<(PathBuf, Source)> {
    let versions = pyenv_root().map(|root| folders_in(&root.join("versions"))).unwrap_or_default();
    versions.iter().flat_map(|version| in_installation(version)).map(|path| (path, Source::Pyenv)).collect()
}

/// The interpreter of an installation folder; an installation too old to have a `python3` is listed, to be rejected by
/// name.
fn in_installation(folder: &Path) -> Vec<PathBuf> {
    let bin = folder.join("bin");
    let pythons = pythons_in(&bin);
    if !pythons.is_empty() {
        return pythons;
    }
    Some(bin.join("python")).filter(|path| path.is_file()).into_iter().collect()
}

fn in_uv() -> Vec<(PathBuf, Source)> {
    let given = env::var_os("UV_PYTHON_INSTALL_DIR").map(PathBuf::from);
    let usual = || {
        let data = env::var_os("XDG_DATA_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
        let data = data.or_else(|| env::home_dir().map(|home| home.join(".local/share")))?;
        Some(data.join("uv/python"))
    };
    // uv knows of settings that are not in the environment; where it is not installed, nothing has changed them.
    let Some(folder) = given.or_else(ask_uv).or_else(usual) else {
        return Vec::new();
    };
    folders_in(&folder).iter().flat_map(|install| in_installation(install)).map(|path| (path, Source::Uv)).collect()
}

fn ask_uv() -> Option<PathBuf> {
    let output = Command::new("uv").args(["python", "dir"]).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let folder = String::from_utf8(output.stdout).ok()?;
    Some(PathBuf::from(folder.trim())).filter(|folder| output.status.success() && folder.is_absolute())
}

fn in_cache() -> Vec<(PathBuf, Source)> {
    // What was never finished, or failed its trial, lacks the mark.
    let roots = folders_in(&pythons_dir()).into_iter().filter(|root| root.join(COMPLETE).is_file());
    roots.flat_map(|root| pythons_in(&root.join("usr/bin"))).map(|path| (path, Source::Cache)).collect()
}

#[cfg(test)]
mod tests {
    use super::is_python_name;

    #[test]
    fn names_of_helpers_are_not_taken_for_interpreters() {
        for name in
            ["python3", "python3.8", "python3.13", "python3.13t", "python3.15-dbg", "python3.14d", "python3.14td"]
        {
            assert!(is_python_name(name), "{name}");
        }
        for name in [
            "python",
            "python2",
            "python3-config",
            "python3.13-config",
            "python3.",
            "python3.x",
            "python3.13.py",
            "python3.15-dbg-config",
        ] {
            assert!(!is_python_name(name), "{name}");
        }
    }
}
