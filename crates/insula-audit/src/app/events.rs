//! What the probe says, a line of JSON for each event.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::report::Kind;

/// Where something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Place {
    Main,
    Legacy,
    Own,
}

impl From<Kind> for Place {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Legacy => Self::Legacy,
            Kind::Own => Self::Own,
        }
    }
}

/// An event, with its place.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Event {
    #[serde(rename = "where")]
    pub(super) place: Place,
    #[serde(flatten)]
    pub(super) what: What,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub(super) enum What {
    /// An entry is about to be imported.
    Entering { name: String, stage: Stage },
    /// It was imported.
    Entered { name: String, stage: Stage },
    /// It was not. Nobody misses one that is `spared`: an extension module without which its package works.
    Failed { name: String, stage: Stage, message: String, spared: bool },
    /// An extension module is about to be loaded, by the code of these modules, the outermost first.
    /// `origin` is the application's file among them that begins it; `lines` is where each of them was, as `file:line`,
    /// the innermost first, told of commands alone.
    Trying { name: String, file: PathBuf, chain: Vec<String>, origin: Option<String>, lines: Vec<String> },
    /// It was loaded.
    Loaded { name: String },
    /// It does not load: CPython refuses what is not `declared`, or the module does it itself.
    Refused { name: String, message: String, declared: bool },
    /// It does not load because another one does not.
    Blocked { name: String, message: String },
    /// It was not loaded, this time either.
    Closed { name: String },
    /// A function of Python's own does not work in such an interpreter.
    Denied { name: String, message: String, chain: Vec<String>, origin: Option<String> },
    /// CPython's check is lifted, to see what comes behind.
    Lifted { name: String },
    /// The application does not do without this module.
    Needed { name: String },
    /// It is not said which module it is that the application does not do without: maybe this one.
    Guessed {},
    /// The application does without this module.
    Spared { name: String },
    /// One of the lines at which an extension module is loaded goes on, to all appearance, where it does not load.
    Guarded { name: String },
    /// An extension module is kept from the application.
    Withheld { name: String },
    /// A package that the application does not import is about to be imported.
    #[serde(rename = "trying other")]
    TryingOther { name: String },
    /// It was imported, with its extension modules: those that were not, and why, and whether it goes on without them.
    Other { name: String, failed: BTreeMap<String, String>, spared: bool },
    /// What is imported, where distributions were asked for: packages, and extension modules with the packages that
    /// they are used by.
    Entries { names: Vec<String>, compiled: Vec<(String, Vec<String>)> },
    /// What a distribution says of itself cannot be read.
    Unreadable { name: String, message: String },
    /// A distribution that was asked for is not installed.
    Missing { name: String },
    /// What is installed.
    Distribution(Installed),
    /// The folders of `sys.path`, as the application leaves it.
    Path { folders: Vec<PathBuf> },
    /// An interpreter of a command's has begun.
    Begun {},
    /// The files and the folders of `sys.path` that the result depends on.
    Files { files: Vec<PathBuf> },
    /// There is no `insula_isolate` in the application's environment.
    #[serde(rename = "no isolate")]
    NoIsolate {},
    /// The next step begins.
    Step { name: String },
    /// A step could not be taken.
    Trouble { message: String },
    /// Everything was done.
    End {},
}

/// Which import of the entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Stage {
    /// In the main interpreter.
    Main,
    /// As it would be.
    Natural,
    /// With CPython's check lifted where it refuses.
    Lifted,
    /// With `insula_isolate`.
    Isolated,
    /// In the main interpreter, without what refuses elsewhere.
    Without,
}

/// An installed distribution.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Installed {
    pub(super) name: String,
    pub(super) version: String,
    /// Where its files lie.
    pub(super) base: PathBuf,
    /// Its extension modules, from there.
    pub(super) compiled: Vec<PathBuf>,
    /// Its top-level packages, if it says so.
    pub(super) tops: Vec<String>,
    /// The project's addresses, each behind its label and a comma.
    pub(super) urls: Vec<String>,
    /// The folder of its source code, where it is installed in editable form.
    pub(super) source: Option<PathBuf>,
}
