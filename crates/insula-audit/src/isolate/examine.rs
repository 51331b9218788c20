//! What is done to one target on one interpreter: calls, a proof, a race, leaks. Nothing is judged here.

mod calls;
mod proof;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::WIDTH;
use super::report::{Growth, Leaks};
use super::seen::{Ending, Examined};
use super::work::{self, Ended, Plan};
use crate::experiments::Lab;
use crate::observations::{Gap, Seen, Trouble};
use crate::target::{Subject, is_identifier};
use crate::worker::WorkerError;
use crate::worker::protocol::{Extent, Gil, Orders, Scenario, Told};

/// The examination of one target on one interpreter.
pub(super) struct Examination<'a> {
    lab: &'a Lab,
    subjects: &'a [Subject],
    base: Plan,
}

/// How many calls are made of all modules together, and of each at least.
const CALLS: (usize, usize) = (1500, 30);

/// Why nothing can be isolated in this interpreter, in one line.
pub(super) fn absent(lab: &Lab, roots: &[PathBuf]) -> Result<Option<String>, WorkerError> {
    let version = &lab.host.interpreter.version;
    if lab.host.feature() < (3, 11) {
        return Ok(Some(format!("insula_isolate is for CPython 3.11 and newer, and this is {version}")));
    }
    let orders = Orders { isolate: true, ..Orders::nothing(gil(lab)) };
    let ended = work::just_run(lab, &Plan::new(Scenario::IsolatePresent, roots.to_vec(), orders))?;
    let present = ended.told().find_map(|(_, told)| match told {
        Told::Present { error } => Some(error.clone()),
        _ => None,
    });
    let why = match (present, &ended.trouble) {
        (Some(Some(why)), _) => why,
        (_, Some(trouble)) => trouble.line(),
        (Some(None), None) => return Ok(None),
        (None, None) => "it did not say why".to_owned(),
    };
    let program = lab.host.interpreter.executable.display();
    Ok(Some(format!(
        "CPython {version} cannot import insula_isolate ({why}); install it with `{program} -m pip install \
         insula-isolate`, or name the folder that has it with --isolate-package"
    )))
}

fn gil(lab: &Lab) -> Gil {
    if lab.host.has_own_gil() { Gil::Own } else { Gil::Legacy }
}

impl<'a> Examination<'a> {
    pub(super) fn new(lab: &'a Lab, target: &str, subjects: &'a [Subject], roots: &[PathBuf]) -> Self {
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
        first.retain(|name| name.split('.').all(is_identifier) && name.len() > 1);
        first.sort();
        first.dedup();
        let known: BTreeSet<&str> = subjects.iter().map(Subject::package).collect();
        first.retain(|name| known.contains(name.split('.').next().unwrap_or_default()));
        let acting = subjects.iter().filter(|one| lab.acts_on_the_system(one).is_some());
        let orders = Orders {
            first,
            modules: subjects.iter().map(|subject| subject.name.clone()).collect(),
            unsafe_names: acting.map(|subject| subject.name.clone()).collect(),
            width: WIDTH,
            calls: Extent::All,
            most_calls: (CALLS.0 / subjects.len().max(1)).max(CALLS.1),
            ..Orders::nothing(gil(lab))
        };
        Self { lab, subjects, base: Plan::new(Scenario::IsolateCalls, roots, orders) }
    }

    /// What is known before anything was tried.
    fn nothing(&self) -> Examined {
        Examined {
            own_gil: self.lab.host.has_own_gil(),
            seed: self.base.orders.seed,
            defect: self.lab.host.own_gil_defect(),
            unimportable: BTreeMap::new(),
            refused: BTreeMap::new(),
            readings: Vec::new(),
            early: Vec::new(),
            control_shared: BTreeSet::new(),
            changes: Vec::new(),
            strays: BTreeSet::new(),
            calls: BTreeMap::new(),
            troubles: Vec::new(),
            inconclusive: Vec::new(),
            unfinished: Vec::new(),
            leaks: Err(Gap::not_tried("not measured")),
            scenarios: BTreeMap::new(),
            not_examined: Vec::new(),
        }
    }

    pub(super) fn run(&self, doing: &dyn Fn(&str)) -> Result<Examined, WorkerError> {
        let mut seen = self.nothing();
        if self.subjects.is_empty() {
            return Ok(seen);
        }
        doing("calls in the main interpreter");
        let mut plan = self.base.clone();
        if !self.calls(&mut plan, &mut seen)? {
            return Ok(seen);
        }
        plan.orders.modules.retain(|name| !seen.unimportable.contains_key(name));
        if plan.orders.modules.is_empty() {
            return Ok(seen);
        }
        plan.orders.isolate = true;
        doing("isolated interpreters, X-ray of their copies");
        self.proof(&mut plan, &mut seen)?;
        doing("interpreters that import at the same time");
        self.race(&plan, &mut seen)?;
        doing("leaks");
        seen.leaks = self.leaks(&plan)?;
        if let Err(gap) = &seen.leaks {
            seen.not_examined.push(format!("leaks: {}", gap.why));
        }
        Ok(seen)
    }

