//! INS207: whether a module that was dropped dies.

use super::{Found, Judgement, Results, RuleId, any_broken};
use crate::observations::Observations;

/// What explains that something lives on.
const KEEPERS: [RuleId; 6] =
    [RuleId::Ins101, RuleId::Ins102, RuleId::Ins103, RuleId::Ins105, RuleId::Ins106, RuleId::Ins108];

pub(super) fn check(seen: &Observations, results: &Results) -> Judgement {
    if !seen.multi_phase() {
        return Judgement::not_run("single-phase modules are kept by the import system (INS001)");
    }
    let contract = match &seen.gc_contract {
        Ok(contract) => contract,
        Err(gap) => return Judgement::gap(gap),
    };
    let Some(survivors) = &contract.survivors else {
        if contract.time_was_up {
            return Judgement::inconclusive("the time was up before the module was dropped");
        }
        return Judgement::not_run("no second module could be made");
    };
    if contract.one_module {
        return Judgement::not_run("the second import returns the first module (INS301)");
    }
    if survivors.is_empty() {
        return Judgement::holds();
    }
    let alive = survivors.join(", ");
    if let Some(id) = any_broken(results, &KEEPERS).first() {
        return Judgement::not_run(format!("what {id} found keeps {alive} alive"));
    }
    let message = format!("after the module was dropped and collected, {alive} lived on");
    Judgement::of([Found::new("", message)])
}
