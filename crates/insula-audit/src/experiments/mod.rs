//! The experiments: everything that is done to one module, and what was seen. Rules only read what this file collected.

pub(crate) mod argument_parser;
pub(crate) mod deep_xray;
pub(crate) mod gc_contract;
pub(crate) mod hostile_calls;
pub(crate) mod leaks;
mod surroundings;
pub(crate) mod trouble;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use insula_xray::python::def_facts;
use insula_xray::{
    DefFacts, Hit, InitKind, KnownType, Layout, MultiInterp, Overwritten, ProcessMemory, Reached, Shared, export_slots,
    flat, module_facts, overwritten, shared,
};
use serde_json::Value;

use crate::experiments::argument_parser::is_keyword_tuple;
use crate::experiments::deep_xray::Inside;
use crate::experiments::gc_contract::Contract;
use crate::experiments::hostile_calls::Fuzz;
use crate::experiments::leaks::{Slope, Slopes};
use crate::experiments::trouble::Trouble;
use crate::host::Host;
use crate::restart::{self, Start};
use crate::target::Subject;
use crate::worker::task::Task;
use crate::worker::{self, Checkpoint, Launch, Limits, Run, WorkerError};

/// What all experiments of one audit share.
pub(crate) struct Lab {
    pub(crate) host: Host,
    pub(crate) limits: Limits,
    pub(crate) scratch: PathBuf,
    pub(crate) restart_helper: Option<PathBuf>,
    /// What the controls came to; they do not depend on the target, only on what it imports.
    pub(crate) controls: Mutex<HashMap<Task, Option<Trouble>>>,
    /// What repetition costs without any target.
    pub(crate) slope_controls: Mutex<HashMap<Task, Seen<Slope>>>,
}

/// What a scenario came to, once it is known whose fault a failure is.
#[derive(Clone, Debug)]
pub(crate) enum Trial {
    /// As it should be.
    Passed,
    /// The target's fault.
    Broken(Trouble),
    /// The target refuses deliberately.
    Refused(Trouble),
    /// A dependency of the target fails by itself.
    Blocked { by: String, why: String },
    /// The same scenario without the target fails too.
    Inconclusive(String),
    /// It was not tried.
    NotRun(String),
}

impl Trial {
    pub(crate) fn passed(&self) -> bool {
        matches!(self, Self::Passed)
    }
}

/// A value, or why there is none.
pub(crate) type Seen<T> = Result<T, String>;

/// All that was seen of one module.
pub(crate) struct Observations {
    pub(crate) subject: Subject,
    pub(crate) feature: (u32, u32),
    /// How it initialises itself.
    pub(crate) init: InitKind,
    /// How that is known.
    pub(crate) init_source: String,
    /// Its definition, or the slots it exports.
    pub(crate) definition: Option<DefFacts>,
    /// The X-ray of globals.
    pub(crate) hits: Seen<Vec<Hit>>,
    /// What the second interpreter's import replaced.
    pub(crate) overwritten: Seen<Vec<Overwritten>>,
    /// What two live interpreters both reach.
    pub(crate) shared: Seen<Vec<Shared>>,
    pub(crate) again: Trial,
    pub(crate) legacy: Trial,
    pub(crate) own: Trial,
    pub(crate) parallel: Trial,
    pub(crate) restart: Trial,
    /// Whether the first interpreter keeps working when others come and go.
    pub(crate) replay: Trial,
    /// For a module that refuses a second interpreter: how many of those that import at the same time get in.
    pub(crate) race: Seen<usize>,
    /// What the import changes outside of the module.
    pub(crate) effects: Seen<Vec<String>>,
    /// Hostile calls.
    pub(crate) fuzz: Seen<Fuzz>,
    /// The contract with the garbage collector.
    pub(crate) contract: Seen<Contract>,
    /// The module in use.
    pub(crate) inside: Inside,
    /// Leaks.
    pub(crate) slopes: Slopes,
    pub(crate) notes: Vec<String>,
}

impl Observations {
    /// What the module declares about interpreters.
    pub(crate) fn declared(&self) -> Option<MultiInterp> {
        self.definition.as_ref().and_then(|definition| definition.multiple_interpreters)
    }

