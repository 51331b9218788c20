//! The experiments: what is done to one module. Each is a function in a file of its own, with its Python half beside
//! it by the same name; none knows a rule, and what they see goes into `observations`.

mod again;
mod argument_parser;
mod control;
mod deep_xray;
mod effects;
mod exercise;
mod exit;
mod gc_contract;
mod gc_memory;
mod hostile_calls;
mod identity;
mod import;
mod init_function;
mod inventory;
mod judge;
mod leaks;
mod memory;
mod pair;
mod parallel;
mod rates;
mod repetition;
mod replay;
mod restart;
mod sequence;
mod setup;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use insula_xray::MultiInterp;

use self::control::control_of;
pub(crate) use self::deep_xray::library as chunks_library;
pub(crate) use self::exercise::Command;
pub(crate) use self::inventory::{read as read_inventory, run as take_inventory};
pub(crate) use self::judge::trouble;
pub(crate) use self::memory::View;
use self::rates::Rates;
use crate::host::Host;
use crate::lines;
use crate::observations::{Contract, HostileCalls, Lines, Observations, Outcome, Released, Repetition, Seen, Trouble};
use crate::reproducer::Place;
use crate::target::Subject;
use crate::worker::compiled::Compiled;
use crate::worker::protocol::{BlindCalls, Scenario};
use crate::worker::task::Task;
use crate::worker::{self, Inherits, Launch, Limits, Look, Run, WorkerError};

/// What all experiments of one audit share.
pub(crate) struct Lab {
    pub(crate) host: Host,
    pub(crate) limits: Limits,
    pub(crate) scratch: PathBuf,
    pub(crate) restart_helper: Option<PathBuf>,
    /// Whether a name that the interpreter cannot import is looked for in the package index.
    pub(crate) fetch: bool,
    /// Whether a package without compiled parts stands for what importing it loads of others.
    pub(crate) dependencies: bool,
    /// The user's workload.
    pub(crate) exercise: Option<Command>,
    /// What the controls came to; they do not depend on the target, only on what it imports.
    controls: Mutex<HashMap<Task, Option<Trouble>>>,
    /// The probe as code of the interpreter.
    compiled: Compiled,
    /// What repetition costs without any target.
    rates: Rates,
}

/// One module, ready to be experimented with.
pub(crate) struct Setup {
    pub(crate) subject: Subject,
    /// What every worker is told.
    pub(crate) base: Task,
    /// `sys.path` of the interpreter's executable.
    pub(crate) search: Vec<String>,
    /// A plain import ends badly once everything is over, so that such an end says nothing about other scenarios.
    pub(crate) exits_badly: bool,
    /// How its callables are called.
    pub(crate) calls: BlindCalls,
}

/// Why a module could not be observed at all.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ObserveError {
    #[error(transparent)]
    Worker(#[from] WorkerError),
    /// It cannot even be imported once.
    #[error("{0}")]
    Import(String),
    /// It cannot be said whether it can be imported.
    #[error("{0}")]
    Inconclusive(String),
    /// It needs a module that is not there.
    #[error("it cannot be imported: it needs {missing}, which is not installed; install {missing} and audit again")]
    Missing { missing: String },
}

/// What came of calls of all kinds.
type Called = (Seen<HostileCalls>, Seen<Contract>, Seen<Repetition>);

/// Called with what is being done now.
pub(crate) type Progress<'a> = dyn Fn(&str) + Sync + 'a;

impl Lab {
    pub(crate) fn new(host: Host, time: Duration, scratch: &Path, restart_helper: Option<PathBuf>) -> Self {
        let compiled = Compiled::by(&host.interpreter, scratch);
        let rates = restart_helper.as_deref().map(|program| Rates::of(&host.interpreter, program));
        Self {
            host,
            limits: Limits { time, ..Limits::default() },
            scratch: scratch.to_owned(),
            restart_helper,
            fetch: false,
            dependencies: false,
            exercise: None,
            controls: Mutex::default(),
            compiled,
            rates: rates.unwrap_or_default(),
        }
    }

