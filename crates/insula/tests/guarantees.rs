//! Every test that `docs/guarantees.md` or `docs/beside-pyo3.md` names exists, and so does every patch that takes a
//! guarantee out; each patch still applies. `cargo xtask mutants` applies them, and sees the tests fail.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_default()
}

/// What stands in backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The columns of the page's rows, by guarantee: the tests, and the patches.
fn rows(page: &str) -> BTreeMap<&str, (&str, &str)> {
    let rows = page.lines().filter(|line| ["| I", "| G", "| R", "| S"].iter().any(|start| line.starts_with(start)));
    let columns = rows.map(|row| row.split(" | ").collect::<Vec<_>>());
    columns
        .map(|columns| match columns[..] {
            [name, _, tests, patches] => (name.trim_start_matches("| "), (tests, patches)),
            _ => panic!("a row has four columns: {columns:?}"),
        })
        .collect()
}

/// Whether there is a test that a page names so.
fn exists(name: &str) -> bool {
    match name.split_once('/') {
        Some(("embed", scenario)) => std::fs::read_dir(root().join("tests/embed/src"))
            .expect("the folder exists")
            .flatten()
            .filter_map(|entry| std::fs::read_to_string(entry.path()).ok())
            .any(|text| text.contains(&format!("(\"{scenario}\","))),
        Some(("models", model)) => read("tests/models/src/lib.rs").contains(&format!("fn {model}()")),
        Some(("must-fail", _)) => root().join("crates/insula/tests").join(name).is_file(),
        Some(("insula", test)) => root().join("crates/insula/tests").join(test).with_extension("rs").is_file(),
        _ => name
            .split_once("::")
            .is_some_and(|(file, test)| read(&format!("tests/python/{file}")).contains(&format!("def {test}(self"))),
    }
}

#[test]
fn tests_that_the_pages_name_exist() {
    let (guarantees, beside) = (read("docs/guarantees.md"), read("docs/beside-pyo3.md"));
    let rows = rows(&guarantees);
    let of_guarantees: Vec<&str> = rows.values().flat_map(|(tests, _)| quoted(tests)).collect();
    let last_columns = beside.lines().filter_map(|line| line.strip_suffix(" |")?.rsplit_once(" | "));
    let beside: Vec<&str> = last_columns.flat_map(|(_, tests)| quoted(tests)).collect();
    for (page, names, least) in [("guarantees", of_guarantees, 50), ("beside-pyo3", beside, 40)] {
        for name in &names {
            assert!(exists(name), "docs/{page}.md names {name}, which is not there");
        }
        assert!(names.len() >= least, "docs/{page}.md names only {} tests", names.len());
    }
}

#[test]
fn every_guarantee_has_a_patch_that_takes_it_out_and_still_applies() {
    let page = read("docs/guarantees.md");
    let rows = rows(&page);
    for guarantee in (1..=18).map(|n| format!("G{n}")).chain((1..=21).map(|n| format!("I{n}"))) {
        assert!(rows.contains_key(&*guarantee), "{guarantee} has no row");
    }
    let mut patches = BTreeSet::new();
    for entry in std::fs::read_dir(root().join("tests/mutants")).expect("the folder exists").flatten() {
        let path = entry.path();
        let name = path.file_stem().and_then(|name| name.to_str()).expect("names are text").to_owned();
        let check = Command::new("git").args(["apply", "--check"]).arg(&path).current_dir(root()).output();
        let check = check.expect("git starts");
        assert!(check.status.success(), "{name}: {}", String::from_utf8_lossy(&check.stderr));

        let text = std::fs::read_to_string(&path).expect("readable");
        let guarantees = text.split_once(": ").map(|(guarantees, _)| guarantees).unwrap_or_default();
        let tests: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("test: ")).collect();
        let mut unnamed: BTreeSet<&str> = tests.iter().copied().collect();
        for guarantee in guarantees.split(", ") {
            let (its_tests, its_patches) = rows.get(guarantee).unwrap_or_else(|| panic!("{name}: no row {guarantee}"));
            assert!(quoted(its_patches).any(|patch| patch == name), "the row of {guarantee} does not name {name}");
            let here: BTreeSet<&str> = quoted(its_tests).filter(|named| tests.contains(named)).collect();
            assert!(!here.is_empty(), "{name}: the row of {guarantee} names none of its tests");
            unnamed.retain(|test| !here.contains(test));
        }
        assert!(unnamed.is_empty(), "{name}: no row of its guarantees names {unnamed:?}");
        patches.insert(name);
    }
    for (guarantee, (_, its_patches)) in rows {
        assert!(quoted(its_patches).next().is_some(), "no patch takes {guarantee} out");
        for patch in quoted(its_patches) {
            assert!(patches.contains(patch), "{guarantee}: no patch {patch}");
        }
    }
}
