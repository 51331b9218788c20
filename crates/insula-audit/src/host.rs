//! The interpreter that targets are loaded into: which one, and why.

use std::path::{Path, PathBuf};

use insula_pythons::{Interpreter, Source};

use crate::report::InterpreterReport;

/// The oldest CPython that can be a host.
const OLDEST: (u32, u32) = (3, 8);

/// The chosen interpreter.
#[derive(Clone, Debug)]
pub struct Host {
    /// The interpreter.
    pub interpreter: Interpreter,
    /// Why this one, for the report's head.
    pub reason: String,
}

/// Why there is no host.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// The named interpreter cannot be used.
    #[error(transparent)]
    Named(#[from] insula_pythons::Error),
    /// It is of a kind that cannot be audited with.
    #[error("{0} cannot be used: {1}")]
    Unfit(String, String),
    /// None was found.
    #[error(
        "no suitable CPython was found on PATH, in pyenv or uv; install CPython 3.8 or newer, or name one with \
         --python PATH"
    )]
    NoneFound,
}

impl Host {
    /// The interpreter that `spec` names, or that of the working folder ([`Self::of_folder`]).
    pub fn choose(spec: Option<&str>) -> Result<Self, HostError> {
        let Some(spec) = spec else {
            return Self::of_folder(&std::env::current_dir().unwrap_or_default());
        };
        let interpreter = insula_pythons::resolve(spec)?;
        if let Some(why) = unfit(&interpreter) {
            return Err(HostError::Unfit(interpreter.executable.display().to_string(), why));
        }
        Ok(Self { interpreter, reason: format!("named by --python {spec}") })
    }

    /// The interpreter that somebody who works in this folder means: that of the active virtual environment, or of one
    /// that lies in the folder, before the newest one that is found.
    pub fn of_folder(folder: &Path) -> Result<Self, HostError> {
        let active = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let environments = [
            (active("VIRTUAL_ENV"), "the active virtual environment"),
            (active("CONDA_PREFIX"), "the active conda environment"),
            (Some(folder.join(".venv")), "the virtual environment .venv"),
            (Some(folder.join("venv")), "the virtual environment venv"),
        ];
        let mut without = Vec::new();
        for (prefix, reason) in environments {
            let Some(prefix) = prefix else { continue };
            let (program, is_one) = (prefix.join("bin/python"), prefix.join("pyvenv.cfg").exists());
            if !is_one && !program.exists() {
                // A folder that somebody takes for an environment, or that a variable names.
                if prefix.exists() || reason.contains("active") {
                    without.push(prefix.display().to_string());
                }
                continue;
            }
            let interpreter = insula_pythons::inspect(&program)?;
            if let Some(why) = unfit(&interpreter) {
                return Err(HostError::Unfit(program.display().to_string(), why));
            }
            return Ok(Self { interpreter, reason: passed_over(reason, &without) });
        }
        let newest = Self::newest()?;
        Ok(Self { reason: passed_over(&newest.reason, &without), ..newest })
    }

    fn newest() -> Result<Self, HostError> {
        let found = insula_pythons::discover().found;
        // The cache holds what this project fetched for its own tests; a user's audit must not depend on it.
        let fit = found.into_iter().filter(|one| one.source != Source::Cache && unfit(one).is_none());
        let best = fit.max_by(|a, b| rank(a).cmp(&rank(b))).ok_or(HostError::NoneFound)?;
        let reason = format!("the newest suitable one found ({})", best.source);
        Ok(Self { interpreter: best, reason })
    }

    /// `(major, minor)`.
    pub fn feature(&self) -> (u32, u32) {
        self.interpreter.version.feature()
    }

    /// Whether interpreters with a GIL of their own exist in this version.
    pub fn has_own_gil(&self) -> bool {
        self.feature() >= (3, 12)
    }

    /// A defect of this very version that makes a failure under an own GIL say nothing about the target.
    pub fn own_gil_defect(&self) -> Option<String> {
        let version = &self.interpreter.version;
        (version.feature() == (3, 12) && version.micro <= 1)
            .then(|| format!("CPython {version}'s own-GIL support is broken; use 3.13 or newer to judge it"))
    }

    pub(crate) fn report(&self) -> InterpreterReport {
        InterpreterReport {
            id: self.interpreter.version.to_string(),
            executable: self.interpreter.executable.clone(),
            version: self.interpreter.version.to_string(),
            full_version: self.interpreter.facts.full_version.clone(),
            source: self.interpreter.source.to_string(),
            reason: self.reason.clone(),
        }
    }
}

/// Why this interpreter, and which environments were meant but are none.
fn passed_over(reason: &str, without: &[String]) -> String {
    let said: Vec<String> = without.iter().map(|prefix| format!("; {prefix} has no interpreter")).collect();
    format!("{reason}{}", said.concat())
}

/// Finished releases before pre-releases, release builds before debug builds, then the newest.
fn rank(interpreter: &Interpreter) -> (bool, bool, insula_pythons::Version) {
    (!interpreter.facts.debug, interpreter.version.suffix.is_empty(), interpreter.version.clone())
}

fn unfit(interpreter: &Interpreter) -> Option<String> {
    let version = &interpreter.version;
    if version.feature() < OLDEST {
        return Some(format!("CPython {version} is too old; choose {}.{} or newer with --python", OLDEST.0, OLDEST.1));
    }
    if interpreter.facts.free_threaded {
        return Some("free-threaded builds lay out objects differently; choose a build with a GIL".to_owned());
    }
    if interpreter.facts.pointer_bits != 64 {
        return Some("it is a 32-bit build; choose a 64-bit one".to_owned());
    }
    None
}