    /// Whether it says that it works under an own GIL.
    pub(crate) fn declares_own_gil(&self) -> bool {
        self.declared() == Some(MultiInterp::PerInterpreterGil)
    }

    pub(crate) fn multi_phase(&self) -> bool {
        self.init == InitKind::MultiPhase
    }
}

/// Why a module could not be observed at all.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ObserveError {
    #[error(transparent)]
    Worker(#[from] WorkerError),
    /// It cannot even be imported once.
    #[error("{0}")]
    Import(String),
    /// It needs a module that is not there.
    #[error("it cannot be imported: it needs {missing}, which is not installed; install {missing} and audit again")]
    Missing { missing: String },
}

/// Called with what is being done now.
pub(crate) type Progress<'a> = dyn Fn(&str) + Sync + 'a;

impl Lab {
    /// Runs one task in a worker of its own.
    pub(crate) fn work(&self, task: &Task, checkpoint: &mut Checkpoint<'_>) -> Result<Run, WorkerError> {
        self.work_with(task, self.limits, &[], checkpoint)
    }

    /// The same with a time limit of its own, if that is shorter than the user's.
    pub(crate) fn work_within(
        &self,
        task: &Task,
        time: Duration,
        checkpoint: &mut Checkpoint<'_>,
    ) -> Result<Run, WorkerError> {
        let limits = Limits { time: time.min(self.limits.time), ..self.limits };
        self.work_with(task, limits, &[], checkpoint)
    }

