//! Hostile calls: what the target's callables make of arguments that nobody would pass in earnest.
//!
//! The worker announces each call before it makes it, with an allocator that overwrites what is freed. One that ends
//! the process is repeated alone in a new one; if it takes earlier calls to bring it about, as few of them as needed
//! are repeated with it. The group of a call that failed, its callable, is passed over from then on.

use std::time::Duration;

use super::{Lab, Setup};
use crate::observations::{Case, Ending, Gap, HostileCalls, Seen, Trouble};
use crate::worker::protocol::{
    BlindCalls, BrokenContract, Case as Announced, Cases, Event, OutOfMemory, Scenario, Slow, TimeUp,
};
use crate::worker::task::HOSTILE;
use crate::worker::{End, Limits, Run, WorkerError};

/// The processor time for all calls of one worker, and the time for the worker.
const SECONDS: u32 = 8;
const TIME: Duration = Duration::from_secs(40);
/// The memory of a worker: less than elsewhere, so that one call cannot take the machine's.
const MEMORY: u64 = 3 << 30;
/// How many calls may end their worker before the target is left alone.
const MOST: usize = 12;
/// How many calls before the failing one are tried to reproduce it.
const WINDOW: usize = 256;

pub(super) fn run(lab: &Lab, setup: &Setup) -> Result<Seen<HostileCalls>, WorkerError> {
    if let Some(why) = lab.acts_on_the_system(&setup.subject) {
        return Ok(Err(Gap::not_tried(why)));
    }
    let mut session = Session {
        lab,
        setup,
        calls: setup.calls.clone(),
        start: 0,
        skip: Vec::new(),
        found: HostileCalls::default(),
        control_passed: false,
        patient: Vec::new(),
    };
    loop {
        match session.round()? {
            Step::Go => {}
            Step::End => return Ok(Ok(session.found)),
            Step::Nothing(gap) => return Ok(Err(gap)),
        }
    }
}

/// What comes after a worker.
enum Step {
    /// Another one, behind the call that ended this one.
    Go,
    /// Nothing more: all calls were made, or enough of them.
    End,
    /// There is no result.
    Nothing(Gap),
}

/// What came of calls that were made again.
enum Repeated {
    /// These fail again, like this.
    Failed(Vec<String>, String),
    /// They take long, but come to an end.
    Slow,
    /// They do not fail.
    Passed,
}

/// All workers that make hostile calls of one module.
struct Session<'a> {
    lab: &'a Lab,
    setup: &'a Setup,
    calls: BlindCalls,
    start: usize,
    skip: Vec<String>,
    found: HostileCalls,
    control_passed: bool,
    /// Callables that once took long over much.
    patient: Vec<String>,
}

