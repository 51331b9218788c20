//! The auditor's examination: every module of `tests/corpus` is compiled and audited by the `insula` program, and
//! what was found must be exactly what the module says is to be found.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use insula_pythons::Interpreter;
use serde_json::Value;

#[path = "corpus/reproducers.rs"]
mod reproducers;

/// What the head of a corpus file says.
struct Entry {
    name: String,
    source: PathBuf,
    expect: BTreeSet<String>,
    may: BTreeSet<String>,
    informs: BTreeSet<String>,
    /// A rule and the callable that is to be blamed for it.
    blamed: Option<(String, String)>,
    /// The answers that are no plain yes.
    answers: String,
    /// The defects that a benign twin looks like.
    twin_of: Vec<String>,
}

impl Entry {
    fn read(source: PathBuf) -> Entry {
        let text = fs::read_to_string(&source).expect("readable");
        let name = source.file_stem().expect("a name").to_string_lossy();
        let field = |key: &str| {
            let mark = format!("insula-corpus: {key}:");
            let line = text.lines().find_map(|l| l.split_once(&mark));
            line.map(|(_, value)| value.trim().to_owned())
        };
        let rules = |key: &str| -> BTreeSet<String> {
            let words = field(key).unwrap_or_default();
            words.split_whitespace().map(str::to_owned).collect()
        };
        for key in ["title", "expect", "answers", "why"] {
            assert!(field(key).is_some(), "{name}.c does not say its {key}");
        }
        Entry {
            expect: rules("expect"),
            may: rules("may"),
            informs: rules("informs"),
            blamed: field("blamed")
                .and_then(|text| text.split_once(' ').map(|(rule, name)| (rule.into(), name.into()))),
            answers: field("answers").unwrap_or_default(),
            twin_of: field("twin-of").unwrap_or_default().split_whitespace().map(str::to_owned).collect(),
            name: name.into_owned(),
            source,
        }
    }
}

/// The rule that a defect was planted for: its name begins with it.
fn rule_of(defect: &str) -> String {
    defect[..6].to_uppercase()
}

fn corpus() -> Vec<Entry> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus");
    let files = fs::read_dir(folder).expect("the corpus").map(|f| f.expect("readable").path());
    let mut entries: Vec<Entry> =
        files.filter(|path| path.extension().is_some_and(|e| e == "c")).map(Entry::read).collect();
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    entries
}

/// One ordinary build of each minor version in a range.
fn pythons(minors: std::ops::RangeInclusive<u32>) -> Vec<Interpreter> {
    let mut found = insula_pythons::discover().found;
    found.retain(|i| {
        let facts = &i.facts;
        i.version.major == 3
            && minors.contains(&i.version.minor)
            && !facts.debug
            && !facts.free_threaded
            && facts.include.is_some()
    });
    // The newest of each minor version comes first.
    found.dedup_by_key(|i| i.version.minor);
    found
}

fn compile(python: &Interpreter, entry: &Entry, folder: &Path) {
    let include = python.facts.include.as_ref().expect("headers");
    let result = Command::new("cc")
        .args(["-O1", "-g", "-shared", "-fPIC", "-Wall", "-Wextra", "-I"])
        .arg(include)
        // Some systems keep pyconfig.h beside the headers' folder.
        .arg("-idirafter")
        .arg(include.parent().expect("a folder"))
        .arg(&entry.source)
        .arg("-o")
        .arg(library(python, entry, folder))
        .output()
        .expect("a C compiler called cc");
    let said = String::from_utf8_lossy(&result.stderr);
    assert!(result.status.success() && said.is_empty(), "{}: {said}", entry.name);
}

/// Compiles them all, as many at a time as there are processors.
fn compile_all(python: &Interpreter, entries: &[&Entry], folder: &Path) -> Vec<PathBuf> {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while let Some(entry) = entries.get(next.fetch_add(1, Ordering::Relaxed)) {
                    compile(python, entry, folder);
                }
            });
        }
    });
    entries.iter().map(|entry| library(python, entry, folder)).collect()
}

fn library(python: &Interpreter, entry: &Entry, folder: &Path) -> PathBuf {
    folder.join(format!("{}{}", entry.name, python.facts.ext_suffix))
}