    /// The same with other limits and more environment variables.
    pub(crate) fn work_with(
        &self,
        task: &Task,
        limits: Limits,
        variables: &[(&str, &str)],
        checkpoint: &mut Checkpoint<'_>,
    ) -> Result<Run, WorkerError> {
        let arguments = ["-s", "-B", "-X", "faulthandler"].map(Into::into).to_vec();
        // Not `-I`: it would make the interpreter ignore the seed, and runs should not differ by chance.
        let mut environment = vec![("PYTHONHASHSEED".to_owned(), "0".into())];
        environment.extend(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())));
        let launch = Launch {
            program: &self.host.interpreter.executable,
            arguments,
            environment,
            limits,
            scratch: &self.scratch,
            script: Some(task.script()),
            network: false,
        };
        worker::run(launch, checkpoint)
    }

    fn restart_run(&self, task: &Task, helper: &Path) -> Result<Option<Run>, WorkerError> {
        let Some(Start { program, arguments, mut environment }) =
            restart::launch(helper, &self.host.interpreter, restart::CYCLES)
        else {
            return Ok(None);
        };
        environment.push(("PYTHONHASHSEED".to_owned(), "0".into()));
        // Freed memory is overwritten, so that an object of an earlier runtime cannot pass for a live one by luck.
        environment.push(("PYTHONMALLOC".to_owned(), "debug".into()));
        let launch = Launch {
            program: &program,
            arguments,
            environment,
            limits: self.limits,
            scratch: &self.scratch,
            script: Some(task.cycle_script()),
            network: false,
        };
        worker::run(launch, &mut |_, _, _| {}).map(Some)
    }

    /// Does everything to one module.
    pub(crate) fn observe(&self, subject: Subject, progress: &Progress<'_>) -> Result<Observations, ObserveError> {
        let base = Task {
            name: subject.name.clone(),
            path: subject.path.clone(),
            roots: subject.roots.clone(),
            light_use: true,
            ..Task::default()
        };
        let mut notes = Vec::new();

        progress("import and X-ray");
        let (facts, base) = self.import(&subject, base, &mut notes)?;
        progress("init function");
        let (init, init_source, exported) = self.init_kind(&subject, &base)?;
        let definition = facts.definition.or(exported);
        let declared = definition.as_ref().and_then(|definition| definition.multiple_interpreters);
        let declares_own_gil = declared == Some(MultiInterp::PerInterpreterGil);

        progress("second import");
        let again = self.again(&subject, &base)?;
        progress("legacy sub-interpreters");
        let mut pair = Pair::default();
        let legacy = self.sequential(&subject, &Task { gil: "legacy", ..base.clone() }, Some(&mut pair))?;
        let (overwritten, shared) = pair.results(&legacy);

        progress("own-GIL interpreters");
        // Whether an undeclared module would work is worth knowing, so CPython's check is switched off for it.
        let unchecked = !declares_own_gil;
        let own = if self.host.has_own_gil() {
            let task = Task { gil: "own", unchecked, ..base.clone() };
            self.allow_for_defects(self.sequential(&subject, &task, None)?)
        } else {
            let (major, minor) = self.host.feature();
            Trial::NotRun(format!(
                "CPython {major}.{minor} has no interpreters with a GIL of their own; use 3.12 or newer"
            ))
        };

        progress("parallel interpreters");
        let parallel = match &own {
            Trial::Passed if declares_own_gil => {
                let task = Task { scenario: "parallel", gil: "own", unchecked, ..base.clone() };
                self.allow_for_defects(self.trial(&subject, &task, &mut |_, _, _| {})?)
            }
            Trial::Passed => Trial::NotRun("it does not declare support for an own GIL".to_owned()),
            Trial::NotRun(why) => Trial::NotRun(why.clone()),
            _ => Trial::NotRun("it does not work under an own GIL in sequence".to_owned()),
        };

        progress("restart of the runtime");
        let restart = self.restart(&base)?;
        let refuses = [&again, &legacy, &own].into_iter().any(|trial| matches!(trial, Trial::Refused(_)));
        let race = if refuses { self.race(&base)? } else { Err("it does not refuse a second load".to_owned()) };
        progress("changes outside of the module");
        let effects = self.effects(&base)?;
        progress("hostile calls");
        let fuzz = self.fuzz(&subject, &base)?;
        let mut base = base;
        if let Ok(fuzz) = &fuzz {
            base.avoid.clone_from(&fuzz.avoid);
        }
        progress("garbage collection");
        let copies = init == InitKind::MultiPhase && again.passed();
        let contract = self.contract(&subject, &base, copies)?;
        if let Ok(contract) = &contract {
            // What releases too much frees objects that are in use: later workers would end by it at one call or another.
            base.avoid.extend(contract.overdrawn());
        }
        progress("calls in the first interpreter");
        let replay = match unfit_for_more(&legacy) {
            Some(why) => Trial::NotRun(why),
            None => self.replay(&subject, &base)?,
        };
        progress("X-ray after use");
        let inside = self.inside(&subject, &base)?;
        let confirmed = match (&facts.hits, &inside.hits) {
            (Ok(first), Ok(later)) if !same_places(first, later) => {
                // A word that nobody uses any more may point at an object by chance, on one run and not on the next.
                let again = self.inside(&subject, &base)?.hits;
                Some(seen_twice([first, later, again.as_ref().unwrap_or(later)]))
            }
            _ => None,
        };
        let hits = confirmed.map_or(facts.hits, Ok);
        progress("leaks");
        let repeatable = match init {
            InitKind::MultiPhase => unfit_for_more(&again).map_or(Ok(()), Err),
            _ => Err("single-phase modules are kept by the import system (INS001)".to_owned()),
        };
        let many_interpreters = match self.host.feature() {
            (3, 12) => {
                Err("CPython 3.12 leaves names of its own behind with each interpreter; use 3.13 or newer".to_owned())
            }
            _ => unfit_for_more(&legacy).map_or(Ok(()), Err),
        };
        let slopes = self.slopes(&base, repeatable, many_interpreters)?;
        Ok(Observations {
            feature: self.host.feature(),
            init,
            init_source,
            definition,
            hits,
            overwritten,
            shared,
            again,
            legacy,
            own,
            parallel,
            restart,
            replay,
            race,
            effects,
            fuzz,
            contract,
            inside,
            slopes,
            notes,
            subject,
        })
    }

    /// Where this version of CPython is known to get own-GIL interpreters wrong, a crash is nobody's proof. An exception is:
    /// the target raised it.
    fn allow_for_defects(&self, trial: Trial) -> Trial {
        match (&trial, self.host.own_gil_defect()) {
            (Trial::Broken(Trouble::Raised { .. }), _) => trial,
            (Trial::Broken(trouble), Some(defect)) => {
                Trial::Inconclusive(format!("{defect} (seen: {})", trouble.line()))
            }
            _ => trial,
        }
    }

    pub(crate) fn layout(&self) -> Seen<Layout> {
        let facts = &self.host.interpreter.facts;
        let (major, minor) = self.host.feature();
        let small = |number: u32| u8::try_from(number).unwrap_or(u8::MAX);
        Layout::for_version(small(major), small(minor), facts.debug, facts.free_threaded)
            .map_err(|error| error.to_string())
    }

    /// Imports the target once, X-rays it before and after light use, and learns what it depends on.
    fn import(
        &self,
        subject: &Subject,
        mut base: Task,
        notes: &mut Vec<String>,
    ) -> Result<(ImportFacts, Task), ObserveError> {
        let layout = self.layout();
        let mut facts = ImportFacts { definition: None, hits: Err("no checkpoint was reached".to_owned()) };
        let mut look = |pid: u32, event: &Value, _: &[Value]| {
            facts.hits = layout.clone().and_then(|layout| x_ray(pid, subject, &layout, event));
            if let (Ok(layout), Ok(memory)) = (&layout, ProcessMemory::of(pid))
                && let Some(address) = event["module"].as_u64()
                && let Ok(found) = module_facts(&memory, layout, address)
            {
                facts.definition = found.def;
            }
        };
        let task = Task { scenario: "plain", ..base.clone() };
        let run = self.work(&task, &mut look)?;
        if let Some(trouble) = Trouble::of(&run) {
            if run.events_named("imported").next().is_none() {
                return Err(import_error(&trouble, &run));
            }
            // It can be imported, so the audit goes on, without what made it fail.
            let what = if run.last_step() == "light use" { "light use of its types" } else { "the import worker" };
            notes.push(format!("{what} ended badly: {}; the other scenarios only import it", trouble.line()));
            base.light_use = false;
        }
        let imported = run.events_named("imported").next();
        let mut stdlib = Vec::new();
        for pair in imported.and_then(|event| event["dependencies"].as_array()).into_iter().flatten() {
            let (Some(name), Some(file)) = (pair[0].as_str(), pair[1].as_str()) else {
                continue;
            };
            if name.split('.').next() == Some(subject.package()) {
                continue;
            }
            base.dependencies.push(name.to_owned());
            if self.is_stdlib(Path::new(file)) {
                stdlib.push(name.to_owned());
            }
        }
        base.preload = stdlib;
        Ok((facts, base))
    }

    /// Why the functions of a module must not be called blindly.
    pub(crate) fn acts_on_the_system(&self, subject: &Subject) -> Option<String> {
        // By design these take raw addresses, or act on processes, descriptors and the terminal.
        const BY_DESIGN: [&str; 16] = [
            "_ctypes",
            "_curses",
            "_multiprocessing",
            "_posixshmem",
            "_posixsubprocess",
            "_remote_debugging",
            "_socket",
            "_tkinter",
            "fcntl",
            "mmap",
            "nis",
            "ossaudiodev",
            "readline",
            "resource",
            "syslog",
            "termios",
        ];
        let name = subject.name.as_str();
        let tests = name.starts_with("_test") || name.starts_with("_ctypes_test") || name.starts_with("_xxtest");
        (self.is_stdlib(&subject.path) && (tests || BY_DESIGN.contains(&name)))
            .then(|| format!("{name} takes raw addresses or acts on the system by design: it is not called blindly"))
    }

    /// Whether its functions may be called blindly.
    pub(crate) fn may_call(&self, subject: &Subject) -> bool {
        self.acts_on_the_system(subject).is_none()
    }

    pub(crate) fn is_stdlib(&self, file: &Path) -> bool {
        let facts = &self.host.interpreter.facts;
        let below =
            file.starts_with(&facts.stdlib) || facts.lib_dynload.as_ref().is_some_and(|one| file.starts_with(one));
        file.as_os_str().is_empty() || (below && !file.starts_with(&facts.site_packages))
    }

    /// How the target initialises itself: by what its init function returns, or else by what the file imports.
    fn init_kind(&self, subject: &Subject, base: &Task) -> Result<(InitKind, String, Option<DefFacts>), WorkerError> {
        let last = subject.name.rsplit('.').next().unwrap_or(&subject.name).to_owned();
        let exports_slots = subject.extension.init.iter().any(|init| match init {
            insula_xray::InitSymbol::PyModExport { name } => *name == last,
            insula_xray::InitSymbol::PyInit { .. } => false,
        });
        // From 3.15 on the import system prefers the export of slots.
        let symbol = if exports_slots && self.host.feature() >= (3, 15) { "PyModExport_" } else { "PyInit_" };
        let guess = subject.extension.static_init_guess();
        if !last.is_ascii() {
            return Ok((guess, "the functions it imports".to_owned(), None));
        }
        let symbol = format!("{symbol}{last}");
        let task = Task { scenario: "facts", init: vec![symbol.clone()], light_use: false, ..base.clone() };
        let layout = self.layout();
        let mut definition = None;
        let mut look = |pid: u32, event: &Value, _: &[Value]| {
            let (Ok(layout), Ok(memory)) = (&layout, ProcessMemory::of(pid)) else {
                return;
            };
            definition = match (event["slots"].as_u64(), event["address"].as_u64()) {
                (Some(slots), _) => export_slots(&memory, layout, slots).ok(),
                (_, Some(address)) => def_facts(&memory, layout, address).ok(),
                _ => None,
            };
        };
        let run = self.work(&task, &mut look)?;
        let returned = run.events_named("facts").next().and_then(|event| event["returns"][&symbol].as_str());
        let source = format!("what {symbol} returns");
        Ok(match returned {
            Some("moduledef") => (InitKind::MultiPhase, source, definition),
            Some(_) => (InitKind::SinglePhase, source, definition),
            None if symbol.starts_with("PyModExport_") => {
                (InitKind::MultiPhase, "its PyModExport_ function".to_owned(), definition)
            }
            None => (guess, "the functions it imports".to_owned(), definition),
        })
    }

    fn again(&self, subject: &Subject, base: &Task) -> Result<Trial, WorkerError> {
        let run = self.work(&Task { scenario: "again", ..base.clone() }, &mut |_, _, _| {})?;
        if let Some(trouble) = Trouble::of(&run) {
            return Ok(if trouble.is_opt_out() { Trial::Refused(trouble) } else { Trial::Broken(trouble) });
        }
        let Some(event) = run.events_named("again").next() else {
            return Ok(Trial::NotRun("the worker did not report the second import".to_owned()));
        };
        if event["same_module"] == true {
            return Ok(wrong(format!("the second import of {} returns the first module object", subject.name)));
        }
        let old = same_heap_types(&event["first_types"], &event["types"]);
        if !old.is_empty() {
            return Ok(wrong(format!("the second import returns the first one's types: {}", list(&old))));
        }
        if let Some(what) = missing_names(&event["first_names"], &event["names"]) {
            return Ok(wrong(format!("the second import lacks names that the first one had: {what}")));
        }
        Ok(changed_behaviour(&run).map_or(Trial::Passed, wrong))
    }

    /// Both orders: the main interpreter imports first, or a sub-interpreter does.
    fn sequential(&self, subject: &Subject, task: &Task, pair: Option<&mut Pair>) -> Result<Trial, WorkerError> {
        let first = Task { scenario: "main_first", ..task.clone() };
        let layout = self.layout();
        let mut nobody = Pair::default();
        let pair = pair.unwrap_or(&mut nobody);
        let mut look = |pid: u32, event: &Value, earlier: &[Value]| pair.look(pid, subject, &layout, event, earlier);
        let main_first = self.trial(subject, &first, &mut look)?;
        if !main_first.passed() {
            return Ok(main_first);
        }
        self.trial(subject, &Task { scenario: "sub_first", ..task.clone() }, &mut |_, _, _| {})
    }

    /// Runs a scenario and, if it fails, finds out by controls whose fault that is.
    fn trial(&self, subject: &Subject, task: &Task, checkpoint: &mut Checkpoint<'_>) -> Result<Trial, WorkerError> {
        let run = self.work(task, checkpoint)?;
        let trouble = match Trouble::of(&run) {
            Some(trouble) => trouble,
            None => match half_filled(&run).or_else(|| changed_behaviour(&run)) {
                Some(what) => return Ok(wrong(what)),
                None => return Ok(Trial::Passed),
            },
        };
        if let Some(refused) = trouble.refused_by_host()
            && refused != subject.name
        {
            let why = "it does not declare support for an own GIL".to_owned();
            return Ok(Trial::Blocked { by: refused.to_owned(), why });
        }
        self.attribute(task, trouble, &|control| self.work(control, &mut |_, _, _| {}).map(Some))
    }

    pub(crate) fn attribute(
        &self,
        task: &Task,
        trouble: Trouble,
        run: &dyn Fn(&Task) -> Result<Option<Run>, WorkerError>,
    ) -> Result<Trial, WorkerError> {
        let host_only = control_of(task, task.preload.clone());
        if let Some(failure) = self.control(host_only, run)? {
            let version = &self.host.interpreter.version;
            let why = format!("CPython {version} fails without the target, too: {}", failure.line());
            return Ok(Trial::Inconclusive(why));
        }
        if task.dependencies.len() > task.preload.len() {
            let with_others = control_of(task, task.dependencies.clone());
            if let Some(failure) = self.control(with_others, run)? {
                let by = match &failure {
                    // The package is what a user knows and can replace.
                    Trouble::Raised { stage, .. } => stage.split('.').next().unwrap_or(stage).to_owned(),
                    _ => "one of its dependencies".to_owned(),
                };
                return Ok(Trial::Blocked { by, why: failure.line() });
            }
        }
        Ok(if trouble.is_opt_out() { Trial::Refused(trouble) } else { Trial::Broken(trouble) })
    }

    fn control(
        &self,
        task: Task,
        run: &dyn Fn(&Task) -> Result<Option<Run>, WorkerError>,
    ) -> Result<Option<Trouble>, WorkerError> {
        let controls = || self.controls.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = controls().get(&task) {
            return Ok(known.clone());
        }
        let outcome = run(&task)?.and_then(|run| Trouble::of(&run));
        controls().insert(task, outcome.clone());
        Ok(outcome)
    }

    fn restart(&self, base: &Task) -> Result<Trial, WorkerError> {
        let Some(helper) = &self.restart_helper else {
            return Ok(Trial::NotRun("the program that embeds the runtime is not at hand".to_owned()));
        };
        let mut task = Task { scenario: "restart", ..base.clone() };
        let facts = &self.host.interpreter.facts;
        if facts.is_venv() {
            task.roots.push(facts.site_packages.clone());
        }
        let Some(run) = self.restart_run(&task, helper)? else {
            return Ok(Trial::NotRun("this interpreter has no shared libpython that a program could embed".to_owned()));
        };
        if let Some(trouble) = Trouble::of(&run) {
            return self.attribute(&task, trouble, &|control| self.restart_run(control, helper));
        }
        let names: Vec<&Value> = run.events_named("cycle").map(|event| &event["names"]).collect();
        let half = names.iter().enumerate().skip(1).find_map(|(n, one)| Some((n + 1, missing_names(names[0], one)?)));
        Ok(half.map_or(Trial::Passed, |(cycle, what)| {
            wrong(format!("the import in cycle {cycle} lacks names that the first one had: {what}"))
        }))
    }
}

