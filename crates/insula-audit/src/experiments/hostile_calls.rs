//! Hostile calls: what the target's callables make of arguments that nobody would pass in earnest.
//!
//! The worker announces each call before it makes it, with an allocator that overwrites what is freed. One that ends the process
//! is repeated alone in a new one; if it takes earlier calls to bring it about, as few of them as needed are repeated with it.
//! The group of a call that failed, its callable, is passed over from then on.

use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use crate::experiments::gc_contract::avoid_last_attempt;
use crate::experiments::trouble::Trouble;
use crate::experiments::{Lab, Seen};
use crate::target::Subject;
use crate::worker::task::{HOSTILE, Task};
use crate::worker::{End, Limits, Run, WorkerError};

/// What hostile calls came to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fuzz {
    /// How many calls there are, and of how many callables.
    pub(crate) cases: u64,
    pub(crate) groups: u64,
    /// Calls that ended the process.
    pub(crate) crashes: Vec<Case>,
    /// Calls that did not come back.
    pub(crate) hangs: Vec<Case>,
    /// Calls that asked for all memory, for arguments that are not large.
    pub(crate) unbounded: Vec<Case>,
    /// Calls that broke the C-API's contract.
    pub(crate) contract: Vec<Case>,
    /// Why not all calls were made.
    pub(crate) stopped: Option<String>,
    /// Attempts to make an instance, with ordinary arguments, that ended their worker.
    pub(crate) avoid: Vec<String>,
}

/// One hostile call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Case {
    /// The callable.
    pub(crate) group: String,
    /// The calls, of which the last one fails.
    pub(crate) calls: Vec<String>,
    /// What happened.
    pub(crate) what: String,
    /// A program that shows it.
    pub(crate) repro: String,
}

/// The processor time for all calls of one worker, and the time for the worker.
const SECONDS: u32 = 8;
const TIME: Duration = Duration::from_secs(40);
/// The time for a single call when it is tried again.
const ALONE: Duration = Duration::from_secs(40);
/// The memory of a worker: less than elsewhere, so that one call cannot take the machine's.
const MEMORY: u64 = 3 << 30;
/// How many calls may end their worker before the target is left alone.
const MOST: usize = 12;
/// How many calls before the failing one are tried to reproduce it.
const WINDOW: usize = 256;

impl Lab {
    pub(crate) fn fuzz(&self, subject: &Subject, base: &Task) -> Result<Seen<Fuzz>, WorkerError> {
        if let Some(why) = self.acts_on_the_system(subject) {
            return Ok(Err(why));
        }
        let mut task = Task { scenario: "fuzz", functions: true, seconds: SECONDS, ..base.clone() };
        let mut fuzz = Fuzz::default();
        let mut control_passed = false;
        let mut patient: Vec<String> = Vec::new();
        loop {
            let run = self.hostile(&task, TIME)?;
            fuzz.take(&run, subject);
            let Some(trouble) = Trouble::of(&run) else {
                return Ok(Ok(fuzz));
            };
            let cases: Vec<&Value> = run.events_named("case").collect();
            let Some(last) = cases.last() else {
                if avoid_last_attempt(&mut task, &run) {
                    if let Some(expression) = task.avoid.last().filter(|one| !fuzz.avoid.contains(one)).cloned() {
                        let alone = Task { only: vec![expression.clone()], ..task.clone() };
                        if waits(&run) {
                            task.skip.push(callable_of(&expression));
                        } else if let Some(trouble) = Trouble::of(&self.hostile(&alone, ALONE)?) {
                            let calls = vec![expression.clone()];
                            let group = callable_of(&expression);
                            let (repro, what) = (repro(subject, &calls), kind(&trouble));
                            fuzz.ended(&trouble).push(Case { repro, group: group.clone(), calls, what });
                            task.skip.push(group);
                        }
                        fuzz.avoid.push(expression);
                    }
                    continue;
                }
                return Ok(Err(format!("no hostile call could be made: {}", trouble.line())));
            };
            if !control_passed {
                let control = Task { only: vec!["None".to_owned()], ..task.clone() };
                if let Some(failure) = Trouble::of(&self.hostile(&control, TIME)?) {
                    return Ok(Err(format!("it fails without any hostile call, too: {}", failure.line())));
                }
                control_passed = true;
            }
            let group = last["group"].as_str().unwrap_or_default().to_owned();
            fuzz.avoid.push(expression(last));
            if waits(&run) {
                // To wait for another thread, or for input, is what some functions are for.
                task.start = last["number"].as_u64().unwrap_or(0) as usize + 1;
                task.skip.push(group);
                continue;
            }
            if matches!(trouble, Trouble::Hung { .. }) && asks_for_much(&expression(last)) {
                // Who asks for much may have to wait for it. Only a callable that does so again is left alone.
                task.start = last["number"].as_u64().unwrap_or(0) as usize + 1;
                if patient.contains(&group) {
                    task.skip.push(group);
                } else {
                    patient.push(group);
                }
                continue;
            }
            match self.reproduce(&task, &cases, matches!(trouble, Trouble::Hung { .. }))? {
                Repeated::Failed(calls, what) => {
                    let case = Case { repro: repro(subject, &calls), group: group.clone(), calls, what };
                    let found = fuzz.ended(&trouble);
                    // Several operations may come down to the same call.
                    if found.iter().all(|one: &Case| one.calls.last() != case.calls.last()) {
                        found.push(case);
                    }
                }
                // A computation that takes its time: it is left alone from now on, and that is all.
                Repeated::Slow => {}
                Repeated::Passed => {
                    fuzz.stopped = Some(format!("{} could not be reproduced ({})", trouble.line(), expression(last)));
                }
            }
            if fuzz.crashes.len() + fuzz.hangs.len() >= MOST {
                fuzz.stopped = Some(format!("{MOST} callables had ended their worker; the rest was not called"));
                return Ok(Ok(fuzz));
            }
            if run.done() {
                // It failed while the process ended, and all calls were made.
                return Ok(Ok(fuzz));
            }
            task.start = last["number"].as_u64().unwrap_or(0) as usize + 1;
            task.skip.push(group);
        }
    }

