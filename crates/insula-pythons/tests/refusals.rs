//! What is no interpreter is refused with one line that says what, why and what to do.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use insula_pythons::{Error, inspect};

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, text: &str, mode: u32) -> PathBuf {
        let path = self.0.path().join("python3");
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }
}

/// The error, once its message proved to be a single line that names the file.
fn refused(path: &Path) -> Error {
    let error = inspect(path).unwrap_err();
    let line = error.to_string();
    assert!(!line.contains('\n') && line.contains(path.to_str().unwrap()), "{line:?}");
    assert!(line.len() < 400, "{line:?}");
    error
}

#[test]
fn a_missing_path() {
    let folder = Folder::new();
    assert!(matches!(refused(&folder.0.path().join("nothing")), Error::NotFound(_)));
    // Not even when a program of that name is on PATH.
    assert!(matches!(inspect(Path::new("sh")), Err(Error::NotFound(_))));
}

#[test]
fn a_folder_and_a_text_file() {
    let folder = Folder::new();
    assert!(matches!(refused(folder.0.path()), Error::NotExecutable { .. }));
    assert!(matches!(refused(&folder.file("hello\n", 0o644)), Error::NotExecutable { .. }));
}

#[test]
fn an_executable_text_file_of_no_known_format() {
    let folder = Folder::new();
    let error = refused(&folder.file("hello\n", 0o755));
    assert!(matches!(error, Error::DoesNotStart { .. }), "{error}");
}

#[test]
fn a_link_into_nothing() {
    let folder = Folder::new();
    let link = folder.0.path().join("python3");
    std::os::unix::fs::symlink("gone", &link).unwrap();
    assert!(matches!(refused(&link), Error::NotFound(_)));
}

#[test]
fn programs_that_are_no_python() {
    assert!(matches!(refused(Path::new("/bin/true")), Error::NotPython { .. }));
    let error = refused(Path::new("/bin/echo"));
    assert!(matches!(error, Error::NotPython { .. }), "{error}");
    assert!(matches!(refused(Path::new("/bin/false")), Error::DoesNotStart { .. }));
}

#[test]
fn the_last_line_of_a_failing_start_is_the_reason() {
    let folder = Folder::new();
    let error =
        refused(&folder.file("#!/bin/sh\necho first >&2\necho 'No module named encodings' >&2\nexit 1\n", 0o755));
    let Error::DoesNotStart { reason, .. } = &error else { panic!("{error}") };
    assert_eq!(reason, "No module named encodings");
}

#[test]
fn a_program_killed_by_a_signal() {
    let folder = Folder::new();
    let error = refused(&folder.file("#!/bin/sh\nkill -SEGV $$\n", 0o755));
    let Error::DoesNotStart { reason, .. } = &error else { panic!("{error}") };
    assert!(reason.contains("signal: 11"), "{reason}");
}

#[test]
fn a_program_that_hangs_is_ended_with_everything_it_started() {
    let folder = Folder::new();
    let note = folder.0.path().join("pid");
    let script = format!("#!/bin/sh\nsleep 1000 &\necho $! > {}\nwait\n", note.display());
    let begun = Instant::now();
    assert!(matches!(refused(&folder.file(&script, 0o755)), Error::Hangs(_)));
    assert!(begun.elapsed() < Duration::from_secs(25));
    let sleeper = fs::read_to_string(note).unwrap();
    let gone = || {
        let status = fs::read_to_string(format!("/proc/{}/stat", sleeper.trim()));
        // A zombie nobody has collected yet is as dead.
        status.map_or(true, |line| line.contains(") Z "))
    };
    let until = Instant::now() + Duration::from_secs(5);
    while !gone() {
        assert!(Instant::now() < until, "the process it started still runs");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn garbage_without_end_is_cut_off() {
    let folder = Folder::new();
    let begun = Instant::now();
    let error = refused(&folder.file("#!/bin/sh\nexec cat /dev/zero\n", 0o755));
    assert!(matches!(error, Error::DoesNotStart { .. }), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_forged_answer_that_lacks_facts() {
    let folder = Folder::new();
    let error = refused(&folder.file("#!/bin/sh\necho 'insula-pythons:{\"executable\": 1}'\n", 0o755));
    let Error::DoesNotStart { reason, .. } = &error else { panic!("{error}") };
    assert!(reason.contains("cannot be read"), "{reason}");
}

#[test]
fn other_implementations_and_old_versions_by_what_they_answer() {
    let folder = Folder::new();
    let answer = |text: &str| folder.file(&format!("#!/bin/sh\necho 'insula-pythons:{text}'\n"), 0o755);
    let error = refused(&answer(r#"{"implementation": "pypy", "version": "3.11.13"}"#));
    assert!(matches!(error, Error::NotCpython { .. }), "{error}");
    let error = refused(&answer(r#"{"implementation": "cpython", "version": "3.7.16"}"#));
    assert!(matches!(error, Error::TooOld { .. }), "{error}");
}

#[test]
fn python_2_is_too_old() {
    // What Python 2.7 says to -I.
    let folder = Folder::new();
    let script = "#!/bin/sh\nprintf \"Unknown option: -I\\nusage: python [option] ... [arg] ...\\nTry \\`python -h' \
                  for more information.\\n\" >&2\nexit 2\n";
    let error = refused(&folder.file(script, 0o755));
    assert!(matches!(error, Error::TooOld { .. }), "{error}");
}