fn same_places(one: &[Hit], other: &[Hit]) -> bool {
    let places = |hits: &[Hit]| hits.iter().map(|hit| hit.vaddr).collect::<BTreeSet<u64>>();
    places(one) == places(other)
}

/// The globals that hold an object in at least two of three X-rays: after light use, and twice once everything was called.
fn seen_twice(readings: [&Vec<Hit>; 3]) -> Vec<Hit> {
    let mut places: BTreeMap<u64, (usize, &Hit)> = BTreeMap::new();
    for hit in readings.into_iter().flatten() {
        places.entry(hit.vaddr).or_insert((0, hit)).0 += 1;
    }
    places.into_values().filter(|(times, _)| *times > 1).map(|(_, hit)| hit.clone()).collect()
}

/// Why an experiment that needs this scenario to pass would say nothing.
fn unfit_for_more(trial: &Trial) -> Option<String> {
    match trial {
        Trial::Passed => None,
        Trial::Broken(_) => Some("the import itself fails there (INS301, INS302)".to_owned()),
        Trial::Refused(_) => Some("the module refuses a second load (INS005)".to_owned()),
        Trial::Blocked { by, .. } => Some(format!("blocked by the dependency {by} (INS902)")),
        Trial::Inconclusive(why) | Trial::NotRun(why) => Some(why.clone()),
    }
}

