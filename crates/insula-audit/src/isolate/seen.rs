//! What the examination writes and `judge` reads: plain data.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::report::Leaks;
use crate::observations::{Seen, Trouble};

/// How an import failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    /// The exception's class.
    pub(super) class: String,
    /// Its text.
    pub(super) message: String,
    /// The module that is not there, if that is what it says.
    pub(super) missing: Option<String>,
}

/// Why the ordinary interpreter does not import a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unimportable {
    /// It raises.
    Raised(Failure),
    /// The import ends the process: in words.
    Ended(String),
}

/// What ended a scenario badly, though not its control.
pub(super) struct Ending {
    /// The scenario.
    pub(super) what: &'static str,
    pub(super) trouble: Trouble,
    /// The module that was imported or called last, if that is known.
    pub(super) module: Option<String>,
    /// The call that was begun last.
    pub(super) call: Option<String>,
}

/// A call that came to something else than before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    /// Whether it was made in an isolated interpreter, and not in the main one.
    pub(super) of_a_copy: bool,
    pub(super) module: String,
    pub(super) call: String,
    pub(super) before: String,
    pub(super) after: String,
    /// After what happened.
    pub(super) when: String,
}

/// All that was seen of a target.
pub(super) struct Examined {
    pub(super) own_gil: bool,
    pub(super) seed: u64,
    /// A defect of this very version of CPython.
    pub(super) defect: Option<String>,
    /// Why the main interpreter of an ordinary process cannot import a module.
    pub(super) unimportable: BTreeMap<String, Unimportable>,
    /// Why isolated interpreters cannot.
    pub(super) refused: BTreeMap<String, Failure>,
    /// What is known from outside, reading by reading.
    pub(super) readings: Vec<Seen<Reading>>,
    /// The same before more than one interpreter used the target, where such a use ended the worker.
    pub(super) early: Vec<Seen<Reading>>,
    /// Objects that belong to several interpreters without the target, too: type and value.
    pub(super) control_shared: BTreeSet<(String, String)>,
    /// Calls that came to something else.
    pub(super) changes: Vec<Change>,
    /// Calls that ran a callback in another interpreter: module and call.
    pub(super) strays: BTreeSet<(String, String)>,
    /// How many calls were compared, by module.
    pub(super) calls: BTreeMap<String, usize>,
    /// What ended a scenario badly.
    pub(super) troubles: Vec<Ending>,
    /// Scenarios that say nothing about the target, and why.
    pub(super) inconclusive: Vec<String>,
    /// Scenarios that did not come to their end, whatever was left out.
    pub(super) unfinished: Vec<String>,
    pub(super) leaks: Seen<Leaks>,
    /// Each scenario, and what it came to.
    pub(super) scenarios: BTreeMap<String, String>,
    pub(super) not_examined: Vec<String>,
}

/// Something that leads from one interpreter to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Crossing {
    /// The file of the image that it starts from.
    pub(super) path: PathBuf,
    /// Whose image that is; none if all interpreters have the same.
    pub(super) owner: Option<usize>,
    /// The variable.
    pub(super) variable: Variable,
    /// What it leads to, in words that are the same in every run.
    pub(super) what: String,
    /// Whose that is.
    pub(super) others: Vec<usize>,
    /// The object's address.
    pub(super) target: u64,
}

/// A word of a file's variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Variable {
    /// Its address in the file.
    pub(super) vaddr: u64,
    /// The symbol, or else the section.
    pub(super) name: String,
    /// That, and how far behind its beginning.
    pub(super) place: String,
}

/// An object that several interpreters told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SharedObject {
    pub(super) address: u64,
    pub(super) type_name: String,
    pub(super) detail: String,
}

/// What was read of one file's images.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Amount {
    pub(super) copies: usize,
    pub(super) words: usize,
    pub(super) objects: usize,
}

/// One reading.
#[derive(Default)]
pub(super) struct Reading {
    pub(super) crossings: Vec<Crossing>,
    pub(super) shared: Vec<SharedObject>,
    /// What was read, by file.
    pub(super) amounts: BTreeMap<PathBuf, Amount>,
    /// How many objects each interpreter told of.
    pub(super) objects: Vec<usize>,
    pub(super) private_libraries: BTreeSet<PathBuf>,
    /// Files of packages that are mapped once, and the files whose images use them.
    pub(super) used_together: BTreeMap<PathBuf, BTreeSet<PathBuf>>,
    /// Modules that isolated interpreters have without a copy: file by name.
    pub(super) as_usual: BTreeMap<String, PathBuf>,
    /// What could not be looked at.
    pub(super) not_examined: BTreeSet<String>,
}
