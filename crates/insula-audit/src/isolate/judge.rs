//! What the examination means: a verdict for each module, and what it rests on.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use insula_xray::Extension;

use super::WIDTH;
use super::findings::{changes, crossings, import_of, strays, troubles};
use super::lines::Sources;
use super::look::real;
use super::report::{ModuleProof, Proof, Verdict};
use super::seen::{Crossing, Examined, Reading, SharedObject, Unimportable};
use crate::report::{
    Answer, Answered, Answers, Finding, ModuleReport, Question, RuleResult, Severity, Status, TargetReport,
};
use crate::rules::{self, RuleId};
use crate::target::Subject;

/// Fills a target's report, and sums up what the proof rests on.
pub(super) fn judge(
    report: &mut TargetReport,
    subjects: &[Subject],
    seen: &Examined,
    facts: &Facts<'_>,
    sources: &Sources,
) -> Option<Proof> {
    if subjects.is_empty() {
        return None;
    }
    let modules: Vec<ModuleProof> =
        subjects.iter().filter_map(|subject| module(report, subject, seen, facts, sources)).collect();
    if modules.is_empty() {
        // What needs something that is not installed is optional, but not if that is all there is.
        for module in report.modules.iter_mut().filter(|module| module.error.is_none()) {
            let why = module.findings.first().map_or("nothing is known of it", |finding| finding.message.as_str());
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
pub(super) struct Facts<'a> {
    /// The last reading.
    pub(super) reading: Option<&'a Reading>,
    /// Why there is none.
    pub(super) missing: Option<String>,
    pub(super) crossings: Vec<&'a Crossing>,
    pub(super) shared: Vec<&'a SharedObject>,
    /// The files that a module's file is linked with, itself first.
    pub(super) linked: BTreeMap<&'a str, BTreeSet<PathBuf>>,
}

impl<'a> Facts<'a> {
    pub(super) fn of(subjects: &'a [Subject], seen: &'a Examined) -> Self {
        let linked: BTreeMap<&str, BTreeSet<PathBuf>> = match seen.early.iter().chain(&seen.readings).flatten().last() {
            Some(reading) => subjects.iter().map(|one| (one.name.as_str(), linked(one, reading))).collect(),
            None => BTreeMap::new(),
        };
        let (early_crossings, early_shared) = match &seen.early[..] {
            [Ok(first), Ok(last)] => agreed(first, last, seen),
            _ => Default::default(),
        };
        let nothing = |missing: String| Self {
            reading: None,
            missing: Some(missing),
            crossings: early_crossings.clone(),
            shared: early_shared.clone(),
            linked: linked.clone(),
        };
        let (first, last) = match &seen.readings[..] {
            [Ok(first), Ok(last)] => (first, last),
            [] => return nothing("no interpreter came so far that it could be read".to_owned()),
            [Err(gap), ..] | [_, Err(gap), ..] => return nothing(gap.why.clone()),
            _ => return nothing("the worker ended before it was read a second time".to_owned()),
        };
        let (mut crossings, mut shared) = agreed(first, last, seen);
        // Those of another process, which had other addresses: what is known of a variable already says enough.
        let variable = |one: &Crossing| (one.path.clone(), one.variable.vaddr);
        let known: BTreeSet<_> = crossings.iter().map(|one| variable(one)).collect();
        crossings.extend(early_crossings.iter().filter(|one| !known.contains(&variable(one))));
        shared.extend(&early_shared);
        Self { reading: Some(last), missing: None, crossings, shared, linked }
    }

    /// The names of the shared libraries that a module is linked with.
    fn shares(&self, name: &str) -> Vec<String> {
        let linked = |path: &&PathBuf| self.linked.get(name).is_some_and(|linked| linked.contains(*path));
        let name_of = |path: &PathBuf| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        self.shared_libraries().iter().filter(linked).map(name_of).collect()
    }

    fn shared_libraries(&self) -> Vec<PathBuf> {
        let Some(reading) = self.reading else { return Vec::new() };
        let modules: BTreeSet<&PathBuf> = reading.as_usual.values().collect();
        reading.used_together.keys().filter(|path| !modules.contains(path)).cloned().collect()
    }
}

/// What two readings of one process agree on. A word that nobody uses any more may point at an object by chance, in one
/// reading and not in the other.
fn agreed<'a>(first: &'a Reading, last: &'a Reading, seen: &'a Examined) -> (Vec<&'a Crossing>, Vec<&'a SharedObject>) {
    let place = |one: &Crossing| (one.path.clone(), one.owner, one.variable.vaddr, one.target);
    let before: BTreeSet<_> = first.crossings.iter().map(place).collect();
    let again = |one: &&SharedObject| {
        let kind = (one.type_name.clone(), one.detail.clone());
        first.shared.iter().any(|other| other.address == one.address && other.type_name == one.type_name)
            && !seen.control_shared.contains(&kind)
    };
    let crossings = last.crossings.iter().filter(|one| before.contains(&place(one))).collect();
    (crossings, last.shared.iter().filter(again).collect())
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

/// A module that stays unexamined.
fn unexamined(subject: &Subject) -> ModuleReport {
    ModuleReport {
        sha256: subject.sha256(),
        distribution: subject.owner.as_ref().map(|owner| owner.name.clone()),
        version: subject.version().map(str::to_owned),
        ..ModuleReport::blank(subject.name.clone(), subject.shown.clone())
    }
}

/// A module that the ordinary interpreter does not import either.
fn unimportable(subject: &Subject, why: &Unimportable) -> ModuleReport {
    let mut module = unexamined(subject);
    let name = &subject.name;
    let (answer, said) = match why {
        Unimportable::Raised(failure) => {
            let line = failure.message.lines().next().unwrap_or_default();
            if let Some(missing) = &failure.missing {
                module.findings.push(rules::blocked_import(missing, name));
                module.rules.insert(RuleId::Ins902, RuleResult { status: Status::Broken, reason: None });
                module.answers = Answers::without_import(Answer::Inconclusive, &format!("it needs {missing}"));
                return module;
            }
            (Answer::No, format!("{}: {line}", failure.class))
        }
        Unimportable::Ended(line) => (Answer::No, line.clone()),
    };
    module.answers = Answers::without_import(answer, &said);
    module.error = Some(format!("{name}: it cannot be imported in the main interpreter: {said}"));
    module
}

/// The answers about a module that can be imported: all other questions are those of an audit of the module itself.
fn answers() -> Answers {
    Answers::new(|question| match question {
        Question::Import => Answered::yes(),
        _ => Answered::other(Answer::NotTried, "--isolate looks at private copies: see the verdict on them"),
    })
}

/// One module; none of those that the ordinary interpreter does not import either.
fn module(
    report: &mut TargetReport,
    subject: &Subject,
    seen: &Examined,
    facts: &Facts<'_>,
    sources: &Sources,
) -> Option<ModuleProof> {
    let name = &subject.name;
    if let Some(why) = seen.unimportable.get(name) {
        report.modules.push(unimportable(subject, why));
        return None;
    }
    let mut module = unexamined(subject);
    module.answers = answers();
    let mut unsure = seen.inconclusive.clone();
    unsure.extend(seen.unfinished.iter().map(|what| format!("not finished: {what}")));
    let path = real(&subject.path);
    let lines = sources.of(name);
    let import = import_of(name, seen, lines);
    let blocked = import.as_ref().filter(|finding| finding.rule == RuleId::Ins902);
    let blocked = blocked.map(|finding| finding.message.clone());
    let mut findings: Vec<Finding> = import.iter().cloned().collect();
    findings.extend(troubles(name, seen, lines, &mut unsure));
    findings.extend(crossings(name, &path, facts, sources));
    findings.extend(changes(name, seen, lines));
    findings.extend(strays(name, seen, lines));
    let amount = facts.reading.and_then(|reading| reading.amounts.get(&path)).copied().unwrap_or_default();
    let as_usual = facts.reading.is_some_and(|reading| reading.as_usual.contains_key(name));
    match &facts.missing {
        Some(why) => unsure.push(format!("the copies could not be read: {why}")),
        None if import.is_none() && amount.copies < WIDTH && !as_usual => {
            unsure.push(format!("{} of {WIDTH} interpreters have a copy of it", amount.copies));
        }
        None => {}
    }
    let grave = || findings.iter().filter(|finding| finding.severity == Severity::Error);
    let verdict = match (grave().next().is_some(), unsure.is_empty()) {
        (true, _) => Verdict::NotIsolated,
        _ if blocked.is_some() => Verdict::NotProved,
        (false, false) => Verdict::NotProved,
        (false, true) if as_usual => Verdict::IsolatedAsItIs,
        (false, true) => Verdict::IsolatedByCopy,
    };
    let mut in_the_way: Vec<String> = grave().map(|one| one.message.clone()).collect();
    if let (Verdict::NotProved, Some(why)) = (verdict, blocked) {
        // Not its fault, and no failure of the audit: it is only named.
        in_the_way.push(why);
    } else if verdict == Verdict::NotProved {
        in_the_way.extend(unsure.iter().cloned());
        module.error = Some(format!("{name}: not proved: {}", unsure.join("; ")));
    }
    module.rules = results(&findings, seen, facts, &unsure);
    module.notes.push(format!("insula_isolate: {}", verdict.words()));
    module.findings = findings;
    report.modules.push(module);
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

/// What each rule came to that this audit asks.
fn results(
    findings: &[Finding],
    seen: &Examined,
    facts: &Facts<'_>,
    unsure: &[String],
) -> BTreeMap<RuleId, RuleResult> {
    let result = |status: Status, reason: Option<String>| RuleResult { status, reason };
    let mut results = BTreeMap::new();
    let (works, races) = if seen.own_gil { (RuleId::Ins303, RuleId::Ins304) } else { (RuleId::Ins302, RuleId::Ins302) };
    for id in [works, races, RuleId::Ins107, RuleId::Ins305] {
        let came_to = if findings.iter().any(|finding| finding.rule == id) {
            result(Status::Broken, None)
        } else if let (RuleId::Ins107, Some(why)) = (id, &facts.missing) {
            result(Status::NotRun, Some(why.clone()))
        } else if unsure.is_empty() {
            result(Status::Holds, None)
        } else {
            result(Status::Inconclusive, Some(unsure.join("; ")))
        };
        results.insert(id, came_to);
    }
    let blocked = findings.iter().any(|finding| finding.rule == RuleId::Ins902);
    results.insert(RuleId::Ins902, result(if blocked { Status::Broken } else { Status::Holds }, None));
    let leaks = match &seen.leaks {
        Ok(_) => result(Status::Holds, Some("measured; see `leaks`".to_owned())),
        Err(gap) if gap.inconclusive => result(Status::Inconclusive, Some(gap.why.clone())),
        Err(gap) => result(Status::NotRun, Some(gap.why.clone())),
    };
    results.insert(RuleId::Ins307, leaks);
    results
}
