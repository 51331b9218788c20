//! What the examination means: findings by the rules that every audit has, and a verdict for each module.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use insula_xray::Extension;
use serde_json::json;

use super::look::{Crossing, Reading, SharedObject, real};
use super::{Change, Ending, Examined, ModuleProof, Proof, Verdict, WIDTH, add, unexamined};
use crate::model::{Finding, RuleResult, Severity, Status, TargetReport};
use crate::rules::finding;
use crate::target::Subject;
use crate::trouble::Trouble;

/// Fills a target's report, and sums up what the proof rests on.
pub(super) fn judge(report: &mut TargetReport, subjects: &[Subject], seen: &Examined) -> Option<Proof> {
    if subjects.is_empty() {
        return None;
    }
    let facts = Facts::of(subjects, seen);
    let modules: Vec<ModuleProof> =
        subjects.iter().filter_map(|subject| module(report, subject, seen, &facts)).collect();
    if modules.is_empty() {
        // What needs something that is not installed is optional, but not if that is all there is.
        for module in report.modules.iter_mut().filter(|module| module.error.is_none()) {
            let why = module.findings.first().map(|finding| finding.message.as_str()).unwrap_or_default();
            module.error = Some(format!("{}: {why}", module.name));
        }
    }
    let reading = facts.reading;
    let mut not_examined = seen.not_examined.clone();
    not_examined.extend(reading.iter().flat_map(|reading| &reading.not_examined).cloned());
    Some(Proof {
        target: report.target.clone(),
        interpreter: report.interpreter.clone(),
        interpreters: WIDTH,
        own_gil: seen.own_gil,
        seed: seen.seed,
        modules,
        objects: reading.map(|reading| reading.objects.clone()).unwrap_or_default(),
        private_libraries: reading.map(|one| one.private_libraries.iter().cloned().collect()).unwrap_or_default(),
        shared_libraries: facts.shared_libraries(),
        as_usual: reading.map(|one| one.as_usual.keys().cloned().collect()).unwrap_or_default(),
        leaks: seen.leaks.clone().ok(),
        scenarios: seen.scenarios.clone(),
        not_examined,
    })
}

/// What both readings agree on.
struct Facts<'a> {
    /// The last reading.
    reading: Option<&'a Reading>,
    /// Why there is none.
    missing: Option<String>,
    crossings: Vec<&'a Crossing>,
    shared: Vec<&'a SharedObject>,
    /// The files that a module's file is linked with, itself first.
    linked: BTreeMap<&'a str, BTreeSet<PathBuf>>,
}

impl<'a> Facts<'a> {
    fn of(subjects: &'a [Subject], seen: &'a Examined) -> Self {
        let linked: BTreeMap<&str, BTreeSet<PathBuf>> = match seen.readings.iter().flatten().last() {
            Some(reading) => subjects.iter().map(|one| (one.name.as_str(), linked(one, reading))).collect(),
            None => BTreeMap::new(),
        };
        let nothing = |missing: String| Self {
            reading: None,
            missing: Some(missing),
            crossings: Vec::new(),
            shared: Vec::new(),
            linked: linked.clone(),
        };
        let (first, last) = match &seen.readings[..] {
            [Ok(first), Ok(last)] => (first, last),
            [] => return nothing("no interpreter came so far that it could be read".to_owned()),
            [Err(why), ..] | [_, Err(why), ..] => return nothing(why.clone()),
            _ => return nothing("the worker ended before it was read a second time".to_owned()),
        };
        // A word that nobody uses any more may point at an object by chance, in one reading and not in the other.
        let same = |one: &&Crossing| {
            first.crossings.iter().any(|other| {
                (&other.path, other.owner, other.vaddr, other.target) == (&one.path, one.owner, one.vaddr, one.target)
            })
        };
        let again = |one: &&SharedObject| {
            let kind = (one.type_name.clone(), one.detail.clone());
            first.shared.iter().any(|other| other.address == one.address && other.type_name == one.type_name)
                && !seen.control_shared.contains(&kind)
        };
        Self {
            reading: Some(last),
            missing: None,
            crossings: last.crossings.iter().filter(same).collect(),
            shared: last.shared.iter().filter(again).collect(),
            linked,
        }
    }

    /// The names of the shared libraries that a module is linked with.
    fn shares(&self, name: &str) -> Vec<String> {
        let linked = |path: &&PathBuf| self.linked.get(name).is_some_and(|linked| linked.contains(*path));
        self.shared_libraries().iter().filter(linked).map(|path| file_name(path)).collect()
    }

    fn shared_libraries(&self) -> Vec<PathBuf> {
        let Some(reading) = self.reading else { return Vec::new() };
        let modules: BTreeSet<&PathBuf> = reading.as_usual.values().collect();
        reading.used_together.keys().filter(|path| !modules.contains(path)).cloned().collect()
    }
}

