//! Discovery against the interpreters that this machine really has.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use insula_pythons::{Error, Interpreter, OLDEST, discover, inspect, resolve};

/// Every machine that runs these tests has a CPython: nothing of Insula can be tested without.
fn found() -> Vec<Interpreter> {
    let found = discover().found;
    assert!(!found.is_empty(), "no CPython on this machine; run `cargo xtask pythons`");
    found
}

/// Asks the interpreter itself.
fn ask(interpreter: &Interpreter, expression: &str) -> String {
    let program = format!("import sys, sysconfig, os; print({expression})");
    let output = Command::new(&interpreter.executable).args(["-I", "-c", &program]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn facts_are_what_each_interpreter_says_when_asked_again() {
    for python in found() {
        let facts = &python.facts;
        assert_eq!(ask(&python, "'%d.%d.%d' % sys.version_info[:3]"), {
            let v = &python.version;
            format!("{}.{}.{}", v.major, v.minor, v.micro)
        });
        assert_eq!(ask(&python, "sysconfig.get_config_var('EXT_SUFFIX')"), facts.ext_suffix);
        assert_eq!(ask(&python, "sys.implementation.cache_tag"), facts.cache_tag);
        assert_eq!(ask(&python, "sys.base_prefix"), facts.base_prefix.to_str().unwrap());
        assert_eq!(ask(&python, "sys.maxsize.bit_length() + 1"), facts.pointer_bits.to_string());
        assert!(facts.ext_suffix.contains(&facts.soabi), "{python}");
        assert!(facts.stdlib.join("os.py").is_file(), "{python}");
        assert!(python.version.feature() >= OLDEST, "{python}");
        for folder in [&facts.lib_dynload, &facts.library_path].into_iter().flatten() {
            assert!(folder.is_dir(), "{python}: {}", folder.display());
        }
        if let Some(include) = &facts.include {
            assert!(include.join("Python.h").is_file(), "{python}: {}", include.display());
        }
    }
}

#[test]
fn libpython_is_the_shared_library_itself_and_of_that_version() {
    for python in found() {
        let Some(library) = &python.facts.libpython else {
            continue;
        };
        let kind = fs::symlink_metadata(library).unwrap().file_type();
        assert!(kind.is_file(), "{} is a link", library.display());
        assert_eq!(&fs::read(library).unwrap()[..4], b"\x7fELF");
        let name = library.file_name().unwrap().to_str().unwrap();
        let (major, minor) = python.version.feature();
        assert!(name.starts_with(&format!("libpython{major}.{minor}")), "{python}: {name}");
    }
}

#[test]
fn a_foreign_loader_starts_programs_and_the_system_loader_is_not_reported() {
    for python in found() {
        let Some(loader) = &python.facts.loader else {
            assert_eq!(python.facts.library_path, None, "{python}");
            continue;
        };
        let output = Command::new(loader)
            .arg("--library-path")
            .arg(python.facts.library_path.as_ref().expect("a loader comes with its C library"))
            .arg(&python.facts.base_executable)
            .args(["-I", "-c", "import os; print(os.confstr('CS_GNU_LIBC_VERSION'))"])
            .output()
            .unwrap();
        assert!(output.status.success(), "{python}: {}", String::from_utf8_lossy(&output.stderr));
        let said = String::from_utf8(output.stdout).unwrap();
        assert_eq!(Some(said.trim()), python.facts.libc.as_deref());
    }
}

#[test]
fn each_installation_is_listed_once_and_newest_first() {
    let found = found();
    let real: BTreeSet<_> =
        found.iter().map(|p| (p.facts.prefix.clone(), fs::canonicalize(&p.executable).unwrap())).collect();
    assert_eq!(real.len(), found.len(), "listed twice: {found:#?}");
    assert!(found.windows(2).all(|pair| pair[0].version >= pair[1].version));
}

#[test]
fn a_second_discovery_gives_the_same_answers() {
    assert_eq!(found(), found());
}

#[test]
fn a_version_means_the_newest_that_begins_with_it() {
    let found = found();
    let plain: Vec<_> = found.iter().filter(|python| python.flavour().is_empty()).collect();
    let newest = plain[0];
    let (major, minor) = newest.version.feature();
    for spec in [format!("{major}.{minor}"), format!("python{major}.{minor}"), newest.version.to_string()] {
        assert_eq!(resolve(&spec).unwrap().version, newest.version, "{spec}");
    }
    let path = newest.executable.to_str().unwrap();
    assert_eq!(resolve(path).unwrap().executable, newest.executable);
}

#[test]
fn a_program_name_means_what_the_shell_would_start() {
    let shell = Command::new("sh").args(["-c", "python3 -I -c 'import sys; print(sys.executable)'"]).output().unwrap();
    let Ok(python) = resolve("python3") else {
        assert!(!shell.status.success(), "the shell finds a python3");
        return;
    };
    let started = String::from_utf8(shell.stdout).unwrap();
    let real = |path: &Path| fs::canonicalize(path).unwrap();
    assert_eq!(real(&python.executable), real(Path::new(started.trim())));
}

#[test]
fn an_unknown_version_is_answered_with_what_there_is() {
    let newest = found()[0].version.to_string();
    let error = resolve("3.99").unwrap_err();
    assert!(matches!(error, Error::NoMatch { .. }), "{error}");
    let line = error.to_string();
    assert!(line.contains("3.99") && line.contains(&newest) && !line.contains('\n'), "{line}");
}

#[test]
fn a_virtual_environment_keeps_its_own_executable() {
    let base = found().into_iter().find(|p| !p.facts.is_venv()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let env = folder.path().join("env");
    let made = Command::new(&base.executable).args(["-I", "-m", "venv", "--without-pip"]).arg(&env).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let python = inspect(&env.join("bin/python")).unwrap();
    assert_eq!(python.executable, env.join("bin/python"));
    assert!(python.facts.is_venv());
    assert_eq!(python.facts.prefix, env);
    assert_eq!(python.facts.base_prefix, base.facts.base_prefix);
    assert_eq!(python.facts.libpython, base.facts.libpython);
    assert!(Path::new(&python.facts.site_packages).starts_with(&env));
}

/// In a process of its own, as the environment says where interpreters are looked for.
#[test]
fn what_is_too_old_is_asked_once() {
    const INNER: &str = "INSULA_TEST_ASKED_ONCE";
    if let Some(folder) = std::env::var_os(INNER) {
        let said = |discovery: insula_pythons::Discovery| {
            discovery.rejected.iter().map(|(_, error)| error.to_string()).collect::<Vec<_>>()
        };
        let program = Path::new(&folder).join("bin/python3");
        let first = said(discover());
        assert_eq!(first.len(), 1, "{first:?}");
        assert!(first[0].contains("is Python 3.6, which is too old"), "{first:?}");
        // It would say something else now, and is not asked: the file looks as it did.
        fs::write(Path::new(&folder).join("says"), "nothing").unwrap();
        assert_eq!(said(discover()), first);
        // Another file under the same name is asked.
        fs::copy("/bin/true", &program).unwrap();
        let later = said(discover());
        assert!(later[0].contains("is no Python"), "{later:?}");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let bin = folder.path().join("bin");
    fs::create_dir(&bin).unwrap();
    let source = folder.path().join("old.c");
    let says = folder.path().join("says");
    let answer = r#"insula-pythons:{\"implementation\": \"cpython\", \"version\": \"3.6\"}"#;
    let program = format!(
        "#include <stdio.h>\n#include <unistd.h>\nint main(void) {{ if (access(\"{}\", F_OK)) puts(\"{answer}\"); }}\n",
        says.display()
    );
    fs::write(&source, program).unwrap();
    let compiled = Command::new("cc").arg(&source).arg("-o").arg(bin.join("python3")).status().unwrap();
    assert!(compiled.success());
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "what_is_too_old_is_asked_once"])
        .env_clear()
        .env("PATH", &bin)
        .env("HOME", folder.path())
        .env("INSULA_CACHE", folder.path().join("cache"))
        .env(INNER, folder.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
