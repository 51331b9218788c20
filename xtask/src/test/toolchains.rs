//! Planted defects in other languages and with binding generators (`tests/corpus/toolchains`): built, audited, and
//! compared with what each source says is to be found.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use insula_pythons::Interpreter;
use serde_json::Value;

use super::pages;
use crate::test::Tally;
use crate::{auditor, environment, process, pythons, workspace};

/// What the sources say is true of this version.
const VERSION: (u32, u32) = (3, 13);
/// Time for pip, or for one compiler.
const TIMEOUT: Duration = Duration::from_secs(300);

pub(crate) fn run() -> Result<Tally> {
    let found = insula_pythons::discover().found;
    let python = pythons::best(&found, VERSION).context("CPython 3.13 is missing; run `cargo xtask pythons`")?;
    let corpus = workspace::root().join("tests/corpus/toolchains");
    let tools = Tools::fetch(python, &corpus.join("requirements.txt"))?;
    let entries = entries(&corpus)?;
    let out = tempfile::tempdir()?;
    // Compilers by themselves use one processor each; cargo uses all.
    let compiled: Vec<Result<PathBuf>> = thread::scope(|scope| {
        let build = |entry| tools.build(entry, out.path());
        let others = entries.iter().map(|entry| scope.spawn(move || build(entry)));
        let running: Vec<_> = others.collect();
        running.into_iter().map(|one| one.join().expect("building does not panic")).collect()
    });
    let files = compiled.into_iter().collect::<Result<Vec<PathBuf>>>()?;
    let mut tally = pages::run(python, &tools.environment)?;
    for (entry, module) in entries.iter().zip(auditor::audit(python, &files)?) {
        tally += Tally::of(&entry.name, entry.compare(&module));
    }
    Ok(tally)
}

/// One source, and what its head says.
struct Entry {
    name: String,
    /// The source; of a crate, its manifest.
    source: PathBuf,
    built_with: String,
    expect: BTreeSet<String>,
    may: BTreeSet<String>,
    informs: BTreeSet<String>,
    /// The answers that are no plain yes.
    answers: String,
    /// The lines that are marked with `here: RULE`, where a finding of that rule has to lead: file, line, rule.
    lines: Vec<(String, u64, String)>,
}

