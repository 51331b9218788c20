//! What private copies cost: throughput, start-up and memory beside threads and processes, and instructions per call.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use insula_pythons::Interpreter;
use serde_json::Value;

use crate::bench::count::Dumps;
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
    command.arg("-B").arg(folder.join("load.py")).args(["--seconds", "1", "--rounds", "7"]);
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

/// Where calls are counted: in the main interpreter, there with another heap, and in an interpreter whose modules are
/// copies.
const PLACES: [&str; 3] = ["main", "main-again", "isolated"];

/// Instructions per call.
struct Count {
    call: &'static str,
    /// In each of [`PLACES`].
    total: Vec<f64>,
    /// Those of the extension module's own machine code.
    own: Vec<f64>,
}

fn counts(python: &Interpreter) -> Result<Vec<Count>> {
    let loops = LOOPS.to_string();
    let mut dumps = Vec::new();
    for place in PLACES {
        let (mut total, mut own) = (Dumps::new(), Dumps::new());
        for text in count::dumped(python, "isolate/count.py", &[place, &loops])? {
            if let Some((label, count)) = count::read_dump(&text)? {
                own.insert(label.clone(), of_extension(&text));
                total.insert(label, count);
            }
        }
        dumps.push((total, own));
    }
    CALLS
        .into_iter()
        .map(|call| {
            let per_call = |dumps: &Dumps| -> Result<f64> {
                Ok(count::per_loop(dumps, call, LOOPS)? - count::per_loop(dumps, "empty", LOOPS)?)
            };
            let total = dumps.iter().map(|(total, _)| per_call(total)).collect::<Result<_>>()?;
            Ok(Count { call, total, own: dumps.iter().map(|(_, own)| per_call(own)).collect::<Result<_>>()? })
        })
        .collect()
}

/// The instructions in a dump of neither CPython nor the C library.
fn of_extension(dump: &str) -> u64 {
    const OTHERS: [&str; 6] = ["libpython", "python", "libc.", "libm.", "ld-linux", "counter."];
    // An object has a number, and a name where it is mentioned first.
    let mut names: HashMap<&str, bool> = HashMap::new();
    let (mut counts, mut of_call, mut sum) = (false, false, 0);
    for line in dump.lines() {
        if let Some((key @ ("ob" | "cob"), object)) = line.split_once('=') {
            let (number, name) = object.split_once(' ').unwrap_or((object, ""));
            let file = name.rsplit('/').next().unwrap_or(name);
            if !name.is_empty() {
                names.insert(number, !OTHERS.iter().any(|other| file.starts_with(other)));
            }
            if key == "ob" {
                counts = names.get(number).copied().unwrap_or(false);
            }
        } else if line.starts_with("calls=") {
            // The next line is what the call took, which is listed with what was called.
            of_call = true;
        } else if line.starts_with(|first: char| first.is_ascii_digit() || "+-*".contains(first))
            && !std::mem::take(&mut of_call)
            && counts
        {
            sum += line.split(' ').nth(1).and_then(|count| count.parse::<u64>().ok()).unwrap_or(0);
        }
    }
    sum
}

fn page(python: &Interpreter, counts: &[Count], measured: &Value, load: &str) -> Result<String> {
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
    let head = ["main interpreter", "main, another heap", "private copy"];
    let heads = [head.join(" | "), head.join(" | ")].join(" | of the module: ");
    writeln!(text, "| call | {heads} |\n| --- |{}", " ---: |".repeat(2 * head.len()))?;
    for Count { call, total, own } in counts {
        let cells: Vec<String> = total.iter().chain(own).map(|count| format!("{count:.0}")).collect();
        writeln!(text, "| {call} | {} |", cells.join(" | "))?;
    }

    writeln!(text, "\n### Throughput\n")?;
    let head = ["one interpreter", "1 isolated", "2 isolated", "2 threads", "2 processes"];
    writeln!(text, "| | {} |\n| --- |{}", head.join(" | "), " ---: |".repeat(head.len()))?;
    for (key, title) in WORK {
        write!(text, "| {title} | {} /s |", thousands(number(key, "/1 threads/rate")?))?;
        for case in ["1 interpreters", "2 interpreters", "2 threads", "2 processes"] {
            let of = |what: &str| number(key, &format!("/{case}/{what}"));
            write!(text, " {:.2} ({:.2}) |", of("best")?, of("median")?)?;
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
    use super::{of_extension, thousands};

    #[test]
    fn the_extension_s_own_instructions_are_told_apart() {
        let dump = "ob=(1) /usr/lib/libpython3.13.so.1.0\nfn=(1) a\n5 100\n\
                    cob=(2) /x/site-packages/m.so\ncalls=1 7\n5 40\n\
                    ob=(2)\nfn=(2) b\n7 30\n+1 10\nob=(3) ???\n0 5\nob=(1)\n* 1\n";
        assert_eq!(of_extension(dump), 45);
    }

    #[test]
    fn digits_are_grouped_from_the_right() {
        assert_eq!([7.0, 999.6, 12_345.0, 1_234_567.0].map(thousands), ["7", "1,000", "12,345", "1,234,567"]);
    }
}
