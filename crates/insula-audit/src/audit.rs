//! An audit from end to end: targets, modules, experiments, rules, report.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::host::{Host, HostError};
use crate::interrupt;
use crate::model::{Finding, ModuleReport, Report, RuleResult, SCHEMA, Status, TargetReport, Tool};
use crate::observe::{Lab, ObserveError};
use crate::rules;
use crate::target::{Resolved, Subject, TargetError};
use crate::verdict;
use crate::worker::{Limits, WorkerError};

/// What the user chose.
#[derive(Clone, Debug)]
pub struct Options {
    /// The targets.
    pub targets: Vec<String>,
    /// The interpreter; the newest suitable one if none is named.
    pub python: Option<String>,
    /// The time limit of each worker.
    pub timeout: Duration,
    /// How many modules are audited at the same time.
    pub jobs: usize,
    /// The `insula` binary, which can embed the runtime. Without it nothing is known about restarts.
    pub restart_helper: Option<PathBuf>,
}

/// Something an audit tells while it runs.
#[derive(Clone, Debug)]
pub enum Progress {
    /// A target is being resolved (and perhaps fetched).
    Resolving(String),
    /// All targets are known: so many modules.
    Modules(usize),
    /// A module's next experiment.
    Doing(String, String),
    /// A module is finished.
    Finished(String),
}

/// Why there is no report at all.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// There is no interpreter.
    #[error(transparent)]
    Host(#[from] HostError),
    /// The temporary folder.
    #[error("cannot make a temporary folder: {0}; check free space and TMPDIR")]
    Scratch(std::io::Error),
    /// The user pressed Ctrl-C.
    #[error("interrupted")]
    Interrupted,
}

/// What this version does not look at, and what L5 would need.
const NOT_EXAMINED: [&str; 4] = [
    "leaks per import and per interpreter",
    "the garbage collection contract of each type",
    "Python objects behind native heap memory (deep X-ray) and in thread-locals",
    "hostile arguments",
];

/// Audits all targets.
pub fn audit(options: &Options, progress: &(dyn Fn(Progress) + Sync)) -> Result<Report, AuditError> {
    let host = Host::choose(options.python.as_deref())?;
    let interpreter = host.report();
    let scratch = tempfile::Builder::new().prefix("insula-").tempdir().map_err(AuditError::Scratch)?;
    let lab = Lab {
        host,
        limits: Limits { time: options.timeout, ..Limits::default() },
        scratch: scratch.path().to_owned(),
        restart_helper: options.restart_helper.clone(),
        controls: Mutex::new(HashMap::new()),
    };

    let mut targets = Vec::new();
    let mut work: Vec<(usize, Subject)> = Vec::new();
    for target in &options.targets {
        progress(Progress::Resolving(target.clone()));
        let mut report = TargetReport { target: target.clone(), modules: Vec::new(), skipped: Vec::new(), error: None };
        match lab.resolve(target) {
            Ok(Resolved { subjects, skipped }) => {
                report.skipped = skipped;
                work.extend(subjects.into_iter().map(|subject| (targets.len(), subject)));
            }
            Err(TargetError::Worker(WorkerError::Interrupted)) => {
                return Err(AuditError::Interrupted);
            }
            Err(error) => report.error = Some(error.to_string()),
        }
        targets.push(report);
    }

    progress(Progress::Modules(work.len()));
    let next = AtomicUsize::new(0);
    let finished: Mutex<Vec<(usize, usize, ModuleReport)>> = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..options.jobs.clamp(1, work.len().max(1)) {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some((target, subject)) = work.get(number) else {
                        break;
                    };
                    if interrupt::interrupted() {
                        break;
                    }
                    let report = one(&lab, subject.clone(), progress);
                    progress(Progress::Finished(subject.name.clone()));
                    finished.lock().unwrap_or_else(PoisonError::into_inner).push((*target, number, report));
                }
            });
        }
    });
    if interrupt::interrupted() {
        return Err(AuditError::Interrupted);
    }
    let mut finished = finished.into_inner().unwrap_or_else(PoisonError::into_inner);
    finished.sort_by_key(|(_, number, _)| *number);
    for (target, _, module) in finished {
        targets[target].modules.push(module);
    }
    for target in &mut targets {
        optional_modules(target);
    }
    let exit_code = Report::exit_code_of(&targets);
    Ok(Report {
        schema: SCHEMA,
        tool: Tool { name: "insula".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
        interpreter: Some(interpreter),
        targets,
        not_examined: NOT_EXAMINED.map(str::to_owned).to_vec(),
        exit_code,
    })
}

/// A module of a package that needs a distribution which is not installed is optional, if others of the package could be
/// audited: it is reported (INS902), without making the audit a failure.
fn optional_modules(target: &mut TargetReport) {
    let audited = target.modules.iter().any(|module| module.verdict.is_some());
    for module in &mut target.modules {
        if audited
            && module.rules.get("INS902").is_some_and(|rule| rule.status == Status::Broken)
            && module.verdict.is_none()
        {
            module.error = None;
        }
    }
}

fn one(lab: &Lab, subject: Subject, progress: &(dyn Fn(Progress) + Sync)) -> ModuleReport {
    let started = Instant::now();
    let mut report = ModuleReport {
        name: subject.name.clone(),
        path: subject.shown.clone(),
        sha256: subject.sha256(),
        version: subject.version.clone(),
        verdict: None,
        limited_by: Vec::new(),
        rules: Default::default(),
        findings: Vec::new(),
        error: None,
        notes: Vec::new(),
        seconds: 0.0,
    };
    let name = subject.name.clone();
    match lab.observe(subject, &|what| progress(Progress::Doing(name.clone(), what.to_owned()))) {
        Ok(seen) => {
            let results = rules::check_all(&seen);
            let (verdict, limited_by) = verdict::of(&seen, &results);
            report.verdict = Some(verdict);
            report.limited_by = limited_by;
            report.notes = seen.notes;
            for (id, checked) in results {
                report.rules.insert(id.to_owned(), checked.result);
                report.findings.extend(checked.findings);
            }
            sort(&mut report.findings);
        }
        Err(error) => {
            let why = "the module could not be imported".to_owned();
            for rule in &rules::RULES {
                let result = RuleResult { status: Status::NotRun, reason: Some(why.clone()) };
                report.rules.insert(rule.id.to_owned(), result);
            }
            if let ObserveError::Missing { missing } = &error {
                let message = format!("it needs {missing}, which is not installed");
                report.rules.insert("INS902".to_owned(), RuleResult { status: Status::Broken, reason: None });
                let evidence = serde_json::json!({ "dependency": missing });
                report.findings.push(rules::finding("INS902", crate::model::Severity::Info, message, evidence));
            }
            report.error = Some(format!("{name}: {error}"));
        }
    }
    report.seconds = (started.elapsed().as_secs_f64() * 100.0).round() / 100.0;
    report
}

/// The worst first; findings of one rule keep the order in which the file has them.
fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.rule.cmp(&b.rule)));
}
