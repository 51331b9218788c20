//! How the workers of an audit of private copies are run, and what they tell.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use super::seen::{Change, Failure};
use crate::experiments::{Lab, trouble};
use crate::observations::Trouble;
use crate::worker::protocol::{Attempt, Copies, Event, Orders, Outcomes, Scenario, Told};
use crate::worker::task::Task;
use crate::worker::{Limits, Look, Run, WorkerError};

/// Several interpreters share one process, so the time for a single one is too short.
const TIMES: u32 = 4;
const MEMORY: u64 = 12 << 30;

/// What a worker is to do.
#[derive(Clone)]
pub(super) struct Plan {
    /// The scenario.
    pub(super) scenario: fn(Orders) -> Scenario,
    /// Folders put before `sys.path`.
    pub(super) roots: Vec<PathBuf>,
    /// A control imports only what the target imported of the standard library.
    pub(super) control: bool,
    /// That.
    pub(super) dependencies: Vec<String>,
    /// The rest of what it is told.
    pub(super) orders: Orders,
    /// Whether freed memory is overwritten.
    pub(super) malloc_debug: bool,
    /// The library that notes heap blocks.
    pub(super) library: Option<PathBuf>,
}

impl Plan {
    /// Something to do with these orders.
    pub(super) fn new(scenario: fn(Orders) -> Scenario, roots: Vec<PathBuf>, orders: Orders) -> Self {
        let dependencies = Vec::new();
        Self { scenario, roots, control: false, dependencies, orders, malloc_debug: false, library: None }
    }

    /// The same without the target.
    pub(super) fn control(&self) -> Self {
        let calls = crate::worker::protocol::Extent::Nothing;
        let orders = Orders { calls, modules: Vec::new(), first: Vec::new(), ..self.orders.clone() };
        Self { control: true, orders, ..self.clone() }
    }
}

/// What a worker told.
pub(super) struct Ended {
    run: Run,
    /// What went wrong.
    pub(super) trouble: Option<Trouble>,
    /// The module whose calls were made last.
    pub(super) module: Option<String>,
    /// The module that was imported last.
    pub(super) importing: Option<String>,
    /// The last call that was begun.
    pub(super) attempt: Option<String>,
}

impl Ended {
    /// A scenario that ran to this end.
    fn of(run: Run) -> Self {
        let mut ended = Self { trouble: trouble(&run), module: None, importing: None, attempt: None, run };
        for at in (0..ended.run.messages.len()).rev() {
            let message = &ended.run.messages[at];
            let begun = match &message.event {
                Event::Attempt(Attempt { expression }) => {
                    ended.attempt.get_or_insert_with(|| expression.clone());
                    continue;
                }
                // What the same interpreter told right before is this step, for those who do not read words.
                Event::Step(_) => ended.run.messages[..at].iter().rfind(|other| other.place == message.place),
                Event::Copies(_) => Some(message),
                _ => continue,
            };
            match begun.map(|message| &message.event) {
                Some(Event::Copies(Copies { told: Told::ImportBegun { module }, .. })) => {
                    ended.importing = Some(module.clone());
                }
                Some(Event::Copies(Copies { told: Told::CallBegun { module, call }, .. })) => {
                    ended.module = Some(module.clone());
                    ended.attempt = ended.attempt.or_else(|| call.clone());
                }
                _ if matches!(message.event, Event::Copies(_)) => continue,
                _ => {}
            }
            break;
        }
        ended
    }

    /// What the interpreters told, with their numbers.
    pub(super) fn told(&self) -> impl Iterator<Item = (usize, &Told)> {
        self.run.all::<Copies>().map(|copies| (copies.number, &copies.told))
    }

    /// The imports that failed in interpreters with these numbers.
    pub(super) fn failures(&self, wanted: impl Fn(usize) -> bool) -> BTreeMap<String, Failure> {
        let failed = |(number, told): (usize, &Told)| match told {
            Told::NotImported { module, class, message, missing } if wanted(number) => {
                let failure = Failure { class: class.clone(), message: message.clone(), missing: missing.clone() };
                Some((module.clone(), failure))
            }
            _ => None,
        };
        self.told().filter_map(failed).collect()
    }

    /// The calls that the main interpreter recorded; none if it did not come so far.
    pub(super) fn outcomes(&self) -> Option<Outcomes> {
        self.told().find_map(|(_, told)| match told {
            Told::Outcomes { of } => {
                let mut outcomes = Outcomes::new();
                for (module, call, outcome) in of {
                    outcomes.entry(module.clone()).or_default().insert(call.clone(), outcome.clone());
                }
                Some(outcomes)
            }
            _ => None,
        })
    }

