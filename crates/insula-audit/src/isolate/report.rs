//! What an audit of private copies reports, beside what every audit does.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::report;

/// What became of a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Each interpreter has a copy, and nothing leads from one to another.
    IsolatedByCopy,
    /// All interpreters have the same image, as the policy of `insula_isolate` has it, and nothing leads from one to
    /// another.
    IsolatedAsItIs,
    /// Something leads from one interpreter to another, or does not work there.
    NotIsolated,
    /// It could not be told.
    NotProved,
}

impl Verdict {
    /// The words for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::IsolatedByCopy => "isolated by copy",
            Self::IsolatedAsItIs => "isolated as it is",
            Self::NotIsolated => "not isolated",
            Self::NotProved => "not proved",
        }
    }
}

/// What the proof of one module rests on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ModuleProof {
    /// The dotted name.
    pub name: String,
    /// The verdict.
    pub verdict: Verdict,
    /// What is in the way.
    pub in_the_way: Vec<String>,
    /// How many interpreters have a copy of it.
    pub copies: usize,
    /// How many pointer-sized words of variables were read, in all copies.
    pub words: usize,
    /// How many of those hold a Python object.
    pub objects: usize,
    /// How many calls were repeated and compared.
    pub calls: usize,
    /// The libraries that it uses together with all other interpreters.
    pub shares: Vec<String>,
}

/// Growth for each interpreter that came, imported the target, and ended.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Growth {
    /// Blocks of Python's allocator.
    pub blocks: f64,
    /// Bytes of the C library's; none where it does not tell.
    pub native_bytes: Option<f64>,
    /// Bytes of resident memory.
    pub resident_bytes: f64,
}

/// Leaks, beside the same without the target.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Leaks {
    /// With the target.
    pub with: Growth,
    /// With `insula_isolate` and the parts of the standard library that the target imports.
    pub control: Growth,
    /// How many interpreters each figure is of.
    pub interpreters: u32,
}

/// What one target was seen to do on one interpreter.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Proof {
    /// The target, as the user wrote it.
    pub target: String,
    /// Which interpreter, by the report's id.
    pub interpreter: String,
    /// How many isolated interpreters lived beside the main one.
    pub interpreters: usize,
    /// Whether each had a GIL of its own.
    pub own_gil: bool,
    /// The number that decided the order in which they ended.
    pub seed: u64,
    /// Each module.
    pub modules: Vec<ModuleProof>,
    /// How many objects each interpreter told of, the main one first.
    pub objects: Vec<usize>,
    /// Bundled libraries of which each interpreter has a copy.
    pub private_libraries: Vec<PathBuf>,
    /// Libraries that the interpreters' copies use together.
    pub shared_libraries: Vec<PathBuf>,
    /// Extension modules outside the standard library that isolated interpreters loaded as usual.
    pub as_usual: Vec<String>,
    /// Leaks; none where they could not be measured.
    pub leaks: Option<Leaks>,
    /// Each scenario, and what it and its control came to.
    pub scenarios: BTreeMap<String, String>,
    /// What was not examined, and why.
    pub not_examined: Vec<String>,
}

/// The report of an audit with `--isolate`.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The report in the form that every audit has. Its modules have the findings.
    #[serde(flatten)]
    pub base: report::Report,
    /// One for each target and interpreter.
    pub isolate: Vec<Proof>,
}
