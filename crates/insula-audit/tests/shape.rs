//! The shape of the sources: who may know whom, and how long a file or a function may be.

use std::fs;
use std::path::{Path, PathBuf};

fn sources(folder: &Path, ending: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = vec![root.join(folder)];
    if root.join(folder).is_file() {
        return vec![(folder.to_string_lossy().into_owned(), fs::read_to_string(root.join(folder)).unwrap())];
    }
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())).flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == ending) {
                let name = path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
                found.push((name, fs::read_to_string(path).unwrap()));
            }
        }
    }
    assert!(!found.is_empty());
    found
}

/// The sources below `folder` that mention one of these words outside of comments.
fn mentions(folder: &str, words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for (name, text) in sources(Path::new(folder), "rs") {
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            if words.iter().any(|word| code.contains(word)) {
                found.push(format!("{name}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    found
}

const NONE: Vec<String> = Vec::new();

#[test]
fn rules_and_experiments_do_not_know_each_other() {
    assert_eq!(mentions("rules", &["experiments", "worker::", "target::"]), NONE);
    assert_eq!(mentions("experiments", &["rules", "report::Finding", "RuleId", "Severity"]), NONE);
    assert_eq!(mentions("observations", &["experiments", "rules::", "worker", "target::", "report::"]), NONE);
    for (file, others) in [
        ("examine", &["judge", "findings", "RuleId", "Severity"][..]),
        ("look", &["judge::", "findings", "examine::", "RuleId", "Severity"]),
        ("judge.rs", &["examine::", "work::", "worker::", "experiments"]),
        ("findings.rs", &["examine::", "work::", "worker::", "experiments"]),
    ] {
        assert_eq!(mentions(&format!("isolate/{file}"), others), NONE);
    }
}

#[test]
fn events_are_read_in_the_protocol_only() {
    // Whoever picks a field out of JSON reads something that nobody has typed.
    let readers =
        [".as_u64()", ".as_i64()", ".as_f64()", ".as_str().map", ".as_array()", ".as_object()", "[\"event\"]"];
    // What is written for a worker, and what installers write.
    let others = ["worker/task.rs", "target/distribution.rs"];
    let known = |line: &String| line.starts_with("worker/tests.rs") || line.starts_with("worker/protocol/");
    for folder in ["experiments", "observations", "rules", "worker", "target", "compare", "isolate"] {
        let untyped: Vec<String> = mentions(folder, &readers).into_iter().filter(|line| !known(line)).collect();
        assert_eq!(untyped, NONE);
        let parsed = mentions(folder, &["serde_json::from_", "serde_json::Value", "serde_json::{Value"]);
        let parsed: Vec<String> =
            parsed.into_iter().filter(|line| !known(line) && !others.iter().any(|one| line.starts_with(one))).collect();
        assert_eq!(parsed, NONE);
    }
}

#[test]
fn no_missing_field_of_an_event_is_taken_for_nothing() {
    let protocol =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/worker/protocol/event.rs")).unwrap();
    assert!(protocol.contains("deny_unknown_fields"));
    assert_eq!(mentions("worker/protocol", &["serde(default", "skip_deserializing"]), NONE);
}

#[test]
fn files_and_functions_stay_readable() {
    const FILE: usize = 400;
    const FUNCTION: usize = 80;
    let mut long = Vec::new();
    for (name, text) in sources(Path::new(""), "rs").into_iter().chain(sources(Path::new(""), "py")) {
        let lines: Vec<&str> = text.lines().collect();
        if lines.len() > FILE {
            long.push(format!("{name} has {} lines", lines.len()));
        }
        for (start, line) in lines.iter().enumerate() {
            let indent = line.len() - line.trim_start().len();
            let words: Vec<&str> = line.split_whitespace().take(3).collect();
            if !name.ends_with(".rs") || !words.contains(&"fn") || line.trim_start().starts_with("//") {
                continue;
            }
            let closing = format!("{}}}", " ".repeat(indent));
            let length = lines[start..].iter().position(|line| **line == closing).map_or(1, |end| end + 1);
            if length > FUNCTION {
                long.push(format!("{name}:{}: {length} lines: {}", start + 1, line.trim()));
            }
        }
    }
    assert_eq!(long, NONE);
}

#[test]
fn every_rule_is_one_file_and_one_page() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules");
    for rule in insula_audit::rules::RULES {
        let name = rule.id.name().to_lowercase();
        for ending in ["rs", "md"] {
            assert!(root.join(format!("{name}.{ending}")).is_file(), "{name}.{ending}");
        }
    }
    let files = fs::read_dir(&root).unwrap().flatten().filter(|entry| entry.path().is_file()).count();
    assert_eq!(files, 2 * insula_audit::rules::RULES.len() + 1);
}

#[test]
fn every_experiment_has_its_python_half_beside_it() {
    let all = sources(Path::new("experiments"), "py");
    for (name, text) in all {
        assert!(text.contains("def scenario_"), "{name}");
        assert!(text.starts_with("# "), "{name}");
    }
}
