//! `insula app`.

use std::process::ExitCode;
use std::time::Duration;

use insula_audit::app::{self, AppError, Question, Wanted, report::Report};
use insula_audit::host::Host;
use insula_audit::interrupt;

use crate::options::{AppOptions, CompareFormat};
use crate::output::Sink;
use crate::progress::Display;

pub(crate) fn run(options: &AppOptions) -> Result<ExitCode, String> {
    ctrlc::set_handler(interrupt::interrupt).map_err(|error| format!("cannot handle Ctrl-C: {error}"))?;
    let folder = std::env::current_dir().map_err(|error| format!("cannot tell the working directory: {error}"))?;
    let sink = options.output.as_deref().map_or(Ok(Sink::Stdout), Sink::file)?;
    let question = Question {
        wanted: match &options.requirements {
            Some(file) => Wanted::Needed(file.clone()),
            None if options.environment => Wanted::Installed,
            None => Wanted::Entries(options.entries.clone()),
        },
        folder,
        command: options.run.clone(),
        newer: options.newer,
        deep: options.deep,
        helper: std::env::current_exe().ok(),
        timeout: Duration::from_secs(options.timeout),
        cache: !options.no_cache,
    };
    let display = Display::new(false);
    let (mut reports, mut failed): (Vec<Report>, Vec<String>) = (Vec::new(), Vec::new());
    for spec in specs(options) {
        match answer(spec, &question, &display) {
            Ok(report) => reports.push(report),
            Err(Failure::Interrupted) => {
                display.clear();
                anstream::eprintln!("insula: interrupted; all workers have ended");
                return Ok(ExitCode::from(crate::audit::INTERRUPTED));
            }
            // What is wrong with the question is wrong on every interpreter.
            Err(Failure::Said(why)) if failed.contains(&why) => {}
            Err(Failure::Said(why)) => failed.push(why),
        }
    }
    display.clear();
    for why in &failed {
        anstream::eprintln!("insula: {}", insula_audit::formats::plain(why));
    }
    if reports.is_empty() {
        return Ok(ExitCode::from(crate::FAILED));
    }
    let rendered = match options.format {
        CompareFormat::Text => reports.iter().map(app::text).collect::<Vec<_>>().join("\n"),
        CompareFormat::Json => serde_json::to_string_pretty(&reports).map_err(|error| error.to_string())? + "\n",
    };
    sink.write(&rendered)?;
    let worst = reports.iter().map(Report::exit_code).max().unwrap_or_default();
    Ok(ExitCode::from(if failed.is_empty() { worst } else { crate::FAILED }))
}

/// Why there is no answer on one interpreter.
enum Failure {
    Interrupted,
    Said(String),
}

/// The interpreters that are asked for: those that are named, or else the one of the folder.
fn specs(options: &AppOptions) -> Vec<Option<&str>> {
    if options.python.is_empty() {
        return vec![None];
    }
    options.python.iter().map(|spec| Some(spec.as_str())).collect()
}

fn answer(spec: Option<&str>, question: &Question, display: &Display) -> Result<Report, Failure> {
    let host = Host::choose(spec).map_err(|error| Failure::Said(error.to_string()))?;
    app::examine(&host, question, &|event| display.tell(event)).map_err(|error| match error {
        AppError::Interrupted => Failure::Interrupted,
        error => Failure::Said(error.to_string()),
    })
}
