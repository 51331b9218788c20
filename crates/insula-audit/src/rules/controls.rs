//! INS901 and INS902: results that say nothing about the module, and who is in the way.

use serde_json::json;

use super::{Checked, Results, finding};
use crate::experiments::{Observations, Trial};
use crate::report::Severity;

fn trials(seen: &Observations) -> [(&'static str, &Trial); 5] {
    [
        ("second import", &seen.again),
        ("legacy sub-interpreters", &seen.legacy),
        ("own-GIL interpreters", &seen.own),
        ("parallel interpreters", &seen.parallel),
        ("restart of the runtime", &seen.restart),
    ]
}

pub(crate) fn inconclusive(seen: &Observations, _: &Results) -> Checked {
    let found = trials(seen).into_iter().filter_map(|(scenario, trial)| match trial {
        Trial::Inconclusive(why) => {
            let message = format!("{scenario}: {why}");
            Some(finding("INS901", Severity::Info, message, json!({ "scenario": scenario })))
        }
        _ => None,
    });
    Checked::from_findings(found.collect())
}

pub(crate) fn blocked(seen: &Observations, _: &Results) -> Checked {
    let found = trials(seen).into_iter().filter_map(|(scenario, trial)| match trial {
        Trial::Blocked { by, why } => {
            let message = format!("{scenario}: its dependency {by} is in the way: {why}");
            Some(finding("INS902", Severity::Info, message, json!({ "scenario": scenario, "dependency": by })))
        }
        _ => None,
    });
    Checked::from_findings(found.collect())
}
