//! `insula merge`.

use std::process::ExitCode;

use insula_audit::formats;
use insula_audit::shard;

use crate::audit::Looks;
use crate::options::MergeOptions;
use crate::output::Outputs;

pub(crate) fn run(options: &MergeOptions) -> Result<ExitCode, String> {
    let outputs = Outputs::new(&options.format, options.output.as_deref())?;
    // The next merge of the same files would count everything twice, and what was in that one is lost.
    if let Some(both) = options.reports.iter().find(|report| outputs.replace(report)) {
        return Err(format!(
            "{}: it is to be merged and to be written; write the whole to another file",
            both.display()
        ));
    }
    let reports = options.reports.iter().cloned().map(shard::read).collect::<Result<Vec<_>, _>>();
    let report = reports.and_then(shard::merge).map_err(|error| error.to_string())?;
    let looks = Looks { color: options.color, quiet: options.quiet, verbose: options.verbose };
    outputs.write(|format, stdout| {
        formats::render(&report, format, looks.style(stdout)).map_err(|error| error.to_string())
    })?;
    Ok(ExitCode::from(u8::try_from(report.exit_code).unwrap_or(crate::FAILED)))
}
