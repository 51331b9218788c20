//! What an exercise is, and what the interpreters that run it tell.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::scenario::Gil;

/// How often, where and beside what the user's workload runs.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub(crate) struct Workload {
    /// The workload, as the user wrote it.
    pub(crate) command: String,
    /// The folder it runs in.
    pub(crate) folder: PathBuf,
    /// What is asked.
    pub(crate) asks: Asks,
    /// The further interpreters' GILs.
    pub(crate) gil: Gil,
    /// Nobody can import the target, which makes a control of this.
    pub(crate) without: bool,
    /// Tests, and what has tests in it, that do not let it come to its end.
    pub(crate) leave_out: Vec<String>,
}

/// What an exercise is to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Asks {
    /// What is called, and what globals hold after it.
    Globals,
    /// What further interpreters come to.
    Interpreters,
    /// What it comes to a second time in the main interpreter, which is a control of the former.
    Twice,
    /// What each test leaves behind.
    Leaks,
}

/// How a test ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Ended {
    /// Well.
    Passed,
    /// By an exception.
    Failed,
    /// It says itself that it cannot run.
    Skipped,
    /// By something that interpreters restrict, whatever is tested.
    Restricted,
}

/// What an interpreter tells of the workload.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum ToldExercise {
    /// A test begins.
    Began {
        /// Its id.
        test: String,
        /// When, in milliseconds of the system's clock.
        at: u64,
        /// It is the whole workload.
        whole: bool,
    },
    /// A test ended.
    Tested {
        /// Its id.
        test: String,
        /// How.
        ended: Ended,
        /// What it raised, in a line.
        said: String,
    },
    /// The workload ended.
    Exercised {
        /// Why it could not be run, if that is so.
        error: Option<String>,
    },
    /// The callables of the target.
    Called {
        /// Those that were called.
        reached: Vec<String>,
        /// The others.
        missed: Vec<String>,
    },
    /// A test uses the target, or may do so unseen.
    Touched {
        /// Its id.
        test: String,
        /// What it calls of the target.
        calls: Vec<String>,
    },
    /// A test leaves something behind each time.
    Leaves {
        /// Its id.
        test: String,
        /// Blocks of Python's allocator, for all repetitions.
        blocks: i64,
        /// Bytes of the C library's.
        bytes: i64,
        /// How many repetitions.
        repeats: u32,
        /// Whether it uses the target.
        uses: bool,
        /// What it calls of the target.
        calls: Vec<String>,
    },
    /// A test adds to what is there already, so that it is not clear whether it leaks, too.
    Keeps {
        /// Its id.
        test: String,
    },
    /// A test that uses the target leaves as much behind each time where the target's functions are not called.
    Beside {
        /// Its id.
        test: String,
    },
    /// How many tests were run over and over.
    Repeated {
        /// How many.
        count: usize,
        /// Of how many.
        of: usize,
        /// What those call of the target that leave nothing behind.
        steady: Vec<String>,
    },
}
