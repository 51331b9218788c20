//! A command of the user's, which loads what the entries load only later.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::json;

use super::AppError;
use super::events::{Event, What};
use super::run::{End, WATCH, end_of, literal, read};
use crate::worker::scratch::Scratch;

const RECORDER: &str = include_str!("recorder.py");

/// How much of what a command writes is looked at, from its end, and how many lines of that are told.
const KEPT: usize = 4096;
const LINES: usize = 3;

/// What the shell says of a command that is not there, or that cannot be run.
const NOT_RUN: [i32; 2] = [126, 127];

/// What a command showed.
pub(super) struct Commanded {
    pub(super) events: Vec<Event>,
    /// How it ended, if not well, with its last words.
    pub(super) notes: Vec<String>,
    /// Why what the application loads later was not seen, or not to its end.
    pub(super) untried: Option<String>,
    /// Whether it ended by itself, and says that all went well.
    pub(super) ended_well: bool,
    /// Whether its time was over.
    pub(super) hung: bool,
}

/// Runs a command by the shell, with the interpreter's environment first on the path, and without the modules that are
/// refused.
pub(super) fn run(
    python: &Path,
    folder: &Path,
    command: &str,
    time: Duration,
    refused: &BTreeMap<String, String>,
) -> Result<Commanded, AppError> {
    let failed = |error: std::io::Error| AppError::Scratch(error.to_string());
    let scratch = Scratch::new().map_err(failed)?;
    let out = scratch.path().join("events");
    let config = json!({
        "out": out, "crashing": [], "children": true, "recorder": scratch.path(), "entries": [], "folder": folder,
        "refused": refused,
    });
    let recorder = RECORDER.replace("__CONFIG__", &literal(&config)).replace("__WATCH__", &literal(&WATCH.into()));
    std::fs::write(scratch.path().join("sitecustomize.py"), recorder).map_err(failed)?;
    let joined = |name: &str, first: &Path| {
        let others = std::env::var_os(name).unwrap_or_default();
        let all = std::iter::once(first.to_owned())
            .chain(std::env::split_paths(&others).filter(|path| path != Path::new("")));
        std::env::join_paths(all).unwrap_or(others)
    };
    let mut shell = Command::new("/bin/sh");
    shell
        .args(["-c", command])
        .current_dir(folder)
        .env("PATH", joined("PATH", python.parent().unwrap_or(Path::new("/"))))
        .env("PYTHONPATH", joined("PYTHONPATH", scratch.path()))
        .stdin(Stdio::null());
    let (mut reader, writer) = std::io::pipe().map_err(failed)?;
    shell.stdout(writer.try_clone().map_err(failed)?).stderr(writer);
    let words = std::thread::spawn(move || last_of(&mut reader));
    let end = end_of(&mut shell, time);
    // The pipe ends with its last writer: nothing that the command started outlives the line above.
    drop(shell);
    let words = words.join().expect("no panic");
    Ok(judge(command, &end?, read(&out), &words))
}

fn judge(command: &str, end: &End, events: Vec<Event>, words: &str) -> Commanded {
    let python = events.iter().any(|event| matches!(event.what, What::Begun {}));
    let untried = if end.code.is_none_or(|code| NOT_RUN.contains(&code)) {
        Some(format!("{command} did not run to its end: {}", end.said))
    } else if python {
        None
    } else {
        Some(format!("{command} ran no Python in which imports could be seen"))
    };
    let mut notes = Vec::new();
    if end.code != Some(0) {
        notes.push(format!("{command}: {}; what it loaded until then counts", end.said));
        let lines: Vec<&str> = words.lines().filter(|line| !line.trim().is_empty()).collect();
        notes.extend(lines[lines.len().saturating_sub(LINES)..].iter().map(|line| format!("  {line}")));
    }
    Commanded { events, notes, untried, ended_well: end.code == Some(0), hung: end.hung }
}

/// The last of what comes through a pipe.
fn last_of(reader: &mut impl Read) -> String {
    let (mut kept, mut buffer) = (Vec::new(), [0; KEPT]);
    while let Ok(size @ 1..) = reader.read(&mut buffer) {
        kept.extend_from_slice(&buffer[..size]);
        let begin: usize = kept.len().saturating_sub(KEPT);
        kept.drain(..begin);
    }
    String::from_utf8_lossy(&kept).into_owned()
}
