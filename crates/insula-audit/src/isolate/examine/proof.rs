//! Several interpreters that isolate, import the target and use it, seen from outside while they wait.

use std::collections::BTreeSet;

use super::super::look::Eyes;
use super::super::seen::{Change, Examined};
use super::super::work::{self, Ended, Plan};
use super::{Examination, without};
use crate::experiments::chunks_library;
use crate::worker::WorkerError;
use crate::worker::protocol::{Extent, Gil, Orders, Scenario};

const WHAT: &str = "isolated interpreters";

impl Examination<'_> {
    /// The interpreters, seen from outside.
    pub(super) fn proof(&self, plan: &mut Plan, seen: &mut Examined) -> Result<(), WorkerError> {
        let library = chunks_library(self.lab);
        plan.scenario = Scenario::IsolateProof;
        plan.library = library.as_ref().ok().cloned();
        let mut eyes = Eyes::new(self.lab, library, self.subjects);
        // What ends the worker is found; then the rest is to be examined without it.
        let mut tries = 0;
        loop {
            let mut readings = Vec::new();
            let width = plan.orders.width;
            let ended = work::run(self.lab, plan, &mut |pid, checkpoint, messages| {
                readings.push(eyes.look(pid, checkpoint, messages, width));
            })?;
            seen.readings = readings;
            seen.refused.extend(ended.failures(|_| true));
            seen.changes.extend(self.changes(plan, &ended)?);
            seen.strays.extend(ended.strays());
            seen.calls.clear();
            let called = |name: &&String| plan.orders.calls == Extent::All && !plan.orders.unsafe_names.contains(name);
            for name in plan.orders.known_calls.keys().filter(called) {
                let outcomes = plan.orders.known_calls[name].values();
                seen.calls.insert(name.clone(), outcomes.filter(|outcome| outcome.is_some()).count());
            }
            let Some(trouble) = &ended.trouble else {
                seen.scenarios.insert("proof".to_owned(), order(&plan.orders));
                break;
            };
            tries += 1;
            if tries == 1 {
                self.before_they_meet(plan, &mut eyes, seen)?;
            }
            if !self.blame(plan, WHAT, trouble, &ended, seen)? || !without(&mut plan.orders, &ended, tries) {
                seen.unfinished.push(format!("{WHAT}: {}", trouble.line()));
                break;
            }
        }
        if seen.readings.iter().chain(&seen.early).flatten().any(|reading| !reading.shared.is_empty()) {
            self.shared_without_target(plan, &mut eyes, seen)?;
        }
        Ok(())
    }

    /// What crosses, where interpreters that use the target at the same time end the worker before it can be read:
    /// all of them have imported it, and one has used it.
    fn before_they_meet(&self, plan: &Plan, eyes: &mut Eyes<'_>, seen: &mut Examined) -> Result<(), WorkerError> {
        let orders = Orders { early: true, ..plan.orders.clone() };
        let width = orders.width;
        work::run(self.lab, &Plan { orders, ..plan.clone() }, &mut |pid, checkpoint, messages| {
            seen.early.push(eyes.look(pid, checkpoint, messages, width));
        })?;
        Ok(())
    }

    /// The objects that belong to several interpreters without the target, too.
    fn shared_without_target(&self, plan: &Plan, eyes: &mut Eyes<'_>, seen: &mut Examined) -> Result<(), WorkerError> {
        let width = plan.orders.width;
        let ended = work::run(self.lab, &plan.control(), &mut |pid, checkpoint, messages| {
            if let Ok(reading) = eyes.look(pid, checkpoint, messages, width) {
                seen.control_shared.extend(reading.shared.into_iter().map(|one| (one.type_name, one.detail)));
            }
        })?;
        let said = ended.trouble.map_or_else(|| "passed".to_owned(), |trouble| trouble.line());
        seen.scenarios.insert("control of the intersection".to_owned(), said);
        Ok(())
    }

    /// Calls that came to something else, if they do not do so where the other interpreters have no part in it.
    fn changes(&self, plan: &Plan, ended: &Ended) -> Result<Vec<Change>, WorkerError> {
        let mut found = ended.changes();
        if found.is_empty() {
            return Ok(found);
        }
        let orders = Orders { absent: true, ..plan.orders.clone() };
        let alone = work::just_run(self.lab, &Plan { orders, ..plan.clone() })?;
        let by_itself: BTreeSet<(String, String)> =
            alone.changes().into_iter().map(|change| (change.module, change.call)).collect();
        found.retain(|change| !by_itself.contains(&(change.module.clone(), change.call.clone())));
        Ok(found)
    }
}

fn order(orders: &Orders) -> String {
    let kind = if orders.gil == Gil::Own { "own-GIL" } else { "legacy" };
    let (width, seed) = (orders.width, orders.seed);
    format!("{width} {kind} interpreters beside the main one, read twice, ended in random order (seed {seed})")
}
