//! Every test that `docs/guarantees.md` names exists.

use std::path::Path;

#[test]
fn tests_that_the_page_of_guarantees_names_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let read = |path: &str| std::fs::read_to_string(root.join(path)).unwrap_or_default();
    let scenarios: String = std::fs::read_dir(root.join("tests/embed/src"))
        .expect("the folder exists")
        .flatten()
        .filter_map(|entry| std::fs::read_to_string(entry.path()).ok())
        .collect();
    let page = read("docs/guarantees.md");
    let rows = page.lines().filter(|line| line.starts_with("| I") || line.starts_with("| G"));
    let mut named = 0;
    for name in rows.flat_map(|row| row.split('`').skip(1).step_by(2)) {
        let exists = if let Some((file, test)) = name.split_once("::") {
            read(&format!("tests/python/{file}")).contains(&format!("def {test}(self"))
        } else if let Some(scenario) = name.strip_prefix("embed/") {
            scenarios.contains(&format!("(\"{scenario}\","))
        } else if let Some(program) = name.strip_prefix("must-fail/") {
            root.join("crates/insula/tests/must-fail").join(program).is_file()
        } else {
            continue;
        };
        assert!(exists, "docs/guarantees.md names {name}, which is not there");
        named += 1;
    }
    assert!(named >= 50, "only {named} tests are named");
}
