//! The audit of private copies: are packages that `insula_isolate` loads isolated from one another?
//!
//! One worker has the main interpreter and several others, which isolate, import the target and use it at the same
//! time. It is then read from outside: `look` tells what the variables of each interpreter's copies lead to, and
//! `judge` what that means. Of `insula_isolate` nothing is relied on but that it is installed in an interpreter, and
//! that it tells where its images lie.
//!
//! `worker` is all that knows how workers are run.

mod judge;
mod look;
mod text;
mod worker;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::audit::{AuditError, Options, Progress, blank, hosts, named, resolve, select};
use crate::formats::{self, Format, Style};
use crate::interrupt;
use crate::model::{self, ModuleReport, SCHEMA, TargetReport, Tool};
use crate::observe::{Lab, Seen};
use crate::scratch::Scratch;
use crate::target::Subject;
use crate::trouble::Trouble;
use crate::worker::{Limits, WorkerError};

use self::look::Reading;
use self::worker::{Ended, Plan};

/// What the user chose of it.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// The folder that has `insula_isolate`, if the interpreter itself does not.
    pub package: Option<PathBuf>,
}

/// What became of a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Each interpreter has a copy, and nothing leads from one to another.
    IsolatedByCopy,
    /// All interpreters have the same image, as the policy of `insula_isolate` has it, and nothing leads from one to
    /// another.
    IsolatedAsItIs,
    /// Something leads from one interpreter to another, or does not work there.
    NotIsolated,
    /// It could not be told.
    NotProved,
}

impl Verdict {
    /// The words for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::IsolatedByCopy => "isolated by copy",
            Self::IsolatedAsItIs => "isolated as it is",
            Self::NotIsolated => "not isolated",
            Self::NotProved => "not proved",
        }
    }
}

/// What the proof of one module rests on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ModuleProof {
    /// The dotted name.
    pub name: String,
    /// The verdict.
    pub verdict: Verdict,
    /// What is in the way.
    pub in_the_way: Vec<String>,
    /// How many interpreters have a copy of it.
    pub copies: usize,
    /// How many pointer-sized words of variables were read, in all copies.
    pub words: usize,
    /// How many of those hold a Python object.
    pub objects: usize,
    /// How many calls were repeated and compared.
    pub calls: usize,
    /// The libraries that it uses together with all other interpreters.
    pub shares: Vec<String>,
}

/// Growth for each interpreter that came, imported the target, and ended.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Growth {
    /// Blocks of Python's allocator.
    pub blocks: f64,
    /// Bytes of the C library's; none where it does not tell.
    pub native_bytes: Option<f64>,
    /// Bytes of resident memory.
    pub resident_bytes: f64,
}

/// Leaks, beside the same without the target.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Leaks {
    /// With the target.
    pub with: Growth,
    /// With `insula_isolate` and the parts of the standard library that the target imports.
    pub control: Growth,
    /// How many interpreters each figure is of.
    pub interpreters: u32,
}

/// What one target was seen to do on one interpreter.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Proof {
    /// The target, as the user wrote it.
    pub target: String,
    /// Which interpreter, by the report's id.
    pub interpreter: String,
    /// How many isolated interpreters lived beside the main one.
    pub interpreters: usize,
    /// Whether each had a GIL of its own.
    pub own_gil: bool,
    /// The number that decided the order in which they ended.
    pub seed: u64,
    /// Each module.
    pub modules: Vec<ModuleProof>,
    /// How many objects each interpreter told of, the main one first.
    pub objects: Vec<usize>,
    /// Bundled libraries of which each interpreter has a copy.
    pub private_libraries: Vec<PathBuf>,
    /// Libraries that the interpreters' copies use together.
    pub shared_libraries: Vec<PathBuf>,
    /// Extension modules outside the standard library that isolated interpreters loaded as usual.
    pub as_usual: Vec<String>,
    /// Leaks; none where they could not be measured.
    pub leaks: Option<Leaks>,
    /// Each scenario, and what it and its control came to.
    pub scenarios: BTreeMap<String, String>,
    /// What was not examined, and why.
    pub not_examined: Vec<String>,
}