impl Session<'_> {
    fn round(&mut self) -> Result<Step, WorkerError> {
        let run = self.work(Vec::new())?;
        if let Some(why) = &run.unreadable {
            return Ok(Step::Nothing(Gap::inconclusive(why)));
        }
        self.take(&run);
        let Some(trouble) = self.setup.trouble(&run) else {
            return Ok(Step::End);
        };
        let announced: Vec<&Announced> = run.all().collect();
        let Some(last) = announced.last() else {
            return self.no_call_was_made(&run, &trouble);
        };
        if run.end == End::TimedOut && matches!(trouble, Trouble::Slow { .. }) {
            self.found.stopped = Some(format!("after {} calls: {}", last.number, trouble.line()));
            return Ok(Step::End);
        }
        if !self.control_passed {
            if let Some(failure) = self.setup.trouble(&self.work(vec!["None".to_owned()])?) {
                let gap = Gap::from_trouble(&failure);
                return Ok(Step::Nothing(gap.behind("it fails without any hostile call, too")));
            }
            self.control_passed = true;
        }
        self.found.avoid.push(last.expression.clone());
        let hung = computes(&run);
        if waits(&run) {
            // To wait for another thread, or for input, is what some functions are for.
            self.go_on_behind(last, true);
            return Ok(Step::Go);
        }
        if hung && asks_for_much(&last.expression) {
            // Who asks for much may have to wait for it. Only a callable that does so again is left alone.
            let again = self.patient.contains(&last.group);
            self.go_on_behind(last, again);
            self.patient.push(last.group.clone());
            return Ok(Step::Go);
        }
        self.repeat(&announced, &trouble, hung)?;
        let ended = |case: &&Case| matches!(case.ending, Ending::Crash | Ending::Hang);
        if self.found.cases.iter().filter(ended).count() >= MOST {
            self.found.stopped = Some(format!("{MOST} callables had ended their worker; the rest was not called"));
            return Ok(Step::End);
        }
        // It may have failed while the process ended, when all calls had been made.
        self.go_on_behind(last, true);
        Ok(if run.done() { Step::End } else { Step::Go })
    }

    fn go_on_behind(&mut self, last: &Announced, skip: bool) {
        self.start = last.number + 1;
        if skip {
            self.skip.push(last.group.clone());
        }
    }

    /// The worker ended before the first call: in an attempt to make an instance, perhaps.
    fn no_call_was_made(&mut self, run: &Run, trouble: &Trouble) -> Result<Step, WorkerError> {
        let Some(fewer) = Setup::without_last_attempt(&self.calls, run) else {
            return Ok(Step::Nothing(Gap::from_trouble(trouble).behind("no hostile call could be made")));
        };
        let expression = fewer.avoid.last().filter(|one| !self.found.avoid.contains(one)).cloned();
        self.calls = fewer;
        let Some(expression) = expression else { return Ok(Step::Go) };
        let group = callable_of(&expression);
        if waits(run) {
            self.skip.push(group);
        } else {
            let alone = self.work(vec![expression.clone()])?;
            if let Some(trouble) = self.setup.trouble(&alone) {
                let calls = vec![expression.clone()];
                let ending = if computes(&alone) { Ending::Hang } else { Ending::Crash };
                self.found.cases.push(self.case(ending, &group, false, calls, trouble.kind()));
                self.skip.push(group);
            }
        }
        self.found.avoid.push(expression);
        Ok(Step::Go)
    }

    /// Makes the calls that ended a worker again, and notes what comes of it.
    fn repeat(&mut self, announced: &[&Announced], trouble: &Trouble, hung: bool) -> Result<(), WorkerError> {
        let Some(last) = announced.last() else { return Ok(()) };
        match self.reproduce(announced, hung)? {
            Repeated::Failed(calls, what) => {
                let ending = if hung { Ending::Hang } else { Ending::Crash };
                let case = self.case(ending, &last.group, last.bare, calls, what);
                // Several operations may come down to the same call.
                if self.found.cases.iter().all(|one| one.ending != ending || one.calls.last() != case.calls.last()) {
                    self.found.cases.push(case);
                }
            }
            // A computation that takes its time: it is left alone from now on, and that is all.
            Repeated::Slow => {}
            Repeated::Passed => {
                self.found.stopped = Some(format!("{} could not be reproduced ({})", trouble.line(), last.expression));
            }
        }
        Ok(())
    }

    /// The shortest run of calls, ending with the last one, that fails again.
    fn reproduce(&self, announced: &[&Announced], hung: bool) -> Result<Repeated, WorkerError> {
        let mut window = 1;
        loop {
            let from = announced.len().saturating_sub(window);
            let calls: Vec<String> = announced[from..].iter().map(|case| case.expression.clone()).collect();
            let run = self.work(calls.clone())?;
            let trouble = self.setup.trouble(&run).filter(|_| !waits(&run) && run.unreadable.is_none());
            if let Some(trouble) = trouble {
                return Ok(Repeated::Failed(calls, trouble.kind()));
            }
            if hung && run.first::<Slow>().is_some() {
                return Ok(Repeated::Slow);
            }
            if from == 0 || window >= WINDOW {
                return Ok(Repeated::Passed);
            }
            window *= 4;
        }
    }

    /// Makes these calls, or all.
    fn work(&self, only: Vec<String>) -> Result<Run, WorkerError> {
        let (calls, skip) = (self.calls.clone(), self.skip.clone());
        let scenario = Scenario::HostileCalls { calls, seconds: SECONDS, start: self.start, skip, only };
        let limits = Limits { memory: MEMORY.min(self.lab.limits.memory), ..self.lab.within(TIME) };
        self.lab.work_with(&self.setup.base.doing(scenario), limits, &[("PYTHONMALLOC", "debug")], &mut |_, _, _| {})
    }

    fn case(&self, ending: Ending, group: &str, bare: bool, calls: Vec<String>, what: String) -> Case {
        let repro = repro(&self.setup.subject.name, &calls);
        Case { ending, group: group.to_owned(), bare, calls, what, repro }
    }

    /// Takes in what the worker reported of calls that did not end it.
    fn take(&mut self, run: &Run) {
        for message in &run.messages {
            let (ending, group, expression, what) = match &message.event {
                Event::Cases(Cases { chosen, all, groups }) => {
                    (self.found.chosen, self.found.all, self.found.groups) = (*chosen, *all, *groups);
                    continue;
                }
                Event::TimeUp(TimeUp { at, of }) => {
                    self.found.stopped = Some(format!("after {at} of {of} calls the time was up"));
                    continue;
                }
                Event::BrokenContract(BrokenContract { group, expression, message }) => {
                    let said = message.lines().next().unwrap_or_default();
                    (Ending::BrokenContract, group, expression, said.to_owned())
                }
                Event::OutOfMemory(OutOfMemory { group, expression }) => {
                    (Ending::Unbounded, group, expression, "MemoryError for small arguments".to_owned())
                }
                _ => continue,
            };
            // One for each callable.
            if self.found.cases.iter().all(|one| one.ending != ending || one.group != *group) {
                let case = self.case(ending, group, false, vec![expression.clone()], what);
                self.found.cases.push(case);
            }
        }
    }
}

/// Whether the call's own arguments are huge; the probe judges MemoryError by the same signs.
fn asks_for_much(expression: &str) -> bool {
    ["maxsize", "**", "Huge", "StrangeIndex"].iter().any(|sign| expression.contains(sign))
}

/// Whether the worker was ended because a call waited, without computing.
fn waits(run: &Run) -> bool {
    matches!(run.end, End::Signal(libc::SIGALRM) | End::TimedOut)
}

/// Whether the worker was ended because a call had used up its processor time.
fn computes(run: &Run) -> bool {
    run.end == End::Signal(libc::SIGPROF)
}

/// The callable of an attempt: `module.f(1)` is a call of `f`.
fn callable_of(expression: &str) -> String {
    let name = expression.trim_start_matches("module.");
    name.split('(').next().unwrap_or(name).to_owned()
}

/// A program that makes the calls.
fn repro(module: &str, calls: &[String]) -> String {
    let mut text = format!("# Run with PYTHONMALLOC=debug.\nimport importlib\n{}\n", HOSTILE.trim_start());
    text.push_str(&format!("\nmodule = importlib.import_module({module:?})\n"));
    for call in calls {
        text.push_str(&format!("try:\n    {call}\nexcept BaseException as error:\n    print(type(error).__name__)\n"));
    }
    text
}
