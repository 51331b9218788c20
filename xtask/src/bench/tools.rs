//! What the benchmark needs beside the project: the peers' tools, and valgrind.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use insula_pythons::{cache_dir, discover, ensure_dir};

use crate::bench::peers::sources;
use crate::process;

/// Time for packages to arrive over a slow line.
const TIMEOUT: Duration = Duration::from_secs(15 * 60);

/// A virtual environment in the cache with the packages of `bench/requirements.txt`.
pub(crate) struct Tools {
    folder: PathBuf,
    packages: PathBuf,
}

impl Tools {
    /// The environment, made if it is not there or holds other versions.
    pub(crate) fn fetch() -> Result<Self> {
        let wanted = fs::read_to_string(sources().join("requirements.txt"))?;
        ensure_dir(&cache_dir())?;
        let folder = cache_dir().join("bench-tools");
        // Written last: an environment without it is not complete.
        let stamp = folder.join("requirements.txt");
        if fs::read_to_string(&stamp).ok().as_ref() != Some(&wanted) {
            eprintln!("fetching the tools of bench/requirements.txt");
            if folder.exists() {
                fs::remove_dir_all(&folder)?;
            }
            let found = discover().found;
            let python = found
                .iter()
                .find(|python| python.facts.has_pip && !python.facts.is_venv() && (3, 11) <= python.version.feature());
            let python = python.context("no interpreter with pip to fetch the tools with")?;
            let mut command = Command::new(&python.executable);
            command.args(["-I", "-m", "venv"]).arg(&folder);
            process::run(&mut command, TIMEOUT)?.ok("cannot make an environment for the tools")?;
            let mut command = Command::new(folder.join("bin/python"));
            command.args(["-I", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]);
            command.arg(sources().join("requirements.txt"));
            process::run(&mut command, TIMEOUT)?.ok("cannot fetch the tools with pip; check the network")?;
            fs::write(&stamp, wanted)?;
        }
        let library = folder.join("lib");
        let packages = fs::read_dir(&library)?.flatten().map(|entry| entry.path().join("site-packages"));
        let packages = packages.into_iter().find(|path| path.is_dir()).context("an environment without packages")?;
        Ok(Tools { folder, packages })
    }

    /// A path among the packages.
    pub(crate) fn folder(&self, path: &str) -> PathBuf {
        self.packages.join(path)
    }

    /// A program of the environment.
    pub(crate) fn program(&self, name: &str) -> Command {
        Command::new(self.folder.join("bin").join(name))
    }
}

/// Makes sure of valgrind and its header, which count instructions.
pub(crate) fn valgrind() -> Result<()> {
    let there = || {
        let version = Command::new("valgrind").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        version.is_ok()
            && ["/usr/include", "/usr/local/include"]
                .iter()
                .any(|folder| Path::new(folder).join("valgrind/callgrind.h").is_file())
    };
    if there() {
        return Ok(());
    }
    let root = rustix::process::geteuid().is_root();
    if root {
        eprintln!("installing valgrind, which counts instructions");
        for arguments in [&["update", "-qq"][..], &["install", "-qq", "-y", "--no-install-recommends", "valgrind"]] {
            let mut command = Command::new("apt-get");
            command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
            // What went wrong shows below.
            drop(process::run(&mut command, TIMEOUT)?);
        }
    }
    if !there() {
        bail!("valgrind with its header valgrind/callgrind.h is missing; install the package valgrind");
    }
    Ok(())
}