/// The report of an audit with `--isolate`.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The report in the form that every audit has. Its modules have the findings.
    #[serde(flatten)]
    pub base: model::Report,
    /// One for each target and interpreter.
    pub isolate: Vec<Proof>,
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
        Format::Html => Err("--isolate has no html page; choose text, json, sarif, junit or github".to_owned()),
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
        let lab = Lab {
            host,
            limits: Limits { time: options.timeout, ..Limits::default() },
            scratch: scratch.path().to_owned(),
            restart_helper: None,
            controls: Mutex::new(HashMap::new()),
            slope_controls: Mutex::new(HashMap::new()),
        };
        let roots: Vec<PathBuf> = choice.package.iter().cloned().collect();
        let absent = absent(&lab, &roots).map_err(into_audit_error)?;
        for target in &options.targets {
            progress(Progress::Resolving(target.to_string()));
            let (mut report, subjects) = resolve(&lab, &interpreter.id, target)?;
            if let Some(why) = &absent {
                report.error = Some(why.clone());
                targets.push(report);
                continue;
            }
            progress(Progress::Modules(1));
            let doing = |what: &str| progress(Progress::Doing(report.target.clone(), what.to_owned()));
            let examination = Examination::new(&lab, &report.target, &subjects, &roots);
            let seen = examination.run(&doing).map_err(into_audit_error)?;
            progress(Progress::Finished(report.target.clone(), false));
            let proof = judge::judge(&mut report, &subjects, &seen);
            proofs.extend(proof);
            targets.push(report);
        }
    }
    targets.iter_mut().for_each(|target| select(target, &options.selection));
    let mut base = model::Report {
        schema: SCHEMA,
        tool: Tool { name: "insula".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
        interpreters,
        targets,
        not_examined: NOT_EXAMINED.map(str::to_owned).to_vec(),
        exit_code: 0,
    };
    if let Some(baseline) = &options.baseline {
        baseline.mark(&mut base);
    }
    base.exit_code = model::Report::exit_code_of(&base.targets);
    Ok(Report { base, isolate: proofs })
}

fn into_audit_error(error: WorkerError) -> AuditError {
    match error {
        WorkerError::Folder(error) => AuditError::Scratch(error),
        _ if interrupt::interrupted() => AuditError::Interrupted,
        other => AuditError::Scratch(std::io::Error::other(other.to_string())),
    }
}

/// Why nothing can be isolated in this interpreter, in one line.
fn absent(lab: &Lab, roots: &[PathBuf]) -> Result<Option<String>, WorkerError> {
    let version = &lab.host.interpreter.version;
    if lab.host.feature() < (3, 11) {
        return Ok(Some(format!("insula_isolate is for CPython 3.11 and newer, and this is {version}")));
    }
    let plan = Plan { scenario: "isolate_present", roots: roots.to_vec(), isolate: true, ..Plan::default() };
    let ended = worker::run(lab, &plan, &mut |_, _, _| {})?;
    let why = match (ended.file("present-0.json"), &ended.trouble) {
        (Some(present), _) if present["error"].is_null() => return Ok(None),
        (Some(present), _) => present["error"].as_str().unwrap_or_default().to_owned(),
        (None, Some(trouble)) => trouble.line(),
        (None, None) => "it did not say why".to_owned(),
    };
    let program = lab.host.interpreter.executable.display();
    Ok(Some(format!(
        "CPython {version} cannot import insula_isolate ({why}); install it with `{program} -m pip install \
         insula-isolate`, or name the folder that has it with --isolate-package"
    )))
}

/// A call that came to something else.
struct Change {
    /// Whether it was made in an isolated interpreter, and not in the main one.
    of_a_copy: bool,
    module: String,
    call: String,
    before: String,
    after: String,
    when: String,
}

/// What ended a scenario badly, though not its control.
struct Ending {
    /// The scenario.
    what: &'static str,
    trouble: Trouble,
    /// The module that was imported or called last, if that is known.
    module: Option<String>,
    /// The call that was begun last.
    call: Option<String>,
}

