//! Why a file cannot be audited.

use std::io;
use std::path::PathBuf;

/// Why a file cannot be audited.
#[derive(Debug, thiserror::Error)]
pub enum ElfError {
    /// There is no such file.
    #[error("{0}: no such file; check the path")]
    NotFound(PathBuf),
    /// It is there, and cannot be read.
    #[error("{path}: cannot be read: {cause}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        cause: io::Error,
    },
    /// It is something else than ELF.
    #[error("{path}: not a shared library for Linux: {what}; give a compiled extension (.so)")]
    NotElf {
        /// The file.
        path: PathBuf,
        /// What it looks like.
        what: &'static str,
    },
    /// It is ELF for 32-bit processors.
    #[error(
        "{path}: a 32-bit library ({machine}); only 64-bit extensions can be audited, with an interpreter of the same \
         kind"
    )]
    Not64 {
        /// The file.
        path: PathBuf,
        /// The machine it was compiled for.
        machine: String,
    },
    /// It is ELF, and damaged.
    #[error("{path}: the file is damaged or cut off ({what}); fetch or build it again")]
    Truncated {
        /// The file.
        path: PathBuf,
        /// Where it stops making sense.
        what: String,
    },
}
