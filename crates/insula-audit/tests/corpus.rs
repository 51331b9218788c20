//! The auditor's examination: every module of `tests/corpus` is compiled and audited by the `insula` program, and what was
//! found must be exactly what the module says is to be found.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use insula_pythons::Interpreter;
use serde_json::Value;

/// What the head of a corpus file says.
struct Entry {
    name: String,
    source: PathBuf,
    expect: BTreeSet<String>,
    may: BTreeSet<String>,
    informs: BTreeSet<String>,
    verdict: String,
    twin: bool,
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
        for key in ["title", "expect", "verdict", "why"] {
            assert!(field(key).is_some(), "{name}.c does not say its {key}");
        }
        Entry {
            expect: rules("expect"),
            may: rules("may"),
            informs: rules("informs"),
            verdict: field("verdict").unwrap_or_default(),
            twin: field("twin-of").is_some(),
            name: name.into_owned(),
            source,
        }
    }
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

fn compile(python: &Interpreter, entry: &Entry, folder: &Path) -> PathBuf {
    let include = python.facts.include.as_ref().expect("headers");
    let out = folder.join(format!("{}{}", entry.name, python.facts.ext_suffix));
    let result = Command::new("cc")
        .args(["-O1", "-g", "-shared", "-fPIC", "-Wall", "-Wextra", "-I"])
        .arg(include)
        // Some systems keep pyconfig.h beside the headers' folder.
        .arg("-idirafter")
        .arg(include.parent().expect("a folder"))
        .arg(&entry.source)
        .arg("-o")
        .arg(&out)
        .output()
        .expect("a C compiler called cc");
    let said = String::from_utf8_lossy(&result.stderr);
    assert!(result.status.success() && said.is_empty(), "{}: {said}", entry.name);
    out
}

/// The program under examination, built if need be, once for all tests.
fn insula() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(build_insula)
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

/// Audits files; the report's modules in the same order.
fn audit(python: &Interpreter, files: &[PathBuf]) -> Vec<Value> {
    let result = Command::new(insula())
        .args(["audit", "--no-cache", "--no-config", "--format", "json", "--python"])
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

fn list(rules: &BTreeSet<String>) -> String {
    let words: Vec<&str> = rules.iter().map(String::as_str).collect();
    words.join(" ")
}

/// All twins, and of the defects as many as it takes to have one for each rule: what newer versions may change is how a rule
/// is found, and that takes one of each.
fn one_for_each_rule(all: &[Entry]) -> Vec<&Entry> {
    let mut covered = BTreeSet::new();
    let mut fresh = |entry: &Entry| {
        let before = covered.len();
        covered.extend(entry.expect.iter().chain(&entry.informs).cloned());
        covered.len() > before
    };
    all.iter().filter(|entry| fresh(entry) || entry.twin).collect()
}

/// Whether a module's result is what its source says.
fn as_planted(entry: &Entry, module: &Value) -> bool {
    let (grave, mild) = (found(module, false), found(module, true));
    grave.is_superset(&entry.expect)
        && grave.difference(&entry.expect).all(|id| entry.may.contains(id))
        && entry.informs.is_subset(&mild)
        && module["verdict"].as_str().unwrap_or("none") == entry.verdict
}

#[test]
fn every_planted_defect_is_found_and_nothing_else() {
    let all = corpus();
    let pythons = pythons(13..=15);
    assert!(!pythons.is_empty(), "no CPython 3.13-3.15 found; run `cargo xtask pythons`");
    let mut wrong = 0;
    for python in pythons {
        let entries = if python.version.minor == 13 { all.iter().collect() } else { one_for_each_rule(&all) };
        let folder = tempfile::tempdir().expect("a folder");
        let files: Vec<PathBuf> = entries.iter().map(|entry| compile(&python, entry, folder.path())).collect();
        println!("CPython {}", python.version);
        for ((entry, file), mut module) in entries.iter().zip(&files).zip(audit(&python, &files)) {
            // What comes out otherwise in the crowd is audited again by itself: some defects show on a busy machine only at times.
            for _ in 0..2 {
                if !as_planted(entry, &module) {
                    println!("~~ {:30} {} {}", entry.name, module["verdict"], list(&found(&module, false)));
                    module = audit(&python, std::slice::from_ref(file)).remove(0);
                }
            }
            let (grave, mild) = (found(&module, false), found(&module, true));
            let verdict = module["verdict"].as_str().unwrap_or("none");
            let right = as_planted(entry, &module);
            wrong += usize::from(!right);
            println!(
                "{} {:30} expected {:5} {} [{}], found {verdict:5} {} [{}]",
                if right { "  " } else { "!!" },
                entry.name,
                entry.verdict,
                list(&entry.expect),
                list(&entry.informs),
                list(&grave),
                list(&mild),
            );
        }
    }
    assert_eq!(wrong, 0, "see the lines marked !! above");
}

#[test]
fn twins_are_not_accused_on_older_versions() {
    let twins: Vec<Entry> = corpus().into_iter().filter(|e| e.twin).collect();
    assert!(twins.len() >= 5);
    for python in pythons(11..=12) {
        let folder = tempfile::tempdir().expect("a folder");
        let files: Vec<PathBuf> = twins.iter().map(|entry| compile(&python, entry, folder.path())).collect();
        for (entry, module) in twins.iter().zip(audit(&python, &files)) {
            let grave = found(&module, false);
            assert_eq!(list(&grave), "", "{} on {}", entry.name, python.version);
            let verdict = module["verdict"].as_str().unwrap_or("none");
            // 3.11 has no interpreters with a GIL of their own, so nothing above L2 can be shown there.
            let reached = ["L2", "L3", "L4", "L5"].contains(&verdict);
            assert!(reached, "{} on {}: {verdict}", entry.name, python.version);
        }
    }
}

#[test]
fn every_rule_of_this_version_has_a_planted_defect() {
    let planted: BTreeSet<String> = corpus().into_iter().flat_map(|e| e.expect.into_iter().chain(e.informs)).collect();
    let rules = insula_audit::rules::RULES.iter().map(|r| r.id.to_owned());
    // INS901 says that the host fails by itself: no module can be written for it.
    let missing: Vec<String> = rules.filter(|id| id != "INS901" && !planted.contains(id)).collect();
    assert_eq!(missing, Vec::<String>::new());
}
