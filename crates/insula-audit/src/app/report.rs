//! The answer for an application.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::report::Isolated;

/// A kind of sub-interpreter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// One that shares the GIL of the main interpreter.
    Legacy,
    /// One with a GIL of its own (PEP 684), from CPython 3.12.
    Own,
}

/// What an application needs to run in sub-interpreters, on one interpreter.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    /// The version of these fields.
    pub schema: u32,
    /// What was imported.
    pub entries: Vec<String>,
    /// The interpreter's program.
    pub python: PathBuf,
    /// Its version.
    pub version: String,
    /// Why this interpreter.
    pub reason: String,
    /// Why an entry could not be imported in the main interpreter, if so.
    pub main: Option<String>,
    /// Whether it loads, for each kind of interpreter that was asked for.
    pub verdicts: Vec<Verdict>,
    /// Distributions with extension modules that do not load, worst first.
    pub obstacles: Vec<Distribution>,
    /// What such interpreters deny to Python code, where the application does not load for that.
    pub denied: Vec<Denied>,
    /// Distributions without whose extension modules the application goes on.
    pub fallbacks: Vec<Distribution>,
    /// Installed distributions with extension modules that the application did not import.
    pub others: Vec<Other>,
    /// How many extension modules the application loads, and how many of them everywhere.
    pub modules: usize,
    /// See `modules`.
    pub everywhere: usize,
    /// Those that load everywhere.
    pub loaded: Vec<Loaded>,
    /// Whether it loads in an interpreter with a GIL of its own (before CPython 3.12, in a legacy one) where
    /// `insula_isolate` gives it private copies; nothing where that is not installed.
    pub isolated: Option<Verdict>,
    /// What could not be tried.
    pub notes: Vec<String>,
    /// The time limit in seconds, where something did not come to its end within it.
    #[serde(default)]
    pub time_limit: Option<u64>,
    /// The day of the answer, where it was kept from an earlier run.
    pub kept: Option<String>,
}

/// Whether the application loads in one kind of interpreter.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Verdict {
    /// The kind.
    pub kind: Kind,
    /// Yes, no, or nothing where it could not be tried.
    pub loads: Option<bool>,
    /// Why not.
    pub why: Option<String>,
}

/// A distribution, and what is the matter with its extension modules.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Distribution {
    /// Its name.
    pub name: String,
    /// Its version, where it is known.
    pub version: Option<String>,
    /// Its modules that do not load in some kind of interpreter.
    pub modules: Vec<Module>,
    /// Which modules import which, from the application to the first of them.
    pub chain: Vec<String>,
    /// Where its project is.
    pub upstream: Option<String>,
    /// How to do without its extension modules.
    pub switch: Option<String>,
    /// What a newer release would do, if that was asked.
    pub newer: Option<Newer>,
}

/// The newest release of a distribution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Newer {
    /// Its version; nothing if there is no other one, or if it could not be had.
    pub version: Option<String>,
    /// The kinds of interpreters in which its modules load.
    pub loads: Vec<Kind>,
    /// Why nothing is known.
    pub why: Option<String>,
}

/// An extension module that loads everywhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loaded {
    /// Its name.
    pub name: String,
    /// Its file.
    pub file: PathBuf,
    /// The version of its distribution.
    pub version: Option<String>,
    /// Whether it is isolated, if it was audited.
    pub isolated: Option<Isolated>,
    /// Why not.
    pub why: Option<String>,
}

/// An extension module that does not load in some kind of interpreter.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Module {
    /// Its name.
    pub name: String,
    /// Whether only the command loads it, and not importing the application.
    pub later: bool,
    /// What happens, by kind.
    pub troubles: Vec<(Kind, Trouble)>,
}

/// What keeps an extension module from loading.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum Trouble {
    /// It ends the process.
    Crashes,
    /// It refuses in its own code, or fails there.
    Refuses {
        /// What it says.
        message: String,
    },
    /// CPython refuses it: it does not declare that it supports such interpreters.
    Undeclared,
    /// It needs another one that does not load.
    Blocked {
        /// What it says.
        message: String,
    },
}

/// What an interpreter denies to Python code: a function, or a module of the standard library.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Denied {
    /// What was called or imported.
    pub what: String,
    /// What CPython says.
    pub message: String,
    /// In which kinds of interpreters.
    pub kinds: Vec<Kind>,
    /// Which modules import which, from the application to the one that does it.
    pub chain: Vec<String>,
    /// What can be done about it.
    pub advice: String,
}

/// What is installed but not imported.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Other {
    /// The distribution.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Why it does not load, by kind. It loads in kinds that neither this field has nor the next two.
    pub troubles: Vec<(Kind, String)>,
    /// The kinds in which it goes on without its extension modules.
    pub fallbacks: Vec<Kind>,
    /// The kinds in which it was not tried, and why.
    pub untried: Vec<(Kind, String)>,
}

impl Report {
    /// 0 if it loads everywhere asked for, 1 if not, 2 if it could not be tried.
    pub fn exit_code(&self) -> u8 {
        if self.main.is_some() || self.verdicts.iter().any(|verdict| verdict.loads.is_none()) {
            return 2;
        }
        u8::from(self.verdicts.iter().any(|verdict| verdict.loads == Some(false)))
    }
}
