//! Programs that must end: with a time limit, together with everything they started.

use std::fs;
use std::io::{Read, Seek};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use insula_pythons::{Interpreter, end_tree};

/// What a program did.
pub(crate) struct Outcome {
    /// How it ended; `None` when the time was up.
    pub(crate) status: Option<ExitStatus>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Outcome {
    pub(crate) fn success(&self) -> bool {
        self.status.is_some_and(|status| status.success())
    }

    /// How it ended, in words.
    pub(crate) fn ending(&self) -> String {
        match self.status {
            None => "timed out".to_owned(),
            Some(status) => match (status.code(), status.signal()) {
                (Some(code), _) => format!("exit code {code}"),
                (None, Some(signal)) => format!("killed by signal {signal}"),
                (None, None) => status.to_string(),
            },
        }
    }

    /// Its standard output, if it ended well; else an error that shows what it wrote.
    pub(crate) fn ok(self, what: &str) -> Result<String> {
        if self.success() {
            return Ok(self.stdout);
        }
        bail!("{what}: {}\n{}{}", self.ending(), self.stdout, self.stderr)
    }

    /// The last line that it wrote: of a failure, usually the reason.
    pub(crate) fn last_line(&self) -> &str {
        let written = self.stdout.lines().chain(self.stderr.lines());
        written.rev().map(str::trim).find(|line| !line.is_empty()).unwrap_or("it wrote nothing")
    }
}

/// Runs `command` to its end or to the end of `timeout`, whichever comes first.
pub(crate) fn run(command: &mut Command, timeout: Duration) -> Result<Outcome> {
    let name = command.get_program().to_string_lossy().into_owned();
    // Files rather than pipes: they never fill up, and no left-over process can hold them open.
    let mut stdout = tempfile::tempfile()?;
    let mut stderr = tempfile::tempfile()?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(stdout.try_clone()?)
        .stderr(stderr.try_clone()?)
        .spawn()
        .with_context(|| format!("cannot start {name}"))?;
    let deadline = Instant::now() + timeout;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break Some(status);
        }
        if Instant::now() >= deadline {
            break None;
        }
        thread::sleep(Duration::from_millis(5));
    };
    if status.is_none() {
        end_tree(&mut child)?;
    }
    let read = |file: &mut fs::File| -> Result<String> {
        file.rewind()?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    Ok(Outcome { status, stdout: read(&mut stdout)?, stderr: read(&mut stderr)? })
}

/// One run of a Python script.
pub(crate) struct Script<'a> {
    pub(crate) python: &'a Interpreter,
    /// Put first on `sys.path`: where the modules under test lie.
    pub(crate) modules: Option<&'a Path>,
    /// The program text.
    pub(crate) text: &'a str,
    pub(crate) arguments: &'a [&'a str],
    pub(crate) timeout: Duration,
    /// `PYTHONMALLOC=debug`: memory that was freed or never written is recognised.
    pub(crate) debug_memory: bool,
}

impl<'a> Script<'a> {
    /// `text`, run by `python`, with a minute's time.
    pub(crate) fn new(python: &'a Interpreter, text: &'a str) -> Self {
        let timeout = Duration::from_secs(60);
        Self { python, modules: None, text, arguments: &[], timeout, debug_memory: false }
    }

    pub(crate) fn run(&self) -> Result<Outcome> {
        let mut command = Command::new(&self.python.executable);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("PYTHON") {
                command.env_remove(name);
            }
        }
        if self.debug_memory {
            // -I would ignore the variable; with all others removed, -s -P mean the same (-P: 3.11).
            command.env("PYTHONMALLOC", "debug").arg("-s");
            if self.python.version.feature() >= (3, 11) {
                command.arg("-P");
            }
        } else {
            command.arg("-I");
        }
        let folder = tempfile::tempdir()?;
        let script = folder.path().join("script.py");
        fs::write(&script, self.text)?;
        // The script's own folder takes no part in imports; that of the modules comes first.
        let start = "import runpy, sys; script, modules, *sys.argv[1:] = sys.argv[1:]\n\
                     if modules: sys.path.insert(0, modules)\n\
                     runpy.run_path(script, run_name='__main__')";
        command.args(["-X", "faulthandler", "-c", start]).arg(&script);
        command.arg(self.modules.unwrap_or(Path::new(""))).args(self.arguments);
        run(&mut command, self.timeout)
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::Script;
    use crate::pythons;

    #[test]
    fn the_folder_of_modules_comes_first_and_nothing_else_is_added() {
        let python = pythons::newest().unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("json.py"), "who = 'ours'").unwrap();
        let text = "import sys, json; print(json.who, sys.argv[1:], sys.path[0], sys.flags.isolated)";
        for debug_memory in [false, true] {
            let plain = Script::new(&python, text);
            let script = Script { modules: Some(folder.path()), arguments: &["a", "b c"], debug_memory, ..plain };
            let said = script.run().unwrap().ok("script").unwrap();
            let flag = i32::from(!debug_memory);
            assert_eq!(said.trim(), format!("ours ['a', 'b c'] {} {flag}", folder.path().display()));
        }
        let text = "import json, os, sys; assert 'ours' not in dir(json); assert '' not in sys.path and os.getcwd() \
                    not in sys.path";
        for debug_memory in [false, true] {
            Script { debug_memory, ..Script::new(&python, text) }.run().unwrap().ok("script").unwrap();
        }
    }

    #[test]
    fn debugged_memory_is_filled_with_a_pattern_and_ordinary_memory_is_not_checked() {
        let python = pythons::newest().unwrap();
        // In 3.13 the function moved from the one module to the other.
        let text = "import _testcapi, _testinternalcapi\n\
                    name = 'pymem_getallocatorsname'\n\
                    print((getattr(_testinternalcapi, name, None) or getattr(_testcapi, name))())";
        let name = |debug_memory| {
            let script = Script { debug_memory, ..Script::new(&python, text) };
            script.run().unwrap().ok("script").unwrap()
        };
        assert!(name(true).contains("debug"));
        assert!(!name(false).contains("debug"));
    }

    #[test]
    fn a_script_that_hangs_or_dies_is_told_apart() {
        let python = pythons::newest().unwrap();
        let begun = Instant::now();
        let hangs = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(1000)'])";
        let script = Script { timeout: Duration::from_secs(1), ..Script::new(&python, hangs) };
        assert_eq!(script.run().unwrap().ending(), "timed out");
        assert!(begun.elapsed() < Duration::from_secs(20));

        let dies = Script::new(&python, "import faulthandler; faulthandler._sigsegv()").run().unwrap();
        assert_eq!(dies.ending(), "killed by signal 11");
        assert!(dies.stderr.contains("Fatal Python error"), "{}", dies.stderr);

        let raises = Script::new(&python, "raise KeyError('this one')").run().unwrap();
        assert_eq!((raises.ending().as_str(), raises.last_line()), ("exit code 1", "KeyError: 'this one'"));
    }
}
