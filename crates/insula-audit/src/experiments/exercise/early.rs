//! Tests that do not let the workload come to its end: they hang, crash or end the process. Each is named and left
//! out, and what is left of the workload runs again. Of a workload that is no suite of tests nothing is left then.

use super::told::MAIN;
use crate::observations::Trouble;
use crate::worker::Run;
use crate::worker::protocol::{Event, Exercise, ToldExercise};

/// How many tests are left out at most: each costs a run, up to its time limit.
pub(super) const MOST: usize = 5;

/// The test, or what has tests in it, in which a run ended.
pub(super) struct Culprit {
    pub(super) test: String,
    pub(super) place: String,
    pub(super) trouble: Trouble,
    /// The time limit of the run, in seconds.
    limit: u64,
    step: String,
}

impl Culprit {
    /// The one of a run that ended early, if that is the doing of a single test and leaves others.
    pub(super) fn of(run: &Run, trouble: &Trouble, left_out: &[String]) -> Option<Self> {
        let place = run.messages.last()?.place.clone();
        let (mut first, mut last) = (None, None);
        for message in &run.messages {
            let Event::Exercise(Exercise { told }) = &message.event else { continue };
            match told {
                ToldExercise::Began { at, whole, test } => {
                    let first = *first.get_or_insert(*at);
                    if message.place == place {
                        last = (!*whole).then_some((test, at.saturating_sub(first)));
                    }
                }
                ToldExercise::Tested { test, .. } if last.is_some_and(|(begun, _)| begun == test) => last = None,
                ToldExercise::Exercised { .. } if message.place == place => last = None,
                _ => {}
            }
        }
        let (test, after) = last.filter(|(test, _)| left_out.len() < MOST && !left_out.contains(test))?;
        let its_doing = match trouble {
            Trouble::Crashed { .. } | Trouble::Exited { .. } | Trouble::Stuck { .. } => true,
            // Of a suite that takes long as a whole the last test is no more to blame than the others.
            Trouble::Slow { limit, .. } => after < limit.saturating_mul(1000) / 2,
            _ => false,
        };
        let (test, limit, step) = (test.clone(), run.limit.as_secs(), run.last_step().to_owned());
        its_doing.then(|| Self { test, place, trouble: trouble.clone(), limit, step })
    }

    pub(super) fn in_main(&self) -> bool {
        self.place == MAIN
    }

    /// Whether it says something about the interpreter: what is slow may be so anywhere.
    pub(super) fn counts(&self) -> bool {
        !self.in_main() && !matches!(self.trouble, Trouble::Slow { .. })
    }

    /// What is to blame where nothing can be left out: the test in which a run ended after as many were left out as
    /// may be, or the workload itself, because it has no tests or because none of them was running.
    pub(super) fn at_last(run: &Run, trouble: &Trouble, command: &str) -> Option<Self> {
        if !matches!(trouble, Trouble::Crashed { .. } | Trouble::Exited { .. } | Trouble::Stuck { .. }) {
            return None;
        }
        let place = run.messages.last()?.place.clone();
        let (mut itself, mut last) = (command.to_owned(), None);
        for message in run.messages.iter().filter(|message| message.place == place) {
            let Event::Exercise(Exercise { told }) = &message.event else { continue };
            match told {
                ToldExercise::Began { whole: true, test, .. } => itself.clone_from(test),
                ToldExercise::Began { test, .. } => last = Some(test),
                ToldExercise::Tested { test, .. } if last == Some(test) => last = None,
                ToldExercise::Exercised { .. } => last = None,
                _ => {}
            }
        }
        let test = last.cloned().unwrap_or(itself);
        let (trouble, limit, step) = (trouble.clone(), run.limit.as_secs(), run.last_step().to_owned());
        Some(Self { test, place, trouble, limit, step })
    }

    /// What it does, in a line.
    pub(super) fn line(&self) -> String {
        let Self { test, limit, .. } = self;
        let place = self.place.replace(MAIN, "first interpreter");
        let again = if self.step.ends_with("over and over") { ", run over and over" } else { "" };
        let what = match &self.trouble {
            Trouble::Stuck { .. } => format!("hangs in the {place}{again}: it was ended after {limit} s"),
            Trouble::Slow { .. } => format!("did not end within {limit} s in the {place}{again} (see --timeout)"),
            other => format!("ends the process in the {place}{again}: {}", other.kind()),
        };
        format!("exercise: {test} {what}; it is left out, and the others run again")
    }
}