    fn hostile(&self, task: &Task, time: Duration) -> Result<Run, WorkerError> {
        let limits = Limits { time: time.min(self.limits.time), memory: MEMORY.min(self.limits.memory) };
        self.work_with(task, limits, &[("PYTHONMALLOC", "debug")], &mut |_, _, _| {})
    }

    /// The shortest run of calls, ending with the last one, that fails again.
    fn reproduce(&self, task: &Task, cases: &[&Value], hung: bool) -> Result<Repeated, WorkerError> {
        let mut window = 1;
        loop {
            let from = cases.len().saturating_sub(window);
            let calls: Vec<String> = cases[from..].iter().map(|case| expression(case)).collect();
            let alone = Task { only: calls.clone(), ..task.clone() };
            let run = self.hostile(&alone, ALONE)?;
            if let Some(trouble) = Trouble::of(&run).filter(|_| !waits(&run)) {
                return Ok(Repeated::Failed(calls, kind(&trouble)));
            }
            if hung && run.events_named("slow").next().is_some() {
                return Ok(Repeated::Slow);
            }
            if from == 0 || window >= WINDOW {
                return Ok(Repeated::Passed);
            }
            window *= 4;
        }
    }
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

impl Fuzz {
    /// The list to which a call belongs that ended like this.
    fn ended(&mut self, trouble: &Trouble) -> &mut Vec<Case> {
        if matches!(trouble, Trouble::Hung { .. }) { &mut self.hangs } else { &mut self.crashes }
    }

    fn take(&mut self, run: &Run, subject: &Subject) {
        for event in &run.events {
            let case = |what: String| {
                let calls = vec![expression(event)];
                let group = event["group"].as_str().unwrap_or_default().to_owned();
                Case { repro: repro(subject, &calls), group, calls, what }
            };
            match event["event"].as_str() {
                Some("cases") => {
                    self.cases = event["count"].as_u64().unwrap_or(0);
                    self.groups = event["groups"].as_u64().unwrap_or(0);
                }
                Some("broken-contract") => {
                    let message = event["message"].as_str().unwrap_or_default();
                    push_once(&mut self.contract, case(message.lines().next().unwrap_or_default().to_owned()));
                }
                Some("out-of-memory") => {
                    push_once(&mut self.unbounded, case("MemoryError for small arguments".to_owned()));
                }
                Some("fuzz-stopped") => {
                    self.stopped = Some(format!("after {} of {} calls the time was up", event["at"], event["of"]));
                }
                _ => {}
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

/// One for each callable.
fn push_once(cases: &mut Vec<Case>, case: Case) {
    if cases.iter().all(|one| one.group != case.group) {
        cases.push(case);
    }
}

/// The callable of an attempt: `module.f(1)` is a call of `f`.
fn callable_of(expression: &str) -> String {
    let name = expression.trim_start_matches("module.");
    name.split('(').next().unwrap_or(name).to_owned()
}

fn expression(case: &Value) -> String {
    case["expression"].as_str().unwrap_or_default().to_owned()
}

/// What happened, without where: the call says that.
fn kind(trouble: &Trouble) -> String {
    match trouble {
        Trouble::Crashed { signal, .. } => format!("crash ({signal})"),
        Trouble::Hung { .. } => "no end".to_owned(),
        Trouble::Exited { code, .. } => format!("the process exited with code {code}"),
        other => other.line(),
    }
}

/// A program that makes the calls.
fn repro(subject: &Subject, calls: &[String]) -> String {
    let mut text = format!("# Run with PYTHONMALLOC=debug.\nimport importlib\n{}\n", HOSTILE.trim_start());
    text.push_str(&format!("\nmodule = importlib.import_module({:?})\n", subject.name));
    for call in calls {
        text.push_str(&format!("try:\n    {call}\nexcept BaseException as error:\n    print(type(error).__name__)\n"));
    }
    text
}