/// What the import in the main interpreter showed.
struct ImportFacts {
    definition: Option<DefFacts>,
    hits: Seen<Vec<Hit>>,
}

/// The same scenario without the target. What identifies the target is blanked, so that equal controls are run once.
pub(crate) fn control_of(task: &Task, dependencies: Vec<String>) -> Task {
    let roots = if dependencies.len() > task.preload.len() { task.roots.clone() } else { Vec::new() };
    Task {
        scenario: task.scenario,
        control: true,
        dependencies,
        preload: task.preload.clone(),
        roots,
        gil: task.gil,
        unchecked: task.unchecked,
        ..Task::default()
    }
}

/// What two live interpreters of one process show: before and after the second one's import.
#[derive(Default)]
struct Pair {
    before: Option<Seen<Vec<Hit>>>,
    after: Option<Seen<Vec<Hit>>>,
    shared: Option<Seen<Vec<Shared>>>,
}

impl Pair {
    fn look(&mut self, pid: u32, subject: &Subject, layout: &Seen<Layout>, event: &Value, earlier: &[Value]) {
        let hits = |event: &Value| layout.clone().and_then(|layout| x_ray(pid, subject, &layout, event));
        if event["name"] == "main" {
            self.before = Some(hits(event));
            return;
        }
        let Some(visited) = earlier.iter().find(|event| event["event"] == "visited") else {
            return;
        };
        let mut both = event.clone();
        if let (Some(all), Some(more)) = (both["known"].as_array_mut(), visited["known"].as_array()) {
            all.extend(more.iter().cloned());
        }
        self.after = Some(hits(&both));
        let imported = earlier.iter().find(|event| event["event"] == "imported");
        let reached = |event: Option<&Value>| reached_of(event.unwrap_or(&Value::Null));
        self.shared = Some(layout.clone().and_then(|layout| {
            let memory = ProcessMemory::of(pid).map_err(|error| error.to_string())?;
            Ok(shared(&memory, &layout, &known_of(&both), &reached(imported), &reached(Some(visited))))
        }));
    }