/// The program under examination: the one that is named, as in a run of all tests, or built if need be, once for all
/// here.
fn insula() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| std::env::var_os("INSULA_TEST_AUDITOR").map_or_else(build_insula, PathBuf::from))
}

fn build_insula() -> PathBuf {
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--package", "insula-cli", "--message-format=json"])
        .output()
        .expect("cargo");
    let messages = String::from_utf8_lossy(&built.stdout);
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let mut paths = messages.lines().filter_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        message["executable"].as_str().map(PathBuf::from)
    });
    paths.next_back().expect("cargo names the program it built")
}

/// Audits files, so many at the same time; the report's modules in the same order.
fn audit(python: &Interpreter, files: &[PathBuf], jobs: &str) -> Vec<Value> {
    let result = Command::new(insula())
        .args(["audit", "--no-cache", "--no-config", "--jobs", jobs, "--format", "json", "--python"])
        .arg(&python.executable)
        .args(files)
        .output()
        .expect("insula runs");
    let report: Value = serde_json::from_slice(&result.stdout)
        .unwrap_or_else(|e| panic!("no report ({e}): {}", String::from_utf8_lossy(&result.stderr)));
    let targets = report["targets"].as_array().expect("targets");
    assert_eq!(targets.len(), files.len());
    targets
        .iter()
        .map(|target| {
            assert_eq!(target["error"], Value::Null);
            target["modules"][0].clone()
        })
        .collect()
}

/// The rules that were found, by whether they are mere information.
fn found(module: &Value, information: bool) -> BTreeSet<String> {
    let findings = module["findings"].as_array().expect("findings");
    findings
        .iter()
        .filter(|f| (f["severity"] == "info") == information)
        .map(|f| f["rule"].as_str().expect("an id").to_owned())
        .collect()
}

/// The answers that are no plain yes, without questions that this interpreter cannot ask. Of a module that could not
/// be imported nothing else was asked.
fn answers(module: &Value) -> String {
    const ORDER: [&str; 9] =
        ["import", "again", "legacy", "own-gil", "parallel", "restart", "exit", "clean", "threads"];
    let imported = module["answers"]["import"]["answer"] == "yes";
    let told = ORDER.iter().filter_map(|question| {
        let answered = &module["answers"][question];
        let answer = match answered["answer"].as_str().expect("an answer") {
            "yes" if answered["declared"] == false => "undeclared",
            "yes" => return None,
            other => other,
        };
        (answered["excluded"] != true && (imported || *question == "import")).then(|| format!("{question}={answer}"))
    });
    told.collect::<Vec<_>>().join(" ")
}

fn list(rules: &BTreeSet<String>) -> String {
    let words: Vec<&str> = rules.iter().map(String::as_str).collect();
    words.join(" ")
}

/// As few defects as it takes to have one for each rule: what newer versions may change is how a rule is found, and
/// that takes one of each.
fn one_for_each_rule(all: &[Entry]) -> Vec<&Entry> {
    let rules = |entry: &Entry| entry.expect.union(&entry.informs).cloned().collect::<BTreeSet<String>>();
    let mut missing: BTreeSet<String> = all.iter().flat_map(rules).collect();
    let mut chosen = Vec::new();
    while !missing.is_empty() {
        // The first one of those that cover most; `max_by_key` would take the last one.
        let best = all.iter().rev().max_by_key(|entry| rules(entry).intersection(&missing).count());
        let best = best.expect("each rule has a defect");
        missing.retain(|rule| !rules(best).contains(rule));
        chosen.push(best);
    }
    chosen
}

/// What is audited on a version each time: everything on 3.13; below it every third twin; above it every sixth one, and
/// every second of as few defects as it takes to see each rule. Each version has its own choice.
fn selected(all: &[Entry], minor: u32) -> Vec<&Entry> {
    if minor == 13 {
        return all.iter().collect();
    }
    let (twins, every) = (all.iter().filter(|entry| !entry.twin_of.is_empty()), if minor > 13 { 6 } else { 3 });
    let mut chosen: Vec<&Entry> = twins.skip(minor as usize % every).step_by(every).collect();
    if minor > 13 {
        chosen.extend(one_for_each_rule(all).into_iter().skip(minor as usize % 2).step_by(2));
    }
    chosen
}

