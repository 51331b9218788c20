//! INS004: what the module declares, against what other rules found.

use insula_xray::MultiInterp;

use super::{Found, Judgement, Results, RuleId, any_broken};
use crate::observations::Observations;

/// What contradicts "works in interpreters that share a GIL".
const SHARED_GIL: [RuleId; 10] = [
    RuleId::Ins002,
    RuleId::Ins101,
    RuleId::Ins103,
    RuleId::Ins105,
    RuleId::Ins106,
    RuleId::Ins107,
    RuleId::Ins110,
    RuleId::Ins301,
    RuleId::Ins302,
    RuleId::Ins305,
];
/// What contradicts "works in every interpreter", beside those.
const OWN_GIL: [RuleId; 5] = [RuleId::Ins102, RuleId::Ins104, RuleId::Ins303, RuleId::Ins304, RuleId::Ins306];

pub(super) fn check(seen: &Observations, results: &Results) -> Judgement {
    let (claim, own): (_, &[RuleId]) = match seen.declared() {
        Some(MultiInterp::PerInterpreterGil) => ("an own GIL", &OWN_GIL),
        Some(MultiInterp::Supported) => ("multiple interpreters", &[]),
        Some(MultiInterp::NotSupported) | None => return Judgement::not_run("it does not declare support"),
    };
    let broken = any_broken(results, SHARED_GIL.iter().chain(own));
    if broken.is_empty() {
        return Judgement::holds();
    }
    let list: Vec<String> = broken.iter().map(ToString::to_string).collect();
    let message = format!("{} declares support for {claim}, against {}", seen.name, list.join(", "));
    Judgement::of([Found::new("", message)])
}
