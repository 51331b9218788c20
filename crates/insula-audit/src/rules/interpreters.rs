//! INS005 and INS301-INS306: what happens when the module is loaded more than once.

use insula_xray::MultiInterp;
use serde_json::json;

use super::{Checked, Results, finding};
use crate::experiments::{Observations, Trial};
use crate::report::Severity;

pub(crate) fn again(seen: &Observations, _: &Results) -> Checked {
    judge("INS301", Severity::Error, &seen.again)
}

pub(crate) fn legacy(seen: &Observations, _: &Results) -> Checked {
    judge("INS302", Severity::Error, &seen.legacy)
}

pub(crate) fn own_gil(seen: &Observations, _: &Results) -> Checked {
    let severity = if seen.declares_own_gil() { Severity::Error } else { Severity::Info };
    judge("INS303", severity, &seen.own)
}

pub(crate) fn parallel(seen: &Observations, _: &Results) -> Checked {
    judge("INS304", Severity::Error, &seen.parallel)
}

pub(crate) fn restart(seen: &Observations, _: &Results) -> Checked {
    judge("INS306", Severity::Error, &seen.restart)
}

pub(crate) fn replay(seen: &Observations, _: &Results) -> Checked {
    judge("INS305", Severity::Error, &seen.replay)
}

fn judge(rule: &str, severity: Severity, trial: &Trial) -> Checked {
    match trial {
        Trial::Passed => Checked::holds(),
        Trial::Broken(trouble) => {
            Checked::from_findings(vec![finding(rule, severity, trouble.line(), json!({ "trouble": trouble }))])
        }
        Trial::Refused(_) => Checked::not_run("the module refuses it deliberately (INS005)"),
        Trial::Blocked { by, .. } => Checked::inconclusive(format!("blocked by the dependency {by} (INS902)")),
        Trial::Inconclusive(why) => Checked::inconclusive(why),
        Trial::NotRun(why) => Checked::not_run(why),
    }
}

pub(crate) fn opt_out(seen: &Observations, _: &Results) -> Checked {
    let per_interpreter = [("in the same interpreter", &seen.again)];
    let per_process =
        [("in another interpreter", &seen.legacy), ("under an own GIL", &seen.own), ("after a restart", &seen.restart)];
    let refusal = |trials: &[(&str, &Trial)]| {
        trials.iter().find_map(|(place, trial)| match trial {
            Trial::Refused(trouble) => Some((format!("{place}: {}", trouble.line()), trouble.clone())),
            _ => None,
        })
    };
    // A refusal in another interpreter implies that there is one object for the whole process.
    let found = refusal(&per_process).map(|found| ("process", found));
    let found = found.or_else(|| refusal(&per_interpreter).map(|found| ("interpreter", found)));
    let findings = found.map(|(scope, (line, trouble))| {
        let message = format!("one module object per {scope}: it refuses a second load {line}");
        finding("INS005", Severity::Info, message, json!({ "scope": scope, "trouble": trouble }))
    });
    let mut findings: Vec<_> = findings.into_iter().collect();
    if findings.is_empty() && seen.declared() == Some(MultiInterp::NotSupported) {
        let message =
            "one module object per process: it declares that it supports the main interpreter only".to_owned();
        findings.push(finding("INS005", Severity::Info, message, json!({ "scope": "process" })));
    }
    if let Ok(entered @ 2..) = seen.race {
        let message = "its guard lets several interpreters in that import it at the same time".to_owned();
        findings.push(finding("INS005", Severity::Info, message, json!({ "entered": entered })));
    }
    Checked::from_findings(findings)
}
