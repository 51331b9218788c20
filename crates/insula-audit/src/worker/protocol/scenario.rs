//! What a worker is to do.

use serde::Serialize;

use super::copies::Orders;
use super::exercise::Workload;

/// Whose GIL a sub-interpreter runs under.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Gil {
    /// The main interpreter's.
    Legacy,
    /// Its own.
    Own,
}

/// How the target's callables are called without knowing what they are for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub(crate) struct BlindCalls {
    /// Whether functions and methods are called, and not only constructors.
    pub(crate) functions: bool,
    /// Calls that ended an earlier worker.
    pub(crate) avoid: Vec<String>,
}

/// What a worker is to do, each with what only it needs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(tag = "scenario", rename_all = "snake_case")]
pub(crate) enum Scenario {
    /// Say where the interpreter would import a name from.
    #[default]
    Locate,
    /// Call the init functions, and say what they return.
    InitFunction {
        /// Their symbols.
        symbols: Vec<String>,
    },
    /// Import the target, and use it lightly.
    Import,
    /// Import the target, and exit.
    Exit,
    /// Import the target twice.
    Again,
    /// The main interpreter imports, then two sub-interpreters.
    MainFirst {
        /// Theirs.
        gil: Gil,
    },
    /// A sub-interpreter imports before the main interpreter does.
    SubFirst {
        /// Its.
        gil: Gil,
    },
    /// Interpreters import at the same time, several times over.
    Parallel {
        /// Theirs.
        gil: Gil,
        /// How many.
        width: u32,
        /// How often.
        rounds: u32,
    },
    /// One cycle of a runtime that is started and ended several times.
    Restart {
        /// `sys.path` of the interpreter's executable.
        search: Vec<String>,
        /// Of a virtual environment: `sys.prefix`, and the folder of its packages.
        environment: Option<(String, String)>,
    },
    /// Say what the import changes outside of the module.
    Effects,
    /// Make the same calls in two live interpreters.
    Identity {
        /// The calls.
        #[serde(flatten)]
        calls: BlindCalls,
        /// The second one's.
        gil: Gil,
    },
    /// Repeat calls in the first interpreter after a second one imported, and ended.
    Replay {
        /// The calls.
        #[serde(flatten)]
        calls: BlindCalls,
        /// Whether the second interpreter does without the target, which makes a control of this.
        absent: bool,
    },
    /// Make and call everything, and wait to be looked at.
    DeepXray {
        /// The calls.
        #[serde(flatten)]
        calls: BlindCalls,
    },
    /// Probe each type's side of the contract with the garbage collector.
    GcContract {
        /// The calls.
        #[serde(flatten)]
        calls: BlindCalls,
        /// Whether further modules are made.
        copies: bool,
        /// The number of the first experiment, where an earlier worker ended before it had done all.
        start: usize,
    },
    /// Do the same over again: calls, `__init__`, weak references.
    Repetition {
        /// The calls.
        #[serde(flatten)]
        calls: BlindCalls,
        /// How long calls are repeated, in seconds of processor time.
        seconds: u32,
        /// The number of the first experiment, where an earlier worker ended before it had done all.
        start: usize,
        /// Whether that is the only one.
        only: bool,
        /// Whether nothing is done a second time, which makes a control of this.
        once: bool,
    },
    /// Call everything with arguments that nobody would pass in earnest.
    HostileCalls {
        /// The calls.
        #[serde(flatten)]
        calls: BlindCalls,
        /// How long, in seconds of processor time.
        seconds: u32,
        /// The number of the first call.
        start: usize,
        /// Callables that are passed over.
        skip: Vec<String>,
        /// If there are any: the only calls to make.
        only: Vec<String>,
    },
    /// Make and drop many modules.
    LeakPerImport {
        /// How many.
        cycles: u32,
        /// Blocks and bytes that all of them may leave behind: nothing more is measured then.
        enough: (i64, i64),
    },
    /// Make and end many interpreters that import the target.
    LeakPerInterpreter {
        /// Theirs.
        gil: Gil,
        /// How many.
        cycles: u32,
        /// As above.
        enough: (i64, i64),
    },
    /// Run the user's workload.
    Exercise {
        /// It.
        exercise: Workload,
    },
    /// Say where the module's types and callables are.
    Inventory,
    /// Describe the module and its types, to be compared.
    Describe,
    /// Say whether insula_isolate can be installed.
    IsolatePresent(Orders),
    /// Say which calls there are, and what they come to in an ordinary process.
    IsolateCalls(Orders),
    /// Have several interpreters use their copies, and wait to be looked at.
    IsolateProof(Orders),
    /// Have interpreters import at the same time, several times over.
    IsolateRace(Orders),
    /// Make and end many interpreters that isolate.
    IsolateLeaks(Orders),
    /// Report one event of each kind.
    #[cfg(test)]
    EveryEvent,
}
