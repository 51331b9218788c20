//! One run of a worker, from start to end.

use std::collections::hash_map::RandomState;
use std::fs::File;
use std::hash::{BuildHasher, Hasher};
use std::io::{BufReader, PipeReader, PipeWriter, Read, Seek, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use super::cost;
use super::interrupt::{self, Family};
use super::processor::{Processor, STUCK};
use super::protocol::{Channel, Checkpoint, Decoder, Kind, Message, next_frame};
use super::supervisor::{self, Record, next_record, raised};
use super::{End, Inherits, Launch, Look, Run, WorkerError};

/// How much of each stream is kept.
const KEPT: usize = 32 * 1024;

/// How long streams and reports may still arrive once all processes have ended.
const DRAIN: Duration = Duration::from_millis(300);

/// How long a supervisor may take to end what it has to end.
const PATIENCE: Duration = Duration::from_secs(10);

/// What comes from the worker and its supervisor.
enum News {
    Message(Message),
    Unreadable(String),
    NoMoreMessages,
    Record(Record),
    NoMoreRecords,
}

/// The auditor's ends of a worker's pipes.
struct Pipes {
    events: PipeReader,
    commands: PipeWriter,
    faults: File,
}

/// Runs a worker to its end.
pub(crate) fn run(launch: Launch<'_>, look: &mut Look<'_>) -> Result<Run, WorkerError> {
    if interrupt::interrupted() {
        return Err(WorkerError::Interrupted);
    }
    let folder = tempfile::Builder::new().prefix("worker-").tempdir_in(launch.scratch).map_err(WorkerError::Folder)?;
    let (events, events_in) = std::io::pipe().map_err(WorkerError::Folder)?;
    let (commands_out, commands) = std::io::pipe().map_err(WorkerError::Folder)?;
    let faults = tempfile::tempfile_in(folder.path()).map_err(WorkerError::Folder)?;
    let kept = [raised(&events_in), raised(&commands_out), raised(&faults)];
    let [Ok(to_events), Ok(from_commands), Ok(to_faults)] = kept else {
        return Err(WorkerError::Folder(std::io::Error::last_os_error()));
    };
    drop((events_in, commands_out));
    let channel = Channel {
        events: to_events.as_raw_fd(),
        commands: from_commands.as_raw_fd(),
        faults: to_faults.as_raw_fd(),
        token: token(),
    };
    let mut command = command(&launch, folder.path());
    if let Some(script) = launch.script {
        let path = folder.path().join("probe.py");
        std::fs::write(&path, script(&channel)).map_err(WorkerError::Folder)?;
        command.arg(path);
    }
    let inherited = [channel.events, channel.commands, channel.faults];
    let started = supervisor::start(&mut command, inherited, launch.limits.memory);
    let (child, records, control) =
        started.map_err(|error| WorkerError::Start { program: launch.program.to_owned(), error })?;
    drop((to_events, from_commands, to_faults));
    let watch = Watch::new(child, records, control, &launch, &channel.token, Pipes { events, commands, faults })?;
    watch.finish(look)
}

/// What each frame of this worker begins with.
fn token() -> String {
    let random = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", random(), random())
}

/// What would change the interpreter under the probe, and what it measures, and not what the user's code sees.
const OF_THE_INTERPRETER: [&str; 10] = [
    "PYTHONDEVMODE",
    "PYTHONDUMPREFS",
    "PYTHONHOME",
    "PYTHONINSPECT",
    "PYTHONMALLOC",
    "PYTHONMALLOCSTATS",
    "PYTHONPROFILEIMPORTTIME",
    "PYTHONSAFEPATH",
    "PYTHONTRACEMALLOC",
    "PYTHON_GIL",
];

fn command(launch: &Launch<'_>, folder: &std::path::Path) -> Command {
    let mut command = Command::new(launch.program);
    command.args(&launch.arguments);
    if launch.inherits == Inherits::All {
        OF_THE_INTERPRETER.iter().for_each(|name| {
            command.env_remove(name);
        });
    } else {
        command.env_clear().env("HOME", folder).env("PATH", "/usr/local/bin:/usr/bin:/bin").env("LANG", "C.UTF-8");
    }
    if launch.inherits == Inherits::Network {
        command.envs(std::env::vars_os().filter(|(name, _)| is_network_setting(&name.to_string_lossy())));
    }
    // What a worker leaves in the folder for temporary files goes with the worker.
    command
        .env("TMPDIR", folder)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .envs(launch.environment.iter().map(|(name, value)| (name, value)));
    command.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Whether a variable of the user's environment decides how pip reaches an index.
fn is_network_setting(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with("_proxy")
        || name.starts_with("pip_")
        || name.starts_with("ssl_cert_")
        || name == "requests_ca_bundle"
}

/// A worker that runs.
struct Watch {
    child: Child,
    family: Family,
    pid: u32,
    processor: Processor,
    news: Receiver<News>,
    commands: PipeWriter,
    faults: File,
    streams: [Receiver<Vec<u8>>; 2],
    limit: Duration,
    started: Instant,
    /// What the auditor itself took, while the worker waited for it.
    own_work: Duration,
    messages: Vec<Message>,
    unreadable: Option<String>,
    end: Option<End>,
    idle: Duration,
    left_behind: u32,
    /// The supervisor has seen the end of every process.
    family_ended: bool,
}

impl Watch {
    fn new(
        mut child: Child,
        mut records: File,
        control: OwnedFd,
        launch: &Launch<'_>,
        token: &str,
        pipes: Pipes,
    ) -> Result<Self, WorkerError> {
        let family = Family::behind(control);
        // The supervisor says this first, right after it has made the worker.
        let Some(Record::Started(pid)) = next_record(&mut records) else {
            let error = std::io::Error::from_raw_os_error(libc::ESRCH);
            return Err(WorkerError::Wait { program: launch.program.to_owned(), error });
        };
        let streams = [keep_tail(child.stdout.take()), keep_tail(child.stderr.take())];
        let (sender, news) = mpsc::channel();
        let other = sender.clone();
        let decoder = Decoder::new(token);
        // The readers are not joined: they end with the pipes.
        std::thread::spawn(move || read_messages(pipes.events, decoder, &sender));
        std::thread::spawn(move || {
            while let Some(record) = next_record(&mut records) {
                let _ = other.send(News::Record(record));
            }
            let _ = other.send(News::NoMoreRecords);
        });
        Ok(Self {
            child,
            family,
            pid,
            processor: Processor::of(pid),
            news,
            commands: pipes.commands,
            faults: pipes.faults,
            streams,
            limit: launch.limits.time,
            started: Instant::now(),
            own_work: Duration::ZERO,
            messages: Vec::new(),
            unreadable: None,
            end: None,
            idle: Duration::ZERO,
            left_behind: 0,
            family_ended: false,
        })
    }

    fn finish(mut self, look: &mut Look<'_>) -> Result<Run, WorkerError> {
        let (mut more_messages, mut more_records) = (true, true);
        let mut patience: Option<Instant> = None;
        while more_messages || more_records {
            match self.news.recv_timeout(Duration::from_millis(20)) {
                Ok(News::Message(message)) => self.take(message, look),
                Ok(News::Unreadable(why)) => self.unreadable = self.unreadable.or(Some(why)),
                Ok(News::NoMoreMessages) => more_messages = false,
                Ok(News::Record(record)) => self.note(record),
                Ok(News::NoMoreRecords) => {
                    more_records = false;
                    // A supervisor that came to its end has ended all writers: then the reports come to theirs.
                    let left = if self.family_ended { PATIENCE } else { DRAIN };
                    patience = Some(Instant::now() + left);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if self.end.is_none() {
                self.processor.watch();
                if self.out_of_time() {
                    self.ended(End::TimedOut);
                    self.family.end();
                    patience = Some(Instant::now() + PATIENCE);
                }
            }
            if patience.is_some_and(|end| Instant::now() >= end) {
                break;
            }
        }
        if more_messages {
            self.unreadable.get_or_insert("the reports of the worker did not come to an end".to_owned());
        }
        drop(self.family);
        // Unless it cannot end what it has to, it has ended; then nobody waits for it.
        let _ = if more_records { self.child.try_wait() } else { self.child.wait().map(Some) };
        if interrupt::interrupted() {
            return Err(WorkerError::Interrupted);
        }
        let mut raw = Vec::new();
        let fault = self.faults.rewind().and_then(|()| Read::take(&mut self.faults, KEPT as u64).read_to_end(&mut raw));
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        let [stdout, stderr] = self.streams.map(|stream| text(stream.recv_timeout(DRAIN).unwrap_or_default()));
        Ok(Run {
            messages: self.messages,
            unreadable: self.unreadable.or_else(|| fault.err().map(|error| format!("the traceback: {error}"))),
            // A target that ends its supervisor is ended with it, by the signal that was set for this case.
            end: self.end.unwrap_or(End::Signal(libc::SIGKILL)),
            limit: self.limit,
            idle: self.idle,
            left_behind: self.left_behind,
            stdout,
            stderr,
            fault: text(raw),
        })
    }

    fn take(&mut self, message: Message, look: &mut Look<'_>) {
        if let Some(checkpoint) = Checkpoint::of(&message.event) {
            let begun = Instant::now();
            look(self.pid, checkpoint, &self.messages);
            self.own_work += begun.elapsed();
            self.processor.resume();
            // A worker that has died meanwhile shows in its exit status.
            let _ = self.commands.write_all(b"\n");
        }
        self.messages.push(message);
    }

    /// Whether its time is over. A worker that waits then is given as long as it takes to say that it is stuck: it
    /// may have come there late because others kept the machine busy.
    fn out_of_time(&self) -> bool {
        let over = self.started.elapsed().saturating_sub(self.own_work).checked_sub(self.limit);
        let idle = self.processor.idle();
        over.is_some_and(|over| idle >= STUCK || idle <= over)
    }

    fn note(&mut self, record: Record) {
        match record {
            Record::Started(_) => {}
            Record::Ended(status) => self.ended(end_of(ExitStatus::from_raw(status))),
            Record::Processor(milliseconds) => cost::add(Duration::from_millis(u64::from(milliseconds))),
            Record::LeftBehind(count) => {
                self.left_behind = count;
                self.family_ended = true;
            }
        }
    }

    /// The first end counts: what comes after the time limit is the auditor's doing.
    fn ended(&mut self, end: End) {
        if self.end.is_none() {
            self.idle = self.processor.idle();
            self.end = Some(end);
        }
    }
}

fn end_of(status: ExitStatus) -> End {
    match (status.code(), status.signal()) {
        (Some(code), _) => End::Exit(code),
        (None, Some(signal)) => End::Signal(signal),
        (None, None) => End::Exit(-1),
    }
}

/// Reads to the end of the pipe, whatever comes: a worker must not have to wait because nobody reads.
fn read_messages(events: PipeReader, mut decoder: Decoder, sender: &Sender<News>) {
    let mut events = BufReader::with_capacity(64 * 1024, events);
    let (mut line, mut readable) = (Vec::new(), true);
    while next_frame(&mut events, &mut line).is_some() {
        let news = match decoder.take(&line) {
            Ok(None) => continue,
            Ok(Some(message)) => News::Message(message),
            // Once is enough: a target may write millions of lines.
            Err(_) if !readable => continue,
            Err(why) => {
                readable = false;
                News::Unreadable(why)
            }
        };
        if sender.send(news).is_err() {
            break;
        }
    }
    let _ = sender.send(News::NoMoreMessages);
}

/// Reads a stream to its end, however long it is, and keeps its last part.
fn keep_tail(stream: Option<impl Read + Send + 'static>) -> Receiver<Vec<u8>> {
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
