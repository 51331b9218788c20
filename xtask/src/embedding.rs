//! Programs that contain CPython: built for an interpreter, and started so that they find its library.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use insula_pythons::Interpreter;
use serde_json::Value;

use crate::{build, workspace};

/// A program for one interpreter.
pub(crate) struct Program {
    file: PathBuf,
    /// The interpreter's dynamic loader, if it brings its own libc, and where that finds libraries.
    loader: Option<(PathBuf, std::ffi::OsString)>,
    /// Where the interpreter's shared library lies.
    folder: PathBuf,
}

impl Program {
    /// Builds what cargo's options name, one program, linked to the interpreter's shared library.
    pub(crate) fn build(options: &[&str], python: &Interpreter) -> Result<Self> {
        let library = python.facts.libpython.as_deref().and_then(Path::parent);
        let folder = library.with_context(|| format!("{python} has no shared library"))?.to_owned();
        // What does not depend on the interpreter is built once for all, as with modules.
        let target = workspace::target().join("embed");
        let mut cargo = workspace::cargo();
        cargo
            .args(["rustc", "--quiet", "--message-format", "json-render-diagnostics"])
            .args(options)
            .args(["--config", &build::apart("dev", python.version.feature().1)])
            .arg("--target-dir")
            .arg(&target)
            .arg("--")
            .arg("-L")
            .arg(format!("native={}", folder.display()));
        if python.facts.loader.is_some() {
            // The library asks for symbols that this machine's libc is too old to have.
            cargo.args(["-C", "link-arg=-Wl,--allow-shlib-undefined"]);
        }
        let _turn = build::turn(&target)?;
        let output = cargo
            .env("PYO3_PYTHON", &python.executable)
            .env_remove("PYO3_BUILD_EXTENSION_MODULE")
            .env_remove("PYO3_CONFIG_FILE")
            .stderr(Stdio::inherit())
            .output()?;
        if !output.status.success() {
            bail!("cannot build the embedding program for {python}: cargo reported the errors above");
        }
        let messages = String::from_utf8_lossy(&output.stdout).into_owned();
        let messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let file = messages.filter_map(|message| Some(PathBuf::from(message["executable"].as_str()?))).next_back();
        let built = file.context("cargo names the program")?;
        // The next build puts another interpreter's program in its place.
        let own = target.join(&python.facts.soabi);
        fs::create_dir_all(&own).with_context(|| format!("cannot make the folder {}", own.display()))?;
        let file = own.join(built.file_name().context("a program has a name")?);
        let aside = file.with_extension("new");
        fs::copy(&built, &aside).with_context(|| format!("cannot write {}", aside.display()))?;
        fs::rename(&aside, &file)?;
        let loader = match &python.facts.loader {
            None => None,
            Some(loader) => {
                let path = python.facts.library_path.iter().chain([&folder]);
                Some((loader.clone(), std::env::join_paths(path)?))
            }
        };
        Ok(Self { file, loader, folder })
    }

    /// To start it. It finds in the environment how to start itself again, for its scenarios.
    pub(crate) fn command(&self) -> Command {
        // An interpreter that brings its own libc is started through its own loader.
        let mut command = match &self.loader {
            None => {
                let mut command = Command::new(&self.file);
                command.env("LD_LIBRARY_PATH", &self.folder);
                command
            }
            Some((loader, path)) => {
                let mut command = Command::new(loader);
                command.arg("--library-path").arg(path).arg(&self.file);
                command.env("INSULA_TEST_LOADER", loader).env("INSULA_TEST_LIBRARY_PATH", path);
                command
            }
        };
        command.env("INSULA_TEST_PROGRAM", &self.file);
        command
    }
}
