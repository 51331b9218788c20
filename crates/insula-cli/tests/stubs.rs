//! `insula stubs` where there is nothing to write stubs from: one line that says so.

use std::process::Command;

fn refused(target: &std::path::Path) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let output = Command::new(env!("CARGO_BIN_EXE_insula"))
        .arg("stubs")
        .arg(target)
        .current_dir(folder.path())
        .output()
        .expect("it starts");
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    assert_eq!(std::fs::read_dir(folder.path()).expect("readable").count(), 0, "nothing is written");
    let text = String::from_utf8(output.stderr).expect("it is text");
    assert_eq!(text.lines().count(), 1, "{text}");
    text
}

#[test]
fn what_has_no_stubs_is_refused_in_one_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = folder.path().join("text.so");
    std::fs::write(&text, "no library").expect("writable");
    assert!(refused(&text).contains("is no shared library"));
    assert!(refused(&folder.path().join("missing.so")).contains("cannot read"));
    assert!(refused(folder.path()).contains("neither a crate nor an extension module"));
    // A library of the system's, which every dynamic program here has loaded.
    let maps = std::fs::read_to_string("/proc/self/maps").expect("readable");
    let libc = maps.lines().filter_map(|line| line.split_whitespace().last()).find(|path| path.contains("libc.so"));
    let other = folder.path().join("other.so");
    std::fs::copy(libc.expect("it is loaded"), &other).expect("readable");
    assert!(refused(&other).contains("has no stubs"));
    // A crate that builds no extension module.
    std::fs::create_dir(folder.path().join("src")).expect("writable");
    std::fs::write(folder.path().join("src/lib.rs"), "").expect("writable");
    let manifest = "[package]\nname = \"plain\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n";
    std::fs::write(folder.path().join("Cargo.toml"), manifest).expect("writable");
    assert!(refused(&folder.path().join("Cargo.toml")).contains("builds no extension module"));
}
