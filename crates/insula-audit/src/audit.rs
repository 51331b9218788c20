//! An audit from end to end: targets, modules, experiments, rules, report.

use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::cache::Cache;
use crate::clock::{self, Clock};
use crate::experiments::{Command, Lab, ObserveError};
use crate::host::HostError;
use crate::hosts::{hosts, named};
use crate::lines::relate::relate;
use crate::report::baseline::Baseline;
use crate::report::selection::Selection;
use crate::report::shard::Shard;
use crate::report::{Answer, Answers, Finding, ModuleReport, Report, RuleResult, SCHEMA, Status, TargetReport, Tool};
use crate::rules::{self, RuleId};
use crate::target::{self, Resolved, Subject, Target, TargetError, Unfit};
use crate::verdict;
use crate::worker::WorkerError;
use crate::worker::interrupt;
use crate::worker::scratch::Scratch;

/// What the user chose.
#[derive(Clone, Debug)]
pub struct Options {
    /// The targets.
    pub targets: Vec<Target>,
    /// The interpreters; the newest suitable one if none is named.
    pub pythons: Vec<String>,
    /// A virtual environment, whose interpreter is then the only one.
    pub environment: Option<PathBuf>,
    /// Whether a name without a version that no interpreter can import is looked for in the package index.
    pub fetch: bool,
    /// Whether a package without compiled parts stands for the extension modules that importing it loads.
    pub dependencies: bool,
    /// Which part of the modules is audited, if not all of them.
    pub shard: Option<Shard>,
    /// The time limit of each worker.
    pub timeout: Duration,
    /// How many modules are audited at the same time.
    pub jobs: usize,
    /// The `insula` binary, which can embed the runtime. Without it nothing is known about restarts.
    pub restart_helper: Option<PathBuf>,
    /// A workload that is run, as for a shell, and the folder that it is run in.
    pub exercise: Option<(String, PathBuf)>,
    /// Whether results of earlier audits are used and results are kept.
    pub cache: bool,
    /// Which rules are reported.
    pub selection: Selection,
    /// Findings that are known.
    pub baseline: Option<Baseline>,
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
    /// A module is finished; whether its result was known from an earlier audit.
    Finished(String, bool),
    /// Something is not as it should be, which does not change the report.
    Warning(String),
}

/// Why there is no report at all.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// There is no interpreter.
    #[error(transparent)]
    Host(#[from] HostError),
    /// The named environment has no interpreter.
    #[error("{}: not a virtual environment: it has no bin/python; name the folder that `python -m venv` \
             made", .0.display())]
    NoEnvironment(PathBuf),
    /// The temporary folder.
    #[error("cannot make a temporary folder: {0}; check free space and TMPDIR")]
    Scratch(std::io::Error),
    /// The user pressed Ctrl-C.
    #[error("interrupted")]
    Interrupted,
}

/// What this version does not look at. What it looks at, and could not in this audit, stands with each rule.
const NOT_EXAMINED: [&str; 3] = [
    "heap memory of allocators that a module brings along",
    "thread-locals of threads other than the main one",
    "callables that nothing in the module's namespace leads to",
];