    /// The same laboratory, which takes names in this way.
    pub(crate) fn resolving(mut self, fetch: bool, dependencies: bool) -> Self {
        (self.fetch, self.dependencies) = (fetch, dependencies);
        self
    }

    /// The same laboratory, which runs the user's workload, too.
    pub(crate) fn exercising(self, exercise: Option<Command>) -> Self {
        Self { exercise, ..self }
    }

    /// Runs one task in a worker of its own.
    pub(crate) fn work(&self, task: &Task, look: &mut Look<'_>) -> Result<Run, WorkerError> {
        self.work_with(task, self.limits, &[], look)
    }

    /// The same where nobody looks.
    fn just_work(&self, task: &Task) -> Result<Run, WorkerError> {
        self.work(task, &mut |_, _, _| {})
    }

    /// The same with other limits and more environment variables.
    pub(crate) fn work_with(
        &self,
        task: &Task,
        limits: Limits,
        variables: &[(&str, &str)],
        look: &mut Look<'_>,
    ) -> Result<Run, WorkerError> {
        let arguments = ["-s", "-B", "-X", "faulthandler"].map(Into::into).to_vec();
        // Not `-I`: it would make the interpreter ignore the seed, and runs should not differ by chance.
        let mut environment = vec![("PYTHONHASHSEED".to_owned(), "0".into())];
        environment.extend(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())));
        let exercise = matches!(task.scenario, Scenario::Exercise { .. });
        let inherits = if exercise { Inherits::All } else { Inherits::Nothing };
        let launch = Launch {
            program: &self.host.interpreter.executable,
            arguments,
            environment,
            limits,
            scratch: &self.scratch,
            script: Some(&|channel| task.script(channel, Some(&self.compiled))),
            inherits,
        };
        worker::run(launch, look)
    }

    /// Limits with a time of their own, if that is shorter than the user's. Who gives workers more time than is usual
    /// gives these as much more.
    fn within(&self, time: Duration) -> Limits {
        let more = self.limits.time.as_secs_f64() / Limits::default().time.as_secs_f64();
        Limits { time: time.mul_f64(more.max(1.0)).min(self.limits.time), ..self.limits }
    }

    /// Does everything to one module; with what there is to note about how that went.
    pub(crate) fn observe(
        &self,
        subject: Subject,
        progress: &Progress<'_>,
    ) -> Result<(Observations, Vec<String>), ObserveError> {
        progress("import and X-ray");
        let (imported, mut setup) = import::run(self, subject)?;
        progress("exit");
        let exit = exit::run(self, &setup)?;
        setup.exits_badly = matches!(exit, Outcome::Broken(_));
        let mut notes: Vec<String> = imported.notes(&setup).into_iter().collect();
        setup.base.light_use = imported.light_use(&setup);
        progress("init function");
        let init = init_function::run(self, &setup)?;
        let definition = imported.definition.clone().or(init.exported);
        let declared = definition.as_ref().and_then(|definition| definition.multiple_interpreters);

        progress("second import");
        let (again, given_again) = again::run(self, &setup)?;
        progress("legacy sub-interpreters");
        let (legacy, overwritten, shared) = sequence::legacy(self, &setup)?;
        progress("own-GIL interpreters");
        let own_gil = sequence::own_gil(self, &setup, declared)?;
        progress("parallel interpreters");
        let unchecked = declared != Some(MultiInterp::PerInterpreterGil);
        let shares = unchecked && (found(&overwritten) || found(&shared));
        let proved = proved(shares, imported.holds_static_types());
        let parallel = parallel::run(self, &setup, unchecked, &own_gil, proved)?;
        progress("restart of the runtime");
        let restart = restart::run(self, &setup)?;
        let race = parallel::race(self, &setup, &legacy)?;
        progress("changes outside of the module");
        let effects = effects::run(self, &setup, &again)?;
        let copies = init.kind == insula_xray::InitKind::MultiPhase && again.passed();
        let (hostile_calls, gc_contract, repetition) = self.calls(&mut setup, copies, progress)?;
        progress("results in two interpreters");
        let given = identity::run(self, &setup, &legacy, &own_gil, !unchecked)?;
        progress("calls in the first interpreter");
        let replay = replay::run(self, &setup, &legacy)?;
        progress("X-ray after use");
        let (hits, in_use) = deep_xray::run(self, &setup, imported.hits)?;
        progress("leaks");
        let leak_per_import = leaks::per_import(self, &setup, &again)?;
        let leak_per_interpreter = leaks::per_interpreter(self, &setup, &legacy)?;
        let mut observations = Observations {
            name: setup.subject.name.clone(),
            place: Place::of(&setup.subject),
            imported: setup.subject.extension.imports.clone(),
            sections: setup.subject.extension.sections.clone(),
            feature: self.host.feature(),
            init: init.kind,
            init_source: init.source,
            definition,
            hits,
            overwritten,
            shared,
            exit,
            again: again::guarded(again, given_again, &legacy),
            given_again,
            legacy,
            own_gil,
            parallel,
            restart,
            replay,
            race,
            given,
            effects,
            hostile_calls,
            gc_contract,
            repetition,
            in_use,
            leak_per_import,
            leak_per_interpreter,
            exercised: None,
            lines: Lines::default(),
        };
        notes.extend(self.exercise(&setup, unchecked, &mut observations, progress)?);
        Ok((observations, notes))
    }

    /// Adds what the user's workload comes to, if there is one, and where in the source all is; what there is to note.
    fn exercise(
        &self,
        setup: &Setup,
        unchecked: bool,
        seen: &mut Observations,
        progress: &Progress<'_>,
    ) -> Result<Vec<String>, WorkerError> {
        let mut notes = Vec::new();
        if let Some(command) = &self.exercise {
            progress("exercise");
            // Without CPython's check what the workload imports would not be refused either, and might crash.
            let own_gil = (!unchecked).then_some(&seen.own_gil);
            let exercised = exercise::run(self, setup, command, &seen.legacy, own_gil)?;
            notes.clone_from(&exercised.notes);
            seen.add(exercised);
        }
        progress("source lines");
        let inventory = inventory::run(self, &setup.base, &setup.subject)?;
        seen.lines = lines::look(&setup.subject.extension, &inventory, seen);
        Ok(notes)
    }

    /// What comes of calls. Each experiment does without those that ended the workers of an earlier one.
    fn calls(&self, setup: &mut Setup, copies: bool, progress: &Progress<'_>) -> Result<Called, WorkerError> {
        progress("hostile calls");
        let hostile_calls = hostile_calls::run(self, setup)?;
        if let Ok(found) = &hostile_calls {
            setup.calls.avoid.clone_from(&found.avoid);
        }
        progress("garbage collection");
        let gc_contract = gc_contract::run(self, setup, copies)?;
        if let Ok(contract) = &gc_contract {
            // What releases too much frees objects that are in use: later workers would end by it at one call or
            // another.
            let overdrawn = contract.releases.iter().filter(|one| one.what != Released::Argument);
            setup.calls.avoid.extend(overdrawn.map(|one| one.call.clone()));
        }
        progress("the same over again");
        let repetition = repetition::run(self, setup)?;
        Ok((hostile_calls, gc_contract, repetition))
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

    fn is_stdlib(&self, file: &Path) -> bool {
        let facts = &self.host.interpreter.facts;
        let below =
            file.starts_with(&facts.stdlib) || facts.lib_dynload.as_ref().is_some_and(|one| file.starts_with(one));
        file.as_os_str().is_empty() || (below && !file.starts_with(&facts.site_packages))
    }
}

/// What shows that interpreters which run at the same time race, whether or not it is seen: that is a matter of luck.
fn proved(shares: bool, static_types: bool) -> Option<&'static str> {
    if shares {
        return Some("two interpreters share its objects (INS106, INS107)");
    }
    static_types.then_some("its static types, with their caches, are the process's (INS104)")
}

/// Whether something was found.
fn found<T>(seen: &Seen<Vec<T>>) -> bool {
    seen.as_ref().is_ok_and(|all| !all.is_empty())
}
