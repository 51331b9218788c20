//! What is known about one interpreter.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::Version;

/// One CPython interpreter that was started and answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interpreter {
    /// The program to start. The executable of a virtual environment stays that one, so its packages are seen.
    pub executable: PathBuf,
    /// Its version.
    pub version: Version,
    /// Where it was found.
    pub source: Source,
    /// What it says about itself.
    pub facts: Facts,
}

/// Where an interpreter was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// The user named the file.
    Given,
    /// A folder of `PATH`.
    Path,
    /// The versions folder of pyenv.
    Pyenv,
    /// The folder where uv installs interpreters.
    Uv,
    /// Insula's own cache, filled by `cargo xtask pythons`.
    Cache,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Given => "given",
            Self::Path => "PATH",
            Self::Pyenv => "pyenv",
            Self::Uv => "uv",
            Self::Cache => "cache",
        })
    }
}

/// What an interpreter says about itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// `sys.implementation.name`: always `cpython`.
    pub implementation: String,
    /// `sys.version` on one line.
    pub full_version: String,
    /// `sysconfig.get_platform()`, such as `linux-x86_64`.
    pub platform: String,
    /// `sys.implementation.cache_tag`, such as `cpython-313`.
    pub cache_tag: String,
    /// The ending of extension modules, such as `.cpython-313-x86_64-linux-gnu.so`.
    pub ext_suffix: String,
    /// The tag inside [`ext_suffix`](Self::ext_suffix); empty where the platform has none.
    pub soabi: String,
    /// Built with `--with-pydebug`.
    pub debug: bool,
    /// Built with `--disable-gil`.
    pub free_threaded: bool,
    /// 32 or 64.
    pub pointer_bits: u32,
    /// `platform.machine()` of the build, such as `x86_64`.
    pub machine: String,
    /// The C library the interpreter runs on, such as `glibc 2.36`, where it says so.
    pub libc: Option<String>,
    /// The real shared library file; `None` when the interpreter has none.
    pub libpython: Option<PathBuf>,
    /// The dynamic loader through which a program that embeds [`libpython`](Self::libpython) must be started;
    /// `None` when the interpreter runs on the system's own C library.
    pub loader: Option<PathBuf>,
    /// The folder of the C library that goes with [`loader`](Self::loader), for its `--library-path`.
    pub library_path: Option<PathBuf>,
    /// The interpreter's own program, with the steps of a virtual environment undone.
    pub base_executable: PathBuf,
    /// `sys.prefix`: that of the virtual environment where there is one.
    pub prefix: PathBuf,
    /// `sys.base_prefix`: the installation; the `PYTHONHOME` of a program that embeds it.
    pub base_prefix: PathBuf,
    /// The folder of the pure-Python standard library.
    pub stdlib: PathBuf,
    /// The folder of the standard library's extension modules; `None` when they are all built in.
    pub lib_dynload: Option<PathBuf>,
    /// Where packages are installed.
    pub site_packages: PathBuf,
    /// The folder of `Python.h`; `None` when the headers are not installed.
    pub include: Option<PathBuf>,
    /// `pip` can be imported.
    pub has_pip: bool,
    /// The standard library's `test` package, with its extension modules, is installed.
    pub has_test_package: bool,
}

impl Facts {
    /// The executable belongs to a virtual environment.
    pub fn is_venv(&self) -> bool {
        self.prefix != self.base_prefix
    }
}

impl Interpreter {
    /// One word for how it was built: empty for an ordinary build, else `debug`, `free-threaded` or both.
    pub fn flavour(&self) -> &'static str {
        match (self.facts.debug, self.facts.free_threaded) {
            (false, false) => "",
            (true, false) => "debug",
            (false, true) => "free-threaded",
            (true, true) => "free-threaded debug",
        }
    }
}

impl fmt::Display for Interpreter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CPython {}", self.version)?;
        if !self.flavour().is_empty() {
            write!(f, " {}", self.flavour())?;
        }
        write!(f, " ({})", self.executable.display())
    }
}
