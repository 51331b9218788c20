//! Compiles the programs in `must-fail/`: each must be rejected with exactly the errors that its `//~ ERROR` marks
//! announce, and those named `ok_*` must compile.
//!
//! A mark stands on the line of the errors it announces, or below it with one `^` for each line in between; `//~?`
//! announces one that the compiler places in the library. Its text must occur in the error: in its code, message,
//! labels or notes.
//!
//! Warnings count where a program denies them.
//!
//! `INSULA_MUST_FAIL=name.rs` compiles that program only.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The libraries that programs are compiled against.
struct Libraries {
    /// Folders that hold insula's dependencies.
    search: Vec<PathBuf>,
    insula: PathBuf,
    /// Our own: `common` and `add_field`.
    out: PathBuf,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/must-fail")
}

fn rustc(libraries: &Libraries) -> Command {
    let mut command = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    command.args(["--edition", "2024", "--error-format", "json", "--crate-type", "lib", "--emit", "metadata"]);
    command.arg("--out-dir").arg(&libraries.out);
    command.arg("--extern").arg(format!("insula={}", libraries.insula.display()));
    for folder in libraries.search.iter().chain([&libraries.out]) {
        command.arg("-L").arg(folder);
    }
    command
}

/// Builds insula and what the programs share.
fn libraries() -> Libraries {
    let output = Command::new(env!("CARGO"))
        .args(["build", "--package", "insula", "--lib", "--features", "embed", "--message-format", "json"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let (mut search, mut insula) = (Vec::new(), None);
    for message in
        String::from_utf8_lossy(&output.stdout).lines().filter_map(|line| serde_json::from_str::<Value>(line).ok())
    {
        for file in message["filenames"].as_array().into_iter().flatten().filter_map(Value::as_str).map(PathBuf::from) {
            search.extend(file.parent().map(Path::to_path_buf));
            if message["target"]["name"] == "insula" && file.extension().is_some_and(|extension| extension == "rlib") {
                insula = Some(file);
            }
        }
    }
    search.sort();
    search.dedup();
    let out = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("must-fail");
    std::fs::create_dir_all(&out).expect("the target folder is writable");
    let libraries = Libraries { search, insula: insula.expect("cargo names the library"), out };

    let mut add_field = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    add_field.args(["--edition", "2024", "--crate-type", "proc-macro", "--out-dir"]).arg(&libraries.out);
    succeed(add_field.arg(folder().join("add_field.rs")));
    succeed(rustc(&libraries).arg(folder().join("common.rs")));
    libraries
}

fn succeed(command: &mut Command) {
    let output = command.output().expect("rustc starts");
    assert!(output.status.success(), "{command:?}\n{}", String::from_utf8_lossy(&output.stderr));
}

/// An error of the compiler: its line and everything it says.
#[derive(Debug)]
struct Found {
    line: u64,
    text: String,
}

fn compile(libraries: &Libraries, program: &Path) -> Vec<Found> {
    let suffix = if cfg!(target_os = "macos") { "dylib" } else { "so" };
    let mut command = rustc(libraries);
    let source = std::fs::read_to_string(program).expect("readable");
    if !source.contains("#![deny(warnings)]") {
        command.args(["--cap-lints", "allow"]);
    }
    command.arg("--extern").arg(format!("common={}", libraries.out.join("libcommon.rmeta").display()));
    command
        .arg("--extern")
        .arg(format!("add_field={}", libraries.out.join(format!("libadd_field.{suffix}")).display()));
    let output = command.arg(program).output().expect("rustc starts");
    let stderr = String::from_utf8_lossy(&output.stderr);
    let diagnostics =
        stderr.lines().map(|line| serde_json::from_str::<Value>(line).unwrap_or_else(|_| panic!("{stderr}")));
    diagnostics
        .filter(|diagnostic| {
            diagnostic["level"] == "error" && diagnostic["spans"].as_array().is_some_and(|spans| !spans.is_empty())
        })
        .map(|diagnostic| Found { line: line_of(&diagnostic, program), text: text_of(&diagnostic) })
        .collect()
}

/// The first line of the program that an error points at: in its primary span, or in a note where that is in the
/// library.
fn line_of(diagnostic: &Value, program: &Path) -> u64 {
    let notes = diagnostic["children"].as_array().expect("notes are a list").iter();
    let spans =
        std::iter::once(diagnostic).chain(notes).flat_map(|part| part["spans"].as_array().into_iter().flatten());
    let mut lines = spans.filter(|span| span["is_primary"] == true).filter_map(|span| {
        let mut span = span;
        while span["file_name"].as_str().is_none_or(|name| Path::new(name) != program) {
            span = span.get("expansion")?.get("span")?;
        }
        span["line_start"].as_u64()
    });
    lines.next().unwrap_or(0)
}

fn text_of(diagnostic: &Value) -> String {
    let mut text = format!(
        "{} {}",
        diagnostic["code"]["code"].as_str().unwrap_or(""),
        diagnostic["message"].as_str().unwrap_or("")
    );
    for span in diagnostic["spans"].as_array().into_iter().flatten() {
        text.extend(["\n", span["label"].as_str().unwrap_or("")]);
    }
    for child in diagnostic["children"].as_array().into_iter().flatten() {
        text.extend(["\n", child["message"].as_str().unwrap_or("")]);
    }
    text
}

/// The marks of a program: line (0 for none) and text.
fn marks(source: &str) -> Vec<(u64, String)> {
    let mut marks = Vec::new();
    for (line, text) in (1u64..).zip(source.lines()) {
        if let Some((_, mark)) = text.split_once("//~") {
            let up = mark.chars().take_while(|&c| c == '^').count();
            let (line, mark) = mark.strip_prefix('?').map_or((line - up as u64, &mark[up..]), |mark| (0, mark));
            let expected = mark.strip_prefix(" ERROR ").expect("a mark reads `//~ ERROR text`");
            marks.push((line, expected.to_owned()));
        }
    }
    marks
}

#[test]
fn programs_that_break_isolation_are_rejected_with_their_errors() {
    let libraries = libraries();
    let mut programs: Vec<PathBuf> =
        std::fs::read_dir(folder()).expect("the folder exists").map(|entry| entry.expect("readable").path()).collect();
    programs.sort();
    let only = std::env::var_os("INSULA_MUST_FAIL").filter(|name| !name.is_empty());
    programs.retain(|program| only.is_none() || program.file_name() == only.as_deref());
    let (mut complaints, mut rejected, mut accepted) = (Vec::new(), 0, 0);
    for program in programs {
        let name = program.file_stem().and_then(|name| name.to_str()).expect("names are text").to_owned();
        if ["common", "add_field"].contains(&name.as_str()) {
            continue;
        }
        let marks = marks(&std::fs::read_to_string(&program).expect("readable"));
        let mut seen = vec![false; marks.len()];
        assert_eq!(marks.is_empty(), name.starts_with("ok_"), "{name}: a program has marks, unless its name says ok");
        let errors = compile(&libraries, &program);
        if errors.is_empty() && !marks.is_empty() {
            complaints.push(format!("{name}.rs: compiles"));
        }
        for found in errors {
            match marks.iter().position(|(line, text)| *line == found.line && found.text.contains(text)) {
                Some(index) => seen[index] = true,
                None => complaints.push(format!("{name}.rs:{}: not announced: {}", found.line, found.text)),
            }
        }
        let unseen = marks.iter().zip(seen).filter(|(_, seen)| !seen);
        complaints.extend(unseen.map(|((line, text), _)| format!("{name}.rs:{line}: no such error: {text}")));
        if name.starts_with("ok_") { accepted += 1 } else { rejected += 1 }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n\n"));
    let enough = if only.is_some() { rejected + accepted == 1 } else { rejected >= 60 && accepted >= 3 };
    assert!(enough, "programs are missing: {rejected} to reject, {accepted} to accept");
}
