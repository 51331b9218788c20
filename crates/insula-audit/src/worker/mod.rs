//! Worker processes: every experiment runs in one of its own, with limits, and whatever happens to it is a result.
//!
//! The probe that a worker runs is Python source, so that one probe fits every version and no compiled helper of ours lives
//! in the process that is measured. It reports JSON lines on a pipe of its own (the target may write megabytes to
//! stdout, or close it), and at a checkpoint it waits for one byte, while the auditor reads its memory from outside.

pub mod interrupt;
pub(crate) mod scratch;
pub(crate) mod task;

use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use serde_json::Value;

use self::interrupt::Group;

/// Where the worker finds its pipes: high enough that a target closing 0-2 or the next few does not hit them.
const EVENTS_FD: i32 = 230;
const COMMANDS_FD: i32 = 231;
const FAULTS_FD: i32 = 232;

/// How much of each stream is kept.
const KEPT: usize = 32 * 1024;

/// How long streams and events may still arrive after the worker itself has ended.
const DRAIN: Duration = Duration::from_millis(300);

/// The limits of one worker.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Wall time.
    pub time: Duration,
    /// Address space in bytes.
    pub memory: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { time: Duration::from_secs(60), memory: memory_limit() }
    }
}

/// A quarter of the machine's memory, so that a runaway target does not take other programs with it; but not less than what
/// large packages map.
fn memory_limit() -> u64 {
    const LEAST: u64 = 4 << 30;
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let total = text.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let kilobytes = total.and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0);
    LEAST.max(kilobytes * 1024 / 4)
}

/// How a worker ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// It returned this exit code.
    Exit(i32),
    /// A signal ended it.
    Signal(i32),
    /// It was still running at its time limit.
    TimedOut,
}

/// All that a worker left behind.
#[derive(Clone, Debug)]
pub struct Run {
    /// What it reported, in order.
    pub events: Vec<Value>,
    /// How it ended.
    pub end: End,
    /// The last bytes of stdout and stderr.
    pub stdout: String,
    /// See `stdout`.
    pub stderr: String,
    /// The traceback of a fatal error.
    pub fault: String,
}

impl Run {
    /// The events with this name.
    pub fn events_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Value> + 'a {
        self.events.iter().filter(move |event| event["event"] == name)
    }

    /// The last step the worker announced.
    pub fn last_step(&self) -> &str {
        self.events_named("step").last().and_then(|event| event["name"].as_str()).unwrap_or("start")
    }

    /// Whether the scenario came to its end.
    pub fn done(&self) -> bool {
        self.events_named("done").next().is_some()
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
    /// The temporary folder could not be made or written.
    #[error("cannot write the worker's temporary folder: {0}; check free space and TMPDIR")]
    Folder(std::io::Error),
    /// The user pressed Ctrl-C.
    #[error("interrupted")]
    Interrupted,
}

/// What to start.
pub struct Launch<'a> {
    /// The program.
    pub program: &'a Path,
    /// Its arguments.
    pub arguments: Vec<std::ffi::OsString>,
    /// More environment variables.
    pub environment: Vec<(String, std::ffi::OsString)>,
    /// The limits.
    pub limits: Limits,
    /// The folder below which the worker's own temporary folder is made.
    pub scratch: &'a Path,
    /// A script to write into that folder; its path becomes the last argument.
    pub script: Option<String>,
    /// Whether the user's network settings (proxies, certificates) are passed on.
    pub network: bool,
}

/// Called with the process id, the checkpoint and all events before it, while the worker waits.
pub type Checkpoint<'a> = dyn FnMut(u32, &Value, &[Value]) + 'a;

/// The numbers the probe is told.
pub(crate) fn channel_config() -> Value {
    serde_json::json!({ "events": EVENTS_FD, "commands": COMMANDS_FD, "faults": FAULTS_FD })
}

