//! `insula app`.

use std::process::ExitCode;
use std::time::Duration;

use insula_audit::app::{self, Question, report::Report};
use insula_audit::host::Host;

use crate::options::{AppOptions, CompareFormat};
use crate::output::Sink;

pub(crate) fn run(options: &AppOptions) -> Result<ExitCode, String> {
    let folder = std::env::current_dir().map_err(|error| format!("cannot tell the working directory: {error}"))?;
    let hosts = if options.python.is_empty() {
        vec![Host::of_folder(&folder).map_err(|error| error.to_string())?]
    } else {
        let named = options.python.iter().map(|spec| Host::choose(Some(spec)));
        named.collect::<Result<_, _>>().map_err(|error| error.to_string())?
    };
    let sink = options.output.as_deref().map_or(Ok(Sink::Stdout), Sink::file)?;
    let question = Question {
        entries: options.entries.clone(),
        folder,
        timeout: Duration::from_secs(options.timeout),
        cache: !options.no_cache,
    };
    let reports: Vec<Report> = hosts
        .iter()
        .map(|host| app::examine(host, &question).map_err(|error| error.to_string()))
        .collect::<Result<_, _>>()?;
    let rendered = match options.format {
        CompareFormat::Text => reports.iter().map(app::text).collect::<Vec<_>>().join("\n"),
        CompareFormat::Json => serde_json::to_string_pretty(&reports).map_err(|error| error.to_string())? + "\n",
    };
    sink.write(&rendered)?;
    Ok(ExitCode::from(reports.iter().map(Report::exit_code).max().unwrap_or(crate::FAILED)))
}
