//! What it takes to make a call fail again: as few calls as can be found, in a process of their own.

use std::time::{Duration, Instant};

use super::{Announced, Session};
use crate::worker::protocol::Slow;
use crate::worker::{Run, WorkerError};

/// How many calls before the failing one are tried to reproduce it, and for how long more of them are.
const WINDOW: usize = 256;
const SEARCH: Duration = Duration::from_secs(40);

/// What came of calls that were made again.
pub(super) enum Repeated {
    /// These fail again, like this.
    Failed(Vec<Announced>, String),
    /// They take long, but come to an end.
    Slow,
    /// They do not fail.
    Passed,
}

impl Session<'_> {
    /// As few calls as can be found, ending with the last one, that fail again in a process of their own: `failed` says
    /// from a run whether they do, and how.
    pub(super) fn reproduce(
        &mut self,
        announced: &[Announced],
        hung: bool,
        failed: &dyn Fn(&Run) -> Option<String>,
    ) -> Result<Repeated, WorkerError> {
        let begun = Instant::now();
        let result = self.shortest(announced, hung, failed);
        self.searched += begun.elapsed();
        if let Ok(Repeated::Failed(calls, _)) = &result
            && calls.len() == 2
            && !self.culprits.contains(&calls[0])
        {
            self.culprits.push(calls[0].clone());
        }
        result
    }

    fn shortest(
        &self,
        announced: &[Announced],
        hung: bool,
        failed: &dyn Fn(&Run) -> Option<String>,
    ) -> Result<Repeated, WorkerError> {
        let attempt = |calls: &[Announced]| -> Result<(Option<String>, bool), WorkerError> {
            let run = self.work(calls.iter().map(|case| case.expression.clone()).collect())?;
            Ok((failed(&run), run.first::<Slow>().is_some()))
        };
        let Some(last) = announced.last() else { return Ok(Repeated::Passed) };
        let pair = |first: &Announced| vec![first.clone(), last.clone()];
        let (mut window, mut passes) = (1, announced.len());
        let (mut from, mut what) = loop {
            let from = announced.len().saturating_sub(window);
            let (what, slow) = attempt(&announced[from..])?;
            if let Some(what) = what {
                break (from, what);
            }
            if hung && slow {
                return Ok(Repeated::Slow);
            }
            if window == 1 {
                // What broke another call may have broken this one.
                for culprit in self.culprits.iter().filter(|culprit| announced.contains(culprit)) {
                    if let (Some(what), _) = attempt(&pair(culprit))? {
                        return Ok(Repeated::Failed(pair(culprit), what));
                    }
                }
            }
            if from == 0 || (window >= WINDOW && self.searched > SEARCH) {
                return Ok(Repeated::Passed);
            }
            (window, passes) = (window * 4, from);
        };
        // The latest of the earlier calls without which the last one does not fail is what it takes.
        while passes.saturating_sub(from) > 1 {
            let middle = usize::midpoint(from, passes);
            match attempt(&announced[middle..])?.0 {
                Some(again) => (from, what) = (middle, again),
                None => passes = middle,
            }
        }
        if announced.len() - from > 2
            && let (Some(what), _) = attempt(&pair(&announced[from]))?
        {
            return Ok(Repeated::Failed(pair(&announced[from]), what));
        }
        Ok(Repeated::Failed(announced[from..].to_vec(), what))
    }
}
