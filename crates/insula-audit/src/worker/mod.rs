//! Worker processes: every experiment runs in one of its own, with limits, and whatever happens to it is a result.
//!
//! The probe that a worker runs is Python source, so that one probe fits every version and no compiled helper of ours
//! lives in the process that is measured. It reports on a pipe of its own (the target may write megabytes to stdout,
//! or close it), and at a checkpoint it waits for one byte, while the auditor reads its memory from outside.
//!
//! * `process`: a run from start to end; `supervisor`: who ends every descendant of a worker; `processor`: whether it
//!   computes.
//! * `plain`: programs of the user's, which end with all that they start as well.
//! * `cost`: the processes and the processor time that were spent.
//! * `protocol`: what both sides say; `task`: what a worker is told, and its script; `probe/`: the Python side.
//! * `compiled`: the Python side as code of the interpreter.
//! * [`interrupt`]: how all workers end at once; `scratch`: folders for the time of one audit.

pub(crate) mod compiled;
pub(crate) mod cost;
pub mod interrupt;
mod plain;
mod process;
mod processor;
pub(crate) mod protocol;
pub(crate) mod scratch;
mod supervisor;
pub(crate) mod task;
#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub(crate) use self::plain::run_plain;
pub(crate) use self::process::run;
pub(crate) use self::processor::STUCK;
use self::protocol::{Channel, Kind, Message, Step};

/// The limits of one worker.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Wall time.
    pub(crate) time: Duration,
    /// Address space in bytes.
    pub(crate) memory: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { time: Duration::from_secs(60), memory: memory_limit() }
    }
}

/// A quarter of the machine's memory, so that a runaway target does not take other programs with it; but not less
/// than what large packages map.
fn memory_limit() -> u64 {
    const LEAST: u64 = 4 << 30;
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let total = text.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let kilobytes = total.and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0);
    LEAST.max(kilobytes * 1024 / 4)
}

/// How a worker ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// It returned this exit code.
    Exit(i32),
    /// A signal ended it.
    Signal(i32),
    /// It was still running at its time limit.
    TimedOut,
}

/// All that a worker left behind.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    /// What it reported, in order.
    pub(crate) messages: Vec<Message>,
    /// Why not all of that can be read.
    pub(crate) unreadable: Option<String>,
    /// How it ended.
    pub(crate) end: End,
    /// The time limit it had.
    pub(crate) limit: Duration,
    /// How long none of its threads had used, or waited for, the processor when it ended.
    pub(crate) idle: Duration,
    /// How many processes it left behind, which were then ended.
    pub(crate) left_behind: u32,
    /// The last bytes of stdout and stderr.
    pub(crate) stdout: String,
    /// See `stdout`.
    pub(crate) stderr: String,
    /// The traceback of a fatal error.
    pub(crate) fault: String,
}

impl Run {
    /// All events of one kind.
    pub(crate) fn all<'a, K: Kind + 'a>(&'a self) -> impl DoubleEndedIterator<Item = &'a K> + 'a {
        self.messages.iter().filter_map(|message| K::of(&message.event))
    }

    /// The first event of one kind.
    pub(crate) fn first<'a, K: Kind + 'a>(&'a self) -> Option<&'a K> {
        self.all().next()
    }

    /// The very last event, if it is of this kind.
    pub(crate) fn last_of_all<K: Kind>(&self) -> Option<&K> {
        self.messages.last().and_then(|message| K::of(&message.event))
    }

    /// The last step the worker announced.
    pub(crate) fn last_step(&self) -> &str {
        self.all::<Step>().next_back().map_or("start", |step| step.name.as_str())
    }

    /// Whether it was still at work at its time limit; a call that takes too long has a timer of its own.
    pub(crate) fn out_of_time(&self) -> bool {
        self.end == End::TimedOut && self.idle < STUCK
    }

    /// Whether the scenario came to its end.
    pub(crate) fn done(&self) -> bool {
        self.first::<protocol::Done>().is_some()
    }
}

/// Why a worker could not be run at all.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// The process could not be started.
    #[error("cannot start {}: {error}", program.display())]
    Start {
        /// The program.
        program: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// The system does not tell how it ended.
    #[error("cannot wait for {}: {error}", program.display())]
    Wait {
        /// The program.
        program: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// The temporary folder could not be made or written.
    #[error("cannot write the worker's temporary folder: {0}; check free space and TMPDIR")]
    Folder(std::io::Error),
    /// The user pressed Ctrl-C.
    #[error("interrupted")]
    Interrupted,
}

/// Makes a worker's script, once its descriptors are known.
pub(crate) type Script<'a> = dyn Fn(&Channel) -> String + 'a;

/// What a worker has of the user's environment, beneath the variables that are set for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Inherits {
    /// Nothing: what it shows is not to depend on who runs the auditor.
    Nothing,
    /// The settings for the network, which pip needs.
    Network,
    /// All: it runs the user's own code.
    All,
}

/// What to start.
pub(crate) struct Launch<'a> {
    /// The program.
    pub(crate) program: &'a Path,
    /// Its arguments; the path of the script comes behind them.
    pub(crate) arguments: Vec<OsString>,
    /// Environment variables, beside the few that every worker has.
    pub(crate) environment: Vec<(String, OsString)>,
    /// Its limits.
    pub(crate) limits: Limits,
    /// Where its temporary folder goes.
    pub(crate) scratch: &'a Path,
    /// The script.
    pub(crate) script: Option<&'a Script<'a>>,
    /// What it has of the user's environment.
    pub(crate) inherits: Inherits,
}

/// Called with the process id, the checkpoint and all messages before it, while the worker waits.
pub(crate) type Look<'a> = dyn FnMut(u32, &protocol::Checkpoint, &[Message]) + 'a;
