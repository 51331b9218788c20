//! What the workers of an audit of private copies are told, and what their interpreters tell.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::at::Known;
use super::scenario::Gil;

/// Which calls are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Extent {
    /// All that are found.
    All,
    /// Those that make instances.
    Constructors,
    /// None.
    Nothing,
}

/// What is known of calls: what each came to, or nothing where that differs by itself; by module.
pub(crate) type Outcomes = BTreeMap<String, BTreeMap<String, Option<String>>>;

/// What a worker is told.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub(crate) struct Orders {
    /// What is imported before the modules.
    pub(crate) first: Vec<String>,
    /// The modules.
    pub(crate) modules: Vec<String>,
    /// Those whose functions must not be called blindly.
    #[serde(rename = "unsafe")]
    pub(crate) unsafe_names: Vec<String>,
    /// Whether insula_isolate is installed.
    pub(crate) isolate: bool,
    /// Only the first interpreter imports the target.
    pub(crate) absent: bool,
    /// The worker is read, and ends, when all interpreters have imported the target and only the first one called it.
    pub(crate) early: bool,
    /// Whose GIL the interpreters run under.
    pub(crate) gil: Gil,
    /// How many interpreters, beside the main one.
    pub(crate) width: usize,
    /// How often.
    pub(crate) rounds: u32,
    /// How many interpreters one after the other.
    pub(crate) cycles: u32,
    /// Which calls are made.
    pub(crate) calls: Extent,
    /// How many calls of one module.
    pub(crate) most_calls: usize,
    /// Whether a call has a time limit of its own.
    pub(crate) timed: bool,
    /// Calls that ended an earlier worker, by module.
    pub(crate) avoided: BTreeMap<String, Vec<String>>,
    /// Calls that only the first interpreter makes, by module.
    pub(crate) only_first: BTreeMap<String, Vec<String>>,
    /// The calls to make; none of a module: all that there are.
    pub(crate) known_calls: Outcomes,
    /// Decides about orders.
    pub(crate) seed: u64,
}

impl Orders {
    /// Nothing to do, for interpreters of this kind.
    pub(crate) fn nothing(gil: Gil) -> Self {
        Self {
            first: Vec::new(),
            modules: Vec::new(),
            unsafe_names: Vec::new(),
            isolate: false,
            absent: false,
            early: false,
            gil,
            width: 0,
            rounds: 0,
            cycles: 0,
            calls: Extent::Nothing,
            most_calls: 0,
            timed: false,
            avoided: BTreeMap::new(),
            only_first: BTreeMap::new(),
            known_calls: Outcomes::new(),
            seed: 0,
        }
    }
}

/// What an interpreter tells. `isolate/tell.py` has a function for each.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Told {
    /// Whether insula_isolate can be installed.
    Present {
        /// Why not.
        error: Option<String>,
    },
    /// An import begins.
    ImportBegun {
        /// Of this module.
        module: String,
    },
    /// A module is called.
    CallBegun {
        /// The module.
        module: String,
        /// The call; none while ways to call it are looked for.
        call: Option<String>,
    },
    /// An import failed.
    NotImported {
        /// Of this module.
        module: String,
        /// The exception's class.
        class: String,
        /// Its text.
        message: String,
        /// The module that is not there, if that is what it says.
        missing: Option<String>,
    },
    /// What the target imported of the standard library.
    StandardLibrary {
        /// In that order.
        names: Vec<String>,
    },
    /// Calls, and what they came to.
    Outcomes {
        /// The module, the call, and its outcome if that was always the same.
        of: Vec<(String, String, Option<String>)>,
    },
    /// A call came to something else than before.
    Changed {
        /// The module.
        module: String,
        /// The call.
        call: String,
        /// What it came to.
        before: String,
        /// What it comes to now.
        after: String,
        /// After what happened.
        when: String,
    },
    /// A call ran a callback in another interpreter.
    Stray {
        /// The module.
        module: String,
        /// The call.
        call: String,
    },
    /// What the interpreter has.
    Images {
        /// Which reading this is for.
        reading: u32,
        /// Its copies.
        images: Vec<ToldImage>,
        /// Its extension modules, and their files.
        loaded: Vec<(String, PathBuf)>,
        /// The types that are alive.
        known: Known,
    },
    /// Its objects that do not live as long as the process.
    Objects {
        /// Which reading this is for.
        reading: u32,
        /// How far each lies behind the one before, the first behind 0.
        gaps: Vec<u64>,
    },
    /// Growth over windows of the same length.
    Growth {
        /// Blocks of Python's allocator, bytes of the C library's, bytes of resident memory.
        windows: Vec<(i64, i64, i64)>,
        /// How many interpreters came and went in each.
        cycles: u32,
        /// Whether the C library told its bytes.
        bytes: bool,
    },
}

/// Where a copy lies.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ToldImage {
    /// The file that it is a copy of.
    pub(crate) path: PathBuf,
    /// Where it begins.
    pub(crate) address: u64,
    /// Its size in bytes.
    pub(crate) size: u64,
    /// Whether it is an extension module, and not a library.
    pub(crate) is_extension: bool,
}