    fn results(self, legacy: &Trial) -> (Seen<Vec<Overwritten>>, Seen<Vec<Shared>>) {
        let missing = || match legacy {
            Trial::Broken(_) => "the second interpreter could not import it (INS302)".to_owned(),
            Trial::Refused(_) => "the module refuses a second interpreter (INS005)".to_owned(),
            Trial::Blocked { by, .. } => format!("blocked by the dependency {by}"),
            Trial::Inconclusive(why) | Trial::NotRun(why) => why.clone(),
            Trial::Passed => "the second interpreter did not report".to_owned(),
        };
        let replaced = match (self.before, self.after) {
            (Some(Ok(before)), Some(Ok(after))) => Ok(overwritten(&before, &after)),
            (Some(Err(why)), _) | (_, Some(Err(why))) => Err(why),
            _ => Err(missing()),
        };
        (replaced, self.shared.unwrap_or_else(|| Err(missing())))
    }
}

pub(crate) fn x_ray(pid: u32, subject: &Subject, layout: &Layout, event: &Value) -> Seen<Vec<Hit>> {
    let memory = ProcessMemory::of(pid).map_err(|error| error.to_string())?;
    let bias = memory
        .load_bias(&subject.extension)
        .ok_or_else(|| "the file is not mapped into the process that imported it".to_owned())?;
    let mut hits =
        flat(&memory, &subject.extension, bias, layout, &known_of(event)).map_err(|error| error.to_string())?;
    let others: HashSet<u64> = event["others"].as_array().into_iter().flatten().filter_map(Value::as_u64).collect();
    hits.retain(|hit| !others.contains(&hit.target) && !is_keyword_tuple(&memory, layout, bias, hit));
    Ok(hits)
}

