//! What a run of a worker means for the module that is set up, and for the next worker.

use super::{Setup, judge};
use crate::observations::Trouble;
use crate::worker::Run;
use crate::worker::protocol::{Attempt, BlindCalls};

impl Setup {
    /// What went wrong in a run; none if the scenario came to its end, and the process ended as after a plain import.
    pub(super) fn trouble(&self, run: &Run) -> Option<Trouble> {
        let spared = self.exits_badly && run.done() && run.unreadable.is_none();
        judge::trouble(run).filter(|trouble| !spared || matches!(trouble, Trouble::Raised { .. }))
    }

    /// After a worker that ended in an attempt to make an instance, the calls that the next one makes; nothing if it
    /// did not end so. Where there is no end to that, constructors are all that is called.
    ///
    /// A worker whose time was up was at one call or another: that says nothing of the call, and the next worker would
    /// not come any further.
    pub(super) fn without_last_attempt(calls: &BlindCalls, run: &Run) -> Option<BlindCalls> {
        const MOST: usize = 16;
        if run.out_of_time() {
            return None;
        }
        let last: &Attempt = run.last_of_all()?;
        let mut calls = calls.clone();
        if calls.avoid.len() < MOST {
            calls.avoid.push(last.expression.clone());
            return Some(calls);
        }
        std::mem::take(&mut calls.functions).then_some(calls)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::Setup;
    use crate::worker::protocol::{Attempt, BlindCalls, Event, Message};
    use crate::worker::{End, Run};

    #[test]
    fn only_what_ended_the_worker_is_left_out() {
        let after = |end: End, idle: u64| {
            let event = Event::Attempt(Attempt { expression: "module.Slow()".to_owned() });
            let run = Run {
                messages: vec![Message { place: "main".to_owned(), event }],
                unreadable: None,
                end,
                limit: Duration::from_secs(30),
                idle: Duration::from_secs(idle),
                left_behind: 0,
                stdout: String::new(),
                stderr: String::new(),
                fault: String::new(),
            };
            Setup::without_last_attempt(&BlindCalls { functions: true, avoid: Vec::new() }, &run)
                .map(|calls| calls.avoid)
        };
        let left_out = Some(vec!["module.Slow()".to_owned()]);
        assert_eq!(after(End::Signal(libc::SIGSEGV), 0), left_out);
        assert_eq!(after(End::Signal(libc::SIGPROF), 0), left_out, "it computes for too long by itself");
        assert_eq!(after(End::TimedOut, 30), left_out, "it waits for ever");
        assert_eq!(after(End::TimedOut, 0), None, "it was merely the last of many");
    }
}