/// Runs a worker to its end.
pub fn run(launch: Launch<'_>, checkpoint: &mut Checkpoint<'_>) -> Result<Run, WorkerError> {
    if interrupt::interrupted() {
        return Err(WorkerError::Interrupted);
    }
    let folder = tempfile::Builder::new().prefix("worker-").tempdir_in(launch.scratch).map_err(WorkerError::Folder)?;
    let (events_out, events_in) = std::io::pipe().map_err(WorkerError::Folder)?;
    let (commands_out, mut commands_in) = std::io::pipe().map_err(WorkerError::Folder)?;
    let mut faults = tempfile::tempfile_in(folder.path()).map_err(WorkerError::Folder)?;

    let mut command = Command::new(launch.program);
    command
        .args(&launch.arguments)
        .env_clear()
        .env("HOME", folder.path())
        .env("TMPDIR", folder.path())
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("LANG", "C.UTF-8")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .envs(launch.environment.iter().map(|(name, value)| (name, value)));
    if launch.network {
        command.envs(std::env::vars_os().filter(|(name, _)| is_network_setting(&name.to_string_lossy())));
    }
    command
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    if let Some(script) = &launch.script {
        let path = folder.path().join("probe.py");
        std::fs::write(&path, script).map_err(WorkerError::Folder)?;
        command.arg(path);
    }
    confine(
        &mut command,
        [(events_in.as_raw_fd(), EVENTS_FD), (commands_out.as_raw_fd(), COMMANDS_FD), (faults.as_raw_fd(), FAULTS_FD)],
        launch.limits.memory,
    );

    let deadline = Instant::now() + launch.limits.time;
    let mut child =
        command.spawn().map_err(|error| WorkerError::Start { program: launch.program.to_owned(), error })?;
    let group = Group::of(child.id());
    drop(OwnedFd::from(events_in));
    drop(OwnedFd::from(commands_out));

    let stdout = keep_tail(child.stdout.take());
    let stderr = keep_tail(child.stderr.take());
    let (sender, receiver) = mpsc::channel();
    // The readers are not joined: a grandchild that left the group might hold the pipe open for ever.
    std::thread::spawn(move || {
        for line in BufReader::new(events_out).lines() {
            let Ok(line) = line else { break };
            let Ok(event) = serde_json::from_str::<Value>(&line) else {
                continue;
            };
            if sender.send(event).is_err() {
                break;
            }
        }
    });

    let mut events = Vec::new();
    let mut ended: Option<(End, Instant)> = None;
    let mut open = true;
    loop {
        if open {
            match receiver.recv_timeout(Duration::from_millis(20)) {
                Ok(event) => {
                    if event["event"] == "checkpoint" {
                        checkpoint(child.id(), &event, &events);
                        // A worker that has died meanwhile shows in its exit status.
                        let _ = commands_in.write_all(b"\n");
                    }
                    events.push(event);
                    continue;
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => open = false,
            }
        } else if ended.is_none() {
            std::thread::sleep(Duration::from_millis(2));
        }
        match &ended {
            Some((_, since)) if !open || since.elapsed() > DRAIN => break,
            Some(_) => {}
            None => match child.try_wait() {
                Ok(Some(status)) => ended = Some((end_of(status), Instant::now())),
                Ok(None) if Instant::now() >= deadline => {
                    group.kill();
                    let _ = child.wait();
                    ended = Some((End::TimedOut, Instant::now()));
                }
                Ok(None) => {}
                Err(error) => {
                    return Err(WorkerError::Start { program: launch.program.to_owned(), error });
                }
            },
        }
    }
    drop(group);
    if interrupt::interrupted() {
        return Err(WorkerError::Interrupted);
    }
    let mut fault = String::new();
    let mut raw = Vec::new();
    if std::io::Seek::rewind(&mut faults).is_ok() && Read::take(&mut faults, KEPT as u64).read_to_end(&mut raw).is_ok()
    {
        fault = String::from_utf8_lossy(&raw).into_owned();
    }
    let tail = |receiver: mpsc::Receiver<Vec<u8>>| {
        String::from_utf8_lossy(&receiver.recv_timeout(DRAIN).unwrap_or_default()).into_owned()
    };
    Ok(Run {
        events,
        end: ended.map_or(End::TimedOut, |(end, _)| end),
        stdout: tail(stdout),
        stderr: tail(stderr),
        fault,
    })
}

/// Whether a variable of the user's environment decides how pip reaches an index.
fn is_network_setting(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with("_proxy")
        || name.starts_with("pip_")
        || name.starts_with("ssl_cert_")
        || name == "requests_ca_bundle"
}

fn end_of(status: ExitStatus) -> End {
    match (status.code(), status.signal()) {
        (Some(code), _) => End::Exit(code),
        (None, Some(signal)) => End::Signal(signal),
        (None, None) => End::Exit(-1),
    }
}

/// Reads a stream to its end, however long it is, and keeps its last part.
fn keep_tail(stream: Option<impl Read + Send + 'static>) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        let mut buffer = vec![0; 64 * 1024];
        if let Some(mut stream) = stream {
            while let Ok(count @ 1..) = stream.read(&mut buffer) {
                kept.extend_from_slice(&buffer[..count]);
                if kept.len() > 2 * KEPT {
                    kept.drain(..kept.len() - KEPT);
                }
            }
        }
        // Nobody may be waiting any more.
        let _ = sender.send(kept);
    });
    receiver
}

/// Limits that only the child can set for itself, between fork and exec.
fn confine(command: &mut Command, pipes: [(i32, i32); 3], memory: u64) {
    let parent = std::process::id();
    let set = move || {
        let limit = |value| libc::rlimit { rlim_cur: value, rlim_max: value };
        for (resource, value) in [(libc::RLIMIT_CORE, 0), (libc::RLIMIT_AS, memory)] {
            let limit = limit(value);
            // SAFETY: the structure lives across the call; setrlimit is async-signal-safe.
            if unsafe { libc::setrlimit(resource, &raw const limit) } != 0 {
                return Err(std::io::Error::last_os_error());
            }
        }
        for (from, to) in pipes {
            // SAFETY: dup2 takes two integers and is async-signal-safe; `from` is open in the parent until spawn returns.
            if unsafe { libc::dup2(from, to) } < 0 {
                return Err(std::io::Error::last_os_error());
            }
        }
        #[cfg(target_os = "linux")]
        {
            // SAFETY: this prctl takes integers only.
            if unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) } != 0 {
                return Err(std::io::Error::last_os_error());
            }
            // SAFETY: getppid takes nothing and cannot fail. The parent may have died before the line above.
            if unsafe { libc::getppid() } != parent.cast_signed() {
                return Err(std::io::Error::other("the auditor has ended"));
            }
        }
        Ok(())
    };
    // SAFETY: the closure allocates nothing, takes no lock and calls async-signal-safe functions only, as the time between
    // fork and exec demands; `Error::other` allocates, but only in a child whose parent is gone and whose fate is to exit.
    unsafe { command.pre_exec(set) };
}
