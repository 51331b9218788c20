//! Why a private image cannot be had.

use std::fmt;

/// A result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// The reason in one line, with what to do where something can be done.
#[derive(Debug)]
pub struct Error(String);

impl Error {
    pub(crate) fn new(reason: String) -> Self {
        Self(reason)
    }

    /// Whether a symbol was missing; the dynamic loader says that in words alone.
    pub(crate) fn is_missing_symbol(&self) -> bool {
        self.0.contains("undefined symbol")
    }

    /// The same reason, said of a file that the module needs.
    pub(crate) fn of_library(self, name: &str) -> Self {
        Self(format!("its library {name}: {}", self.0))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}