/// Audits all targets on all interpreters.
pub fn audit(options: &Options, progress: &(dyn Fn(Progress) + Sync)) -> Result<Report, AuditError> {
    let scratch = Scratch::new().map_err(AuditError::Scratch)?;
    let hosts = hosts(options)?;
    let interpreters = named(&hosts);
    let labs: Vec<Lab> = hosts
        .into_iter()
        .map(|host| {
            Lab::new(host, options.timeout, scratch.path(), options.restart_helper.clone())
                .resolving(options.fetch, options.dependencies)
                .exercising(options.exercise.clone().map(|(text, folder)| Command { text, folder }))
        })
        .collect();

    let mut targets = Vec::new();
    let mut work: Vec<Work> = Vec::new();
    for target in &options.targets {
        for (lab, interpreter) in labs.iter().zip(&interpreters) {
            progress(Progress::Resolving(target.to_string()));
            let (report, subjects) = resolve(lab, &interpreter.id, target)?;
            work.extend(subjects.into_iter().map(|subject| Work { target: targets.len(), lab, subject }));
            targets.push(report);
        }
    }

    if let Some(shard) = options.shard {
        let mut number = 0..;
        work.retain(|_| number.next().is_some_and(|number| shard.has(number)));
        if shard.part > 1 {
            targets.iter_mut().for_each(|target| target.modules.clear());
        }
    }
    progress(Progress::Modules(work.len()));
    let cache = (options.cache && options.exercise.is_none()).then(|| Cache::open(options.restart_helper.as_deref()));
    for (target, module) in run_all(&work, options.jobs, cache.as_ref(), labs.len() > 1, progress)? {
        targets[target].modules.push(module);
    }
    if let Some(trouble) = cache.as_ref().and_then(Cache::trouble) {
        progress(Progress::Warning(trouble));
    }
    for target in &mut targets {
        optional_modules(target);
        select(target, &options.selection);
    }
    relate(&mut targets);
    let mut report = Report {
        schema: SCHEMA,
        tool: Tool { name: "insula".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
        interpreters,
        targets,
        shard: options.shard,
        not_examined: NOT_EXAMINED.map(str::to_owned).to_vec(),
        exit_code: 0,
    };
    if let Some(baseline) = &options.baseline {
        baseline.mark(&mut report);
    }
    report.exit_code = Report::exit_code_of(&report.targets);
    Ok(report)
}

/// A target's report as far as it is known before any module was audited, and its modules.
pub(crate) fn resolve(
    lab: &Lab,
    interpreter: &str,
    target: &Target,
) -> Result<(TargetReport, Vec<Subject>), AuditError> {
    let mut report = TargetReport {
        target: target.to_string(),
        interpreter: interpreter.to_owned(),
        made: Some(clock::today()),
        sha256: None,
        modules: Vec::new(),
        note: None,
        skipped: Vec::new(),
        bundled: Vec::new(),
        error: None,
    };
    match target::resolve(lab, target) {
        Ok(Resolved { subjects, note, skipped, failed, bundled, sha256 }) => {
            report.modules = failed.into_iter().map(unfit).collect();
            report.note = note;
            report.skipped = skipped;
            report.bundled = bundled;
            report.sha256 = sha256;
            Ok((report, subjects))
        }
        Err(TargetError::Worker(WorkerError::Interrupted)) => Err(AuditError::Interrupted),
        Err(_) if interrupt::interrupted() => Err(AuditError::Interrupted),
        Err(error) => {
            report.error = Some(error.to_string());
            Ok((report, Vec::new()))
        }
    }
}

/// One module on one interpreter.
struct Work<'a> {
    target: usize,
    lab: &'a Lab,
    subject: Subject,
}

/// Audits modules of one interpreter.
pub(crate) fn of_subjects(
    lab: &Lab,
    subjects: Vec<Subject>,
    cache: &Cache,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Vec<ModuleReport>, AuditError> {
    let work: Vec<Work<'_>> = subjects.into_iter().map(|subject| Work { target: 0, lab, subject }).collect();
    let jobs = std::thread::available_parallelism().map_or(1, usize::from);
    Ok(run_all(&work, jobs, Some(cache), false, progress)?.into_iter().map(|(_, report)| report).collect())
}

/// Audits the modules, several at a time; each result with the number of its target, in the order of the work.
fn run_all(
    work: &[Work<'_>],
    jobs: usize,
    cache: Option<&Cache>,
    matrix: bool,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Vec<(usize, ModuleReport)>, AuditError> {
    let next = AtomicUsize::new(0);
    let finished: Mutex<Vec<(usize, ModuleReport)>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, work.len().max(1)) {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(Work { lab, subject, .. }) = work.get(number) else {
                        break;
                    };
                    if interrupt::interrupted() {
                        break;
                    }
                    let mut label = subject.name.clone();
                    if matrix {
                        label = format!("{label} on {}", lab.host.interpreter.version);
                    }
                    let doing = |what: &str| progress(Progress::Doing(label.clone(), what.to_owned()));
                    let report = cached(lab, subject, cache, &doing);
                    progress(Progress::Finished(label, report.cached));
                    finished.lock().unwrap_or_else(PoisonError::into_inner).push((number, report));
                }
            });
        }
    });
    if interrupt::interrupted() {
        return Err(AuditError::Interrupted);
    }
    let mut finished = finished.into_inner().unwrap_or_else(PoisonError::into_inner);
    finished.sort_by_key(|(number, _)| *number);
    Ok(finished.into_iter().map(|(number, report)| (work[number].target, report)).collect())
}

/// The result of an earlier audit, or that of one now. What went wrong is not kept: it is tried again.
fn cached(lab: &Lab, subject: &Subject, cache: Option<&Cache>, doing: &(dyn Fn(&str) + Sync)) -> ModuleReport {
    let now = || guarded(&subject.name, &subject.shown, || one(lab, subject.clone(), doing));
    let Some(cache) = cache else {
        return now();
    };
    let place = cache.place(lab, subject);
    if let Some(report) = cache.read(&place) {
        return ModuleReport { path: subject.shown.clone(), ..report };
    }
    let report = now();
    if report.error.is_none() && !interrupt::interrupted() {
        cache.write(&place, &report);
    }
    report
}

