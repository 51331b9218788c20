//! `insula compare`.

use std::process::ExitCode;
use std::time::Duration;

use insula_audit::compare::{Side, compare, text};
use insula_audit::interrupt;

use crate::options::{CompareFormat, CompareOptions};
use crate::output::Sink;

pub(crate) fn run(options: &CompareOptions) -> Result<ExitCode, String> {
    ctrlc::set_handler(interrupt::interrupt).map_err(|error| format!("cannot handle Ctrl-C: {error}"))?;
    let (old_python, new_python) = match &options.python[..] {
        [] => (None, None),
        [one] => (Some(one.clone()), Some(one.clone())),
        [old, new] => (Some(old.clone()), Some(new.clone())),
        _ => return Err("--python can be given twice at most: for the old and for the new build".to_owned()),
    };
    let sink = options.output.as_deref().map_or(Ok(Sink::Stdout), Sink::file)?;
    let old = Side { target: options.old.clone(), python: old_python, fetch: options.fetch };
    let new = Side { target: options.new.clone(), python: new_python, fetch: options.fetch };
    let found = compare(&old, &new, Duration::from_secs(options.timeout)).map_err(|error| error.to_string())?;
    sink.write(&match options.format {
        CompareFormat::Text => text(&found),
        CompareFormat::Json => serde_json::to_string_pretty(&found).map_err(|error| error.to_string())? + "\n",
    })?;
    Ok(ExitCode::from(u8::from(!found.lossless())))
}