/// The file of a module, and the libraries that are loaded with it, as far as they were seen in the process.
fn linked(subject: &Subject, reading: &Reading) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::from([real(&subject.path)]);
    let mut queue = vec![subject.extension.needed.clone()];
    while let Some(names) = queue.pop() {
        for name in names {
            let path = reading.amounts.keys().find(|path| path.file_name().is_some_and(|file| *file == *name));
            if let Some(path) = path
                && found.insert(path.clone())
                && let Ok(library) = Extension::read(path)
            {
                queue.push(library.needed);
            }
        }
    }
    found
}

/// One module; none of those that the ordinary interpreter does not import either.
fn module(report: &mut TargetReport, subject: &Subject, seen: &Examined, facts: &Facts<'_>) -> Option<ModuleProof> {
    let mut module = unexamined(subject);
    let name = &subject.name;
    if let Some((class, message)) = seen.unimportable.get(name) {
        if class == "ModuleNotFoundError" {
            let line = message.lines().next().unwrap_or_default();
            let message = format!("it cannot be imported here at all: {line}");
            module.findings.push(finding("INS902", Severity::Info, message, json!({})));
            module.rules.insert("INS902".to_owned(), RuleResult { status: Status::Broken, reason: None });
        } else {
            let line = message.lines().next().unwrap_or_default();
            let what = if class == "crash" { line.to_owned() } else { format!("{class}: {line}") };
            module.error = Some(format!("{name}: it cannot be imported in the main interpreter: {what}"));
        }
        add(report, module);
        return None;
    }
    let mut findings = Vec::new();
    let mut unsure = seen.inconclusive.clone();
    unsure.extend(seen.unfinished.iter().map(|what| format!("not finished: {what}")));
    let path = real(&subject.path);
    let import = import_of(name, seen);
    findings.extend(import.clone());
    let blocked = import.as_ref().filter(|finding| finding.rule == "INS902").map(|finding| finding.message.clone());
    findings.extend(troubles(name, seen, &mut unsure));
    findings.extend(crossings(name, &path, facts));
    findings.extend(changes(name, seen));
    findings.extend(strays(name, seen));
    let amount = facts.reading.and_then(|reading| reading.amounts.get(&path)).copied().unwrap_or_default();
    let as_usual = facts.reading.is_some_and(|reading| reading.as_usual.contains_key(name));
    match &facts.missing {
        Some(why) => unsure.push(format!("the copies could not be read: {why}")),
        None if import.is_none() && amount.copies < WIDTH && !as_usual => {
            unsure.push(format!("{} of {WIDTH} interpreters have a copy of it", amount.copies));
        }
        None => {}
    }
    let grave = findings.iter().any(|finding| finding.severity == Severity::Error);
    let verdict = match (grave, unsure.is_empty()) {
        (true, _) => Verdict::NotIsolated,
        _ if blocked.is_some() => Verdict::NotProved,
        (false, false) => Verdict::NotProved,
        (false, true) if as_usual => Verdict::IsolatedAsItIs,
        (false, true) => Verdict::IsolatedByCopy,
    };
    let mut in_the_way: Vec<String> =
        findings.iter().filter(|one| one.severity == Severity::Error).map(|one| one.message.clone()).collect();
    if let (Verdict::NotProved, Some(why)) = (verdict, blocked) {
        // Not its fault, and no failure of the audit: it is only named.
        in_the_way.push(why);
    } else if verdict == Verdict::NotProved {
        in_the_way.extend(unsure.iter().cloned());
        module.error = Some(format!("{name}: not proved: {}", unsure.join("; ")));
    }
    rules(&mut module.rules, &findings, seen, facts, &unsure);
    module.notes.push(format!("insula_isolate: {}", verdict.words()));
    module.findings = findings;
    add(report, module);
    Some(ModuleProof {
        name: name.clone(),
        verdict,
        in_the_way,
        copies: amount.copies,
        words: amount.words,
        objects: amount.objects,
        calls: seen.calls.get(name).copied().unwrap_or(0),
        shares: facts.shares(name),
    })
}

/// The import in isolated interpreters.
fn import_of(name: &str, seen: &Examined) -> Option<Finding> {
    let (class, message) = seen.refused.get(name)?;
    let message = message.lines().next().unwrap_or_default();
    let refused = message.strip_prefix("module ").and_then(|rest| rest.split_once(" does not support loading in sub"));
    if let Some((other, _)) = refused.filter(|(other, _)| *other != name && name.rsplit('.').next() != Some(other)) {
        let message = format!("blocked by the dependency {other}: {message}");
        return Some(finding("INS902", Severity::Info, message, json!({ "dependency": other })));
    }
    let rule = if seen.own_gil { "INS303" } else { "INS302" };
    let message = format!("an isolated interpreter cannot import it: {class}: {message}");
    Some(finding(rule, Severity::Error, message, json!({ "class": class })))
}