    /// Notes what ended a scenario, or why that says nothing; whether it may be tried again without its cause.
    fn blame(
        &self,
        plan: &Plan,
        what: &'static str,
        trouble: &Trouble,
        ended: &Ended,
        seen: &mut Examined,
    ) -> Result<bool, WorkerError> {
        if trouble.says_nothing() {
            seen.inconclusive.push(format!("{what}: {}", trouble.line()));
            return Ok(false);
        }
        let control = work::just_run(self.lab, &plan.control())?;
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
                let module = module.filter(|name| plan.orders.modules.contains(name));
                let call = ended.attempt.clone().filter(|_| module.is_some());
                seen.troubles.push(Ending { what, trouble: trouble.clone(), module, call });
            }
        }
        Ok(true)
    }

    /// Interpreters that import at the same time, with nobody before them.
    fn race(&self, plan: &Plan, seen: &mut Examined) -> Result<(), WorkerError> {
        const WHAT: &str = "parallel imports";
        const ROUNDS: u32 = 3;
        let orders = Orders { rounds: ROUNDS, width: WIDTH + 1, ..plan.orders.clone() };
        let malloc_debug = self.lab.host.interpreter.version.checks_memory_in_threads();
        let mut plan = Plan { scenario: Scenario::IsolateRace, malloc_debug, library: None, orders, ..plan.clone() };
        let mut tries = 0;
        loop {
            let ended = work::just_run(self.lab, &plan)?;
            seen.refused.extend(ended.failures(|number| number > 0));
            let Some(trouble) = &ended.trouble else {
                let width = plan.orders.width;
                let checked = if malloc_debug { ", with PYTHONMALLOC=debug" } else { "" };
                let passed = format!("{ROUNDS} rounds of {width} interpreters passed{checked}");
                seen.scenarios.insert(WHAT.to_owned(), passed);
                return Ok(());
            };
            seen.scenarios.insert(WHAT.to_owned(), trouble.line());
            tries += 1;
            if !self.blame(&plan, WHAT, trouble, &ended, seen)? || !without(&mut plan.orders, &ended, tries) {
                seen.unfinished.push(format!("{WHAT}: {}", trouble.line()));
                return Ok(());
            }
        }
    }

    fn leaks(&self, plan: &Plan) -> Result<Seen<Leaks>, WorkerError> {
        const CYCLES: u32 = 5;
        let orders = Orders { cycles: CYCLES, calls: Extent::Nothing, ..plan.orders.clone() };
        let plan = Plan { scenario: Scenario::IsolateLeaks, library: None, orders, ..plan.clone() };
        let with = match growth(&work::just_run(self.lab, &plan)?) {
            Ok(with) => with,
            Err(gap) => return Ok(Err(gap)),
        };
        let control = growth(&work::just_run(self.lab, &plan.control())?);
        Ok(control
            .map(|control| Leaks { with, control, interpreters: 3 * CYCLES })
            .map_err(|gap| gap.behind("the control failed")))
    }
}

/// Leaves out what ended a worker, so that the rest can be examined; whether there is anything that can be left out.
fn without(orders: &mut Orders, ended: &Ended, tries: usize) -> bool {
    const MOST: usize = 8;
    let functions = |module: &String| orders.calls == Extent::All && !orders.unsafe_names.contains(module);
    if let (Some(module), Some(call)) = (&ended.module, &ended.attempt)
        && tries < MOST / 2
        && functions(module)
    {
        // A module that the module holds: `x509::module.f()`.
        let call = call.rsplit_once("::").map_or(call.as_str(), |(_, call)| call).to_owned();
        let callable = |call: &String| call.rsplit_once('(').map(|(callable, _)| callable.to_owned());
        let alone = orders.only_first.entry(module.clone()).or_default();
        if alone.iter().all(|known| callable(known) != callable(&call)) {
            alone.push(call);
        } else {
            orders.avoided.entry(module.clone()).or_default().push(call);
        }
        return true;
    }
    match (&ended.module, &ended.importing) {
        (Some(module), _) if tries < MOST && functions(module) => {
            orders.unsafe_names.push(module.clone());
        }
        (_, Some(module)) if tries < MOST && orders.modules.len() > 1 && orders.modules.contains(module) => {
            orders.modules.retain(|name| name != module);
        }
        _ => {
            orders.calls = match orders.calls {
                Extent::All if tries < MOST => Extent::Constructors,
                Extent::All | Extent::Constructors => Extent::Nothing,
                Extent::Nothing => return false,
            };
        }
    }
    true
}

/// The smallest of the windows: what sinks with time is no leak.
fn growth(ended: &Ended) -> Seen<Growth> {
    if let Some(trouble) = &ended.trouble {
        return Err(Gap::from_trouble(trouble));
    }
    let told = ended.told().find_map(|(_, told)| match told {
        Told::Growth { windows, cycles, bytes } if *cycles > 0 && !windows.is_empty() => {
            Some((windows, f64::from(*cycles), *bytes))
        }
        _ => None,
    });
    let (windows, cycles, bytes) = told.ok_or_else(|| Gap::inconclusive("the worker did not report"))?;
    let least = |column: fn(&(i64, i64, i64)) -> i64| {
        windows.iter().map(|window| column(window) as f64).fold(f64::INFINITY, f64::min) / cycles
    };
    Ok(Growth {
        blocks: least(|window| window.0),
        native_bytes: bytes.then(|| least(|window| window.1)),
        resident_bytes: least(|window| window.2),
    })
}
