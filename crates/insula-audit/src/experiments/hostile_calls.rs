//! Hostile calls: what the target's callables make of arguments that nobody would pass in earnest.
//!
//! The worker announces each call before it makes it, with an allocator that overwrites what is freed. One that ends
//! the process is repeated alone in a new one; if it takes earlier calls to bring it about, as few of them as needed
//! are repeated with it. The group of a call that failed, its callable, is passed over from then on.

mod expression;
mod reproduce;

use std::time::Duration;

use self::expression::{callable_of, is_keyword_text, only_made, operand_of};
use self::reproduce::Repeated;
use super::{Lab, Setup};
use crate::observations::{Case, Ending, Gap, HostileCalls, Seen, Trouble, to_blame};
use crate::reproducer::Place;
use crate::worker::protocol::{
    Attempt, BlindCalls, BrokenContract, Case as Announced, Cases, Event, OutOfMemory, Scenario, TimeUp,
};
use crate::worker::{End, Limits, Run, WorkerError};

/// The processor time for all calls of one worker, and the time for the worker.
const SECONDS: u32 = 8;
const TIME: Duration = Duration::from_secs(40);
/// The memory of a worker: less than elsewhere, so that one call cannot take the machine's.
const MEMORY: u64 = 3 << 30;
/// How many calls may end their worker before the target is left alone.
const MOST: usize = 40;
/// How many of them may be about instances that one type made without initialisation, or about operations on one
/// object: they have one cause, and others want to be seen, too.
const MOST_OF_ONE: usize = 2;
/// How many calls that compute for a second get five alone, to see whether they come back.
const MOST_HANGS: usize = 3;
/// How many calls may break later ones before the target is left alone.
const MOST_CULPRITS: usize = 10;

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
        culprits: Vec::new(),
        not_again: Vec::new(),
        searched: Duration::ZERO,
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
    /// Calls that made later ones fail.
    culprits: Vec<Announced>,
    /// What callables did that need not be tried again.
    not_again: Vec<(Ending, String)>,
    /// How long it took to find out which calls it takes.
    searched: Duration,
}