/// All that was seen of a target.
pub(crate) struct Examined {
    own_gil: bool,
    seed: u64,
    defect: Option<String>,
    /// What the ordinary import in the main interpreter failed with, by module: class and text.
    unimportable: BTreeMap<String, (String, String)>,
    /// The same in isolated interpreters.
    refused: BTreeMap<String, (String, String)>,
    /// What is known from outside, reading by reading.
    readings: Vec<Seen<Reading>>,
    /// Objects that belong to several interpreters without the target, too: type and value.
    control_shared: BTreeSet<(String, String)>,
    /// Calls that came to something else.
    changes: Vec<Change>,
    /// Calls that ran a callback in another interpreter: module and call.
    strays: BTreeSet<[String; 2]>,
    /// How many calls were compared, by module.
    calls: BTreeMap<String, usize>,
    /// What ended a scenario badly.
    troubles: Vec<Ending>,
    /// Scenarios whose control ended badly as well.
    inconclusive: Vec<String>,
    /// Scenarios that did not come to their end, whatever was left out.
    unfinished: Vec<String>,
    leaks: Seen<Leaks>,
    scenarios: BTreeMap<String, String>,
    not_examined: Vec<String>,
}

/// The examination of one target on one interpreter.
struct Examination<'a> {
    lab: &'a Lab,
    subjects: &'a [Subject],
    base: Plan,
}

/// How many calls are made of all modules together, and of each at least.
const CALLS: (usize, usize) = (1500, 30);

/// How many calls may end the worker that looks for them.
const MOST_ENDED: usize = 12;

impl<'a> Examination<'a> {
    fn new(lab: &'a Lab, target: &str, subjects: &'a [Subject], roots: &[PathBuf]) -> Self {
        let mut roots = roots.to_vec();
        // A single file is imported from its folder.
        let alone = subjects.iter().filter(|one| one.roots.is_empty() && !one.name.contains('.'));
        let alone = alone.filter_map(|one| one.path.parent().map(Path::to_path_buf));
        for root in subjects.iter().flat_map(|subject| subject.roots.clone()).chain(alone) {
            if !roots.contains(&root) {
                roots.push(root);
            }
        }
        // What the user named may be the package, whose Python part is to be imported first.
        let mut first: Vec<String> = subjects.iter().map(|subject| subject.package().to_owned()).collect();
        first.push(target.to_owned());
        first.retain(|name| name.split('.').all(crate::target::is_identifier) && name.len() > 1);
        first.sort();
        first.dedup();
        let known: BTreeSet<&str> = subjects.iter().map(Subject::package).collect();
        first.retain(|name| known.contains(name.split('.').next().unwrap_or_default()));
        let unsafe_names =
            subjects.iter().filter(|one| !lab.may_call(one)).map(|subject| subject.name.clone()).collect();
        let base = Plan {
            roots,
            first,
            modules: subjects.iter().map(|subject| subject.name.clone()).collect(),
            unsafe_names,
            gil: if lab.host.has_own_gil() { "own" } else { "legacy" },
            width: WIDTH,
            calls: "all",
            most_calls: (CALLS.0 / subjects.len().max(1)).max(CALLS.1),
            ..Plan::default()
        };
        Self { lab, subjects, base }
    }

    fn run(&self, doing: &dyn Fn(&str)) -> Result<Examined, WorkerError> {
        let mut seen = Examined {
            own_gil: self.lab.host.has_own_gil(),
            seed: self.base.seed,
            defect: self.lab.host.own_gil_defect(),
            unimportable: BTreeMap::new(),
            refused: BTreeMap::new(),
            readings: Vec::new(),
            control_shared: BTreeSet::new(),
            changes: Vec::new(),
            strays: BTreeSet::new(),
            calls: BTreeMap::new(),
            troubles: Vec::new(),
            inconclusive: Vec::new(),
            unfinished: Vec::new(),
            leaks: Err("not measured".to_owned()),
            scenarios: BTreeMap::new(),
            not_examined: Vec::new(),
        };
        if self.subjects.is_empty() {
            return Ok(seen);
        }
        doing("calls in the main interpreter");
        let mut plan = self.base.clone();
        if !self.calls(&mut plan, &mut seen)? {
            return Ok(seen);
        }
        plan.modules.retain(|name| !seen.unimportable.contains_key(name));
        if plan.modules.is_empty() {
            return Ok(seen);
        }
        plan.isolate = true;
        doing("isolated interpreters, X-ray of their copies");
        self.proof(&mut plan, &mut seen)?;
        doing("interpreters that import at the same time");
        self.race(&plan, &mut seen)?;
        doing("leaks");
        seen.leaks = self.leaks(&plan)?;
        if let Err(why) = &seen.leaks {
            seen.not_examined.push(format!("leaks: {why}"));
        }
        Ok(seen)
    }

