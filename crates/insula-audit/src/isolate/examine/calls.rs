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
            // What differs in a second process differs by itself, and what ends one where freed memory is overwritten
            // would end any other sooner or later.
            let first = work::just_run(self.lab, plan)?;
            let second = match first.trouble {
                None => Some(work::just_run(self.lab, &Plan { malloc_debug: true, ..plan.clone() })?),
                Some(_) => None,
            };
            let ended = second.as_ref().unwrap_or(&first);
            let failures = ended.failures(|_| true).into_iter();
            seen.unimportable.retain(|_, why| matches!(why, Unimportable::Ended(_)));
            seen.unimportable.extend(failures.map(|(name, failure)| (name, Unimportable::Raised(failure))));
            let Some(trouble) = &ended.trouble else {
                return Ok(compare(plan, &first, ended, seen));
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
                (Some(_), Some(module)) if plan.orders.unsafe_names.contains(module) => {
                    // Constructors, too: there is nothing more to leave out.
                    seen.inconclusive.push(format!("calls in an ordinary process: {}", trouble.line()));
                    return Ok(false);
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
                    if !import_ended(plan, ended, trouble, seen) {
                        return Ok(false);
                    }
                }
            }
        }
    }
}

/// Takes the calls of one process, with the outcomes that are the same in a second one; whether both told of them.
fn compare(plan: &mut Plan, first: &Ended, second: &Ended, seen: &mut Examined) -> bool {
    let dependencies = first.told().find_map(|(_, told)| match told {
        Told::StandardLibrary { names } => Some(names.clone()),
        _ => None,
    });
    let (Some(calls), Some(again), Some(dependencies)) = (first.outcomes(), second.outcomes(), dependencies) else {
        seen.inconclusive.push("calls in an ordinary process: the worker did not tell of them".to_owned());
        return false;
    };
    plan.orders.known_calls = calls;
    for (name, calls) in &mut plan.orders.known_calls {
        for (call, outcome) in calls {
            // It is made all the same: what it does to the module counts.
            if again.get(name).and_then(|calls| calls.get(call)) != Some(&*outcome) {
                *outcome = None;
            }
        }
    }
    let count = plan.orders.known_calls.values().map(BTreeMap::len).sum::<usize>();
    seen.scenarios.insert("calls".to_owned(), format!("{count} calls in an ordinary process"));
    plan.orders.timed = false;
    plan.dependencies = dependencies;
    true
}

/// Notes that an import ended the process; whether there is a module left. One file that ends the process must not
/// keep the others from being examined.
fn import_ended(plan: &mut Plan, ended: &Ended, trouble: &Trouble, seen: &mut Examined) -> bool {
    let modules = &mut plan.orders.modules;
    let why = Unimportable::Ended(trouble.line());
    match ended.importing.as_ref().or(ended.module.as_ref()).or(modules.first()).cloned() {
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