    /// The calls that came to something else than before.
    pub(super) fn changes(&self) -> Vec<Change> {
        let change = |(number, told): (usize, &Told)| match told.clone() {
            Told::Changed { module, call, before, after, when } => {
                Some(Change { of_a_copy: number > 0, module, call, before, after, when })
            }
            _ => None,
        };
        self.told().filter_map(change).collect()
    }

    /// The calls of copies that ran a callback in another interpreter.
    pub(super) fn strays(&self) -> impl Iterator<Item = (String, String)> {
        self.told().filter_map(|(number, told)| match told {
            Told::Stray { module, call } if number > 0 => Some((module.clone(), call.clone())),
            _ => None,
        })
    }
}

/// Runs a worker.
pub(super) fn run(lab: &Lab, plan: &Plan, look: &mut Look<'_>) -> Result<Ended, WorkerError> {
    let task = Task {
        roots: plan.roots.clone(),
        control: plan.control,
        dependencies: plan.dependencies.clone(),
        scenario: (plan.scenario)(plan.orders.clone()),
        ..Task::default()
    };
    let library = plan.library.as_ref().map(|path| path.to_string_lossy());
    // A build of insula_isolate for tests: what it leaves out is to be noticed.
    let without = std::env::var("INSULA_ISOLATE_WITHOUT").ok();
    let mut variables: Vec<(&str, &str)> = Vec::new();
    variables.extend(plan.malloc_debug.then_some(("PYTHONMALLOC", "debug")));
    variables.extend(library.as_deref().map(|path| ("LD_PRELOAD", path)));
    variables.extend(without.as_deref().map(|mending| ("INSULA_ISOLATE_WITHOUT", mending)));
    let time = lab.limits.time.saturating_mul(TIMES).max(Duration::from_secs(1));
    let limits = Limits { time, memory: MEMORY.max(lab.limits.memory) };
    lab.work_with(&task, limits, &variables, look).map(Ended::of)
}

/// The same where nobody looks.
pub(super) fn just_run(lab: &Lab, plan: &Plan) -> Result<Ended, WorkerError> {
    run(lab, plan, &mut |_, _, _| {})
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Ended;
    use crate::worker::protocol::{Attempt, Copies, Event, Message, Step, Told};
    use crate::worker::{End, Run};

    fn ended(events: Vec<(&str, Event)>) -> Ended {
        let message = |(place, event): (&str, Event)| Message { place: place.to_owned(), event };
        Ended::of(Run {
            messages: events.into_iter().map(message).collect(),
            unreadable: None,
            end: End::Exit(0),
            limit: Duration::ZERO,
            idle: Duration::ZERO,
            left_behind: 0,
            stdout: String::new(),
            stderr: String::new(),
            fault: String::new(),
        })
    }

    fn called(call: Option<&str>) -> Event {
        let told = Told::CallBegun { module: "a._b".to_owned(), call: call.map(str::to_owned) };
        Event::Copies(Copies { number: 1, told })
    }

    fn step(name: &str) -> Event {
        Event::Step(Step { name: name.to_owned() })
    }

    #[test]
    fn who_was_imported_or_called_last_is_known() {
        let import = Told::ImportBegun { module: "c".to_owned() };
        let import = || ("one", Event::Copies(Copies { number: 1, told: import.clone() }));
        let last = ended(vec![import(), ("one", step("import of c"))]);
        assert_eq!((last.importing.as_deref(), last.module), (Some("c"), None));

        let attempt = Event::Attempt(Attempt { expression: "module.f('a', 1)".to_owned() });
        let last = ended(vec![("one", called(None)), ("one", step("calls of a._b")), ("one", attempt)]);
        assert_eq!((last.module.as_deref(), last.attempt.as_deref()), (Some("a._b"), Some("module.f('a', 1)")));

        let replay = || vec![("one", called(Some("module.g()"))), ("two", step("other")), ("one", step("g"))];
        let last = ended(replay());
        assert_eq!((last.module.as_deref(), last.attempt.as_deref()), (Some("a._b"), Some("module.g()")));

        let mut events = replay();
        events.push(("main", step("end of isolated interpreter 1")));
        let last = ended(events);
        assert_eq!((last.module, last.importing, last.attempt), (None, None, None));
    }
}
