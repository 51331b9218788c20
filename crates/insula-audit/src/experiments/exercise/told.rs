//! What interpreters told of the workload.

use std::collections::BTreeMap;

use crate::observations::Leak;
use crate::worker::Run;
use crate::worker::protocol::{Ended, Event, Exercise, ToldExercise};

/// The interpreter that the others are compared with.
pub(super) const MAIN: &str = "main interpreter";

/// The results of one interpreter, by test.
pub(super) type Results = BTreeMap<String, (Ended, String)>;

pub(super) fn told(run: &Run) -> impl Iterator<Item = &ToldExercise> {
    run.all::<Exercise>().map(|one| &one.told)
}

/// What the tests came to in one interpreter; the last time, where they ran more often.
pub(super) fn results(run: &Run, place: &str) -> Results {
    let here = run.messages.iter().filter(|message| message.place == place);
    here.filter_map(|message| match &message.event {
        Event::Exercise(Exercise { told: ToldExercise::Tested { test, ended, said } }) => {
            Some((test.clone(), (*ended, said.clone())))
        }
        _ => None,
    })
    .collect()
}

pub(super) fn errors<'a>(run: &'a Run, place: &'a str) -> impl Iterator<Item = String> + 'a {
    run.messages.iter().filter(move |message| message.place == place).filter_map(|message| match &message.event {
        Event::Exercise(Exercise { told: ToldExercise::Exercised { error } }) => error.clone(),
        _ => None,
    })
}

/// The tests that began in this interpreter, and the files of tests that were imported.
pub(super) fn begun<'a>(run: &'a Run, place: &'a str) -> impl DoubleEndedIterator<Item = &'a String> {
    run.messages.iter().filter(move |message| message.place == place).filter_map(|message| match &message.event {
        Event::Exercise(Exercise { told: ToldExercise::Began { test, .. } }) => Some(test),
        _ => None,
    })
}

/// Whether a test passes in the first interpreter; of a class that could not be set up, whether one in it does; of a
/// file or the whole workload, whether it can be imported there.
pub(super) fn passes(run: &Run, results: &Results, test: &str) -> bool {
    let passed = |(_, (ended, _)): (&String, &(Ended, String))| *ended == Ended::Passed;
    match results.get_key_value(test) {
        Some(result) => passed(result),
        None if begun(run, MAIN).any(|begun| begun == test) => true,
        None => results.iter().any(|result| {
            passed(result)
                && result.0.strip_prefix(test).is_some_and(|rest| rest.starts_with("::") || rest.starts_with('.'))
        }),
    }
}

pub(super) fn called(told: &ToldExercise) -> Option<(&Vec<String>, &Vec<String>)> {
    match told {
        ToldExercise::Called { reached, missed } => Some((reached, missed)),
        _ => None,
    }
}

pub(super) fn user(told: &ToldExercise) -> Option<(String, Vec<String>)> {
    match told {
        ToldExercise::Touched { test, calls } => Some((test.clone(), calls.clone())),
        _ => None,
    }
}

pub(super) fn keeping(told: &ToldExercise) -> Option<String> {
    match told {
        ToldExercise::Keeps { test } => Some(test.clone()),
        _ => None,
    }
}

pub(super) fn beside(told: &ToldExercise) -> Option<String> {
    match told {
        ToldExercise::Beside { test } => Some(test.clone()),
        _ => None,
    }
}

/// A leak, whether the test uses the module, and what it calls of it.
pub(super) fn leak(told: &ToldExercise) -> Option<(Leak, bool, &Vec<String>)> {
    let ToldExercise::Leaves { test, blocks, bytes, repeats, uses, calls } = told else { return None };
    let each = |amount: i64| (amount as f64 / f64::from((*repeats).max(1))).round().max(0.0) as i64;
    let leak = Leak { callable: test.clone(), call: test.clone(), blocks: each(*blocks), bytes: each(*bytes) };
    Some((leak, *uses, calls))
}