pub(crate) fn known_of(event: &Value) -> Vec<KnownType> {
    let mut known = BTreeMap::new();
    for pair in event["known"].as_array().into_iter().flatten() {
        if let (Some(addr), Some(name)) = (pair[0].as_u64(), pair[1].as_str()) {
            known.insert(addr, name.to_owned());
        }
    }
    known.into_iter().map(|(addr, name)| KnownType { addr, name }).collect()
}

fn reached_of(event: &Value) -> Vec<Reached> {
    let one = |row: &Value| {
        Some(Reached {
            addr: row[0].as_u64()?,
            type_name: row[1].as_str()?.to_owned(),
            path: row[2].as_str()?.to_owned(),
            immortal: row[3].as_bool()?,
        })
    };
    event["reached"].as_array().into_iter().flatten().filter_map(one).collect()
}

fn import_error(trouble: &Trouble, run: &Run) -> ObserveError {
    if let Trouble::Raised { class, message, .. } = trouble {
        let named = message.strip_prefix("No module named ").map(|name| name.trim_matches('\'').to_owned());
        if let (true, Some(missing)) = (class == "ModuleNotFoundError", named) {
            return ObserveError::Missing { missing };
        }
        return ObserveError::Import(format!(
            "it cannot be imported: {}; make the import work by itself first",
            trouble.line()
        ));
    }
    let mut frames = run.fault.lines().map(str::trim).filter(|line| line.starts_with("File \""));
    let place = frames.find(|line| !line.contains("\"<frozen"));
    let place = place.map(|line| format!(" [{line}]")).unwrap_or_default();
    ObserveError::Import(format!(
        "its import ends badly: {}{place}; make the import work by itself first",
        trouble.line()
    ))
}

