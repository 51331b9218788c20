//! What a run shows by itself.

use std::collections::BTreeMap;

use crate::observations::{Outcome, Trouble};
use crate::worker::protocol::{Event, Failed, Replayed, Stray};
use crate::worker::{End, Run, STUCK};

/// What went wrong in a run, the gravest thing first; none if the scenario came to its end.
pub(crate) fn trouble(run: &Run) -> Option<Trouble> {
    if let Some(why) = &run.unreadable {
        return Some(Trouble::Unreadable { why: why.clone() });
    }
    let step = || if run.done() { "the process's end".to_owned() } else { run.last_step().to_owned() };
    match run.end {
        // The timers that limit a single call: of processor time, and of time.
        End::Signal(libc::SIGPROF) => return Some(slow(run, step())),
        End::TimedOut | End::Signal(libc::SIGALRM) if run.idle < STUCK => return Some(slow(run, step())),
        End::TimedOut | End::Signal(libc::SIGALRM) => return Some(Trouble::Stuck { step: step() }),
        End::Signal(number) => {
            let traceback = run.fault.trim().to_owned();
            return Some(Trouble::Crashed { step: step(), signal: signal_name(number), traceback });
        }
        End::Exit(_) => {}
    }
    if let Some(trouble) = raised(run) {
        return Some(trouble);
    }
    if let Some(Stray { class, message }) = run.first() {
        let message = message.lines().next().unwrap_or_default();
        let why = format!("{class} in the auditor's own code at: {} ({message}); a call may have left it set", step());
        return Some(Trouble::Unreadable { why });
    }
    match run.end {
        End::Exit(0) if run.done() => None,
        End::Exit(code) => {
            let last = run.stderr.lines().map(str::trim).rfind(|line| !line.is_empty());
            Some(Trouble::Exited { step: step(), code, said: last.unwrap_or_default().chars().take(300).collect() })
        }
        End::Signal(_) | End::TimedOut => None,
    }
}

fn slow(run: &Run, step: String) -> Trouble {
    Trouble::Slow { step, limit: run.limit.as_secs() }
}

fn raised(run: &Run) -> Option<Trouble> {
    run.messages.iter().find_map(|message| match &message.event {
        Event::Failed(Failed { stage, class, message: text, missing, deliberate }) => Some(Trouble::Raised {
            place: message.place.clone(),
            stage: stage.clone(),
            class: class.clone(),
            message: text.clone(),
            missing: missing.clone(),
            deliberate: *deliberate,
        }),
        _ => None,
    })
}

/// What a run without trouble came to.
pub(super) fn silent_failure(run: &Run) -> Outcome {
    half_filled(run).or_else(|| changed_behaviour(run)).map_or(Outcome::Passed, Outcome::wrong)
}

/// Whether an interpreter got fewer names than another one.
fn half_filled(run: &Run) -> Option<String> {
    let mut all = run.messages.iter().filter_map(|message| match &message.event {
        Event::Visited(visited) => Some((&message.place, &visited.names)),
        Event::Imported(imported) => Some((&message.place, &imported.names)),
        _ => None,
    });
    let (_, first) = all.next()?;
    all.find_map(|(place, names)| {
        let place = place.trim_start_matches("a ");
        missing_names(first, names).map(|what| format!("the {place} lacks names: {what}"))
    })
}

/// Whether a type of the first module answers otherwise than before.
pub(super) fn changed_behaviour(run: &Run) -> Option<String> {
    run.all::<Replayed>().find_map(|Replayed { before, after }| {
        let (name, was) = before.iter().find(|(name, outcome)| after.get(*name) != Some(*outcome))?;
        let now = after.get(name).map_or("nothing", String::as_str);
        Some(format!("{name} of the first module: before {was}, afterwards {now}"))
    })
}

/// Names of heap types that are the same object in both tables. Static types are the subject of INS104.
pub(super) fn same_heap_types(
    first: &BTreeMap<String, (u64, bool)>,
    second: &BTreeMap<String, (u64, bool)>,
) -> Vec<String> {
    let same = |(name, (address, heap)): (&String, &(u64, bool))| {
        (*heap && second.get(name).is_some_and(|(other, _)| other == address)).then(|| name.clone())
    };
    first.iter().filter_map(same).collect()
}

/// The names of the first import that the second one lacks.
pub(super) fn missing_names(first: &[String], second: &[String]) -> Option<String> {
    let missing: Vec<String> = first.iter().filter(|name| !second.contains(name)).cloned().collect();
    (!missing.is_empty()).then(|| list(&missing))
}

/// A few of these.
pub(super) fn list(names: &[String]) -> String {
    const SHOWN: usize = 6;
    let mut text = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN {
        text.push_str(&format!(" and {} more", names.len() - SHOWN));
    }
    text
}

fn signal_name(number: i32) -> String {
    let name = match number {
        libc::SIGSEGV => "SIGSEGV",
        libc::SIGABRT => "SIGABRT",
        libc::SIGBUS => "SIGBUS",
        libc::SIGFPE => "SIGFPE",
        libc::SIGILL => "SIGILL",
        libc::SIGKILL => "SIGKILL",
        libc::SIGTERM => "SIGTERM",
        libc::SIGTRAP => "SIGTRAP",
        other => return format!("signal {other}"),
    };
    name.to_owned()
}
