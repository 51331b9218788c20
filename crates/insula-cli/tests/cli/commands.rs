//! The commands around the audit.

use crate::common::{insula, module, python};

#[test]
fn every_listed_rule_can_be_explained() {
    let output = insula().arg("rules").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.lines().count(), insula_audit::rules::RULES.len());
    for line in text.lines() {
        let id = line.split_whitespace().next().unwrap();
        let output = insula().args(["explain", &id.to_lowercase()]).output().unwrap();
        assert!(String::from_utf8(output.stdout).unwrap().starts_with(&format!("# {id}: ")));
        assert_eq!(output.status.code(), Some(0));
    }
    let output = insula().args(["explain", "INS999"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}

/// With `--help` behind them, commands are read to their end and not carried out.
#[test]
fn the_commands_on_the_pages_have_these_options() {
    let mut count = 0;
    for rule in insula_audit::rules::RULES {
        let commands = rule.page.lines().filter_map(|line| line.strip_prefix("$ insula "));
        for command in commands {
            count += 1;
            let output = insula().args(command.split_whitespace()).arg("--help").output().unwrap();
            assert!(output.status.success(), "{}: {command}: {}", rule.id, String::from_utf8_lossy(&output.stderr));
        }
    }
    assert!(count >= 6, "{count} commands");
}

#[test]
fn the_text_report_names_the_interpreter_the_answers_and_what_was_not_examined() {
    let folder = tempfile::tempdir().unwrap();
    let path = module(folder.path(), "plain", "return 0;");
    let file = folder.path().join("report.txt");
    let status = insula().args(["audit", "--python", "3.13", "-o"]).args([&file, &path]).status().unwrap();
    assert_eq!(status.code(), Some(1));
    let text = std::fs::read_to_string(file).unwrap();
    for part in
        ["on CPython 3.13", "(named by --python 3.13)", "isolated", "≈", "INS003 warning", "Not examined", "explain"]
    {
        assert!(text.contains(part), "{part:?} is not in:\n{text}");
    }
    assert!(!text.contains('\x1b'));
}

#[test]
fn the_runtime_can_be_restarted_by_the_hidden_command() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("script.py");
    std::fs::write(&script, "import sys\nprint(CYCLE, CYCLES, flush=True)\n").unwrap();
    let facts = python().facts;
    let library = facts.libpython.expect("the tests need a CPython with a shared library");
    let output = insula()
        .args(["__restart", "--cycles", "3", "--libpython"])
        .arg(library)
        .arg("--python-home")
        .arg(facts.base_prefix)
        .arg("--script")
        .arg(&script)
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "1 3\n2 3\n3 3\n", "{output:?}");
}