pub(crate) fn wrong(what: String) -> Trial {
    Trial::Broken(Trouble::Wrong { what })
}

fn list(names: &[String]) -> String {
    const SHOWN: usize = 6;
    let mut text = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN {
        text.push_str(&format!(" and {} more", names.len() - SHOWN));
    }
    text
}

/// Names of heap types that are the same object in both tables. Static types are the subject of INS104.
fn same_heap_types(first: &Value, second: &Value) -> Vec<String> {
    let empty = serde_json::Map::new();
    let first = first.as_object().unwrap_or(&empty);
    let same = |(name, row): (&String, &Value)| {
        let heap = row[1] == true;
        (heap && second[name.as_str()][0] == row[0]).then(|| name.clone())
    };
    first.iter().filter_map(same).collect()
}

/// The names of the first import that the second one lacks.
fn missing_names(first: &Value, second: &Value) -> Option<String> {
    let second = second.as_array()?;
    let missing: Vec<String> = first
        .as_array()?
        .iter()
        .filter(|name| !second.contains(name))
        .filter_map(|name| name.as_str().map(str::to_owned))
        .collect();
    (!missing.is_empty()).then(|| list(&missing))
}

/// Whether an interpreter got fewer names than another one.
fn half_filled(run: &Run) -> Option<String> {
    let all: Vec<&Value> =
        run.events.iter().filter(|event| event["event"] == "visited" || event["event"] == "imported").collect();
    let (first, others) = all.split_first()?;
    others.iter().find_map(|other| {
        let place = other["where"].as_str().unwrap_or_default().trim_start_matches("a ").to_owned();
        missing_names(&first["names"], &other["names"]).map(|what| format!("the {place} lacks names: {what}"))
    })
}

/// Whether a type of the first module answers otherwise than before.
fn changed_behaviour(run: &Run) -> Option<String> {
    run.events_named("replayed").find_map(|event| {
        let before = event["before"].as_object()?;
        let changed = before.iter().find(|(name, outcome)| event["after"][name.as_str()] != **outcome)?;
        let now = event["after"][changed.0.as_str()].as_str().unwrap_or("nothing");
        Some(format!(
            "{} of the first module: before {}, afterwards {now}",
            changed.0,
            changed.1.as_str().unwrap_or_default()
        ))
    })
}