    /// Finds calls that work in an ordinary process; whether there is anything to go on with.
    fn calls(&self, plan: &mut Plan, seen: &mut Examined) -> Result<bool, WorkerError> {
        plan.scenario = "isolate_calls";
        plan.timed = true;
        let mut ended_calls = 0_usize;
        loop {
            // What differs in a second process differs by itself, and what ends one where freed memory is overwritten
            // would end any other sooner or later.
            let mut ended = worker::run(self.lab, plan, &mut |_, _, _| {})?;
            let first = ended.known_calls(0);
            if ended.trouble.is_none() {
                let debugged = Plan { malloc_debug: true, ..plan.clone() };
                ended = worker::run(self.lab, &debugged, &mut |_, _, _| {})?;
            }
            seen.unimportable = ended.errors(&["errors-0.json"]);
            match &ended.trouble {
                None => {
                    let second = ended.known_calls(0);
                    plan.known_calls = first;
                    for (name, labels) in &mut plan.known_calls {
                        for (label, outcome) in labels {
                            // It is made all the same: what it does to the module counts.
                            if second.get(name).and_then(|labels| labels.get(label)) != Some(&*outcome) {
                                *outcome = None;
                            }
                        }
                    }
                    let count = plan.known_calls.values().map(BTreeMap::len).sum::<usize>();
                    seen.scenarios.insert("calls".to_owned(), format!("{count} calls in an ordinary process"));
                    plan.timed = false;
                    plan.dependencies = ended.file("stdlib-0.json").map_or_else(Vec::new, |names| strings(&names));
                    return Ok(true);
                }
                Some(trouble) => {
                    let at = ended.module.clone();
                    match (&ended.attempt, &at) {
                        (Some(attempt), Some(module)) if ended_calls < MOST_ENDED => {
                            ended_calls += 1;
                            plan.avoided.entry(module.clone()).or_default().push(attempt.clone());
                        }
                        (Some(_), Some(module)) => {
                            seen.not_examined.push(format!(
                                "the functions of {module}: calls of them end an ordinary process, too ({})",
                                trouble.line()
                            ));
                            ended_calls = 0;
                            plan.unsafe_names.push(module.clone());
                            plan.avoided.remove(module);
                        }
                        _ => {
                            let what = ended.importing.clone().unwrap_or_else(|| plan.modules[0].clone());
                            let text = trouble.line();
                            seen.unimportable.insert(what.clone(), ("crash".to_owned(), text));
                            // One file that ends the process must not keep the others from being examined.
                            if !plan.modules.contains(&what) || plan.modules.len() == 1 {
                                let all =
                                    plan.modules.iter().map(|name| (name.clone(), seen.unimportable[&what].clone()));
                                let all: BTreeMap<_, _> = all.collect();
                                seen.unimportable = all;
                                return Ok(false);
                            }
                            plan.modules.retain(|name| *name != what);
                        }
                    }
                }
            }
        }
    }

