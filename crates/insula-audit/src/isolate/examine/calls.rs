//! The calls, in the main interpreter of an ordinary process: which ones there are, and what they come to.

use std::collections::BTreeMap;

use super::super::seen::{Examined, Unimportable};
use super::super::work::{self, Ended, Plan};
use super::Examination;
use crate::observations::Trouble;
use crate::worker::WorkerError;
use crate::worker::protocol::Told;

/// How many calls may end the worker that looks for them.
const MOST_ENDED: usize = 12;

impl Examination<'_> {
    /// Finds calls that work in an ordinary process; whether there is anything to go on with.
    pub(super) fn calls(&self, plan: &mut Plan, seen: &mut Examined) -> Result<bool, WorkerError> {
        plan.orders.timed = true;
        let mut ended_calls = 0_usize;
        loop {
            let ended = work::just_run(self.lab, plan)?;
            let failures = ended.failures(|_| true).into_iter();
            seen.unimportable.retain(|_, why| matches!(why, Unimportable::Ended(_)));
            seen.unimportable.extend(failures.map(|(name, failure)| (name, Unimportable::Raised(failure))));
            let Some(trouble) = &ended.trouble else {
                return self.compare(plan, &ended, seen);
            };
            if matches!(trouble, Trouble::Unreadable { .. }) {
                seen.inconclusive.push(format!("calls in an ordinary process: {}", trouble.line()));
                return Ok(false);
            }
            match (&ended.attempt, &ended.module) {
                (Some(attempt), Some(module)) if ended_calls < MOST_ENDED => {
                    ended_calls += 1;
                    plan.orders.avoided.entry(module.clone()).or_default().push(attempt.clone());
                }
                (Some(_), Some(module)) => {
                    seen.not_examined.push(format!(
                        "the functions of {module}: calls of them end an ordinary process, too ({})",
                        trouble.line()
                    ));
                    ended_calls = 0;
                    plan.orders.unsafe_names.push(module.clone());
                    plan.orders.avoided.remove(module);
                }
                _ => {
                    if !import_ended(plan, &ended, trouble, seen) {
                        return Ok(false);
                    }
                }
            }
        }
    }

    /// Asks a second process: what differs there differs by itself.
    fn compare(&self, plan: &mut Plan, ended: &Ended, seen: &mut Examined) -> Result<bool, WorkerError> {
        let dependencies = ended.told().find_map(|(_, told)| match told {
            Told::StandardLibrary { names } => Some(names.clone()),
            _ => None,
        });
        let (Some(first), Some(dependencies)) = (ended.outcomes(), dependencies) else {
            seen.inconclusive.push("calls in an ordinary process: the worker did not tell of them".to_owned());
            return Ok(false);
        };
        let again = work::just_run(self.lab, plan)?;
        plan.orders.known_calls = first;
        let second = again.outcomes().filter(|_| again.trouble.is_none());
        for (name, calls) in &mut plan.orders.known_calls {
            for (call, outcome) in calls {
                let same = second.as_ref().and_then(|second| second.get(name)?.get(call)) == Some(&*outcome);
                // It is made all the same: what it does to the module counts.
                if second.is_some() && !same {
                    *outcome = None;
                }
            }
        }
        let count = plan.orders.known_calls.values().map(BTreeMap::len).sum::<usize>();
        seen.scenarios.insert("calls".to_owned(), format!("{count} calls in an ordinary process"));
        if second.is_none() {
            seen.not_examined
                .push("whether the calls come to the same in a second process: it did not end well".into());
        }
        plan.orders.timed = false;
        plan.dependencies = dependencies;
        Ok(true)
    }
}

/// Notes that an import ended the process; whether there is a module left. One file that ends the process must not
/// keep the others from being examined.
fn import_ended(plan: &mut Plan, ended: &Ended, trouble: &Trouble, seen: &mut Examined) -> bool {
    let modules = &mut plan.orders.modules;
    let why = Unimportable::Ended(trouble.line());
    match ended.importing.as_ref().or(modules.first()).cloned() {
        Some(what) if modules.contains(&what) && modules.len() > 1 => {
            modules.retain(|name| *name != what);
            seen.unimportable.insert(what, why);
            true
        }
        _ => {
            let all = modules.iter().map(|name| (name.clone(), why.clone()));
            seen.unimportable.extend(all);
            false
        }
    }
}
