//! `cargo xtask isolate`: what `insula_isolate` shows with the packages that people use, as a document.

pub(crate) mod packages;
mod page;
mod places;
mod trial;

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use clap::Args;
use insula_pythons::Interpreter;
use serde_json::{Value, json};

use crate::bench::report::date;
use crate::isolate::packages::Package;
pub(crate) use crate::isolate::places::{insula_isolate, sdist};
use crate::isolate::trial::Place;
use crate::pythons::{self, SUPPORTED};
use crate::test::{Tally, side_by_side};
use crate::workspace;

/// What a full run does with each package.
const KINDS: [&str; 5] = ["main", "without", "isolated", "proof", "cost"];
/// What shows that a package works, and nothing else.
const QUICK: [&str; 3] = ["main", "isolated", "proof"];
/// The versions in the order of the document: the newest of those that most people have first.
const ORDER: [(u32, u32); 5] = [(3, 13), (3, 14), (3, 15), (3, 12), (3, 11)];
/// How many interpreters run a package's own tests at once.
const SUITES_AT_ONCE: usize = 4;

#[derive(Args)]
pub(crate) struct Options {
    /// Put it into docs/isolate-evidence.md: what this run showed, and what earlier ones did of the rest
    #[arg(long)]
    write: bool,
    /// A version of CPython; may be repeated [default: 3.11 to 3.15]
    #[arg(long, value_name = "VERSION", num_args = 1..)]
    python: Vec<String>,
    /// A package; may be repeated [default: all of tests/isolate/real/packages.toml]
    #[arg(long, value_name = "PACKAGE", num_args = 1..)]
    only: Vec<String>,
    /// How many interpreters use a package at once
    #[arg(long, default_value_t = 8)]
    interpreters: usize,
    /// How often each of them uses it
    #[arg(long, default_value_t = 20)]
    rounds: usize,
    /// Run the packages' own tests, too, in four interpreters at once
    #[arg(long)]
    tests: bool,
    /// See only that the packages work and are proved; what they cost, and do without insula_isolate, stays on the page
    /// as earlier runs saw it
    #[arg(long)]
    quick: bool,
    /// Do not use the packages: with --tests, run their own tests only; with --write, write what earlier runs showed
    #[arg(long)]
    no_uses: bool,
    /// Pin the newest versions that have wheels, instead
    #[arg(long)]
    pin: bool,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let all = packages::all()?;
    if let Some(unknown) = options.only.iter().find(|name| all.iter().all(|package| package.name != **name)) {
        bail!("no package {unknown} in tests/isolate/real/packages.toml");
    }
    let pythons = interpreters(&options.python)?;
    if options.pin {
        pythons.iter().try_for_each(|python| places::pin(python, &all))?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut tally = Tally::default();
    for python in &pythons {
        if !options.no_uses || options.tests {
            tally += on(python, &all, options)?;
        }
    }
    println!("{} passed, {} failed", tally.passed, tally.failed);
    if options.write {
        let text = page::text(&interpreters(&[])?, &all)?;
        let path = workspace::root().join(page::DOCUMENT);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(if tally.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The interpreters of these versions, in the order of the document.
fn interpreters(versions: &[String]) -> Result<Vec<Interpreter>> {
    let found = insula_pythons::discover().found;
    let wanted = |(major, minor): &(u32, u32)| {
        versions.is_empty() || versions.iter().any(|version| *version == format!("{major}.{minor}"))
    };
    for version in versions {
        if !ORDER.iter().any(|(major, minor)| *version == format!("{major}.{minor}")) {
            bail!("{version}: insula_isolate is for CPython 3.11 to 3.15");
        }
    }
    let mut pythons = Vec::new();
    for feature in ORDER.iter().filter(|feature| SUPPORTED.contains(feature)).filter(|feature| wanted(feature)) {
        let python = pythons::best(&found, *feature);
        let python = python
            .with_context(|| format!("CPython {}.{} is missing; run `cargo xtask pythons`", feature.0, feature.1))?;
        pythons.push(python.clone());
    }
    Ok(pythons)
}

fn on(python: &Interpreter, all: &[Package], options: &Options) -> Result<Tally> {
    let version = packages::version(python);
    let pins = packages::pins(&packages::pins_file(python))?;
    let environment = places::environment(python, &places::wanted(all, &pins))?;
    let loader = places::insula_isolate(python)?;
    let checks_memory = python.version.checks_memory_in_threads();
    let place =
        Place { environment, loader, interpreters: options.interpreters, rounds: options.rounds, checks_memory };
    let mut tally = Tally::default();
    let chosen = all.iter().filter(|package| options.only.is_empty() || options.only.contains(&package.name));
    for package in chosen {
        let Some(pin) = pins.get(&packages::normal(&package.name)) else {
            println!("{version} {:<24} no wheel", package.name);
            continue;
        };
        if !options.no_uses {
            let begun = Instant::now();
            let shown = place.uses(package, if options.quick { &QUICK } else { &KINDS })?;
            tally += say(package, &version, &shown, begun);
            match options.quick.then(|| with_earlier(python, package, pin, &shown)) {
                None => keep(python, package, "uses", pin, shown)?,
                Some(Some(all)) => keep(python, package, "uses", pin, all)?,
                Some(None) => println!("{version} {:<24} not for the page: no earlier run saw its cost", package.name),
            }
        }
        let tests = package.tests.as_ref().filter(|tests| tests.on.as_ref().is_none_or(|on| on.contains(&version)));
        if options.tests
            && let Some(tests) = tests
            && python.version.feature() > (3, 11)
        {
            let begun = Instant::now();
            let of = pins.get(&packages::normal(tests.of.as_deref().unwrap_or(&package.name))).unwrap_or(pin);
            let sdist = places::tests_of_sdist(package, of)?;
            let shown = place.tests(package, sdist.as_deref(), SUITES_AT_ONCE)?;
            let unexplained = match trial::differences(&shown) {
                Ok(differences) => {
                    differences.into_iter().filter(|one| page::explained(package, one).is_none()).count()
                }
                Err(why) => {
                    println!("{version} {:<24} own tests: {why}", package.name);
                    1
                }
            };
            let counts = page::counts(&shown);
            let elapsed = begun.elapsed().as_secs_f64();
            println!(
                "{version} {:<24} own tests {counts}, {unexplained} differences unexplained, {elapsed:.0} s",
                package.name
            );
            tally += Tally::of(format!("{version} {}, own tests", package.name), unexplained == 0);
            keep(python, package, "tests", pin, shown)?;
        }
    }
    Ok(tally)
}

/// One line, and whether the package is as it should be, or as it is known to be.
fn say(package: &Package, version: &str, shown: &Value, begun: Instant) -> Tally {
    let mut faults = trial::faults(shown);
    if faults.is_empty() {
        faults = trial::unproved(shown);
    }
    let elapsed = begun.elapsed().as_secs_f64();
    let known = package.known(version);
    let good = faults.is_empty() || known.is_some();
    let what = match (faults.is_empty(), known) {
        (true, _) => "ok".to_owned(),
        (false, Some(_)) => format!("known: {}", faults.join("; ")),
        (false, None) => faults.join("; "),
    };
    println!("{}{version} {:<24} {elapsed:>5.1} s {what}", if good { "  " } else { "!!" }, package.name);
    Tally::of(format!("{version} {}", package.name), good)
}

/// Where a run leaves what it showed, for the document.
fn record(python: &Interpreter, package: &Package, what: &str) -> PathBuf {
    let folder = workspace::target().join("isolate-evidence").join(python.version.to_string());
    folder.join(format!("{}.{what}.json", package.name))
}

fn keep(python: &Interpreter, package: &Package, what: &str, version: &str, shown: Value) -> Result<()> {
    let file = record(python, package, what);
    fs::create_dir_all(file.parent().context("a file has a folder")?)?;
    let record = json!({ "date": date(), "version": version, "python": python.facts.full_version, "shown": shown });
    fs::write(&file, serde_json::to_vec(&record)?).with_context(|| format!("cannot write {}", file.display()))
}

/// What a quick run showed, with the rest of an earlier full run of the same version; none if there was no such run.
fn with_earlier(python: &Interpreter, package: &Package, version: &str, shown: &Value) -> Option<Value> {
    let earlier: Value = serde_json::from_slice(&fs::read(record(python, package, "uses")).ok()?).ok()?;
    let same = earlier["version"] == version && earlier["python"] == *python.facts.full_version;
    let mut all =
        earlier["shown"].as_object().filter(|all| same && KINDS.iter().all(|kind| all.contains_key(*kind)))?.clone();
    for (kind, run) in shown.as_object()? {
        if kind == "main" && run["well"] == true {
            // Its cost is compared with the others', which were seen on the same quiet or busy machine.
            continue;
        }
        all.insert(kind.clone(), run.clone());
    }
    Some(all.into())
}

/// What continuous integration runs: the packages that `packages.toml` selects, on the versions that it names for each.
pub(crate) fn selection() -> Result<Tally> {
    let all = packages::all()?;
    let mut jobs = Vec::new();
    for python in interpreters(&[])? {
        let version = packages::version(&python);
        let chosen: Vec<Package> = all.iter().filter(|package| package.selected.contains(&version)).cloned().collect();
        if chosen.is_empty() {
            continue;
        }
        let pins = packages::pins(&packages::pins_file(&python))?;
        let plain: Vec<Package> = chosen.iter().cloned().map(|package| Package { tests: None, ..package }).collect();
        let environment = places::environment(&python, &places::wanted(&plain, &pins))?;
        let loader = places::insula_isolate(&python)?;
        let checks_memory = python.version.checks_memory_in_threads();
        let place = Arc::new(Place { environment, loader, interpreters: 4, rounds: 5, checks_memory });
        jobs.extend(chosen.into_iter().map(|package| (version.clone(), Arc::clone(&place), package)));
    }
    side_by_side(&jobs, |(version, place, package)| {
        let begun = Instant::now();
        Ok(say(package, version, &place.uses(package, &QUICK)?, begun))
    })
}
