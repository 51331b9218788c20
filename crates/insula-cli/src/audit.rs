//! `insula audit`, and the process that embeds the runtime for it.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use insula_audit::{AuditError, Options, interrupt, restart as cycles_of, text};

use crate::options::{AuditOptions, Color, Format};
use crate::progress::Display;

/// What a shell expects of a program that Ctrl-C ended.
const INTERRUPTED: u8 = 130;

pub(crate) fn run(options: AuditOptions) -> Result<ExitCode, String> {
    ctrlc::set_handler(interrupt::interrupt).map_err(|error| format!("cannot handle Ctrl-C: {error}"))?;
    let display = Display::new(options.quiet);
    let chosen = Options {
        targets: options.targets.clone(),
        python: options.python.clone(),
        timeout: Duration::from_secs(options.timeout),
        jobs: options.jobs.map_or_else(processors, usize::from),
        restart_helper: std::env::current_exe().ok(),
    };
    let report = insula_audit::audit(&chosen, &|event| display.tell(event));
    display.clear();
    let report = match report {
        Ok(report) => report,
        Err(AuditError::Interrupted) => {
            anstream::eprintln!("insula: interrupted; all workers have ended");
            return Ok(ExitCode::from(INTERRUPTED));
        }
        Err(error) => return Err(error.to_string()),
    };
    let rendered = match options.format {
        Format::Json => serde_json::to_string_pretty(&report).map_err(|error| error.to_string())? + "\n",
        Format::Text => {
            let color = match options.color {
                Color::Always => true,
                Color::Never => false,
                Color::Auto => {
                    options.output.is_none()
                        && std::io::stdout().is_terminal()
                        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
                }
            };
            text::render(&report, text::Style { verbose: options.verbose, quiet: options.quiet, color })
        }
    };
    match &options.output {
        Some(path) => {
            std::fs::write(path, rendered)
                .map_err(|error| format!("cannot write the report to {}: {error}", path.display()))?;
        }
        None => write(&rendered)?,
    }
    Ok(ExitCode::from(u8::try_from(report.exit_code).unwrap_or(crate::FAILED)))
}

pub(crate) fn restart(library: &Path, home: Option<PathBuf>, cycles: u32, script: &Path) -> Result<ExitCode, String> {
    let script =
        std::fs::read_to_string(script).map_err(|error| format!("cannot read {}: {error}", script.display()))?;
    if let Some(home) = home {
        // SAFETY: no other thread has been started yet, so nobody reads the environment at the same time.
        unsafe { std::env::set_var("PYTHONHOME", home) };
    }
    cycles_of::run(library, cycles, &script).map_err(|error| error.to_string())?;
    Ok(ExitCode::SUCCESS)
}

/// Prints a text to stdout.
pub(crate) fn print(text: &str) -> Result<ExitCode, String> {
    write(&format!("{text}\n"))?;
    Ok(ExitCode::SUCCESS)
}

fn write(text: &str) -> Result<(), String> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        // Whoever reads has seen enough (`insula rules | head`).
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(format!("cannot write to stdout: {error}")),
        _ => Ok(()),
    }
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
