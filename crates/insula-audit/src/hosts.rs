//! The interpreters of an audit.

use crate::audit::{AuditError, Options};
use crate::host::Host;
use crate::report::InterpreterReport;
use crate::target::{Target, wheel};

/// The interpreters, each once.
pub(crate) fn hosts(options: &Options) -> Result<Vec<Host>, AuditError> {
    if let Some(folder) = &options.environment {
        let program = folder.join("bin/python");
        if !program.exists() {
            return Err(AuditError::NoEnvironment(folder.clone()));
        }
        let mut host = Host::choose(Some(&program.to_string_lossy()))?;
        host.reason = format!("of the environment {}", folder.display());
        return Ok(vec![host]);
    }
    if options.pythons.is_empty() {
        let fitting = wheels_version(&options.targets).and_then(|version| {
            let host = Host::choose(Some(&version)).ok()?;
            Some(Host { reason: format!("a CPython {version}, which the wheel is for"), ..host })
        });
        return Ok(vec![fitting.map_or_else(|| Host::choose(None), Ok)?]);
    }
    let mut hosts: Vec<Host> = Vec::new();
    for python in &options.pythons {
        let host = Host::choose(Some(python))?;
        if hosts.iter().all(|other| other.interpreter.executable != host.interpreter.executable) {
            hosts.push(host);
        }
    }
    Ok(hosts)
}

/// The version of CPython that all named wheels are for; none if they differ, or take several.
fn wheels_version(targets: &[Target]) -> Option<String> {
    let mut versions = targets.iter().filter_map(|target| match target {
        Target::Named(name) if name.ends_with(".whl") => Some(wheel::only_version(name)),
        _ => None,
    });
    let first = versions.next()??;
    versions.all(|other| other.as_ref() == Some(&first)).then_some(first)
}

/// What the report says of them; those of the same version are told apart by their programs.
pub(crate) fn named(hosts: &[Host]) -> Vec<InterpreterReport> {
    let all: Vec<InterpreterReport> = hosts.iter().map(Host::report).collect();
    let unique = |id: &str| all.iter().filter(|other| other.id == id).count() == 1;
    let rename = |one: &InterpreterReport| {
        let id = if unique(&one.id) { one.id.clone() } else { format!("{} ({})", one.id, one.executable.display()) };
        InterpreterReport { id, ..one.clone() }
    };
    all.iter().map(rename).collect()
}
