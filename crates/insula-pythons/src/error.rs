//! What can go wrong, each in one line that says what, why and what to do.

use std::io;
use std::path::PathBuf;

use crate::inspect::{OLDEST, TIMEOUT};

/// Why there is no such interpreter.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No such file.
    #[error("no interpreter at {}: {}", .0.display(), missing(.0))]
    NotFound(PathBuf),
    /// A folder, or a file that may not be executed.
    #[error("{} is no interpreter: it is {what}; name the python program itself", path.display())]
    NotExecutable {
        /// The path that was given.
        path: PathBuf,
        /// What it is instead.
        what: &'static str,
    },
    /// The system refused to start it, or it ended with an error.
    #[error("{} does not start: {reason}; try running it by hand, or choose another interpreter", path.display())]
    DoesNotStart {
        /// The program that was started.
        path: PathBuf,
        /// The system's word or the last line the program wrote.
        reason: String,
    },
    /// It ran longer than any interpreter needs.
    #[error("{} hangs: no answer within {} seconds; choose another interpreter", .0.display(), TIMEOUT.as_secs())]
    Hangs(PathBuf),
    /// It ended well but is no Python.
    #[error("{} is no Python: it did not run the script it was given{}; choose a CPython \
             interpreter", path.display(), said(answer))]
    NotPython {
        /// The program that was started.
        path: PathBuf,
        /// The first line of what it wrote; may be empty.
        answer: String,
    },
    /// PyPy, GraalPy and the like.
    #[error("{} is {implementation}, not CPython; Insula examines extension modules of CPython only", path.display())]
    NotCpython {
        /// The program that was started.
        path: PathBuf,
        /// What it calls itself.
        implementation: String,
    },
    /// Older than [`OLDEST`].
    #[error("{} is Python {version}, which is too old; choose {}.{} or newer", path.display(), OLDEST.0, OLDEST.1)]
    TooOld {
        /// The program that was started.
        path: PathBuf,
        /// Its version.
        version: String,
    },
    /// Nothing that was found fits what the user asked for.
    #[error(
        "no CPython {spec} here; found {found}; name another with a version or a path, or fetch it with `cargo xtask \
         pythons`"
    )]
    NoMatch {
        /// What the user asked for.
        spec: String,
        /// What there is, in one line.
        found: String,
    },
    /// The cache folder cannot be made or written.
    #[error("cannot write the cache folder {}: {reason}; set INSULA_CACHE to a folder that can be \
             written", path.display())]
    Cache {
        /// The folder.
        path: PathBuf,
        /// The system's word.
        reason: io::Error,
    },
}

fn said(answer: &str) -> String {
    if answer.is_empty() { String::new() } else { format!(" but wrote {answer:?}") }
}

/// What is missing: the base of a virtual environment may be gone, whose links stay.
fn missing(path: &std::path::Path) -> String {
    match std::fs::read_link(path) {
        Ok(to) => format!("it is a link to {}, which does not exist; make the environment anew", to.display()),
        Err(_) => "the file does not exist; check the path".to_owned(),
    }
}
