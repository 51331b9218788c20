//! INS006 and INS307: what an import leaves behind.

use serde_json::json;

use super::{Checked, Results, finding};
use crate::experiments::leaks::Slope;
use crate::experiments::{Observations, Seen};
use crate::report::{Finding, Severity};

pub(crate) fn effects(seen: &Observations, _: &Results) -> Checked {
    match &seen.effects {
        Err(why) => Checked::not_run(why),
        Ok(all) => Checked::from_findings(
            all.iter()
                .map(|what| {
                    let message = format!("its import changes {what}");
                    finding("INS006", Severity::Warning, message, json!({ "changed": what }))
                })
                .collect(),
        ),
    }
}

/// Clean modules stay below these for each repetition.
const IMPORT: (f64, f64) = (8.0, 800.0);
const INTERPRETER: (f64, f64) = (20.0, 4000.0);

pub(crate) fn leaks(seen: &Observations, _: &Results) -> Checked {
    let mut findings = Vec::new();
    findings.extend(leak("import", &seen.slopes.import, IMPORT));
    findings.extend(leak("interpreter", &seen.slopes.interpreter, INTERPRETER));
    if !findings.is_empty() {
        return Checked::from_findings(findings);
    }
    match (&seen.slopes.import, &seen.slopes.interpreter) {
        (Err(why), Err(other)) if why == other => Checked::not_run(why),
        (Err(why), Err(other)) => Checked::not_run(format!("per import: {why}; per interpreter: {other}")),
        (Err(why), Ok(_)) => with_reason(format!("per import not measured: {why}")),
        (Ok(_), Err(why)) => with_reason(format!("per interpreter not measured: {why}")),
        (Ok(_), Ok(_)) => Checked::holds(),
    }
}

fn with_reason(why: String) -> Checked {
    let mut checked = Checked::holds();
    checked.result.reason = Some(why);
    checked
}

fn leak(what: &str, slope: &Seen<Slope>, (blocks, bytes): (f64, f64)) -> Option<Finding> {
    let slope = slope.as_ref().ok()?;
    let grown = slope.bytes.filter(|grown| *grown >= bytes);
    // The last digits differ from run to run; the report should not.
    let message = match (slope.blocks >= blocks, grown) {
        (true, _) => format!("each {what} leaves about {} blocks of Python's allocator behind", rounded(slope.blocks)),
        (false, Some(grown)) => format!("each {what} leaves about {} bytes of native memory behind", rounded(grown)),
        (false, None) => return None,
    };
    Some(finding("INS307", Severity::Warning, message, json!({ "per": what, "slope": slope })))
}

/// One significant digit.
fn rounded(number: f64) -> u64 {
    let scale = 10f64.powf(number.max(1.0).log10().floor());
    ((number / scale).round() * scale) as u64
}