/// The same where there is time: everything; below 3.13 every twin.
fn everything(all: &[Entry], minor: u32) -> Vec<&Entry> {
    all.iter().filter(|entry| minor >= 13 || !entry.twin_of.is_empty()).collect()
}

/// Chooses what is audited on a version.
type Choose = fn(&[Entry], u32) -> Vec<&Entry>;

/// How often a rule was found where it was planted, and where it was not.
#[derive(Default)]
struct Count {
    planted: usize,
    found: usize,
    twins: usize,
    false_alarms: Vec<String>,
}

impl Count {
    /// Takes in what an audit said of one module. A false alarm is an error or a warning that the module does not
    /// speak of, and of a twin also the information that its defect would have shown.
    fn take(table: &mut BTreeMap<String, Count>, all: &[Entry], entry: &Entry, module: &Value) {
        let (grave, mild) = (found(module, false), found(module, true));
        for rule in entry.expect.union(&entry.informs) {
            let count = table.entry(rule.clone()).or_default();
            count.planted += 1;
            count.found += usize::from(grave.contains(rule) || mild.contains(rule));
        }
        let resembled: BTreeSet<String> = entry.twin_of.iter().map(|defect| rule_of(defect)).collect();
        for rule in &resembled {
            table.entry(rule.clone()).or_default().twins += 1;
        }
        let informed = |rule: &&String| {
            all.iter().any(|defect| entry.twin_of.contains(&defect.name) && defect.informs.contains(*rule))
        };
        let unplanted = grave.iter().filter(|rule| !entry.expect.contains(*rule) && !entry.may.contains(*rule));
        for rule in unplanted.chain(mild.iter().filter(informed)) {
            table.entry(rule.clone()).or_default().false_alarms.push(entry.name.clone());
        }
    }

    /// The table, as `tests/corpus/README.md` has it.
    fn print(table: &BTreeMap<String, Count>) {
        println!("| rule | planted | found | twins | false alarms |\n| --- | --- | --- | --- | --- |");
        let row = |name: &str, planted, found, twins: usize, alarms: usize, which: String| {
            println!("| {name} | {planted} | {found} | {twins} | {alarms}{which} |");
        };
        for (rule, count) in table {
            let alarms = &count.false_alarms;
            let which = if alarms.is_empty() { String::new() } else { format!(" ({})", alarms.join(", ")) };
            row(rule, count.planted, count.found, count.twins, alarms.len(), which);
        }
        let sum = |what: fn(&Count) -> usize| table.values().map(what).sum::<usize>();
        row(
            "all",
            sum(|c| c.planted),
            sum(|c| c.found),
            sum(|c| c.twins),
            sum(|c| c.false_alarms.len()),
            String::new(),
        );
    }
}

/// Whether all findings of a rule are about this callable.
fn blames(module: &Value, rule: &str, callable: &str) -> bool {
    let mut findings = module["findings"].as_array().expect("findings").iter().filter(|f| f["rule"] == rule);
    findings.all(|f| f["location"]["name"] == callable)
}

/// Whether a module's result is what its source says.
fn as_planted(entry: &Entry, module: &Value) -> bool {
    let (grave, mild) = (found(module, false), found(module, true));
    grave.is_superset(&entry.expect)
        && grave.difference(&entry.expect).all(|id| entry.may.contains(id))
        && entry.informs.is_subset(&mild)
        && entry.blamed.iter().all(|(rule, callable)| blames(module, rule, callable))
        && answers(module) == entry.answers
}

#[test]
fn every_planted_defect_is_found_and_nothing_else() {
    all_is_as_planted(13..=15, selected);
}

#[test]
#[ignore = "large: cargo xtask test --real"]
fn every_planted_defect_is_found_on_newer_versions() {
    all_is_as_planted(14..=15, everything);
}

