//! The questions, answered by what was seen and what the rules found.

use crate::observations::{Observations, Outcome};
use crate::report::{Answer, Answered, Answers, Question, Severity, Status};
use crate::rules::{Results, RuleId, any_broken};

/// What two live interpreters share contradicts every answer about several interpreters, however well those did.
const SHARED: [RuleId; 4] = [RuleId::Ins106, RuleId::Ins107, RuleId::Ins110, RuleId::Ins305];

/// What a clean module keeps.
const CLEAN: [RuleId; 26] = [
    RuleId::Ins001,
    RuleId::Ins002,
    RuleId::Ins101,
    RuleId::Ins102,
    RuleId::Ins103,
    RuleId::Ins104,
    RuleId::Ins105,
    RuleId::Ins108,
    RuleId::Ins201,
    RuleId::Ins202,
    RuleId::Ins203,
    RuleId::Ins204,
    RuleId::Ins205,
    RuleId::Ins206,
    RuleId::Ins207,
    RuleId::Ins208,
    RuleId::Ins209,
    RuleId::Ins210,
    RuleId::Ins211,
    RuleId::Ins212,
    RuleId::Ins213,
    RuleId::Ins307,
    RuleId::Ins308,
    RuleId::Ins401,
    RuleId::Ins402,
    RuleId::Ins403,
];

/// The answers of a module that could be imported.
pub(crate) fn answers(seen: &Observations, results: &Results) -> Answers {
    let several = |outcome: &Outcome| {
        let answered = of(outcome);
        let shared = any_broken(results, &SHARED);
        match (answered.answer, shared.is_empty()) {
            // That the scenario could not be judged does not unmake what was seen elsewhere.
            (Answer::Yes | Answer::NotTried | Answer::Inconclusive, false) if !answered.excluded => {
                Answered::other(Answer::No, named(&shared))
            }
            _ => answered,
        }
    };
    Answers::new(|question| match question {
        Question::Import => Answered::yes(),
        Question::Again => of(&seen.again),
        Question::Legacy => tests(results, RuleId::Ins302, several(&seen.legacy)),
        Question::OwnGil => own_gil(seen, multi_phase(results, tests(results, RuleId::Ins303, several(&seen.own_gil)))),
        Question::Parallel => {
            let answered = tests(results, RuleId::Ins303, several(&seen.parallel));
            multi_phase(results, static_types(seen, results, answered))
        }
        Question::Restart => of(&seen.restart),
        Question::Exit => of(&seen.exit),
        Question::Clean => clean(results),
        Question::Threads => Answered::excluded("it takes a free-threaded interpreter to ask"),
    })
}

/// A test of the user's that fails in such an interpreter contradicts a yes, which is about imports and light use.
fn tests(results: &Results, rule: RuleId, answered: Answered) -> Answered {
    if answered.answer == Answer::Yes && !any_broken(results, &[rule]).is_empty() {
        return Answered::other(Answer::No, named(&[rule]));
    }
    answered
}

/// Only a multi-phase module can declare that it works there, and CPython refuses every other one.
fn multi_phase(results: &Results, answered: Answered) -> Answered {
    if answered.answer == Answer::Yes && !any_broken(results, &[RuleId::Ins001]).is_empty() {
        return Answered::other(Answer::No, "CPython refuses single-phase modules there (INS001)");
    }
    answered
}

/// Threads of two GILs write to one type's caches without a lock: no race needs to be seen for that, nor does one that
/// went well, before the type was known, say otherwise.
fn static_types(seen: &Observations, results: &Results, answered: Answered) -> Answered {
    let broken = any_broken(results, &[RuleId::Ins104]);
    let open = matches!(answered.answer, Answer::Yes | Answer::NotTried | Answer::Inconclusive);
    if open && seen.own_gil.passed() && !broken.is_empty() {
        return Answered::other(Answer::No, named(&broken));
    }
    answered
}

fn own_gil(seen: &Observations, mut answered: Answered) -> Answered {
    if !answered.excluded {
        answered.declared = Some(seen.declares_own_gil());
    }
    if answered.answer == Answer::Yes && !seen.declares_own_gil() {
        answered.why = Some("with CPython's check switched off: it does not declare it (INS003)".to_owned());
    }
    answered
}

fn of(outcome: &Outcome) -> Answered {
    match outcome {
        Outcome::Passed => Answered::yes(),
        Outcome::Broken(trouble) => Answered::other(Answer::No, trouble.line()),
        Outcome::Refused(how) => Answered::other(Answer::Refused, how),
        Outcome::Blocked { by, why } => {
            Answered::other(Answer::Inconclusive, format!("its dependency {by} is in the way: {why}"))
        }
        Outcome::Inconclusive(why) => Answered::other(Answer::Inconclusive, why),
        Outcome::NotTried(why) => Answered::other(Answer::NotTried, why),
        Outcome::Impossible(why) => Answered::excluded(why),
    }
}

/// A rule that was not examined is no better than a broken one: nothing unexamined is called clean.
fn clean(results: &Results) -> Answered {
    // Of the contracts, what is only worth knowing does not count.
    let grave = |id: &RuleId| {
        let findings = results.get(id).into_iter().flat_map(|checked| &checked.findings);
        findings.into_iter().any(|finding| finding.severity > Severity::Info)
    };
    let broken: Vec<RuleId> = CLEAN.iter().filter(|id| grave(id)).copied().collect();
    if !broken.is_empty() {
        return Answered::other(Answer::No, named(&broken));
    }
    let open: Vec<(RuleId, &str)> = CLEAN.iter().filter_map(|id| Some((*id, unexamined(results, *id)?))).collect();
    match open.first() {
        None => Answered::yes(),
        Some((id, why)) => Answered::other(Answer::Inconclusive, format!("{id} was not examined: {why}")),
    }
}

/// Why a rule was not examined, if that matters.
fn unexamined(results: &Results, id: RuleId) -> Option<&str> {
    let result = &results.get(&id)?.result;
    match result.status {
        Status::Holds | Status::Broken => None,
        // Only a multi-phase module can say that it has no state.
        _ if id == RuleId::Ins002 => None,
        Status::Inconclusive | Status::NotRun => Some(result.reason.as_deref().unwrap_or("no reason known")),
    }
}

fn named(rules: &[RuleId]) -> String {
    rules.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
