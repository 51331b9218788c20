//! The code on the pages that `insula explain` shows: what is in C compiles. `cargo xtask test --only toolchains` does
//! the same for Cython, C++ and Rust.

use std::process::Command;

use insula_audit::rules::RULES;

/// The blocks of a language on a page.
fn blocks<'a>(page: &'a str, language: &'a str) -> impl Iterator<Item = &'a str> {
    let mark = format!("```{language}\n");
    let starts: Vec<usize> = page.match_indices(&mark).map(|(at, _)| at + mark.len()).collect();
    starts.into_iter().map(|start| page[start..].split("\n```").next().unwrap_or_default())
}

#[test]
fn the_c_code_on_the_pages_compiles() {
    let python = insula_pythons::resolve("3.13").expect("the tests need CPython 3.13");
    let include = python.facts.include.expect("the tests need CPython's headers");
    let folder = tempfile::tempdir().unwrap();
    let mut count = 0;
    for rule in RULES {
        for block in blocks(rule.page, "c") {
            count += 1;
            let file = folder.path().join("block.c");
            std::fs::write(&file, format!("#include <Python.h>\n{block}\n")).unwrap();
            let output = Command::new("cc")
                .args(["-fsyntax-only", "-Wall", "-Werror", "-Wno-unused", "-I"])
                .arg(&include)
                .arg("-idirafter")
                .arg(include.parent().expect("a folder"))
                .arg(&file)
                .output()
                .expect("a C compiler called cc");
            assert!(output.status.success(), "{}: {}\n{block}", rule.id, String::from_utf8_lossy(&output.stderr));
        }
    }
    assert!(count >= 80, "{count} blocks");
}

#[test]
fn every_block_says_its_language_and_whether_it_is_before_or_after() {
    const LANGUAGES: [&str; 5] = ["c", "cpp", "cython", "rust", "console"];
    for rule in RULES {
        assert!(rule.page.contains("\n```"), "{} shows nothing to write and nothing to run", rule.id);
        let fences = rule.page.lines().filter(|line| line.starts_with("```"));
        for (number, fence) in fences.enumerate() {
            let language = fence.trim_start_matches('`');
            assert_eq!(language.is_empty(), number % 2 == 1, "{}: {fence}", rule.id);
            assert!(language.is_empty() || LANGUAGES.contains(&language), "{}: {fence}", rule.id);
        }
        for block in blocks(rule.page, "c") {
            assert!(block.starts_with("/* before") || block.starts_with("/* after"), "{}: {block}", rule.id);
        }
    }
}
