//! Starts one interpreter and asks it what it is.

use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::{Error, Facts, Interpreter, Source, Version, end_tree};

/// The oldest CPython that [`inspect`] accepts.
pub const OLDEST: (u32, u32) = (3, 8);

/// How long an interpreter may take to answer; a cold start from a slow disk takes two or three seconds.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(15);

/// What the interpreter runs. It is part of the key of remembered answers, so a new question is asked anew.
pub(crate) const PROBE: &str = include_str!("probe.py");

/// Distinguishes the answer from whatever start-up files of the installation print.
const MARK: &str = "insula-pythons:";

/// No interpreter says more than this; a program that does is none.
const MOST_OUTPUT: u64 = 1 << 20;

/// Runs `executable` and returns what it is. A wrapper script is seen through: the result names the interpreter that it
/// starts.
pub fn inspect(executable: &Path) -> Result<Interpreter, Error> {
    let path = || executable.to_owned();
    let not_executable = |what| Error::NotExecutable { path: path(), what };
    match fs::metadata(executable) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(Error::NotFound(path()));
        }
        Err(error) => {
            return Err(Error::DoesNotStart { path: path(), reason: error.to_string() });
        }
        Ok(data) if data.is_dir() => return Err(not_executable("a folder")),
        Ok(data) if !data.is_file() => return Err(not_executable("no regular file")),
        Ok(data) if data.permissions().mode() & 0o111 == 0 => {
            return Err(not_executable("a file without execute permission"));
        }
        Ok(_) => {}
    }
    // A bare name would be looked up along PATH by the system.
    let program = std::path::absolute(executable)
        .map_err(|error| Error::DoesNotStart { path: path(), reason: error.to_string() })?;

    let ended = run(&program)?;
    let answer = ended.stdout.lines().find_map(|line| line.strip_prefix(MARK));
    let Some(answer) = answer else {
        // Python 2 knows no -I and says so.
        if ended.stderr.to_lowercase().contains("unknown option: -i") && ended.stderr.contains("Try `python -h'") {
            return Err(Error::TooOld { path: program, version: "2".to_owned() });
        }
        if ended.success {
            let first = ended.stdout.lines().find(|line| !line.trim().is_empty()).unwrap_or("");
            return Err(Error::NotPython { path: program, answer: shorten(first) });
        }
        let last = ended.stderr.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or(&ended.status);
        return Err(Error::DoesNotStart { path: program, reason: shorten(last) });
    };
    match serde_json::from_str(answer) {
        Ok(Answer::Accepted { executable, version, facts }) => {
            // Keep the name as given (a link of a virtual environment has its own packages), but not that of a wrapper.
            let same = fs::canonicalize(&program).ok() == fs::canonicalize(&executable).ok();
            let executable = if same { program } else { executable };
            Ok(Interpreter { executable, version, source: Source::Given, facts: *facts })
        }
        Ok(Answer::Refused { implementation, .. }) if implementation != "cpython" => {
            Err(Error::NotCpython { path: program, implementation })
        }
        Ok(Answer::Refused { version, .. }) => Err(Error::TooOld { path: program, version }),
        Err(error) => Err(Error::DoesNotStart { path: program, reason: format!("its answer cannot be read: {error}") }),
    }
}

/// The probe's answer.
#[derive(Deserialize)]
#[serde(untagged)]
enum Answer {
    Accepted { executable: PathBuf, version: Version, facts: Box<Facts> },
    Refused { implementation: String, version: String },
}

/// What a program did with the probe.
struct Ended {
    success: bool,
    status: String,
    stdout: String,
    stderr: String,
}

fn run(program: &Path) -> Result<Ended, Error> {
    let does_not_start = |error: io::Error| Error::DoesNotStart { path: program.to_owned(), reason: error.to_string() };
    let mut child = Command::new(program)
        .arg("-I")
        .arg("-c")
        .arg(format!("MARK = {MARK:?}\n{PROBE}"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(does_not_start)?;
    let stdout = read_aside(child.stdout.take().expect("stdout was piped"));
    let stderr = read_aside(child.stderr.take().expect("stderr was piped"));

    let deadline = Instant::now() + TIMEOUT;
    let status = loop {
        if let Some(status) = child.try_wait().map_err(does_not_start)? {
            break status;
        }
        if Instant::now() >= deadline {
            end_tree(&mut child).map_err(does_not_start)?;
            return Err(Error::Hangs(program.to_owned()));
        }
        thread::sleep(Duration::from_millis(3));
    };
    // A process left behind may hold the pipes open: what has not come after a moment never will.
    let rest = deadline.saturating_duration_since(Instant::now()).min(Duration::from_secs(2));
    let text =
        |pipe: Receiver<Vec<u8>>| String::from_utf8_lossy(&pipe.recv_timeout(rest).unwrap_or_default()).into_owned();
    Ok(Ended { success: status.success(), status: status.to_string(), stdout: text(stdout), stderr: text(stderr) })
}

/// Reads a pipe to its end on a thread, so that neither pipe can fill up and block the child.
fn read_aside(pipe: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // Beyond the limit the pipe closes and the writer meets a broken pipe.
        let _ = pipe.take(MOST_OUTPUT).read_to_end(&mut bytes);
        let _ = sender.send(bytes);
    });
    receiver
}

/// One line fit for an error message.
fn shorten(line: &str) -> String {
    let clean: String = line.trim().chars().filter(|c| !c.is_control()).collect();
    match clean.char_indices().nth(160) {
        Some((cut, _)) => format!("{}...", &clean[..cut]),
        None => clean,
    }
}
