//! `cargo xtask test`: every check, in order, each reported by name.

pub(crate) mod embed;
mod format;
pub(crate) mod hosts;
mod interpreters;
mod isolate;
mod lints;
pub(crate) mod modules;
mod new;
mod packaging;
mod pages;
pub(crate) mod performance;
mod plugin;
mod program;
mod real;
mod references;
mod toolchains;
mod units;

use std::io::{Read, Seek};
use std::ops::AddAssign;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use insula_pythons::Interpreter;
use serde::{Deserialize, Serialize};

use crate::{build, pythons};

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

/// What the others need: the first of them says what is wrong at once, the second fetches what is missing.
const FIRST: usize = 2;

/// In the order in which they begin: after the first ones the longest, so that no processor waits for one at the end.
const STEPS: &[Step] = &[
    Step::new("format", format::run),
    Step { name: "interpreters", run: interpreters::run, on: |_| Ok(interpreters::on) },
    Step::new("units", units::run),
    Step::new("isolate", isolate::run),
    Step { name: "modules", run: modules::run, on: |_| Ok(modules::on) },
    Step::new("lints", lints::run),
    Step { name: "embed", run: embed::run, on: |_| Ok(embed::on) },
    Step::new("toolchains", toolchains::run),
    Step::new("program", program::run),
    Step { name: "new", run: new::run, on: |_| Ok(new::on) },
    Step::new("plugin", plugin::run),
    Step::new("packaging", packaging::run),
    Step { name: "references", run: references::run, on: references::choose },
    Step::new("performance", performance::run),
];

/// How many steps run at the same time. Each of them waits now and then: for a linker, for one last test.
const ABREAST: usize = 2;

/// What a whole run compiles is compiled once and thrown away. Without tables of lines and without what the next build
/// of the same code would use again, that takes a third less time.
pub(crate) const ONCE: [(&str, &str); 2] = [("CARGO_PROFILE_DEV_DEBUG", "0"), ("CARGO_INCREMENTAL", "0")];

/// Names a file in which a step leaves how it went, for the process that started it.
const RESULT: &str = "INSULA_TEST_RESULT";

/// What takes hours rather than minutes together, and is run when it is asked for.
const LARGE: &[Step] = &[
    Step::new("new", new::every_kind),
    Step::new("plugin", plugin::everywhere),
    Step::new("packaging", packaging::packages_build),
    Step::new("real", real::run),
];

/// How many tests a step ran, and how they went. An error counts as one more that failed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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

/// How a step went.
struct Ran {
    name: &'static str,
    tally: Tally,
    elapsed: Duration,
    /// Time of processors that its programs took.
    busy: Duration,
    /// What it said, and what is still to be shown.
    later: String,
}

/// What a step leaves for the process that started it.
#[derive(Default, Serialize, Deserialize)]
struct Left {
    tally: Tally,
    busy: Duration,
}

/// Time of processors that the programs took which this process started and which have ended (proc(5), `cutime` and
/// `cstime`). Nothing, where the system does not say.
fn busy() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name of the program, in parentheses, is the second field.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields).split_whitespace();
    let ticks: u64 = fields.skip(13).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 1000 / rustix::param::clock_ticks_per_second().max(1))
}

