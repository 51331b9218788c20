//! `cargo xtask test`: every check, in order, each reported by name.

pub(crate) mod embed;
mod format;
pub(crate) mod hosts;
mod interpreters;
mod isolate;
mod lints;
pub(crate) mod modules;
mod packaging;
pub(crate) mod performance;
mod real;
mod references;
mod toolchains;
mod units;

use std::ops::AddAssign;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use insula_pythons::Interpreter;

use crate::pythons;

/// One check. To add one: a file with a `run` function, and a line in [`STEPS`].
struct Step {
    name: &'static str,
    run: fn() -> Result<Tally>,
    /// How it runs on one interpreter; or why it does not.
    on: fn(&Interpreter) -> Choice,
}

/// What a step does with an interpreter that was asked for.
type Choice = Result<fn(&Interpreter) -> Result<Tally>, &'static str>;

impl Step {
    const fn new(name: &'static str, run: fn() -> Result<Tally>) -> Self {
        Self { name, run, on: |_| Err("it is about no single interpreter") }
    }
}

/// In the order in which they run: the quick ones first.
const STEPS: &[Step] = &[
    Step::new("format", format::run),
    Step { name: "interpreters", run: interpreters::run, on: |_| Ok(interpreters::on) },
    Step::new("lints", lints::run),
    Step { name: "modules", run: modules::run, on: |_| Ok(modules::on) },
    Step { name: "embed", run: embed::run, on: |_| Ok(embed::on) },
    Step { name: "references", run: references::run, on: references::choose },
    Step::new("performance", performance::run),
    Step::new("packaging", packaging::run),
    Step::new("isolate", isolate::run),
    Step::new("toolchains", toolchains::run),
    Step::new("units", units::run),
];

/// What takes hours rather than minutes together, and is run when it is asked for.
const LARGE: &[Step] = &[Step::new("real", real::run)];

/// How many tests a step ran, and how they went. An error counts as one more that failed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    /// What failed: a test, or the program that ran it.
    pub(crate) failures: Vec<String>,
}

impl Tally {
    /// One test.
    pub(crate) fn of(name: impl Into<String>, passed: bool) -> Self {
        Self::counted(name, usize::from(passed), usize::from(!passed))
    }

    /// What a program said of its tests.
    pub(crate) fn counted(name: impl Into<String>, passed: usize, failed: usize) -> Self {
        let failures = if failed == 0 { Vec::new() } else { vec![name.into()] };
        Self { passed, failed, failures }
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.failures.extend(other.failures);
    }
}

/// Does one thing for each of these, one for each processor at a time: tests wait for interpreters, threads and the
/// linker more than they compute.
pub(crate) fn side_by_side<T: Sync>(jobs: &[T], work: impl Fn(&T) -> Result<Tally> + Sync) -> Result<Tally> {
    let next = AtomicUsize::new(0);
    let some = || -> Result<Tally> {
        let mut tally = Tally::default();
        while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
            tally += work(job)?;
        }
        Ok(tally)
    };
    let width = std::thread::available_parallelism()?.get().max(2);
    let tallies: Vec<Result<Tally>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..width).map(|_| scope.spawn(some)).collect();
        let ended = threads.into_iter().map(std::thread::ScopedJoinHandle::join);
        ended.map(|tally| tally.unwrap_or_else(|_| Ok(Tally::of("a thread of the tests", false)))).collect()
    });
    let mut all = Tally::default();
    for tally in tallies {
        all += tally?;
    }
    Ok(all)
}

/// The names that `--only` accepts.
pub(crate) fn step_names() -> Vec<&'static str> {
    STEPS.iter().map(|step| step.name).collect()
}

/// Runs the steps, all of them whatever happens, then says how each went; `real` are the large ones, and no other.
pub(crate) fn run(only: &[String], real: bool, python: Option<&str>) -> Result<ExitCode> {
    let python = python.map(pythons::to_test_on).transpose()?;
    if let Some(python) = &python {
        println!("{python}");
    }
    let mut results: Vec<(&str, Tally, Duration)> = Vec::new();
    let steps = if real { LARGE } else { STEPS };
    for step in steps.iter().filter(|step| only.is_empty() || only.iter().any(|name| name == step.name)) {
        let on = python.as_ref().map(|python| (step.on)(python).map(|on| (on, python))).transpose();
        let on = match on {
            Ok(on) => on,
            // Whoever asks for the step itself must not believe that it ran.
            Err(why) if only.is_empty() => {
                println!("== {}: left out, {why}", step.name);
                continue;
            }
            Err(why) => bail!("the step {} does not run with --python: {why}", step.name),
        };
        println!("== {}", step.name);
        let begun = Instant::now();
        let tally = on.map_or_else(step.run, |(on, python)| on(python)).unwrap_or_else(|error| {
            println!("error: {error:#}");
            Tally::of(format!("{error:#}"), false)
        });
        results.push((step.name, tally, begun.elapsed()));
    }
    println!();
    let mut total = Tally::default();
    for (name, tally, elapsed) in results {
        // A step that ran nothing has shown nothing.
        let tally = if tally == Tally::default() { Tally::of("nothing was tested", false) } else { tally };
        let word = if tally.failed == 0 { "passed" } else { "FAILED" };
        let counts = format!("{} passed, {} failed", tally.passed, tally.failed);
        println!("{name:<16} {word:<7} {counts:<24} {:>7.1} s", elapsed.as_secs_f64());
        let failures = tally.failures.iter().map(|what| format!("{name}: {what}")).collect();
        total += Tally { failures, ..tally };
    }
    for failure in &total.failures {
        println!("failed: {failure}");
    }
    println!("{} passed, {} failed", total.passed, total.failed);
    Ok(if total.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