/// What ended a worker, if its control did not.
fn troubles(name: &str, seen: &Examined, unsure: &mut Vec<String>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for Ending { what, trouble, module, call } in &seen.troubles {
        let call = call.as_ref().map(|call| format!(", {call}")).unwrap_or_default();
        let line = format!("{what}: {}{call}", trouble.line());
        if let (Some(defect), false) = (&seen.defect, matches!(trouble, Trouble::Raised { .. })) {
            unsure.push(format!("{defect} (seen: {line})"));
        } else if module.as_deref().is_none_or(|module| module == name) {
            let rule = if seen.own_gil { "INS304" } else { "INS302" };
            findings.push(finding(rule, Severity::Error, line, json!({ "trouble": trouble })));
        }
    }
    findings
}

/// What leads from this module's copies to other interpreters.
fn crossings(name: &str, own: &Path, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(linked) = facts.linked.get(name) else { return Vec::new() };
    let mut findings: Vec<Finding> = Vec::new();
    let mut explained: BTreeSet<u64> = BTreeSet::new();
    for crossing in facts.crossings.iter().filter(|crossing| linked.contains(&crossing.path)) {
        explained.insert(crossing.target);
        let file = if crossing.path == *own { String::new() } else { format!(" of {}", file_name(&crossing.path)) };
        let message = format!("{}{file} {}", crossing.place, crossing.what);
        if findings.iter().all(|finding| finding.message != message) {
            let evidence = json!({
                "file": crossing.path, "address-in-file": crossing.vaddr, "interpreter": crossing.owner,
                "of": crossing.others, "object": crossing.target,
            });
            findings.push(finding("INS107", Severity::Error, message, evidence));
        }
    }
    let all: BTreeSet<u64> = facts.crossings.iter().map(|crossing| crossing.target).collect();
    let mut kinds: BTreeMap<&str, (&SharedObject, usize)> = BTreeMap::new();
    // What a variable explains belongs to the module whose variable it is; for the rest any module may be the cause.
    for object in facts.shared.iter().filter(|one| explained.contains(&one.address) || !all.contains(&one.address)) {
        kinds.entry(&object.type_name).or_insert((object, 0)).1 += 1;
    }
    for (kind, (object, count)) in kinds {
        let example = if object.detail.is_empty() { String::new() } else { format!(", such as {}", object.detail) };
        let message = format!("objects of type {kind} belong to two interpreters{example}");
        let evidence = json!({ "object": object.address, "of": object.of, "count": count });
        findings.push(finding("INS107", Severity::Error, message, evidence));
    }
    findings
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn changes(name: &str, seen: &Examined) -> Vec<Finding> {
    const SHOWN: usize = 8;
    let mut findings: Vec<Finding> = Vec::new();
    for Change { of_a_copy, call, before, after, when, .. } in seen.changes.iter().filter(|one| one.module == name) {
        // What the main interpreter has is no copy: it is as isolated as an ordinary audit says.
        let (severity, place) = if *of_a_copy {
            (Severity::Error, "")
        } else {
            (Severity::Info, "in the main interpreter, without a copy: ")
        };
        let message = format!("{place}{call}: {before} before, {after} {when}");
        if findings.len() < SHOWN && findings.iter().all(|finding| finding.message != message) {
            findings.push(finding("INS305", severity, message, json!({ "call": call })));
        }
    }
    findings
}

/// Callbacks that ran in another interpreter than the one that gave them.
fn strays(name: &str, seen: &Examined) -> Vec<Finding> {
    let rule = if seen.own_gil { "INS303" } else { "INS302" };
    let one = |call: &String| {
        let message = format!("{call}: the callback ran in another interpreter");
        finding(rule, Severity::Error, message, json!({ "call": call }))
    };
    seen.strays.iter().filter(|[module, _]| module == name).map(|[_, call]| one(call)).collect()
}

/// What each rule came to that this audit asks.
fn rules(
    rules: &mut BTreeMap<String, RuleResult>,
    findings: &[Finding],
    seen: &Examined,
    facts: &Facts<'_>,
    unsure: &[String],
) {
    let (works, races) = if seen.own_gil { ("INS303", "INS304") } else { ("INS302", "INS302") };
    for id in [works, races, "INS107", "INS305"] {
        let result = if findings.iter().any(|finding| finding.rule == id) {
            RuleResult { status: Status::Broken, reason: None }
        } else if let (true, Some(why)) = (id == "INS107", &facts.missing) {
            RuleResult { status: Status::NotRun, reason: Some(why.clone()) }
        } else if unsure.is_empty() {
            RuleResult { status: Status::Holds, reason: None }
        } else {
            RuleResult { status: Status::Inconclusive, reason: Some(unsure.join("; ")) }
        };
        rules.insert(id.to_owned(), result);
    }
    let leaks = match &seen.leaks {
        Ok(_) => RuleResult { status: Status::Holds, reason: Some("measured; see `leaks`".to_owned()) },
        Err(why) => RuleResult { status: Status::NotRun, reason: Some(why.clone()) },
    };
    rules.insert("INS307".to_owned(), leaks);
}
