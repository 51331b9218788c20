//! `cargo xtask mutants`: takes one guarantee after the other out of the framework, and sees that its tests fail.
//!
//! Each patch in `tests/mutants` is applied to a clone of the committed state. What the patch says must then happen is
//! looked for in what the tests write; before, the same tests pass without any patch.

mod patch;
mod trial;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use insula_pythons::Interpreter;

use crate::workspace;
use patch::Patch;
use trial::Verdict;

/// Where the clone lies in the target folder.
const CLONE: &str = "mutants/clone";

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Those whose name begins so, such as g03, only
    names: Vec<String>,
    /// The interpreter, for patches that name none
    #[arg(long, default_value = "3.13")]
    python: String,
    /// Work in this checkout, which is the clone, with the patches of another
    #[arg(long, hide = true, value_name = "PATCHES")]
    here: Option<PathBuf>,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let patches = options.here.clone().unwrap_or_else(|| workspace::root().join("tests/mutants"));
    let mut patches = Patch::all(&patches)?;
    patches.retain(|patch| {
        options.names.is_empty() || options.names.iter().any(|name| patch.name.starts_with(&name.to_lowercase()))
    });
    if patches.is_empty() {
        bail!("no patch has such a name");
    }
    match &options.here {
        None => in_a_clone(options),
        // It throws away what is not committed.
        Some(_) if !workspace::root().ends_with(CLONE) => bail!("{} is no clone", workspace::root().display()),
        Some(_) => all(&patches, &options.python),
    }
}

/// Starts this command again, in a clone that is kept from one time to the next, so that little has to be built.
fn in_a_clone(options: &Options) -> Result<ExitCode> {
    let folder = workspace::target().join("mutants");
    let clone = workspace::target().join(CLONE);
    if !clone.is_dir() {
        git(workspace::root(), &["clone", "--quiet", "--no-checkout", ".", &clone.to_string_lossy()])?;
    }
    git(&clone, &["fetch", "--quiet", &workspace::root().to_string_lossy(), "HEAD"])?;
    git(&clone, &["reset", "--quiet", "--hard", "FETCH_HEAD"])?;
    git(&clone, &["clean", "--quiet", "-d", "--force"])?;
    let status = workspace::cargo()
        .current_dir(&clone)
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .args(["run", "--quiet", "--package", "xtask", "--", "mutants", "--python", &options.python, "--here"])
        .arg(workspace::root().join("tests/mutants"))
        .args(&options.names)
        .status()?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn git(folder: &Path, arguments: &[&str]) -> Result<()> {
    let output = Command::new("git").current_dir(folder).args(arguments).output().context("cannot start git")?;
    if !output.status.success() {
        bail!("git {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}

/// This checkout as it was.
fn restore() -> Result<()> {
    git(workspace::root(), &["reset", "--quiet", "--hard"])?;
    git(workspace::root(), &["clean", "--quiet", "-d", "--force"])
}

fn all(patches: &[Patch], default: &str) -> Result<ExitCode> {
    let begun = Instant::now();
    let mut seen = BTreeSet::new();
    let (mut unfit, mut survivors) = (0, Vec::new());
    println!("== without a patch");
    for patch in patches {
        let python = patch.python(default)?;
        for test in patch.tests.iter().filter(|test| seen.insert((test.name.clone(), python.version.to_string()))) {
            let Verdict { passed, wrote } = trial::run(&test.name, &patch.modules, &python)?;
            println!("{:<8} {} {}", python.version.to_string(), if passed { "passes " } else { "FAILS  " }, test.name);
            if !passed {
                println!("{wrote}");
                unfit += 1;
            }
        }
    }
    if unfit > 0 {
        bail!("{unfit} tests do not pass without a patch");
    }
    println!("== with each patch");
    for patch in patches {
        let python = patch.python(default)?;
        let begun = Instant::now();
        restore()?;
        git(workspace::root(), &["apply", &patch.file.to_string_lossy()])?;
        println!("{:<28} {:<8} {}: {}", patch.name, python.version.to_string(), patch.guarantees, patch.takes_out);
        let killed = killed(patch, &python)?;
        println!("{:>37} ({:.0} s)", if killed { "killed" } else { "SURVIVES" }, begun.elapsed().as_secs_f64());
        if !killed {
            survivors.push(patch.name.as_str());
        }
    }
    restore()?;
    let minutes = begun.elapsed().as_secs_f64() / 60.0;
    println!("\n{} mutants, {} killed, in {minutes:.0} minutes", patches.len(), patches.len() - survivors.len());
    if survivors.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    println!("survivors: {}", survivors.join(", "));
    Ok(ExitCode::FAILURE)
}

/// Whether each of its tests fails, and in the way that the patch says.
fn killed(patch: &Patch, python: &Interpreter) -> Result<bool> {
    let mut killed = true;
    for test in &patch.tests {
        let said = match trial::run(&test.name, &patch.modules, python) {
            Err(error) => Err(format!("{error:#}")),
            Ok(Verdict { passed: true, .. }) => Err("it passes".to_owned()),
            Ok(Verdict { wrote, .. }) => match wrote.lines().find(|line| line.contains(&test.says)) {
                Some(line) => Ok(line.trim().to_owned()),
                None => Err(format!("it fails in another way, without \"{}\":\n{wrote}", test.says)),
            },
        };
        killed &= said.is_ok();
        let (Ok(said) | Err(said)) = said;
        println!("{:>37} {}: {said}", "", test.name);
    }
    Ok(killed)
}
