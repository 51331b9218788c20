//! The audit of private copies: are packages that `insula_isolate` loads isolated from one another?
//!
//! One worker has the main interpreter and several others, which isolate, import the target and use it at the same
//! time. It is then read from outside: `look` tells what the variables of each interpreter's copies lead to, and
//! `judge` what that means. Of `insula_isolate` nothing is relied on but that it is installed in an interpreter, and
//! that it tells where its images lie.
//!
//! * `examine`: what is done to a target; `work`: how its workers are run. `scenarios.py`, `inside.py` and `tell.py`
//!   are the Python side.
//! * `look`: one reading of a worker's memory. `seen`: plain data, which both write.
//! * `judge`, `findings`: what that means; `lines`: where in the source it is. [`Report`] and `text`: the report.

mod examine;
mod findings;
mod judge;
mod lines;
mod look;
mod report;
mod seen;
mod text;
mod work;

use std::path::PathBuf;

pub use self::report::{Growth, Leaks, ModuleProof, Proof, Report, Verdict};

use self::examine::{Examination, absent};
use self::judge::Facts;
use self::lines::Sources;
use crate::audit::{AuditError, Options, Progress, resolve, select};
use crate::experiments::Lab;
use crate::hosts::{hosts, named};
use crate::lines::relate::relate;
use crate::report::formats::{self, Format, Style};
use crate::report::{self as common, InterpreterReport, SCHEMA, TargetReport, Tool};
use crate::target::Target;
use crate::worker::scratch::Scratch;
use crate::worker::{WorkerError, interrupt};

/// What the user chose of it.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// The folder that has `insula_isolate`, if the interpreter itself does not.
    pub package: Option<PathBuf>,
}

/// What no audit with `--isolate` looks at.
const NOT_EXAMINED: [&str; 5] = [
    "libraries of the system and of the interpreter, which are one for the process",
    "heap memory of allocators that a module brings along",
    "thread-locals",
    "objects that native code alone holds and that no other interpreter's variables lead to",
    "callables that nothing in a module's namespace leads to",
];

/// How many interpreters live beside the main one.
const WIDTH: usize = 3;

/// Renders the report.
pub fn render(report: &Report, format: Format, style: Style) -> Result<String, String> {
    match format {
        Format::Text => Ok(text::render(report, style)),
        Format::Json => serde_json::to_string_pretty(report).map(|text| text + "\n").map_err(|error| error.to_string()),
        Format::Html | Format::Ecosystem => {
            Err(format!("--isolate has no {} page; choose text, json, sarif, junit or github", format.name()))
        }
        _ => formats::render(&report.base, format, style).map_err(|error| error.to_string()),
    }
}

/// Audits all targets on all interpreters.
pub fn audit(options: &Options, choice: &Choice, progress: &(dyn Fn(Progress) + Sync)) -> Result<Report, AuditError> {
    let scratch = Scratch::new().map_err(AuditError::Scratch)?;
    let hosts = hosts(options)?;
    let interpreters = named(&hosts);
    let (mut targets, mut proofs) = (Vec::new(), Vec::new());
    for (host, interpreter) in hosts.into_iter().zip(&interpreters) {
        let lab = Lab::new(host, options.timeout, scratch.path(), None).resolving(options.fetch, options.dependencies);
        let roots: Vec<PathBuf> = choice.package.iter().cloned().collect();
        let absent = absent(&lab, &roots).map_err(into_audit_error)?;
        for target in &options.targets {
            let (report, proof) = one(&lab, interpreter, target, &roots, absent.as_deref(), progress)?;
            proofs.extend(proof);
            targets.push(report);
        }
    }
    targets.iter_mut().for_each(|target| select(target, &options.selection));
    relate(&mut targets);
    let mut base = common::Report {
        schema: SCHEMA,
        tool: Tool { name: "insula".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
        interpreters,
        targets,
        shard: None,
        not_examined: NOT_EXAMINED.map(str::to_owned).to_vec(),
        exit_code: 0,
    };
    if let Some(baseline) = &options.baseline {
        baseline.mark(&mut base);
    }
    base.exit_code = common::Report::exit_code_of(&base.targets);
    Ok(Report { base, isolate: proofs })
}

/// Audits one target on one interpreter.
fn one(
    lab: &Lab,
    interpreter: &InterpreterReport,
    target: &Target,
    roots: &[PathBuf],
    absent: Option<&str>,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<(TargetReport, Option<Proof>), AuditError> {
    progress(Progress::Resolving(target.to_string()));
    let (mut report, subjects) = resolve(lab, &interpreter.id, target)?;
    if let Some(why) = absent {
        report.error = Some(why.to_owned());
        return Ok((report, None));
    }
    progress(Progress::Modules(1));
    let doing = |what: &str| progress(Progress::Doing(report.target.clone(), what.to_owned()));
    let examination = Examination::new(lab, &report.target, &subjects, roots);
    let seen = examination.run(&doing).map_err(into_audit_error)?;
    doing("source lines");
    let facts = Facts::of(&subjects, &seen);
    let sources = Sources::look(lab, &subjects, &seen, &facts).map_err(into_audit_error)?;
    progress(Progress::Finished(report.target.clone(), false));
    let proof = judge::judge(&mut report, &subjects, &seen, &facts, &sources);
    Ok((report, proof))
}

fn into_audit_error(error: WorkerError) -> AuditError {
    match error {
        WorkerError::Interrupted => AuditError::Interrupted,
        _ if interrupt::interrupted() => AuditError::Interrupted,
        WorkerError::Folder(error) => AuditError::Scratch(error),
        other => AuditError::Scratch(std::io::Error::other(other.to_string())),
    }
}
