//! Findings, by the rules that every audit has. What does not work in a copy is always an error: copies exist to work.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::judge::Facts;
use super::lines::Sources;
use super::seen::{Change, Ending, Examined, Failure, SharedObject};
use crate::observations::{Lines, Trouble, refused_by_host};
use crate::report::{Finding, Severity};
use crate::rules::{Found, RuleId};

/// The import in isolated interpreters.
pub(super) fn import_of(name: &str, seen: &Examined, lines: &Lines) -> Option<Finding> {
    let Failure { class, message, .. } = seen.refused.get(name)?;
    let message = message.lines().next().unwrap_or_default();
    let other = refused_by_host(class, message);
    if let Some(other) = other.filter(|other| *other != name && name.rsplit('.').next() != Some(*other)) {
        let message = format!("blocked by the dependency {other}: {message}");
        let found = Found::new(format!("isolated:{other}"), message).at("dependency", other, None);
        return Some(found.finding(RuleId::Ins902, name, Severity::Info));
    }
    let rule = if seen.own_gil { RuleId::Ins303 } else { RuleId::Ins302 };
    let message = format!("an isolated interpreter cannot import it: {class}: {message}");
    let found = Found::new(format!("isolated:{class}"), message).or_in_module(name, lines.module.as_ref());
    Some(found.finding(rule, name, Severity::Error))
}

/// What ended a worker, if its control did not.
pub(super) fn troubles(name: &str, seen: &Examined, lines: &Lines, unsure: &mut Vec<String>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for Ending { what, trouble, module, call } in &seen.troubles {
        let words = call.as_ref().map(|call| format!(", {call}")).unwrap_or_default();
        let line = format!("{what}: {}{words}", trouble.line());
        if let (Some(defect), false) = (&seen.defect, matches!(trouble, Trouble::Raised { .. })) {
            unsure.push(format!("{defect} (seen: {line})"));
        } else if module.as_deref().is_none_or(|module| module == name) {
            let rule = if seen.own_gil { RuleId::Ins304 } else { RuleId::Ins302 };
            let found = match call.as_deref().map(callable) {
                Some(callable) => at_callable(format!("{what}:{callable}"), line, callable, lines),
                None => Found::new(*what, line),
            };
            let found = found.or_in_module(name, lines.module.as_ref());
            findings.push(found.finding(rule, name, Severity::Error));
        }
    }
    findings
}

/// Something about a callable, and where in the source that is.
fn at_callable(subject: impl Into<String>, message: String, callable: &str, lines: &Lines) -> Found {
    Found::new(subject, message).at("callable", callable, None).in_source(lines.of_callable(callable))
}

/// The callable of a call.
fn callable(call: &str) -> &str {
    call.rsplit_once('(').map_or(call, |(callable, _)| callable)
}

/// What leads from this module's copies to other interpreters.
pub(super) fn crossings(name: &str, own: &Path, facts: &Facts<'_>, sources: &Sources) -> Vec<Finding> {
    let Some(linked) = facts.linked.get(name) else { return Vec::new() };
    let lines = sources.of(name);
    let mut findings: Vec<Finding> = Vec::new();
    let mut explained: BTreeSet<u64> = BTreeSet::new();
    for crossing in facts.crossings.iter().filter(|crossing| linked.contains(&crossing.path)) {
        explained.insert(crossing.target);
        let file = (crossing.path != own).then(|| crossing.path.file_name().unwrap_or_default().to_string_lossy());
        let of = file.as_ref().map(|file| format!(" of {file}")).unwrap_or_default();
        let variable = &crossing.variable;
        let message = format!("{}{of} {}", variable.place, crossing.what);
        if findings.iter().all(|finding| finding.message != message) {
            let subject = format!("{}{of}", variable.name);
            let found = Found::new(subject, message).at("global", &variable.name, Some(variable.place.clone()));
            let found = found.in_source(sources.variable(crossing));
            findings.push(found.finding(RuleId::Ins107, name, Severity::Error));
        }
    }
    let all: BTreeSet<u64> = facts.crossings.iter().map(|crossing| crossing.target).collect();
    let mut kinds: BTreeMap<&str, &SharedObject> = BTreeMap::new();
    // What a variable explains belongs to the module whose variable it is; for the rest any module may be the cause.
    for object in facts.shared.iter().filter(|one| explained.contains(&one.address) || !all.contains(&one.address)) {
        kinds.entry(&object.type_name).or_insert(object);
    }
    for (kind, object) in kinds {
        let example = if object.detail.is_empty() { String::new() } else { format!(", such as {}", object.detail) };
        let message = format!("objects of type {kind} belong to two interpreters{example}");
        let short = kind.rsplit('.').next().unwrap_or(kind);
        let found = Found::new(kind, message).at("type", kind, None).in_source(lines.of_type(short, &[]));
        let found = found.or_in_module(name, lines.module.as_ref());
        findings.push(found.finding(RuleId::Ins107, name, Severity::Error));
    }
    findings
}

/// Calls that came to something else after other interpreters came or went.
pub(super) fn changes(name: &str, seen: &Examined, lines: &Lines) -> Vec<Finding> {
    const SHOWN: usize = 8;
    let mut findings: Vec<Finding> = Vec::new();
    for change in seen.changes.iter().filter(|change| change.module == name) {
        let Change { of_a_copy, call, before, after, when, .. } = change;
        // What the main interpreter has is no copy: it is as isolated as an ordinary audit says.
        let (severity, place) = if *of_a_copy {
            (Severity::Error, "")
        } else {
            (Severity::Info, "in the main interpreter, without a copy: ")
        };
        let message = format!("{place}{call}: {before} before, {after} {when}");
        if findings.len() < SHOWN && findings.iter().all(|finding| finding.message != message) {
            let found = at_callable(callable(call), message, callable(call), lines);
            let found = found.or_in_module(name, lines.module.as_ref());
            findings.push(found.finding(RuleId::Ins305, name, severity));
        }
    }
    findings
}

/// Callbacks that ran in another interpreter than the one that gave them.
pub(super) fn strays(name: &str, seen: &Examined, lines: &Lines) -> Vec<Finding> {
    let rule = if seen.own_gil { RuleId::Ins303 } else { RuleId::Ins302 };
    let one = |call: &str| {
        let message = format!("{call}: the callback ran in another interpreter");
        let found = at_callable(format!("callback:{}", callable(call)), message, callable(call), lines);
        found.or_in_module(name, lines.module.as_ref()).finding(rule, name, Severity::Error)
    };
    seen.strays.iter().filter(|(module, _)| module == name).map(|(_, call)| one(call)).collect()
}