impl Session<'_> {
    fn round(&mut self) -> Result<Step, WorkerError> {
        let run = self.work(Vec::new())?;
        if let Some(why) = &run.unreadable {
            return Ok(Step::Nothing(Gap::inconclusive(why)));
        }
        if let Some(culprit) = self.take(&run)? {
            if self.culprits.len() >= MOST_CULPRITS {
                self.found.stopped =
                    Some(format!("{MOST_CULPRITS} calls had broken later ones; the rest was not called"));
                return Ok(Step::End);
            }
            // What came after it may have been its doing, so that it is tried again without it.
            if run.all::<Announced>().any(|case| *case == culprit) {
                self.go_on_behind(&culprit, true);
            } else {
                self.calls.avoid.push(culprit.expression);
            }
            return Ok(Step::Go);
        }
        let Some(trouble) = self.setup.trouble(&run) else {
            return Ok(Step::End);
        };
        let Some(last) = run.all::<Announced>().next_back() else {
            return self.no_call_was_made(&run, &trouble);
        };
        if run.out_of_time() && trouble.says_nothing() {
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
        if !is_keyword_text(&last.expression) {
            self.found.avoid.push(last.expression.clone());
        }
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
        if !(hung && self.enough_hangs()) {
            let announced: Vec<Announced> = run.messages.iter().filter_map(|message| call_of(&message.event)).collect();
            self.repeat(&announced, &trouble, hung)?;
        }
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
        if !skip {
            return;
        }
        self.skip.push(last.group.clone());
        if let Some(kind) = only_made(last) {
            // None of its methods can be called without that: what they do would be the same defect again.
            self.skip.extend([format!("{}.*", last.group), format!("{kind}.__new__")]);
            return;
        }
        let Some((kind, _)) = last.group.split_once('.').filter(|_| last.bare) else { return };
        let methods = format!("{kind}.");
        if self.skip.iter().filter(|group| group.starts_with(&methods)).count() >= MOST_OF_ONE {
            self.skip.push(format!("{methods}*"));
        }
    }

    /// The worker ended before the first call: in an attempt to make an instance, perhaps.
    fn no_call_was_made(&mut self, run: &Run, trouble: &Trouble) -> Result<Step, WorkerError> {
        let Some(fewer) = Setup::without_last_attempt(&self.calls, run) else {
            return Ok(Step::Nothing(Gap::from_trouble(trouble).behind("no hostile call could be made")));
        };
        let expression = fewer.avoid.last().filter(|one| !self.found.avoid.contains(one)).cloned();
        self.calls = fewer;
        if let Some(operand) = expression.as_deref().and_then(operand_of) {
            let same = self.calls.avoid.iter().filter(|one| operand_of(one) == Some(operand)).count();
            if same >= MOST_OF_ONE {
                self.calls.avoid.push(operand.to_owned());
                self.found.avoid.push(operand.to_owned());
            }
        }
        let Some(expression) = expression else { return Ok(Step::Go) };
        let group = callable_of(&expression);
        if waits(run) || computes(run) && self.enough_hangs() {
            self.skip.push(group);
        } else {
            let alone = self.work(vec![expression.clone()])?;
            let ended = |trouble: &Trouble| !matches!(trouble, Trouble::Unreadable { .. });
            if let Some(trouble) = self.setup.trouble(&alone).filter(ended) {
                let attempt =
                    Announced { number: 0, group: group.clone(), expression: expression.clone(), bare: false };
                let ending = if computes(&alone) { Ending::Hang } else { Ending::Crash };
                self.found.cases.push(self.case(ending, false, &[attempt], trouble.kind()));
                self.skip.push(group);
            }
        }
        self.found.avoid.push(expression);
        Ok(Step::Go)
    }

    /// Whether so many calls did not come back that another one is not given the time to show whether it does.
    fn enough_hangs(&mut self) -> bool {
        let enough = self.found.cases.iter().filter(|case| case.ending == Ending::Hang).count() >= MOST_HANGS;
        if enough {
            let why = format!("{MOST_HANGS} calls had not come back; others that took a second were not waited for");
            self.found.stopped.get_or_insert(why);
        }
        enough
    }

    /// Makes the calls that ended a worker again, and notes what comes of it.
    fn repeat(&mut self, announced: &[Announced], trouble: &Trouble, hung: bool) -> Result<(), WorkerError> {
        let Some(last) = announced.last() else { return Ok(()) };
        let setup = self.setup;
        let seen = |run: &Run| {
            let ended = |trouble: &Trouble| !waits(run) && !matches!(trouble, Trouble::Unreadable { .. });
            setup.trouble(run).filter(ended).map(|trouble| trouble.kind())
        };
        match self.reproduce(announced, hung, &seen)? {
            Repeated::Failed(calls, what) => {
                let ending = if hung { Ending::Hang } else { Ending::Crash };
                let case = self.case(ending, last.bare, &calls, what);
                self.add(case);
            }
            // A computation that takes its time: it is left alone from now on, and that is all.
            Repeated::Slow => {}
            Repeated::Passed => {
                self.found.stopped = Some(format!("{} could not be reproduced ({})", trouble.line(), last.expression));
            }
        }
        Ok(())
    }

    /// Makes these calls, or all.
    fn work(&self, only: Vec<String>) -> Result<Run, WorkerError> {
        let (calls, skip) = (self.calls.clone(), self.skip.clone());
        let scenario = Scenario::HostileCalls { calls, seconds: SECONDS, start: self.start, skip, only };
        let limits = Limits { memory: MEMORY.min(self.lab.limits.memory), ..self.lab.within(TIME) };
        self.lab.work_with(&self.setup.base.doing(scenario), limits, &[("PYTHONMALLOC", "debug")], &mut |_, _, _| {})
    }

    /// What came of these calls.
    fn case(&self, ending: Ending, bare: bool, calls: &[Announced], what: String) -> Case {
        let group = |call: Option<&Announced>| call.map(|call| call.group.clone()).unwrap_or_default();
        let (group, failing) = (group(to_blame(calls)), group(calls.last()));
        let calls: Vec<String> = calls.iter().map(|call| call.expression.clone()).collect();
        let repro = Place::of(&self.setup.subject).calls(&calls, ending == Ending::Unbounded);
        Case { ending, group, failing, bare, calls, what, repro }
    }

    /// Adds what is not known yet. Several operations may come down to the same call, and one call may break many
    /// others.
    fn add(&mut self, case: Case) {
        let same = |one: &Case| {
            one.ending == case.ending
                && (one.calls.last() == case.calls.last()
                    || (case.calls.len() == 2 && one.calls.len() == 2 && one.calls[0] == case.calls[0]))
        };
        if !self.found.cases.iter().any(same) {
            self.found.cases.push(case);
        }
    }

    /// Takes in what the worker reported of calls that did not end it: what happens again when as few of them as it
    /// takes are made by themselves. Up to a call that made a later one fail: that is the result.
    fn take(&mut self, run: &Run) -> Result<Option<Announced>, WorkerError> {
        let mut announced: Vec<Announced> = Vec::new();
        let known = self.culprits.len();
        for message in &run.messages {
            announced.extend(call_of(&message.event));
            match &message.event {
                Event::Cases(Cases { chosen, all, groups }) => {
                    (self.found.chosen, self.found.all, self.found.groups) = (*chosen, *all, *groups);
                }
                Event::TimeUp(TimeUp { at, of }) => {
                    self.found.stopped = Some(format!("after {at} of {of} calls the time was up"));
                }
                Event::BrokenContract(_) => self.note(&announced, Ending::BrokenContract)?,
                Event::OutOfMemory(_) => self.note(&announced, Ending::Unbounded)?,
                _ => {}
            }
            if let Some(culprit) = self.culprits.get(known) {
                return Ok(Some(culprit.clone()));
            }
        }
        Ok(None)
    }

    /// Notes that the last of the announced calls broke a promise, once for each callable, if it does so again.
    fn note(&mut self, announced: &[Announced], ending: Ending) -> Result<(), WorkerError> {
        let Some(last) = announced.last() else { return Ok(()) };
        let known = |case: &Case| case.ending == ending && (case.group == last.group || case.failing == last.group);
        let tried = (ending, last.group.clone());
        if self.found.cases.iter().any(known) || self.not_again.contains(&tried) {
            return Ok(());
        }
        let failed = |run: &Run| {
            run.messages.iter().find_map(|message| match &message.event {
                Event::BrokenContract(BrokenContract { expression, message, .. })
                    if ending == Ending::BrokenContract && *expression == last.expression =>
                {
                    Some(message.lines().next().unwrap_or_default().to_owned())
                }
                Event::OutOfMemory(OutOfMemory { expression, .. })
                    if ending == Ending::Unbounded && *expression == last.expression =>
                {
                    Some("MemoryError for small arguments".to_owned())
                }
                _ => None,
            })
        };
        match self.reproduce(announced, false, &failed)? {
            Repeated::Failed(calls, what) => {
                let case = self.case(ending, false, &calls, what);
                self.add(case);
                self.not_again.push(tried);
            }
            Repeated::Slow | Repeated::Passed => {
                self.not_again.push(tried);
                let why = format!("what {} did could not be reproduced", last.expression);
                self.found.stopped.get_or_insert(why);
            }
        }
        Ok(())
    }
}

/// Whether the call's own arguments are huge; the probe judges MemoryError by the same signs.
fn asks_for_much(expression: &str) -> bool {
    ["maxsize", "**", "Huge", "StrangeIndex", "1e300", "float('inf')"].iter().any(|sign| expression.contains(sign))
}

/// Whether the worker was ended because a call waited, without computing.
fn waits(run: &Run) -> bool {
    matches!(run.end, End::Signal(libc::SIGALRM) | End::TimedOut)
}

/// Whether the worker was ended because a call had used up its processor time.
fn computes(run: &Run) -> bool {
    run.end == End::Signal(libc::SIGPROF)
}

/// A call that the worker announced, be it only to find out how to make an instance.
fn call_of(event: &Event) -> Option<Announced> {
    match event {
        Event::Case(case) => Some(case.clone()),
        Event::Attempt(Attempt { expression }) => {
            let (group, expression) = (callable_of(expression), expression.clone());
            Some(Announced { number: 0, group, expression, bare: false })
        }
        _ => None,
    }
}
