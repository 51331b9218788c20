//! A program that is no probe of ours in a worker's surroundings: an application's interpreter, or a command of the
//! user's. It has the user's environment and no limit but its time; what it starts ends with it all the same.

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use super::WorkerError;
use super::interrupt::{self, Family};
use super::supervisor::{self, Record, next_record};

/// Runs a command to its end, or for so long, and ends all that it started; how it ended, if it was in time.
pub(crate) fn run_plain(command: &mut Command, time: Duration) -> Result<Option<ExitStatus>, WorkerError> {
    if interrupt::interrupted() {
        return Err(WorkerError::Interrupted);
    }
    let streams = [libc::STDIN_FILENO, libc::STDOUT_FILENO, libc::STDERR_FILENO];
    let started = supervisor::start(command, streams, address_space());
    let program = || command.get_program().into();
    let (mut child, mut records, control) =
        started.map_err(|error| WorkerError::Start { program: program(), error })?;
    let family = Family::behind(control);
    let (sender, news) = mpsc::channel();
    // The reader is not joined: it ends with the supervisor.
    std::thread::spawn(move || {
        while let Some(record) = next_record(&mut records) {
            let _ = sender.send(record);
        }
    });
    let deadline = Instant::now() + time;
    let end = loop {
        match news.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(Record::Ended(status)) => break Some(ExitStatus::from_raw(status)),
            Ok(_) => {}
            Err(RecvTimeoutError::Timeout) => break None,
            // Whoever ends its supervisor is ended with it, by the signal that was set for this case.
            Err(RecvTimeoutError::Disconnected) => break Some(ExitStatus::from_raw(libc::SIGKILL)),
        }
    };
    drop(family);
    child.wait().map_err(|error| WorkerError::Wait { program: program(), error })?;
    if interrupt::interrupted() { Err(WorkerError::Interrupted) } else { Ok(end) }
}

/// The limit of address space that this process has, and may give on.
fn address_space() -> u64 {
    let mut limit = libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: the structure lives across the call, a plain system call, which writes it.
    unsafe { libc::getrlimit(libc::RLIMIT_AS, &raw mut limit) };
    limit.rlim_max
}
