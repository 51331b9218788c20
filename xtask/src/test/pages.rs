//! The code on the pages of `insula explain` that takes more than a C compiler: Cython, C++ with pybind11, and Rust
//! with PyO3 and with Insula.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use insula_pythons::Interpreter;

use crate::test::Tally;
use crate::{process, workspace};

/// Time for one compiler.
const TIMEOUT: Duration = Duration::from_secs(300);

/// A block of code, and the page that it is on.
struct Block {
    page: String,
    language: String,
    code: String,
}

fn blocks(pages: &Path) -> Result<Vec<Block>> {
    let mut found = Vec::new();
    let mut files: Vec<PathBuf> = fs::read_dir(pages)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    files.retain(|path| path.extension().is_some_and(|ending| ending == "md"));
    files.sort();
    for file in files {
        let text = fs::read_to_string(&file)?;
        let page = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        // Every second piece is inside of a block.
        for piece in text.split("\n```").skip(1).step_by(2) {
            let (language, code) = piece.split_once('\n').unwrap_or((piece, ""));
            found.push(Block { page: page.clone(), language: language.to_owned(), code: code.to_owned() });
        }
    }
    Ok(found)
}

/// Compiles them; `environment` has Cython and pybind11.
pub(super) fn run(python: &Interpreter, environment: &Path) -> Result<Tally> {
    let all = blocks(&workspace::root().join("crates/insula-audit/src/rules"))?;
    let out = tempfile::tempdir()?;
    let mut tally = Tally::default();
    for (number, block) in all.iter().enumerate() {
        let file = out.path().join(format!("block{number}"));
        let passed = match block.language.as_str() {
            "cython" => cython(&block.code, &file, environment)?,
            "cpp" => cpp(&block.code, &file, python, environment)?,
            _ => continue,
        };
        tally += Tally::of(format!("{} {}", block.page, block.language), passed);
    }
    for toolkit in ["pyo3_once_lock", "insula_twin"] {
        let name = toolkit.split('_').next().unwrap_or_default();
        let own = |block: &&Block| block.language == "rust" && block.code.contains(&format!("{name}::"));
        let blocks: Vec<&Block> = all.iter().filter(own).collect();
        let passed = rust(&blocks, toolkit, &out.path().join(name), python)?;
        tally += Tally::of(format!("{} blocks with {name}", blocks.len()), passed);
    }
    Ok(tally)
}

fn cython(code: &str, file: &Path, environment: &Path) -> Result<bool> {
    let source = file.with_extension("pyx");
    fs::write(&source, code)?;
    let mut command = Command::new(environment.join("bin/cython"));
    said(command.arg("-3").arg(source))
}

fn cpp(code: &str, file: &Path, python: &Interpreter, environment: &Path) -> Result<bool> {
    let source = file.with_extension("cpp");
    fs::write(&source, code)?;
    let include = python.facts.include.as_ref().context("CPython 3.13 has no headers")?;
    let (major, minor) = python.version.feature();
    let packages = environment.join(format!("lib/python{major}.{minor}/site-packages"));
    let mut command = Command::new("c++");
    command.args(["-fsyntax-only", "-std=c++17", "-I"]).arg(include);
    command.arg("-idirafter").arg(include.parent().context("headers lie in a folder")?);
    said(command.arg("-I").arg(packages.join("pybind11/include")).arg(source))
}

/// All blocks of one toolkit, a module each, in a crate with the dependencies of one of the corpus.
fn rust(blocks: &[&Block], like: &str, folder: &Path, python: &Interpreter) -> Result<bool> {
    let model = workspace::root().join("tests/corpus/toolchains").join(like);
    fs::create_dir_all(folder.join("src"))?;
    let crates = workspace::root().join("crates");
    let manifest = fs::read_to_string(model.join("Cargo.toml"))?;
    fs::write(folder.join("Cargo.toml"), manifest.replace("../../../../crates", &crates.to_string_lossy()))?;
    fs::copy(model.join("Cargo.lock"), folder.join("Cargo.lock"))?;
    let module = |(number, block): (usize, &&Block)| format!("mod {}_{number} {{\n{}\n}}\n", block.page, block.code);
    let modules: String = blocks.iter().enumerate().map(module).collect();
    fs::write(folder.join("src/lib.rs"), format!("#![allow(dead_code, unused)]\n{modules}"))?;
    let status = workspace::cargo()
        .args(["check", "--quiet", "--release", "--locked", "--manifest-path"])
        .arg(folder.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(workspace::target().join("toolchains"))
        .env("PYO3_PYTHON", &python.executable)
        .env("PYO3_BUILD_EXTENSION_MODULE", "1")
        // As for the corpus: so what runs while it builds is there already.
        .env("CARGO_PROFILE_RELEASE_DEBUG", "full")
        .env_remove("PYO3_CONFIG_FILE")
        .stdin(Stdio::null())
        .status()?;
    Ok(status.success())
}

/// Runs a compiler; what it complains of is shown.
fn said(command: &mut Command) -> Result<bool> {
    let outcome = process::run(command, TIMEOUT)?.ok("the compiler");
    if let Err(error) = &outcome {
        println!("{error:#}");
    }
    Ok(outcome.is_ok())
}
