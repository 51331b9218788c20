//! What events say in one word.

use serde::Deserialize;

/// What a name leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Place {
    /// Something that is linked into the interpreter.
    Builtin,
    /// Nothing.
    Missing,
    /// A file of machine code.
    Extension,
    /// A package, or a module in Python.
    Python,
}

/// What a call releases that it does not own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Part {
    /// What it returns.
    Result,
    /// What it was given.
    Argument,
    /// What it was called on.
    Receiver,
}
