//! `insula new`: what it makes of names, folders and options, and what it refuses. That the projects build and pass
//! their tests, `cargo xtask test --only new` shows.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use crate::common::insula;

/// The command, in a folder.
fn new(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = insula();
    command.arg("new").args(arguments).current_dir(folder);
    command
}

fn made(folder: &Path, arguments: &[&str]) -> String {
    let output = new(folder, arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// One line on stderr that says these things, exit code 2, and nothing made.
fn refused(command: &mut Command, texts: &[&str]) {
    let folder = command.get_current_dir().unwrap().to_owned();
    let before = entries(&folder);
    let Output { status, stdout, stderr } = command.output().unwrap();
    let said = String::from_utf8(stderr).unwrap();
    for text in texts {
        assert!(said.contains(text), "{text:?} is not in {said}");
    }
    assert_eq!((status.code(), said.lines().count(), stdout.len()), (Some(2), 1, 0), "{said}");
    assert_eq!(entries(&folder), before);
}

/// The paths of all files and folders below a folder, but for git's own.
fn entries(folder: &Path) -> BTreeSet<String> {
    fn walk(folder: &Path, root: &Path, found: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.file_name().is_some_and(|name| name != ".git") {
                found.insert(path.strip_prefix(root).unwrap().display().to_string());
                if path.is_dir() {
                    walk(&path, root, found);
                }
            }
        }
    }
    let mut found = BTreeSet::new();
    walk(folder, folder, &mut found);
    found
}

fn read(folder: &Path, file: &str) -> String {
    fs::read_to_string(folder.join(file)).unwrap()
}

fn toml(folder: &Path, file: &str) -> toml::Table {
    read(folder, file).parse().unwrap()
}

#[test]
fn names_come_from_the_folder_or_from_an_option() {
    let place = tempfile::tempdir().unwrap();
    let said = made(place.path(), &["deep/er/my-counter"]);
    assert!(said.contains("cd deep/er/my-counter\n"), "{said}");
    let project = place.path().join("deep/er/my-counter");
    assert_eq!(toml(&project, "Cargo.toml")["package"]["name"].as_str(), Some("my-counter"));
    assert_eq!(toml(&project, "Cargo.toml")["lib"]["name"].as_str(), Some("my_counter"));
    assert_eq!(toml(&project, "pyproject.toml")["tool"]["maturin"]["module-name"].as_str(), Some("my_counter"));
    assert!(read(&project, "src/lib.rs").contains("\nmod my_counter {\n"));
    assert!(project.join("my_counter.pyi").is_file() && project.join("tests/test_my_counter.py").is_file());

    made(place.path(), &["other", "--name", "chosen"]);
    assert!(place.path().join("other/chosen.pyi").is_file());

    // An empty folder will do, also the one that this runs in.
    let here = place.path().join("here");
    fs::create_dir(&here).unwrap();
    made(&here, &["."]);
    assert_eq!(toml(&here, "Cargo.toml")["package"]["name"].as_str(), Some("here"));
}

#[test]
fn a_package_has_its_native_half_inside() {
    let place = tempfile::tempdir().unwrap();
    made(place.path(), &["both", "--mixed"]);
    let project = place.path().join("both");
    assert_eq!(toml(&project, "pyproject.toml")["tool"]["maturin"]["module-name"].as_str(), Some("both._native"));
    let files = entries(&project.join("python/both"));
    assert_eq!(files, ["__init__.py", "_native.pyi", "py.typed"].map(str::to_owned).into());
    let both = new(place.path(), &["no", "--mixed", "--embed"]).output().unwrap();
    assert_eq!(both.status.code(), Some(2));
}

#[test]
fn the_framework_comes_from_where_the_options_say() {
    let place = tempfile::tempdir().unwrap();
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let framework = checkout.join("crates/insula").canonicalize().unwrap();
    let source = |project: &str| toml(&place.path().join(project), "Cargo.toml")["dependencies"]["insula"].clone();
    let auditor = |project: &str| {
        let manifest = toml(&place.path().join(project), "pyproject.toml");
        manifest["tool"]["cibuildwheel"]["audit-requires"][0].as_str().unwrap().to_owned()
    };

    // This program was built from a checkout that is still there.
    made(place.path(), &["standard"]);
    made(place.path(), &["path", "--path", checkout.to_str().unwrap()]);
    for project in ["standard", "path"] {
        assert_eq!(source(project)["path"].as_str().map(Path::new), Some(&*framework));
        assert!(read(&place.path().join(project), "README.md").contains("a folder of this machine"));
    }
    made(place.path(), &["git", "--git", "https://example.org/a \"quoted\" place"]);
    assert_eq!(source("git")["git"].as_str(), Some("https://example.org/a \"quoted\" place"));
    assert!(auditor("git").starts_with("insula @ git+https://example.org/"));
    assert!(!read(&place.path().join("git"), "README.md").contains("a folder of this machine"));

    let nothing = place.path().join("standard").display().to_string();
    refused(&mut new(place.path(), &["no", "--path", &nothing]), &["is no checkout of Insula", "--path"]);
}

#[test]
fn licences_have_their_text() {
    let place = tempfile::tempdir().unwrap();
    for (expression, files) in [
        ("MIT", vec!["LICENSE-MIT"]),
        ("apache-2.0", vec!["LICENSE-APACHE"]),
        ("MIT OR Apache-2.0", vec!["LICENSE-APACHE", "LICENSE-MIT"]),
        ("none", vec![]),
    ] {
        let project = place.path().join("project");
        made(place.path(), &["project", "--license", expression]);
        let all = entries(&project);
        let found: Vec<&str> = all.iter().map(String::as_str).filter(|name| name.starts_with("LICENSE")).collect();
        assert_eq!(found, files);
        let stated = toml(&project, "Cargo.toml")["package"].get("license").cloned();
        let named = stated.as_ref().and_then(|stated| stated.as_str()).unwrap_or("none");
        assert!(named.eq_ignore_ascii_case(expression), "{named}");
        assert_eq!(toml(&project, "pyproject.toml")["project"].get("license"), stated.as_ref());
        if files.contains(&"LICENSE-MIT") {
            assert!(read(&project, "LICENSE-MIT").contains("Copyright (c) the project developers\n"));
        }
        if files.contains(&"LICENSE-APACHE") {
            assert!(read(&project, "LICENSE-APACHE").contains("TERMS AND CONDITIONS"));
        }
        fs::remove_dir_all(project).unwrap();
    }
    refused(&mut new(place.path(), &["no", "--license", "GPL-9"]), &["\"GPL-9\"", "\"MIT OR Apache-2.0\"", "none"]);
}

#[test]
fn a_repository_is_made_unless_there_is_one() {
    let place = tempfile::tempdir().unwrap();
    made(place.path(), &["outer"]);
    assert!(place.path().join("outer/.git").is_dir());
    made(&place.path().join("outer"), &["inner"]);
    assert!(!place.path().join("outer/inner/.git").exists());
    made(place.path(), &["bare", "--vcs", "none"]);
    assert!(!place.path().join("bare/.git").exists());
}

#[test]
fn a_folder_with_something_in_it_stays_as_it_is() {
    let place = tempfile::tempdir().unwrap();
    fs::create_dir(place.path().join("full")).unwrap();
    fs::write(place.path().join("full/.hidden"), "mine").unwrap();
    refused(&mut new(place.path(), &["full"]), &["full is not empty", ".hidden", "name another folder"]);
    fs::write(place.path().join("file"), "").unwrap();
    refused(&mut new(place.path(), &["file"]), &["file is there and is no folder", "name another"]);
    refused(&mut new(place.path(), &["file/below"]), &["cannot make the folder file/below"]);
    refused(&mut new(place.path(), &["nowhere/.."]), &["does not name the project", "--name"]);
}

#[test]
fn names_that_something_else_has() {
    let place = tempfile::tempdir().unwrap();
    for (name, why) in [
        ("1st", "a letter first"),
        ("a b", "ASCII letters"),
        ("käse", "ASCII letters"),
        ("_private", "a letter first"),
        ("ends-", "no sign last"),
        ("a.b", "ASCII letters"),
        ("", "ASCII letters"),
        ("lambda", "a keyword of Python's"),
        ("None", "a keyword of Python's"),
        ("json", "a module of Python's standard library"),
        ("email", "a module of Python's standard library"),
        ("match", "a keyword of Rust's"),
        ("crate", "a keyword of Rust's"),
        ("gen", "a keyword of Rust's"),
        ("insula", "the name of a crate that it is built on"),
        ("pyo3-ffi", "the name of a crate that it is built on"),
        ("core", "the name of a crate of Rust's"),
        ("build", "the name of a folder of cargo's"),
        ("pytest", "the name of a module of its tests"),
        ("tests", "the name of a module of its tests"),
        ("test", "the name of Python's own tests"),
    ] {
        refused(&mut new(place.path(), &["folder", "--name", name]), &[why, "name another"]);
    }
    refused(&mut new(place.path(), &["json"]), &["json cannot be the name", "--name"]);
    refused(&mut new(place.path(), &["MyCounter"]), &["upper case", "mycounter with --name"]);
}

#[test]
fn below_a_workspace_it_is_a_project_of_its_own() {
    let place = tempfile::tempdir().unwrap();
    made(place.path(), &["alone"]);
    assert!(!toml(&place.path().join("alone"), "Cargo.toml").contains_key("workspace"));

    fs::write(place.path().join("Cargo.toml"), "[workspace]\nresolver = \"3\"\nmembers = []\n").unwrap();
    made(place.path(), &["deep/er/one"]);
    let project = place.path().join("deep/er/one");
    assert!(toml(&project, "Cargo.toml").contains_key("workspace"));
    let mut metadata = Command::new("cargo");
    metadata.args(["metadata", "--no-deps", "--format-version", "1"]).current_dir(&project);
    let output = metadata.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn what_the_project_needs_is_missing() {
    let place = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let programs = elsewhere.path().join("bin");
    fs::create_dir(&programs).unwrap();
    let empty = |arguments: &[&str]| {
        let mut command = new(place.path(), arguments);
        command
            .env("PATH", &programs)
            .env("HOME", elsewhere.path())
            .env("INSULA_CACHE", elsewhere.path().join("cache"));
        for name in ["PYENV_ROOT", "UV_PYTHON_INSTALL_DIR", "XDG_DATA_HOME", "XDG_CACHE_HOME"] {
            command.env_remove(name);
        }
        command
    };
    refused(&mut empty(&["project"]), &["there is no CPython 3.11 or newer", "install one"]);
    let python = crate::common::python();
    std::os::unix::fs::symlink(&python.executable, programs.join("python3")).unwrap();
    refused(&mut empty(&["project"]), &["cargo, which builds the project, does not start", "install Rust"]);
    let cargo = programs.join("cargo");
    fs::write(&cargo, "#!/bin/sh\necho 'no toolchain' >&2\nexit 1\n").unwrap();
    fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).unwrap();
    refused(&mut empty(&["project"]), &["cargo, which builds the project, does not run (no toolchain)", "rustup"]);
    fs::write(&cargo, "#!/bin/sh\nexit 0\n").unwrap();
    assert!(empty(&["project"]).output().unwrap().status.success());
}

#[test]
fn the_help_says_what_the_defaults_and_the_exit_codes_are() {
    let help = String::from_utf8(insula().args(["new", "--help"]).output().unwrap().stdout).unwrap();
    let words = help.split_whitespace().collect::<Vec<_>>().join(" ");
    for text in ["built from", "from the registry", "[default: \"MIT OR Apache-2.0\"]", "2 it was not", "CPython 3.11"]
    {
        assert!(words.contains(text), "{text:?} is not in {words}");
    }
}
