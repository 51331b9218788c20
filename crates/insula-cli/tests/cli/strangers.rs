//! Modules of other people, with defects that are known from elsewhere: what has to be found in them, and what not.

use serde_json::Value;

use crate::common::audit;

/// Whether a finding is what this says: a rule, perhaps with a severity and with a part of its message.
fn is(finding: &Value, wanted: &str) -> bool {
    let (rule, part) = wanted.split_once('@').unwrap_or((wanted, ""));
    let (rule, severity) = rule.split_once(':').unwrap_or((rule, ""));
    finding["rule"] == rule
        && (severity.is_empty() || finding["severity"] == severity)
        && finding["message"].as_str().unwrap().contains(part)
}

#[test]
fn what_is_known_of_them_is_found_and_nothing_that_is_untrue() {
    are_as(include_str!("strangers.txt"));
}

/// Audits the targets of a table, and expects of each what the table says.
pub(crate) fn are_as(rows: &str) {
    let rows: Vec<Vec<&str>> = rows
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split('|').map(str::trim).collect())
        .collect();
    let targets: Vec<&str> = rows.iter().map(|row| row[0]).collect();
    let (report, _) = audit(&targets);
    let mut wrong = Vec::new();
    for (row, target) in rows.iter().zip(report["targets"].as_array().unwrap()) {
        assert_eq!(target["target"], row[0]);
        let mut modules = target["modules"].as_array().unwrap().iter();
        let module = modules.find(|module| module["name"] == row[1]).unwrap_or_else(|| panic!("{target:#}"));
        let findings = module["findings"].as_array().unwrap();
        let found = |wanted: &str| findings.iter().any(|finding| is(finding, wanted));
        let missed =
            row[2].split_whitespace().filter(|wanted| !found(wanted)).map(|one| format!("{}: no {one}", row[0]));
        let untrue = row[3].split_whitespace().filter(|one| found(one)).map(|one| format!("{}: {one}", row[0]));
        wrong.extend(missed.chain(untrue));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
