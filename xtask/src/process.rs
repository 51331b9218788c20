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
        written
            .rev()
            .map(str::trim)
            .find(|line| !line.is_empty())
            .unwrap_or("it wrote nothing")
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
    Ok(Outcome {
        status,
        stdout: read(&mut stdout)?,
        stderr: read(&mut stderr)?,
    })
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
        Self {
            python,
            modules: None,
            text,
            arguments: &[],
            timeout,
            debug_memory: false,
        }
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
        command
            .args(["-X", "faulthandler", "-c", start])
            .arg(&script);
        command
            .arg(self.modules.unwrap_or(Path::new("")))
            .args(self.arguments);
        run(&mut command, self.timeout)
    }
}