fn all_is_as_planted(minors: std::ops::RangeInclusive<u32>, choose: Choose) {
    let all = corpus();
    let pythons = pythons(minors);
    assert!(!pythons.is_empty(), "no CPython 3.13-3.15 found; run `cargo xtask pythons`");
    let (mut wrong, mut alarms) = (0, Vec::new());
    for python in pythons {
        let entries = choose(&all, python.version.minor);
        let folder = tempfile::tempdir().expect("a folder");
        let files = compile_all(&python, &entries, folder.path());
        let mut table = BTreeMap::new();
        let mut audited = Vec::new();
        println!("CPython {}", python.version);
        for ((entry, file), mut module) in entries.iter().zip(&files).zip(audit(&python, &files, "3")) {
            // What comes out otherwise in the crowd is audited again by itself: some defects show on a busy machine
            // only at times.
            for _ in 0..2 {
                if !as_planted(entry, &module) {
                    println!("~~ {:30} {} {}", entry.name, answers(&module), list(&found(&module, false)));
                    module = audit(&python, std::slice::from_ref(file), "1").remove(0);
                }
            }
            let (grave, mild) = (found(&module, false), found(&module, true));
            let right = as_planted(entry, &module);
            wrong += usize::from(!right);
            println!(
                "{} {:30} expected {} [{}] ({}), found {} [{}] ({})",
                if right { "  " } else { "!!" },
                entry.name,
                list(&entry.expect),
                list(&entry.informs),
                entry.answers,
                list(&grave),
                list(&mild),
                answers(&module),
            );
            Count::take(&mut table, &all, entry, &module);
            audited.push((*entry, module));
        }
        if python.version.minor == 13 {
            assert_eq!(reproducers::wrong(&python, &audited), Vec::<String>::new());
        }
        println!("\nCPython {}, {} modules", python.version, entries.len());
        Count::print(&table);
        alarms.extend(table.into_values().flat_map(|count| count.false_alarms));
    }
    assert_eq!(alarms, Vec::<String>::new(), "false alarms");
    assert_eq!(wrong, 0, "see the lines marked !! above");
}

#[test]
fn twins_are_not_accused_on_older_versions() {
    no_twin_is_accused(selected);
}

#[test]
#[ignore = "large: cargo xtask test --real"]
fn no_twin_at_all_is_accused_on_older_versions() {
    no_twin_is_accused(everything);
}

fn no_twin_is_accused(choose: Choose) {
    let all = corpus();
    for python in pythons(11..=12) {
        let twins = choose(&all, python.version.minor);
        assert!(twins.len() >= 15);
        let folder = tempfile::tempdir().expect("a folder");
        let files = compile_all(&python, &twins, folder.path());
        for (entry, module) in twins.iter().zip(audit(&python, &files, "1")) {
            let grave = found(&module, false);
            assert_eq!(list(&grave), "", "{} on {}", entry.name, python.version);
            let wrong: Vec<String> = answers(&module)
                .split(' ')
                .filter(|one| one.contains("=no") && !one.contains("=not"))
                .map(str::to_owned)
                .collect();
            assert_eq!(wrong, Vec::<String>::new(), "{} on {}", entry.name, python.version);
            // 3.11 has no interpreters with a GIL of their own: it does not ask.
            let asked = module["answers"]["own-gil"]["excluded"] != true;
            assert_eq!(asked, python.version.minor >= 12, "{} on {}", entry.name, python.version);
        }
    }
}

#[test]
fn every_rule_has_two_planted_defects_and_a_twin() {
    let all = corpus();
    let twins_of: Vec<&String> = all.iter().flat_map(|entry| &entry.twin_of).collect();
    for name in &twins_of {
        assert!(all.iter().any(|entry| entry.name == **name), "a twin of {name}, which is not there");
    }
    for rule in insula_audit::rules::RULES.iter().map(|rule| rule.id.name()) {
        // INS901 says that the host fails by itself: no module can be written for it.
        if rule == "INS901" {
            continue;
        }
        let planted = all.iter().filter(|entry| entry.expect.contains(&rule) || entry.informs.contains(&rule)).count();
        assert!(planted >= 2, "{rule} has {planted} planted defects");
        assert!(twins_of.iter().any(|defect| rule_of(defect) == rule), "no twin looks like {rule}");
    }
}
