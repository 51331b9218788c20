//! INS003 and INS004: what the module declares about interpreters, against what it is.

use insula_xray::MultiInterp;
use serde_json::json;

use super::{Checked, Results, finding};
use crate::experiments::Observations;
use crate::report::Severity;

pub(crate) fn missing(seen: &Observations, _: &Results) -> Checked {
    if !seen.multi_phase() {
        return Checked::not_run("not a multi-phase module (INS001), which could not declare it");
    }
    if seen.feature < (3, 12) {
        return Checked::not_run("the slot exists since CPython 3.12");
    }
    match &seen.definition {
        None => Checked::not_run("the module's definition could not be read"),
        Some(definition) if definition.multiple_interpreters.is_some() => Checked::holds(),
        Some(_) => {
            let message = format!(
                "{} does not say whether it supports multiple interpreters: own-GIL interpreters refuse it",
                seen.subject.name
            );
            Checked::from_findings(vec![finding("INS003", Severity::Warning, message, serde_json::Value::Null)])
        }
    }
}

pub(crate) fn false_claim(seen: &Observations, results: &Results) -> Checked {
    // What contradicts "works in every interpreter", and what contradicts "works in interpreters that share a GIL".
    let shared_gil = ["INS002", "INS101", "INS103", "INS105", "INS106", "INS107", "INS301", "INS302", "INS305"];
    let own_gil = ["INS102", "INS104", "INS303", "INS304", "INS306"];
    let (claim, against): (_, Vec<&str>) = match seen.declared() {
        Some(MultiInterp::PerInterpreterGil) => ("an own GIL", shared_gil.into_iter().chain(own_gil).collect()),
        Some(MultiInterp::Supported) => ("multiple interpreters", shared_gil.to_vec()),
        Some(MultiInterp::NotSupported) | None => {
            return Checked::not_run("it does not declare support");
        }
    };
    let broken: Vec<&str> = against.into_iter().filter(|id| results.get(id).is_some_and(Checked::broken)).collect();
    if broken.is_empty() {
        return Checked::holds();
    }
    let message = format!("{} declares support for {claim}, against {}", seen.subject.name, broken.join(", "));
    Checked::from_findings(vec![finding("INS004", Severity::Error, message, json!({ "broken": broken }))])
}
