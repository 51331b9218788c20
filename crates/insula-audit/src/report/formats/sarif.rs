//! SARIF 2.1.0: a finding is at its source line, or else in the module's file, `wheel!/member.so` inside of a wheel; a
//! logical location is the module, and below it the type or the global.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::plain;
use crate::report::{Finding, Location, ModuleReport, Report, Severity, TargetReport};
use crate::rules::{RULES, RuleId};
use crate::target::fetch::hex;

/// What paths of sources are relative to: code scanning takes it for the root of the repository.
const SOURCE_ROOT: &str = "%SRCROOT%";
const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

pub(super) fn log(report: &Report) -> Value {
    let index: BTreeMap<RuleId, usize> = RULES.iter().enumerate().map(|(number, rule)| (rule.id, number)).collect();
    let descriptors: Vec<Value> = RULES
        .iter()
        .map(|rule| {
            json!({
                "id": rule.id,
                "name": camel(rule.title),
                "shortDescription": { "text": rule.title },
                "fullDescription": { "text": first_paragraph(rule.page) },
                "help": { "text": rule.page, "markdown": rule.page },
                "defaultConfiguration": { "level": level(rule.policy.usual()) },
            })
        })
        .collect();
    let mut results = Vec::new();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for (target, module) in report.rows() {
        for finding in &module.findings {
            let number = index.get(&finding.rule).copied();
            results.push(result(target, module, finding, number, &mut seen));
        }
    }
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": report.tool.name, "version": report.tool.version, "semanticVersion": report.tool.version,
                "rules": descriptors,
            } },
            "artifacts": artifacts(report),
            "invocations": [invocation(report)],
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn result(
    target: &TargetReport,
    module: &ModuleReport,
    finding: &Finding,
    rule_index: Option<usize>,
    seen: &mut BTreeMap<String, usize>,
) -> Value {
    let name = plain(&module.name);
    let mut logical = vec![json!({ "name": name, "fullyQualifiedName": name, "kind": "module" })];
    if let Some(location) = &finding.location {
        let part = plain(&location.name);
        // SARIF's own words, where it has one.
        let kind = match location.kind.as_str() {
            "global" => "variable",
            "callable" => "function",
            other => other,
        };
        let full = if part.starts_with(&format!("{name}.")) { part.clone() } else { format!("{name}.{part}") };
        logical.push(json!({ "name": part, "fullyQualifiedName": full, "kind": kind }));
    }
    // The key, for each version of CPython: what a later build or another patch release changes is not in it.
    let version: Vec<&str> = target.interpreter.splitn(3, '.').take(2).collect();
    let fingerprint = hex(&Sha256::digest(format!("{}\n{}", version.join("."), finding.key)));
    let count = seen.entry(fingerprint.clone()).or_default();
    *count += 1;
    let mut result = json!({
        "ruleId": finding.rule,
        "level": level(finding.severity),
        "message": { "text": format!("{name}: {}", plain(&finding.message)) },
        "locations": [{
            "physicalLocation": physical(module, finding.location.as_ref()),
            "logicalLocations": logical,
        }],
        "partialFingerprints": { "insula/v2": format!("{fingerprint}:{count}") },
        "properties": {
            "interpreter": target.interpreter, "key": finding.key, "location": finding.location, "repro": finding.repro,
        },
    });
    if finding.location.as_ref().is_some_and(|location| location.source().is_some()) {
        result["analysisTarget"] = json!({ "uri": uri(&module.path) });
    }
    if let Some(index) = rule_index {
        result["ruleIndex"] = index.into();
    }
    if finding.known {
        result["baselineState"] = "unchanged".into();
        result["suppressions"] = json!([{ "kind": "external", "justification": "in the baseline" }]);
    }
    result
}

/// The source line, if it is known, else the module's file.
fn physical(module: &ModuleReport, location: Option<&Location>) -> Value {
    let source = location.and_then(|location| Some((location, location.file.as_ref()?, location.line?)));
    let Some((location, file, line)) = source else {
        return json!({ "artifactLocation": { "uri": uri(&module.path) } });
    };
    let path = Path::new(file);
    let mut artifact = json!({ "uri": uri(path) });
    if path.is_relative() {
        artifact["uriBaseId"] = SOURCE_ROOT.into();
    }
    let mut region = json!({ "startLine": line });
    if let Some(column) = location.column {
        region["startColumn"] = column.into();
    }
    if let Some(code) = &location.code {
        region["snippet"] = json!({ "text": plain(code) });
    }
    json!({ "artifactLocation": artifact, "region": region })
}

/// Each file once, with its hash.
fn artifacts(report: &Report) -> Vec<Value> {
    let mut files: BTreeMap<String, &str> = BTreeMap::new();
    for module in report.modules() {
        files.insert(uri(&module.path), &module.sha256);
    }
    for target in &report.targets {
        if let Some(sha256) = &target.sha256 {
            files.insert(uri(Path::new(&target.target)), sha256);
        }
    }
    let artifact = |(uri, sha256): (String, &str)| {
        let mut artifact = json!({ "location": { "uri": uri }, "roles": ["analysisTarget"] });
        if !sha256.is_empty() {
            artifact["hashes"] = json!({ "sha-256": sha256 });
        }
        artifact
    };
    files.into_iter().map(artifact).collect()
}

fn invocation(report: &Report) -> Value {
    let mut notifications = Vec::new();
    for target in &report.targets {
        let modules = target.modules.iter().filter_map(|module| module.error.as_ref());
        for error in target.error.iter().chain(modules) {
            let text = format!("not audited on CPython {}: {}", target.interpreter, plain(error));
            notifications.push(json!({ "level": "error", "message": { "text": text } }));
        }
    }
    json!({
        "executionSuccessful": notifications.is_empty(),
        "exitCode": report.exit_code,
        "toolExecutionNotifications": notifications,
        "properties": { "interpreters": report.interpreters },
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

/// A path as a URI reference: what is neither unreserved nor a separator is escaped, byte by byte.
fn uri(path: &Path) -> String {
    let mut out = String::new();
    if path.is_absolute() {
        out.push_str("file://");
    }
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' | b'!' | b'+' | b'=' => {
                out.push(char::from(*byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// A rule's title as SARIF wants a name: `SinglePhaseInitialisation`.
fn camel(title: &str) -> String {
    let words = title.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words
        .map(|word| {
            let mut letters = word.chars();
            letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect::<String>()
        })
        .collect()
}

/// The first lines of a rule's page that are neither a heading nor empty.
fn first_paragraph(page: &str) -> String {
    let lines = page.lines().skip_while(|line| line.is_empty() || line.starts_with('#'));
    lines.take_while(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}