fn entries(corpus: &Path) -> Result<Vec<Entry>> {
    let mut found = Vec::new();
    for path in fs::read_dir(corpus)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<PathBuf>>>()? {
        let source = if path.is_dir() { path.join("Cargo.toml") } else { path.clone() };
        let text = fs::read_to_string(&source)?;
        if text.contains("insula-corpus:") {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            found.push(Entry::read(name, source, &text)?);
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

impl Entry {
    fn read(name: String, source: PathBuf, text: &str) -> Result<Self> {
        let field = |key: &str| {
            let mark = format!("insula-corpus: {key}:");
            text.lines().find_map(|line| line.split_once(&mark)).map(|(_, value)| value.trim().to_owned())
        };
        let needed = |key: &str| field(key).with_context(|| format!("{name} does not say its {key}"));
        let rules = |key| field(key).unwrap_or_default().split_whitespace().map(str::to_owned).collect();
        needed("title")?;
        needed("why")?;
        needed("expect")?;
        Ok(Self {
            built_with: needed("built-with")?,
            answers: needed("answers")?,
            lines: marked(&source)?,
            expect: rules("expect"),
            may: rules("may"),
            informs: rules("informs"),
            name,
            source,
        })
    }

    /// Says what was found; whether that is what the source says.
    fn compare(&self, module: &Value) -> bool {
        let found = |information: bool| -> BTreeSet<String> {
            let all = module["findings"].as_array().into_iter().flatten();
            let wanted = all.filter(|one| (one["severity"] == "info") == information);
            wanted.filter_map(|one| one["rule"].as_str().map(str::to_owned)).collect()
        };
        let list = |rules: &BTreeSet<String>| rules.iter().map(String::as_str).collect::<Vec<_>>().join(" ");
        let (grave, mild) = (found(false), found(true));
        let answers = auditor::answers(module);
        let missed = self.missed_lines(module);
        let right = answers == self.answers
            && missed.is_empty()
            && grave.is_superset(&self.expect)
            && grave.difference(&self.expect).all(|rule| self.may.contains(rule))
            && mild.is_superset(&self.informs);
        println!(
            "{} {:<24} expected {} [{}] ({}), found {} [{}] ({answers})",
            if right { "  " } else { "!!" },
            self.name,
            list(&self.expect),
            list(&self.informs),
            self.answers,
            list(&grave),
            list(&mild)
        );
        missed.iter().for_each(|missed| println!("   no finding at {missed}"));
        right
    }

    /// The marked lines to which no finding of their rule leads.
    fn missed_lines(&self, module: &Value) -> Vec<String> {
        let findings = module["findings"].as_array().map(Vec::as_slice).unwrap_or_default();
        let leads = |finding: &Value, (file, line, rule): &(String, u64, String)| {
            let location = &finding["location"];
            let same_file = location["file"].as_str().is_some_and(|found| found.ends_with(file));
            finding["rule"] == **rule && location["line"].as_u64() == Some(*line) && same_file
        };
        let missed = self.lines.iter().filter(|place| !findings.iter().any(|finding| leads(finding, place)));
        missed.map(|(file, line, rule)| format!("{file}:{line}: {rule}")).collect()
    }
}

/// The marked lines of a source, or of a crate.
fn marked(source: &Path) -> Result<Vec<(String, u64, String)>> {
    let file =
        if source.ends_with("Cargo.toml") { source.with_file_name("src").join("lib.rs") } else { source.to_owned() };
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let text = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let rules = text.lines().zip(1..).filter_map(|(line, number)| {
        let (_, rule) = line.split_once(" here: ")?;
        Some((name.clone(), number, rule.split_whitespace().next()?.to_owned()))
    });
    Ok(rules.collect())
}

/// The binding generators, in a virtual environment of the cache.
struct Tools<'a> {
    python: &'a Interpreter,
    environment: PathBuf,
}

impl<'a> Tools<'a> {
    /// What `requirements` pins.
    fn fetch(python: &'a Interpreter, requirements: &Path) -> Result<Self> {
        Ok(Self { python, environment: environment::with(python, requirements)? })
    }

    fn program(&self, name: &str) -> Command {
        Command::new(self.environment.join("bin").join(name))
    }

    /// A folder inside of an installed package.
    fn package(&self, path: &str) -> PathBuf {
        let (major, minor) = self.python.version.feature();
        self.environment.join(format!("lib/python{major}.{minor}/site-packages")).join(path)
    }

    fn build(&self, entry: &Entry, out: &Path) -> Result<PathBuf> {
        let library = out.join(format!("{}{}", entry.name, self.python.facts.ext_suffix));
        let (tool, options) = entry.built_with.split_once(' ').unwrap_or((&entry.built_with, ""));
        let include = self.python.facts.include.as_ref().context("CPython 3.13 has no headers")?;
        let mut compile = Command::new(if tool == "cython" { "cc" } else { "c++" });
        compile.args(["-O1", "-g", "-shared", "-fPIC", "-I"]).arg(include).args(options.split_whitespace());
        // Some systems keep pyconfig.h beside the headers' folder.
        compile.arg("-idirafter").arg(include.parent().context("headers lie in a folder")?);
        match tool {
            "cargo" => return self.build_crate(entry, &library).map(|()| library),
            "cython" => {
                let translated = out.join(&entry.name).with_extension("c");
                let mut cython = self.program("cython");
                cython.arg("-3").arg(&entry.source).arg("-o").arg(&translated);
                process::run(&mut cython, TIMEOUT)?.ok(&entry.name)?;
                compile.arg(translated);
            }
            "pybind11" => {
                compile.args(["-std=c++17", "-fvisibility=hidden", "-I"]).arg(self.package("pybind11/include"));
                compile.arg(&entry.source);
            }
            "nanobind" => {
                compile.args(["-std=c++17", "-fvisibility=hidden", "-fno-strict-aliasing"]);
                for folder in ["nanobind/include", "nanobind/ext/robin_map/include"] {
                    compile.arg("-I").arg(self.package(folder));
                }
                // The library is part of every module.
                compile.arg(self.package("nanobind/src/nb_combined.cpp")).arg(&entry.source);
            }
            "c++" => {
                compile.args(["-std=c++17", "-Wall", "-Wextra"]).arg(&entry.source);
            }
            other => bail!("{}: built with {other}? There are cargo, cython, pybind11, nanobind and c++", entry.name),
        }
        process::run(compile.arg("-o").arg(&library), TIMEOUT)?.ok(&entry.name)?;
        Ok(library)
    }

    /// These crates are workspaces of their own: what they depend on is no business of the project's.
    fn build_crate(&self, entry: &Entry, library: &Path) -> Result<()> {
        let target = workspace::target().join("toolchains");
        let status = workspace::cargo()
            .args(["build", "--quiet", "--release", "--locked", "--manifest-path"])
            .arg(&entry.source)
            .arg("--target-dir")
            .arg(&target)
            .env("PYO3_PYTHON", &self.python.executable)
            .env("PYO3_BUILD_EXTENSION_MODULE", "1")
            .env("CARGO_PROFILE_RELEASE_DEBUG", "full")
            .env_remove("PYO3_CONFIG_FILE")
            .stdin(Stdio::null())
            .status()?;
        if !status.success() {
            bail!("cannot build {}: cargo reported the errors above", entry.name);
        }
        let built = target.join("release").join(format!("lib{}.so", entry.name));
        fs::copy(&built, library).with_context(|| format!("cannot copy {}", built.display()))?;
        Ok(())
    }
}
