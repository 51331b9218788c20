//! INS401-INS403: what the target's callables make of hostile arguments.

use serde_json::json;

use super::{Checked, Results, finding};
use crate::experiments::Observations;
use crate::experiments::hostile_calls::{Case, Fuzz};
use crate::report::{Finding, Severity};

pub(crate) fn describe(rule: &str, severity: Severity, case: &Case) -> Finding {
    let last = case.calls.last().map_or("", String::as_str);
    let before = match case.calls.len() {
        0 | 1 => String::new(),
        more => format!(", after {} other calls", more - 1),
    };
    let message = format!("{last}: {}{before}", case.what);
    finding(rule, severity, message, json!({ "callable": case.group, "calls": case.calls, "repro": case.repro }))
}

fn judge<'a>(
    seen: &'a Observations,
    rule: &str,
    severity: Severity,
    cases: impl Fn(&'a Fuzz) -> Vec<&'a Case>,
) -> Checked {
    match &seen.fuzz {
        Err(why) => Checked::not_run(why),
        Ok(fuzz) => {
            let found = cases(fuzz).into_iter().map(|case| describe(rule, severity, case)).collect();
            let mut checked = Checked::from_findings(found);
            if !checked.broken() {
                let calls = format!("{} calls of {} callables", fuzz.cases, fuzz.groups);
                checked.result.reason = Some(match &fuzz.stopped {
                    Some(why) => format!("{calls}; {why}"),
                    None => calls,
                });
            }
            checked
        }
    }
}

pub(crate) fn crashes(seen: &Observations, _: &Results) -> Checked {
    judge(seen, "INS401", Severity::Error, |fuzz| {
        fuzz.crashes.iter().filter(|case| !case.group.starts_with("uninitialised ")).collect()
    })
}

pub(crate) fn contract(seen: &Observations, _: &Results) -> Checked {
    let mut checked = judge(seen, "INS402", Severity::Warning, |fuzz| fuzz.contract.iter().collect());
    for found in &mut checked.findings {
        // A private function is called by its own package only, with arguments of its choice.
        let callable = found.evidence["callable"].as_str().unwrap_or_default();
        if callable.rsplit('.').next().is_some_and(|name| name.starts_with('_') && !name.starts_with("__")) {
            found.severity = Severity::Info;
        }
    }
    checked
}

pub(crate) fn unbounded(seen: &Observations, _: &Results) -> Checked {
    judge(seen, "INS403", Severity::Warning, |fuzz| fuzz.hangs.iter().chain(&fuzz.unbounded).collect())
}
