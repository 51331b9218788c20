//! What the auditor tells a worker, and what the worker reports: the one place where either is written or read.
//!
//! A worker reports in *frames*, lines of at most `PIPE_BUF` bytes, which the kernel never tears apart however many
//! interpreters write at the same time: `TOKEN WRITER.NUMBER + TEXT`, and `.` in the place of `+` in a message's last
//! frame. The token is new for each worker, so that the module under audit cannot report in the probe's name by
//! chance or by a fixed line. The frames of one message make a JSON object, which is one of [`Event`]. What cannot be
//! read makes the experiment inconclusive; it never counts as nothing found. `probe/events.py` has one function for
//! each kind of event, `isolate/tell.py` for each kind that only an audit of private copies has, and
//! `probe/exercise.py` for what is told of a workload.

mod at;
mod copies;
mod event;
mod exercise;
mod frames;
mod scenario;
mod words;

pub(crate) use self::at::{At, Known};
pub(crate) use self::copies::{Extent, Orders, Outcomes, Told, ToldImage};
pub(crate) use self::event::*;
pub(crate) use self::exercise::{Asks, Ended, ToldExercise, Workload};
pub(super) use self::frames::{Decoder, next_frame};
pub(crate) use self::scenario::{BlindCalls, Gil, Scenario};
pub(crate) use self::words::{Part, Place};

use serde::{Deserialize, Serialize};

/// An event, and the interpreter that reports it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Message {
    /// In words.
    pub(crate) place: String,
    /// What it reports.
    pub(crate) event: Event,
}

/// What a worker has to know to report.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Channel {
    /// The descriptor that frames are written to.
    pub(super) events: i32,
    /// The descriptor that a byte comes from when a checkpoint is over.
    pub(super) commands: i32,
    /// The descriptor for the traceback of a fatal error.
    pub(super) faults: i32,
    /// What each frame begins with.
    pub(super) token: String,
}
