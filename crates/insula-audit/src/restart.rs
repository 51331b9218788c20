//! Cycles of Py_InitializeEx / Py_FinalizeEx in one process, by loading an interpreter's shared library.
//!
//! A program that embeds CPython is the only place where the runtime can be restarted. It must run in a process of
//! its own: the
//! `insula` binary with a hidden subcommand. Where the interpreter runs on another libc than this program would find,
//! it is started through that interpreter's own dynamic loader.
//!
//! The library is loaded at run time, by the few functions that every version has, and not through `insula::embed`: a
//! program that uses that is compiled for one version of CPython, and this one binary audits on 3.8 to 3.15.

use std::ffi::{CString, OsString, c_char, c_int, c_void};
use std::path::{Path, PathBuf};

use insula_pythons::Interpreter;
use libloading::os::unix::{Library, RTLD_GLOBAL, RTLD_NOW, Symbol};

/// How often the runtime is started.
pub const CYCLES: u32 = 4;

/// Why the cycles could not be run.
#[derive(Debug, thiserror::Error)]
pub enum RestartError {
    /// The library cannot be loaded, or is no libpython.
    #[error("cannot embed {}: {error}", library.display())]
    Library {
        /// The file.
        library: PathBuf,
        /// What the dynamic loader said.
        error: libloading::Error,
    },
    /// The script contains a NUL.
    #[error("the script contains a NUL character; remove it")]
    Nul,
    /// A cycle's script ended with an exception.
    #[error("the script raised in cycle {0}; its traceback is on stderr")]
    Raised(u32),
}

/// How to start the hidden subcommand.
#[derive(Clone, Debug)]
pub struct Start {
    /// The program: the `insula` binary, or a dynamic loader that is told to run it.
    pub program: PathBuf,
    /// Its arguments; the script's path is to be added behind them.
    pub arguments: Vec<OsString>,
    /// Environment variables it needs.
    pub environment: Vec<(String, OsString)>,
}

/// How to start the hidden subcommand of the `insula` binary for an interpreter; none if that has no shared library.
pub fn launch(helper: &Path, interpreter: &Interpreter, cycles: u32) -> Option<Start> {
    let library = interpreter.facts.libpython.clone()?;
    let mut arguments: Vec<OsString> = Vec::new();
    let program = match &interpreter.facts.loader {
        Some(loader) => {
            if let Some(path) = &interpreter.facts.library_path {
                arguments.extend(["--library-path".into(), path.into()]);
            }
            arguments.push(helper.into());
            loader.clone()
        }
        None => helper.to_owned(),
    };
    arguments.extend(["__restart".into(), "--libpython".into(), library.into()]);
    arguments.extend(["--cycles".into(), cycles.to_string().into(), "--script".into()]);
    // Not the folder of a virtual environment: CPython 3.14 and 3.15 find that at the first start, and lose the
    // installation at the second. The script enters the environment.
    let home = interpreter.facts.base_prefix.clone();
    let environment = vec![("PYTHONHOME".to_owned(), home.into())];
    Some(Start { program, arguments, environment })
}

/// Starts the runtime `cycles` times, runs the script in each, and ends it again. The script sees `CYCLE` and `CYCLES`.
pub fn run(library: &Path, cycles: u32, script: &str) -> Result<(), RestartError> {
    let fail = |error| RestartError::Library { library: library.to_owned(), error };
    // SAFETY: the caller names a libpython; its initialisers are those that every embedding program runs. The flag
    // makes its symbols visible to extension modules, which are not linked with it.
    let loaded = unsafe { Library::open(Some(library), RTLD_NOW | RTLD_GLOBAL) }.map_err(fail)?;
    // SAFETY: the signatures of these three functions are those of the C-API, unchanged in all versions of CPython 3.
    let (start, execute, finish): (
        Symbol<unsafe extern "C" fn(c_int)>,
        Symbol<unsafe extern "C" fn(*const c_char, *mut c_void) -> c_int>,
        Symbol<unsafe extern "C" fn() -> c_int>,
    ) = unsafe {
        (
            loaded.get(b"Py_InitializeEx\0").map_err(fail)?,
            loaded.get(b"PyRun_SimpleStringFlags\0").map_err(fail)?,
            loaded.get(b"Py_FinalizeEx\0").map_err(fail)?,
        )
    };
    let mut outcome = Ok(());
    for cycle in 1..=cycles {
        let text =
            CString::new(format!("CYCLE = {cycle}\nCYCLES = {cycles}\n{script}")).map_err(|_| RestartError::Nul)?;
        // SAFETY: 1) this is the only thread that calls into libpython; 2) the three calls are made in the order the
        // C-API asks for, and nothing of one cycle is used in the next; 3) the text is NUL-terminated and outlives
        // the call.
        let raised = unsafe {
            start(0);
            let raised = execute(text.as_ptr(), std::ptr::null_mut()) != 0;
            finish();
            raised
        };
        if raised && outcome.is_ok() {
            outcome = Err(RestartError::Raised(cycle));
        }
    }
    // Unloading would run the destructors of a library that extension modules still point into.
    std::mem::forget(loaded);
    outcome
}
