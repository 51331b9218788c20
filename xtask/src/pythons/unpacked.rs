//! Packages in a folder: a small system whose programs run without being installed.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::process;

/// More than any one step of unpacking takes on a slow disk.
const TIMEOUT: Duration = Duration::from_secs(300);

/// A folder that packages, the C library among them, were unpacked into.
pub(crate) struct Unpacked {
    pub(crate) root: PathBuf,
    /// The dynamic loader. It lies in the folder of the libraries.
    pub(crate) loader: PathBuf,
}

impl Unpacked {
    /// Unpacks the package files into a new folder `root`.
    pub(crate) fn new(root: PathBuf, files: &[PathBuf]) -> Result<Self> {
        fs::create_dir(&root)?;
        for file in files {
            process::run(Command::new("dpkg-deb").arg("-x").arg(file).arg(&root), TIMEOUT)?
                .ok(&format!("cannot unpack {}", file.display()))?;
        }
        let loader = one(&root.join("usr/lib"), "ld-linux").context("the packages hold no dynamic loader")?;
        Ok(Self { root, loader })
    }

    /// Runs one of its programs to its end.
    pub(crate) fn run(&self, program: &str, arguments: &[&OsStr]) -> Result<()> {
        let mut command = Command::new(&self.loader);
        command.arg("--library-path").args(self.loader.parent());
        command.arg(self.root.join("usr/bin").join(program)).args(arguments);
        let outcome = process::run(&mut command, TIMEOUT)?;
        if !outcome.success() {
            bail!("{program}: {} ({})", outcome.last_line(), outcome.ending());
        }
        Ok(())
    }
}

/// The file whose name begins so, in one of the folders of `folder`.
pub(crate) fn one(folder: &Path, beginning: &str) -> Option<PathBuf> {
    let files = |folder: PathBuf| fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let begins = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(beginning));
    files(folder.to_owned()).filter(|path| path.is_dir()).flat_map(files).find(begins)
}