/// Runs the steps, all of them whatever happens, then says how each went; `real` are the large ones, and no other.
pub(crate) fn run(only: &[String], real: bool, python: Option<&str>) -> Result<ExitCode> {
    let python = python.map(pythons::to_test_on).transpose()?;
    if let Some(python) = &python {
        println!("{python}");
    }
    let all = only.is_empty() && python.is_none() && !real;
    let ran = if all { abreast()? } else { one_by_one(only, real, python.as_ref())? };
    for one in &ran {
        print!("{}", one.later);
    }
    println!();
    let mut total = Tally::default();
    let mut took = Duration::ZERO;
    for Ran { name, tally, elapsed, busy, .. } in ran {
        took += busy;
        // A step that ran nothing has shown nothing.
        let tally = if tally == Tally::default() { Tally::of("nothing was tested", false) } else { tally };
        let word = if tally.failed == 0 { "passed" } else { "FAILED" };
        let counts = format!("{} passed, {} failed", tally.passed, tally.failed);
        let (elapsed, busy) = (elapsed.as_secs_f64(), busy.as_secs_f64());
        println!("{name:<16} {word:<7} {counts:<24} {elapsed:>7.1} s, {busy:>7.1} s of processors");
        let failures = tally.failures.iter().map(|what| format!("{name}: {what}")).collect();
        total += Tally { failures, ..tally };
    }
    for failure in &total.failures {
        println!("failed: {failure}");
    }
    println!("{} passed, {} failed", total.passed, total.failed);
    if let Some(file) = std::env::var_os(RESULT) {
        std::fs::write(file, serde_json::to_vec(&Left { tally: total.clone(), busy: took })?)?;
    }
    Ok(if total.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Those that were asked for, here, one behind the other.
fn one_by_one(only: &[String], real: bool, python: Option<&Interpreter>) -> Result<Vec<Ran>> {
    let mut ran = Vec::new();
    let steps = if real { LARGE } else { STEPS };
    for step in steps.iter().filter(|step| only.is_empty() || only.iter().any(|name| name == step.name)) {
        let on = python.map(|python| (step.on)(python).map(|on| (on, python))).transpose();
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
        let (begun, before) = (Instant::now(), busy());
        let tally = on.map_or_else(step.run, |(on, python)| on(python)).unwrap_or_else(|error| {
            println!("error: {error:#}");
            Tally::of(format!("{error:#}"), false)
        });
        ran.push(Ran {
            name: step.name,
            tally,
            elapsed: begun.elapsed(),
            busy: busy().saturating_sub(before),
            later: String::new(),
        });
    }
    Ok(ran)
}

/// All of them, each in a process of its own, whose output is shown when it has ended.
fn abreast() -> Result<Vec<Ran>> {
    let begun = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let run = format!("{} {}", begun.as_nanos(), std::process::id());
    let mut ran = Vec::new();
    for step in &STEPS[..FIRST] {
        ran.push(apart(step, None, &run)?);
    }
    let program = units::build()?;
    let next = AtomicUsize::new(FIRST);
    let done: Mutex<Vec<Result<Ran>>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..ABREAST {
            scope.spawn(|| {
                while let Some(step) = STEPS.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let result = apart(step, program.as_deref(), &run);
                    done.lock().unwrap_or_else(PoisonError::into_inner).push(result);
                }
            });
        }
    });
    for one in done.into_inner().unwrap_or_else(PoisonError::into_inner) {
        ran.push(one?);
    }
    Ok(ran)
}

/// One step of a run in a process of its own, which may use the `insula` program.
fn apart(step: &Step, program: Option<&Path>, run: &str) -> Result<Ran> {
    let result = tempfile::NamedTempFile::new()?;
    let mut output = tempfile::tempfile()?;
    let begun = Instant::now();
    // Under this name it is this very program, even if cargo has put another in its place.
    let status = Command::new("/proc/self/exe")
        .args(["test", "--only", step.name])
        .env(RESULT, result.path())
        .env(build::RUN, run)
        .envs(ONCE)
        .envs(program.map(|program| (build::AUDITOR, program)))
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output.try_clone()?)
        .status()
        .context("cannot start this program again")?;
    let mut bytes = Vec::new();
    output.rewind()?;
    output.read_to_end(&mut bytes)?;
    let said = String::from_utf8_lossy(&bytes).into_owned();
    let Left { tally, busy } = left(step, result.path(), status.success());
    // What failed is said last, where it is looked for.
    let later = if tally.failed == 0 {
        print!("{said}");
        String::new()
    } else {
        println!("== {}: failed, see below", step.name);
        said
    };
    Ok(Ran { name: step.name, tally, elapsed: begun.elapsed(), busy, later })
}

/// What the step left; a step that left nothing, or ended badly all the same, has failed.
fn left(step: &Step, result: &Path, ended_well: bool) -> Left {
    let left: Option<Left> = std::fs::read(result).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let Left { mut tally, busy } = left.unwrap_or_else(|| {
        let tally = Tally::of(format!("{} ended without a result", step.name), false);
        Left { tally, ..Left::default() }
    });
    for failure in &mut tally.failures {
        *failure = failure.strip_prefix(&format!("{}: ", step.name)).unwrap_or(failure).to_owned();
    }
    if tally.failed == 0 && !ended_well {
        tally += Tally::of(format!("{} ended badly", step.name), false);
    }
    Left { tally, busy }
}