    /// The interpreters, seen from outside.
    fn proof(&self, plan: &mut Plan, seen: &mut Examined) -> Result<(), WorkerError> {
        plan.scenario = "isolate_proof";
        let layout = match self.lab.layout() {
            Ok(layout) => layout,
            Err(why) => {
                seen.readings.push(Err(why));
                return Ok(());
            }
        };
        let mut eyes = look::Eyes::new(layout, self.lab.library(), self.subjects, &self.lab.host.interpreter);
        // What ends the worker is found; then the rest is to be examined without it.
        let mut tries = 0;
        loop {
            let mut readings = Vec::new();
            let mut look = |pid: u32, folder: &Path, reading: u64| {
                readings.push(eyes.look(pid, folder, reading, plan.width));
            };
            let ended = worker::run(self.lab, plan, &mut look)?;
            seen.readings = readings;
            let numbers = 0..=plan.width;
            let told: Vec<String> = numbers.clone().map(|number| format!("told1-{number}.json")).collect();
            let told: Vec<&str> = told.iter().map(String::as_str).collect();
            seen.refused.extend(ended.errors_in(&told, "errors"));
            seen.changes.extend(self.changes(plan, &ended)?);
            for file in (1..=plan.width).filter_map(|number| ended.file(&format!("strays-{number}.json"))) {
                let rows = file.as_array().into_iter().flatten().map(strings);
                seen.strays.extend(rows.filter_map(|row| row.try_into().ok()));
            }
            seen.calls.clear();
            let called = |name: &&String| plan.calls == "all" && !plan.unsafe_names.contains(name);
            for name in plan.known_calls.keys().filter(called) {
                let outcomes = plan.known_calls[name].values();
                seen.calls.insert(name.clone(), outcomes.filter(|outcome| outcome.is_some()).count());
            }
            let Some(trouble) = &ended.trouble else {
                seen.scenarios.insert("proof".to_owned(), self.order(plan));
                break;
            };
            self.blame(plan, "isolated interpreters", trouble, &ended, seen)?;
            tries += 1;
            if !without(plan, &ended, tries) {
                seen.unfinished.push(format!("isolated interpreters: {}", trouble.line()));
                break;
            }
        }
        let candidates = seen.readings.iter().flatten().any(|reading| !reading.shared.is_empty());
        if candidates {
            let mut shared = BTreeSet::new();
            let mut look = |pid: u32, folder: &Path, reading: u64| {
                if let Ok(reading) = eyes.look(pid, folder, reading, plan.width) {
                    shared.extend(reading.shared.into_iter().map(|one| (one.type_name, one.detail)));
                }
            };
            let ended = worker::run(self.lab, &plan.control(), &mut look)?;
            let said = ended.trouble.map_or_else(|| "passed".to_owned(), |trouble| trouble.line());
            seen.scenarios.insert("control of the intersection".to_owned(), said);
            seen.control_shared = shared;
        }
        Ok(())
    }

    fn order(&self, plan: &Plan) -> String {
        let kind = if plan.gil == "own" { "own-GIL" } else { "legacy" };
        format!(
            "{} {kind} interpreters beside the main one, read twice, ended in random order (seed {})",
            plan.width, plan.seed
        )
    }

    /// Calls that came to something else, if they do not do so where the other interpreters have no part in it.
    fn changes(&self, plan: &Plan, ended: &Ended) -> Result<Vec<Change>, WorkerError> {
        let changes = |ended: &Ended| -> Vec<Change> {
            let mut found = Vec::new();
            for number in 0..=plan.width {
                let file = ended.file(&format!("changes-{number}.json")).unwrap_or_default();
                for row in file.as_array().into_iter().flatten() {
                    if let Ok([module, call, before, after, when]) = <[String; 5]>::try_from(strings(row)) {
                        found.push(Change { of_a_copy: number > 0, module, call, before, after, when });
                    }
                }
            }
            found
        };
        let mut found = changes(ended);
        if found.is_empty() {
            return Ok(found);
        }
        let control = Plan { absent: true, ..plan.clone() };
        let alone = worker::run(self.lab, &control, &mut |_, _, _| {})?;
        let by_itself = changes(&alone);
        found.retain(|one| by_itself.iter().all(|own| (&own.module, &own.call) != (&one.module, &one.call)));
        Ok(found)
    }

    /// Notes what ended a scenario, or that its control ends, too.
    fn blame(
        &self,
        plan: &Plan,
        what: &'static str,
        trouble: &Trouble,
        ended: &Ended,
        seen: &mut Examined,
    ) -> Result<(), WorkerError> {
        let control = worker::run(self.lab, &plan.control(), &mut |_, _, _| {})?;
        let said = control.trouble.as_ref().map_or_else(|| "passed".to_owned(), Trouble::line);
        seen.scenarios.insert(format!("control of {what}"), said);
        match control.trouble {
            Some(own) => {
                let version = &self.lab.host.interpreter.version;
                seen.inconclusive.push(format!(
                    "{what}: CPython {version} fails without the target, too: {} (with it: {})",
                    own.line(),
                    trouble.line()
                ));
            }
            None => {
                let module = ended.module.clone().or_else(|| ended.importing.clone());
                let module = module.filter(|name| plan.modules.contains(name));
                let call = ended.attempt.clone().filter(|_| module.is_some());
                seen.troubles.push(Ending { what, trouble: trouble.clone(), module, call });
            }
        }
        Ok(())
    }