/// A defect of the auditor's own that one module brings to light takes no other module's results along.
fn guarded(name: &str, path: &Path, audit: impl FnOnce() -> ModuleReport) -> ModuleReport {
    panic::catch_unwind(AssertUnwindSafe(audit)).unwrap_or_else(|cause| {
        let cause = cause
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| cause.downcast_ref::<&str>().copied())
            .unwrap_or("no message");
        let error =
            format!("{name}: the audit itself failed ({cause}): a defect of insula; report it with the lines above");
        ModuleReport { error: Some(error), ..ModuleReport::blank(name.to_owned(), path.to_owned()) }
    })
}

/// Drops what was not selected. The answers stay what they are: they say what was seen, whoever wants to hear of it.
pub(crate) fn select(target: &mut TargetReport, selection: &Selection) {
    for module in &mut target.modules {
        module.rules.retain(|rule, _| selection.reports(*rule));
        module.findings.retain(|finding| selection.reports(finding.rule));
    }
}

fn unfit(file: Unfit) -> ModuleReport {
    ModuleReport { error: Some(file.error), ..ModuleReport::blank(file.name, file.path) }
}

/// A module of a package that needs a distribution which is not installed is optional, if others of the package could
/// be audited: it is reported (INS902), without making the audit a failure.
pub(crate) fn optional_modules(target: &mut TargetReport) {
    let audited = target.modules.iter().any(|module| module.audited());
    for module in &mut target.modules {
        if audited
            && module.rules.get(&RuleId::Ins902).is_some_and(|rule| rule.status == Status::Broken)
            && !module.audited()
        {
            module.error = None;
        }
    }
}

fn one(lab: &Lab, subject: Subject, doing: &(dyn Fn(&str) + Sync)) -> ModuleReport {
    let started = Instant::now();
    let mut report = ModuleReport {
        sha256: subject.sha256(),
        distribution: subject.owner.as_ref().map(|owner| owner.name.clone()),
        version: subject.version().map(str::to_owned),
        ..ModuleReport::blank(subject.name.clone(), subject.shown.clone())
    };
    let clock = Mutex::new(Clock::new());
    let timed = |what: &str| {
        clock.lock().unwrap_or_else(PoisonError::into_inner).begin(what);
        doing(what);
    };
    match lab.observe(subject, &timed) {
        Ok((seen, notes)) => {
            let results = rules::check_all(&seen);
            report.answers = verdict::answers(&seen, &results);
            report.isolated = report.answers.isolated();
            report.notes = notes;
            for (id, checked) in results {
                report.rules.insert(id, checked.result);
                report.findings.extend(checked.findings);
            }
            sort(&mut report.findings);
            // Where nothing was found, nobody misses lines.
            let notes = if report.findings.is_empty() { &[][..] } else { &seen.lines.notes };
            report.notes.extend_from_slice(notes);
            // All else was done. But who misspelt the command must not read "isolated" as what their tests say.
            let unfit = seen.exercised.as_ref().and_then(|exercised| exercised.unfit.as_ref());
            report.error = unfit.map(|why| {
                let known = "`pytest ...`, `-m MODULE ...`, a script or module:function";
                format!("{}: the exercise cannot be run: {why}; name {known}, as it is run in this folder", report.name)
            });
        }
        Err(error) => unobserved(&mut report, &error),
    }
    report.spent = clock.into_inner().unwrap_or_else(PoisonError::into_inner).finish();
    report.seconds = (started.elapsed().as_secs_f64() * 100.0).round() / 100.0;
    report
}

/// What is known of a module that could not be imported.
fn unobserved(report: &mut ModuleReport, error: &ObserveError) {
    let why = "the module could not be imported".to_owned();
    for rule in rules::RULES {
        report.rules.insert(rule.id, RuleResult { status: Status::NotRun, reason: Some(why.clone()) });
    }
    let answer = match error {
        ObserveError::Import(_) => Answer::No,
        ObserveError::Missing { missing } => {
            report.rules.insert(RuleId::Ins902, RuleResult { status: Status::Broken, reason: None });
            report.findings.push(rules::blocked_import(missing, &report.name));
            Answer::Inconclusive
        }
        ObserveError::Worker(_) | ObserveError::Inconclusive(_) => Answer::Inconclusive,
    };
    report.answers = Answers::without_import(answer, &error.to_string());
    report.error = Some(format!("{}: {error}", report.name));
}

/// The worst first; findings of one rule keep the order in which the file has them.
fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.rule.cmp(&b.rule)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_in_one_audit_is_that_modules_error() {
        let path = Path::new("shop/till.so");
        let report = guarded("shop.till", path, || panic!("index {} of 3", 7));
        assert_eq!(report.name, "shop.till");
        assert_eq!(
            report.error.as_deref(),
            Some(
                "shop.till: the audit itself failed (index 7 of 3): a defect of insula; report it with the lines above"
            )
        );
        assert!(!report.audited());
        let unharmed = guarded("shop.till", path, || ModuleReport::blank("shop.till".to_owned(), path.to_owned()));
        assert_eq!(unharmed.error, None);
    }
}
