//! What a worker reports, kind by kind.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

use super::at::{At, Known};
use super::copies::Told;
use super::exercise::ToldExercise;
use super::words::{Part, Place};

/// Declares the kinds of events: a structure for each, and the enum of all.
macro_rules! events {
    ($($(#[$about:meta])* $name:ident { $($(#[$detail:meta])* $field:ident: $kind:ty,)* })*) => {
        $(
            $(#[$about])*
            #[derive(Clone, Debug, PartialEq, Deserialize)]
            #[serde(deny_unknown_fields)]
            pub(crate) struct $name {
                $($(#[$detail])* pub(crate) $field: $kind,)*
            }

            impl Kind for $name {
                fn of(event: &Event) -> Option<&Self> {
                    match event {
                        Event::$name(this) => Some(this),
                        _ => None,
                    }
                }
            }
        )*

        /// Something a worker reports.
        #[derive(Clone, Debug, PartialEq, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub(crate) enum Event {
            $($(#[$about])* $name($name),)*
        }
    };
}

/// One kind of event.
pub(crate) trait Kind {
    /// The event, if it is of this kind.
    fn of(event: &Event) -> Option<&Self>;
}

events! {
    /// What the worker does from now on, for messages.
    Step {
        /// In words.
        name: String,
    }
    /// The worker waits to be looked at.
    Checkpoint {
        /// The address of `type`, by which the table of layouts is checked before anything else is read.
        type_address: u64,
        /// Where it waits, and what is to be seen there.
        at: At,
    }
    /// An exception in one of the interpreters.
    Failed {
        /// While doing what; in a control the name of the dependency.
        stage: String,
        /// The exception's class.
        class: String,
        /// Its text.
        message: String,
        /// The module that is not there, if that is what it says.
        missing: Option<String>,
        /// Whether it is an ImportError that somebody raised on purpose.
        deliberate: bool,
    }
    /// An exception came out of the probe's own code: what a call of the target left behind, perhaps.
    Stray {
        /// Its class.
        class: String,
        /// Its text.
        message: String,
    }
    /// The scenario came to its end.
    Done {}
    /// What the interpreter's executable has in `sys.path`, without what the target needs in it.
    SearchPath {
        /// Its folders and archives.
        entries: Vec<String>,
    }
    /// The main interpreter imported the target.
    Imported {
        /// The names it had right after it was executed.
        names: Vec<String>,
        /// What was imported with it: names and files.
        dependencies: Vec<(String, String)>,
    }
    /// What can be reached from the module of one interpreter: address, name of the type, path, whether it is immortal.
    ReachedObjects {
        /// Each object once.
        objects: Vec<(u64, String, String, bool)>,
    }
    /// A sub-interpreter imported the target; without names, it was a control.
    Visited {
        /// The names it had right after it was executed.
        names: Vec<String>,
        /// The types that are alive in this interpreter.
        known: Known,
    }
    /// The second import in one interpreter.
    Again {
        /// Whether it gave the first module.
        same_module: bool,
        /// The names of the first one.
        first_names: Vec<String>,
        /// The names of the second one.
        names: Vec<String>,
        /// The first one's types: address, and whether it is a heap type.
        first_types: BTreeMap<String, (u64, bool)>,
        /// The second one's.
        types: BTreeMap<String, (u64, bool)>,
    }
    /// Light use of the types, repeated: what each came to.
    Replayed {
        /// Before something happened.
        before: BTreeMap<String, String>,
        /// Afterwards.
        after: BTreeMap<String, String>,
    }
    /// One cycle of the runtime.
    Cycle {
        /// The names the target had.
        names: Vec<String>,
    }
    /// What the init functions returned.
    InitReturned {
        /// By symbol, the name of the type.
        returns: BTreeMap<String, String>,
    }
    /// Where a name would be imported from.
    Located {
        /// What it is.
        kind: Place,
        /// Its file.
        file: Option<PathBuf>,
        /// Its folders, if it is a package.
        folders: Vec<PathBuf>,
    }
    /// A call that makes an instance, or is recorded, is made now.
    Attempt {
        /// The call.
        expression: String,
    }
    /// The types for which there is an instance, and the expression that made it.
    Made {
        /// By the type's name.
        by: BTreeMap<String, String>,
    }
    /// An experiment on the contract with the collector begins.
    Experiment {
        /// Its number.
        number: usize,
        /// Its name.
        label: String,
    }
    /// An experiment raised, so that it says nothing.
    ExperimentRaised {
        /// Its name.
        label: String,
        /// The exception's class.
        class: String,
    }
    /// What traverse visits.
    Visits {
        /// The type.
        of: String,
        /// How often traverse visits the type.
        of_type: u64,
        /// What it visits more often than it owns it: in words, visits, references.
        over: Vec<(String, i64, i64)>,
    }
    /// The type's reference count, over instances that came and went.
    Slope {
        /// The type.
        of: String,
        /// By how much it changed.
        references: i64,
        /// Over how many instances.
        repeats: u32,
        /// By how much the allocated blocks changed.
        blocks: i64,
        /// How many instances more are alive.
        alive: i64,
    }
    /// What an instance owns, against what traverse visits.
    Members {
        /// The type.
        of: String,
        /// Ways to make it own something that traverse does not visit.
        missed: Vec<String>,
        /// How many ways were tried with success.
        ways: u64,
    }
    /// Cycles through an instance.
    CycleStays {
        /// The type.
        of: String,
        /// Ways to make one that is never collected.
        stuck: Vec<String>,
    }
    /// An instance was looked for in the collector's lists while it was destroyed.
    Untracked {
        /// The type.
        of: String,
        /// Whether it was found.
        tracked: bool,
        /// Who looked.
        by: String,
    }
    /// A module that was dropped.
    Lifetime {
        /// A second module is the first one.
        same: bool,
        /// What was still alive.
        survivors: Vec<String>,
    }
    /// A call releases what it does not own.
    OverReleased {
        /// The call.
        call: String,
        /// What it releases.
        part: Part,
        /// The type of that.
        kind: String,
    }
    /// The hostile calls that will be made.
    Cases {
        /// How many.
        chosen: u64,
        /// Out of how many.
        all: u64,
        /// Of how many callables.
        groups: u64,
    }
    /// A hostile call is made now.
    Case {
        /// Its number.
        number: usize,
        /// The callable.
        group: String,
        /// The call.
        expression: String,
        /// Its subject was made by `__new__` alone.
        bare: bool,
    }
    /// A call took long, and came to its end.
    Slow {
        /// The call.
        expression: String,
    }
    /// A call broke the C-API's contract.
    BrokenContract {
        /// The callable.
        group: String,
        /// The call.
        expression: String,
        /// What CPython, or the panic, says.
        message: String,
    }
    /// A call asked for all memory, for arguments that are not large.
    OutOfMemory {
        /// The callable.
        group: String,
        /// The call.
        expression: String,
    }
    /// The time for hostile calls was up.
    TimeUp {
        /// At which call.
        at: usize,
        /// Of how many.
        of: usize,
    }
    /// What calls gave to one interpreter.
    Given {
        /// The callables, the calls, where what they returned lies, and its type.
        results: Vec<(String, String, u64, String)>,
        /// Of each type, where instances lay.
        memory: Vec<(String, Vec<u64>)>,
    }
    /// A call is made over and over now.
    Repeated {
        /// The callable.
        callable: String,
        /// The call.
        call: String,
    }
    /// A call leaves something behind each time.
    CallLeaves {
        /// The callable.
        callable: String,
        /// The call.
        call: String,
        /// Blocks of Python's allocator, for all repetitions.
        blocks: i64,
        /// Bytes of the C library's.
        bytes: i64,
        /// How many repetitions.
        repeats: u32,
    }
    /// All calls were repeated for which there was time.
    CallsRepeated {
        /// How many callables were called.
        reached: u64,
        /// Of how many.
        of: u64,
        /// Those that add to what is there already, so that it is not clear whether they leak, too.
        unclear: Vec<String>,
    }
    /// What a second call of `__init__` leaves behind.
    InitAgain {
        /// The type.
        of: String,
        /// The call that made the instance, whose arguments were passed again.
        call: String,
        /// Blocks of Python's allocator, for all repetitions.
        blocks: i64,
        /// Bytes of the C library's.
        bytes: i64,
        /// How many repetitions.
        repeats: u32,
    }
    /// Weak references to instances came and went.
    WeakReferences {
        /// The type.
        of: String,
        /// What was wrong.
        wrong: Option<String>,
    }
    /// Growth over windows of the same length: three, or fewer once one has shown that nothing stays.
    Windows {
        /// Blocks of Python's allocator, bytes of the C library's.
        windows: Vec<(i64, i64)>,
        /// How many repetitions each window has.
        cycles: u32,
        /// Whether the C library told its bytes.
        bytes: bool,
    }
    /// What an interpreter loaded with the target.
    Loaded {
        /// Names of modules.
        names: Vec<String>,
        /// How many names the target and its types have.
        own: u64,
    }
    /// Calls were recorded.
    Recorded {
        /// How many of them answer the same each time.
        count: usize,
    }
    /// The second interpreter has imported the target.
    SecondImported {}
    /// A recorded call answers otherwise than before.
    Changed {
        /// The call.
        call: String,
        /// What it came to.
        before: String,
        /// What it comes to now.
        after: String,
        /// After what happened.
        when: String,
    }
    /// What the import changed outside of the module.
    Effects {
        /// In words.
        changed: Vec<String>,
    }
    /// The module and its types, to be compared.
    Described {
        /// Aspects, and in each the items with their values.
        module: BTreeMap<String, BTreeMap<String, String>>,
        /// The same of each type.
        types: BTreeMap<String, BTreeMap<String, BTreeMap<String, String>>>,
    }
    /// Something about the user's workload.
    Exercise {
        /// What it tells.
        told: ToldExercise,
    }
    /// Something that only an audit of private copies asks for.
    Copies {
        /// The number of the interpreter; 0 is the main one.
        number: usize,
        /// What it tells.
        told: Told,
    }
}