    fn race(&self, plan: &Plan, seen: &mut Examined) -> Result<(), WorkerError> {
        const ROUNDS: u32 = 3;
        let mut plan =
            Plan { scenario: "isolate_race", rounds: ROUNDS, width: WIDTH + 1, malloc_debug: true, ..plan.clone() };
        let mut tries = 0;
        let ended = loop {
            let ended = worker::run(self.lab, &plan, &mut |_, _, _| {})?;
            let Some(trouble) = &ended.trouble else {
                let passed = format!("{ROUNDS} rounds of {} interpreters passed, with PYTHONMALLOC=debug", plan.width);
                seen.scenarios.insert("parallel imports".to_owned(), passed);
                break ended;
            };
            seen.scenarios.insert("parallel imports".to_owned(), trouble.line());
            self.blame(&plan, "parallel imports", trouble, &ended, seen)?;
            tries += 1;
            if !without(&mut plan, &ended, tries) {
                seen.unfinished.push(format!("parallel imports: {}", trouble.line()));
                break ended;
            }
        };
        let files: Vec<String> = (1..=plan.width).map(|number| format!("errors-{number}.json")).collect();
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        seen.refused.extend(ended.errors(&files));
        Ok(())
    }

    fn leaks(&self, plan: &Plan) -> Result<Seen<Leaks>, WorkerError> {
        const CYCLES: u32 = 5;
        let plan = Plan { scenario: "isolate_leaks", cycles: CYCLES, calls: "none", ..plan.clone() };
        let with = match growth(&worker::run(self.lab, &plan, &mut |_, _, _| {})?) {
            Ok(with) => with,
            Err(why) => return Ok(Err(why)),
        };
        let control = worker::run(self.lab, &plan.control(), &mut |_, _, _| {})?;
        Ok(match growth(&control) {
            Ok(control) => Ok(Leaks { with, control, interpreters: 3 * CYCLES }),
            Err(why) => Err(format!("the control failed: {why}")),
        })
    }
}

/// Leaves out what ended a worker, so that the rest can be examined; whether there is anything that can be left out.
fn without(plan: &mut Plan, ended: &Ended, tries: usize) -> bool {
    const MOST: usize = 8;
    let functions = |module: &String| plan.calls == "all" && !plan.unsafe_names.contains(module);
    if let (Some(module), Some(call)) = (&ended.module, &ended.attempt)
        && tries < MOST / 2
        && functions(module)
    {
        // A module that the module holds: `x509::module.f()`.
        let call = call.rsplit_once("::").map_or(call.as_str(), |(_, call)| call).to_owned();
        let callable = |call: &String| call.rsplit_once('(').map(|(callable, _)| callable.to_owned());
        let alone = plan.only_first.entry(module.clone()).or_default();
        if alone.iter().all(|known| callable(known) != callable(&call)) {
            alone.push(call);
        } else {
            plan.avoided.entry(module.clone()).or_default().push(call);
        }
        return true;
    }
    match (&ended.module, &ended.importing) {
        (Some(module), _) if tries < MOST && functions(module) => {
            plan.unsafe_names.push(module.clone());
        }
        (_, Some(module)) if tries < MOST && plan.modules.len() > 1 && plan.modules.contains(module) => {
            plan.modules.retain(|name| name != module);
        }
        _ => {
            plan.calls = match plan.calls {
                "all" if tries < MOST => "some",
                "all" | "some" => "none",
                _ => return false,
            };
        }
    }
    true
}

/// The smallest of the windows: what sinks with time is no leak.
fn growth(ended: &Ended) -> Seen<Growth> {
    if let Some(trouble) = &ended.trouble {
        return Err(trouble.line());
    }
    let file = ended.file("leaks-0.json").ok_or("the worker did not report")?;
    let cycles = file["cycles"].as_f64().unwrap_or(1.0);
    let least = |column: usize| {
        let windows = file["windows"].as_array().into_iter().flatten();
        windows.filter_map(|window| window[column].as_f64()).fold(f64::INFINITY, f64::min) / cycles
    };
    Ok(Growth { blocks: least(0), native_bytes: (file["bytes"] == true).then(|| least(1)), resident_bytes: least(2) })
}

fn strings(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(|one| one.as_str().map(str::to_owned)).collect()
}

/// A module that stays unexamined.
fn unexamined(subject: &Subject) -> ModuleReport {
    ModuleReport {
        sha256: subject.sha256(),
        version: subject.version.clone(),
        ..blank(subject.name.clone(), subject.shown.clone())
    }
}

/// Adds a module to a target's report.
fn add(report: &mut TargetReport, module: ModuleReport) {
    report.modules.push(module);
}
