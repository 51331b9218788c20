//! What private copies cost: throughput, start-up and memory beside threads and processes, and instructions per call.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use insula_pythons::Interpreter;
use serde_json::Value;

use crate::bench::peers::sources;
use crate::bench::report::{date, section};
use crate::bench::{count, tools};
use crate::{environment, process, wheel, workspace};

const PAGE: &str = "docs/isolate-performance.md";

/// How often each call is counted.
const LOOPS: u32 = 3000;

const TIMEOUT: Duration = Duration::from_secs(3600);

/// Workers at a time, beside one.
const WORKERS: &str = "2";

/// What is measured, as `work.py` and `count.py` name it.
const WORK: [(&str, &str); 6] = [
    ("python", "pure Python"),
    ("pydantic", "pydantic"),
    ("orjson", "orjson"),
    ("numpy", "numpy, small arrays"),
    ("jinja2", "jinja2 and markupsafe"),
    ("fastapi", "FastAPI handler with all of them"),
];
const CALLS: [&str; 5] = ["python", "pydantic", "orjson", "numpy", "markupsafe"];

pub(crate) fn run(python: &Interpreter, write: bool) -> Result<ExitCode> {
    if python.version.feature() < (3, 13) {
        bail!("the benchmark of insula_isolate needs CPython 3.13 or newer");
    }
    tools::valgrind()?;
    count::counter(python)?;
    let scratch = tempfile::tempdir()?;
    let wheel = wheel::build("isolate", python, scratch.path())?;
    let with = |requirements: &Path, name: &str| -> Result<Interpreter> {
        let packages = environment::with(python, requirements)?;
        let home = scratch.path().join(name);
        wheel::fresh(python, &wheel, Some(&packages), &home)?;
        let inside = insula_pythons::inspect(&home.join("bin/python"))?;
        Ok(inside)
    };
    let bench = with(&sources().join("isolate/requirements.txt"), "bench")?;
    eprintln!("instructions");
    let counts = counts(&bench)?;
    let mut command = Command::new(&bench.executable);
    command.arg("-B").arg(sources().join("isolate/throughput.py")).args(["--workers", WORKERS]);
    // One worker is to use one core: numpy's own threads would be on the others.
    command.env("OPENBLAS_NUM_THREADS", "1").env("PYTHONWARNINGS", "ignore");
    let said = process::run(&mut command, TIMEOUT)?.ok("throughput.py")?;
    let measured: Value = serde_json::from_str(&said).context("throughput.py prints JSON")?;
    eprintln!("the example");
    let folder = workspace::root().join("examples/fastapi-pool");
    let example = with(&folder.join("requirements.txt"), "example")?;
    let mut command = Command::new(&example.executable);
    command.arg("-B").arg(folder.join("load.py")).args(["--seconds", "2", "--rounds", "9"]);
    command.env("OPENBLAS_NUM_THREADS", "1");
    let load = process::run(&mut command, TIMEOUT)?.ok("load.py")?;

    let text = page(python, &counts, &measured, &load)?;
    println!("{text}");
    if write {
        let (major, minor) = python.version.feature();
        section(PAGE, &format!("{major}.{minor}"), &text)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Per call: its instructions in the main interpreter, and in one whose modules are copies.
type Counts = Vec<(&'static str, f64, f64)>;

fn counts(python: &Interpreter) -> Result<Counts> {
    let loops = LOOPS.to_string();
    let of = |place: &str| count::under_callgrind(python, "isolate/count.py", &[place, &loops]);
    let (main, isolated) = (of("main")?, of("isolated")?);
    CALLS
        .into_iter()
        .map(|call| {
            let per_call = |dumps: &count::Dumps| -> Result<f64> {
                Ok(count::per_loop(dumps, call, LOOPS)? - count::per_loop(dumps, "empty", LOOPS)?)
            };
            Ok((call, per_call(&main)?, per_call(&isolated)?))
        })
        .collect()
}

fn page(python: &Interpreter, counts: &Counts, measured: &Value, load: &str) -> Result<String> {
    let number = |work: &str, path: &str| -> Result<f64> {
        let found = measured.get(work).and_then(|work| work.pointer(path)).and_then(Value::as_f64);
        found.with_context(|| format!("throughput.py says nothing of {work}{path}"))
    };
    let requirements = std::fs::read_to_string(sources().join("isolate/requirements.txt"))?;
    let versions: Vec<String> = requirements.lines().map(|line| line.replace("==", " ")).collect();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let mut text = format!(
        "## CPython {}\n\n{}, CPython {} ({}), {}, {cores} cores.\n",
        python.version,
        date(),
        python.version,
        python.facts.platform,
        versions.join(", ")
    );

    writeln!(text, "\n### Instructions per call\n")?;
    writeln!(text, "| call | main interpreter | private copy | ratio |\n| --- | ---: | ---: | ---: |")?;
    for (call, main, isolated) in counts {
        writeln!(text, "| {call} | {main:.0} | {isolated:.0} | {:.3} |", isolated / main)?;
    }

    writeln!(text, "\n### Throughput\n")?;
    let head = ["one interpreter", "1 isolated", "2 isolated", "2 threads", "2 processes"];
    writeln!(text, "| | {} |\n| --- |{}", head.join(" | "), " ---: |".repeat(head.len()))?;
    for (key, title) in WORK {
        write!(text, "| {title} | {} /s |", thousands(number(key, "/1 threads/rate/median")?))?;
        for case in ["1 interpreters", "2 interpreters", "2 threads", "2 processes"] {
            let of = |what: &str| number(key, &format!("/{case}/times one/{what}"));
            write!(text, " {:.2} ({:.2} to {:.2}) |", of("median")?, of("min")?, of("max")?)?;
        }
        writeln!(text)?;
    }

    writeln!(text, "\n### Start-up and memory of a worker\n")?;
    let head = ["interpreter", "further one", "process", "further one", "first thread"];
    writeln!(text, "| | {} |\n| --- |{}", head.join(" | "), " ---: |".repeat(head.len()))?;
    for (key, title) in WORK {
        write!(text, "| {title} |")?;
        for case in
            ["interpreters/first", "interpreters/further", "processes/first", "processes/further", "threads/first"]
        {
            let of = |what: &str| number(key, &format!("/costs/{case}/{what}"));
            write!(text, " {:.2} s, {:.1} MB |", of("seconds")?, of("MB")?)?;
        }
        writeln!(text)?;
    }

    writeln!(text, "\n### The FastAPI example under load\n\n```text\n{}\n```", load.trim_end())?;
    Ok(text)
}

/// A number of operations, readable.
fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|group| std::str::from_utf8(group).ok()).collect();
    groups.join(",")
}

#[cfg(test)]
mod tests {
    use super::thousands;

    #[test]
    fn digits_are_grouped_from_the_right() {
        assert_eq!([7.0, 999.6, 12_345.0, 1_234_567.0].map(thousands), ["7", "1,000", "12,345", "1,234,567"]);
    }
}
