//! How calls and object creation scale: over interpreters with their own GIL, threads of one interpreter, and
//! processes.

use std::fmt::Write as _;
use std::fs;
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use insula_pythons::Interpreter;

use crate::bench::peers::{Built, PEERS, sources};
use crate::bench::report::{PAGE, date, section};
use crate::bench::{charts, charts_folder, check};
use crate::process;

/// What is run, with the row of `rows.py`.
const WORK: [(&str, &str); 2] = [("calls", "method0"), ("object creation", "create")];

const WORKERS: [usize; 5] = [1, 2, 4, 8, 16];

/// Others may use the machine meanwhile: the median of so many rounds counts, each with one worker and with many.
const ROUNDS: usize = 7;
const SECONDS: &str = "0.2";

/// One line of the chart.
struct Series {
    title: &'static str,
    peer: &'static str,
    kind: &'static str,
    forced: bool,
}

const SERIES: &[Series] = &[
    Series { title: "Insula, interpreters", peer: "insula", kind: "interpreters", forced: false },
    Series { title: "C (HOWTO), interpreters", peer: "howto", kind: "interpreters", forced: false },
    Series { title: "PyO3, forced into interpreters", peer: "pyo3", kind: "interpreters", forced: true },
    Series { title: "Insula, threads of one interpreter", peer: "insula", kind: "threads", forced: false },
    Series { title: "Insula, processes", peer: "insula", kind: "processes", forced: false },
];

/// Medians of the rounds, for one number of workers.
#[derive(Clone, Copy)]
struct Point {
    /// Throughput as a multiple of one worker's.
    throughput: f64,
    /// Operations per second of processor time, as a multiple of one worker's alone: 1 means that nothing is shared.
    undisturbed: f64,
}

pub(crate) fn run(python: &Interpreter, write: bool) -> Result<ExitCode> {
    if python.version.feature() < (3, 12) {
        bail!("{python} has no interpreters with their own GIL; name a newer one with --python");
    }
    let mut built = Vec::new();
    for peer in PEERS.iter().filter(|peer| SERIES.iter().any(|series| series.peer == peer.key)) {
        let one = peer.build(python, None, false)?;
        check(python, &one)?;
        built.push(one);
    }
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let mut text = format!(
        "## Scaling\n\nMeasured on {}, CPython {}, {cores} cores, which other programs may have used too: the \
         median of {ROUNDS} rounds counts. *Throughput* is that of all workers together, as a multiple of one \
         worker's. *Per processor second* is what one worker does in a second of processor time, as a multiple of what \
         it does alone: it shows what workers share, whatever else runs on the machine.\n",
        date(),
        python.version
    );
    for (title, row) in WORK {
        let results = measure(python, &built, title, row)?;
        table(&mut text, title, &results)?;
        if write {
            let lines: Vec<(String, Vec<Option<f64>>)> = SERIES
                .iter()
                .zip(&results)
                .map(|(series, points)| {
                    let values = points.iter().map(|point| point.as_ref().ok().map(|point| point.throughput));
                    (series.title.to_owned(), values.collect())
                })
                .collect();
            let heading = format!("Throughput, {title}: workers at a time, {cores} cores, CPython {}", python.version);
            let picture = format!("scaling-{}.svg", title.replace(' ', "-"));
            fs::write(charts_folder()?.join(&picture), charts::lines(&heading, &WORKERS, &lines))?;
            writeln!(text, "\n![Throughput of {title}](benchmarks/{picture})")?;
        }
    }
    println!("{text}");
    if write {
        section(PAGE, "scaling", &text)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// All series over all numbers of workers. A round has all of them, so that what takes a part of the machine for a
/// while disturbs one round of each, and not all rounds of one.
fn measure(python: &Interpreter, built: &[Built], title: &str, row: &str) -> Result<Vec<Vec<Result<Point, String>>>> {
    let mut rounds = vec![vec![Ok(Vec::new()); WORKERS.len()]; SERIES.len()];
    for round in 1..=ROUNDS {
        eprintln!("{title}: round {round} of {ROUNDS}");
        for (series, points) in SERIES.iter().zip(&mut rounds) {
            let built = built.iter().find(|one| one.peer.key == series.peer).context("every peer was built")?;
            for (workers, point) in WORKERS.into_iter().zip(points) {
                let Ok(figures) = point else { continue };
                // The single worker right before: what disturbs the machine disturbs both.
                let one = once(python, built, series, row, 1)?;
                match (one, once(python, built, series, row, workers)?) {
                    (Ok((wall, used)), Ok((wall_many, used_many))) => {
                        figures.push((wall_many / wall, used_many / used));
                    }
                    (Err(why), _) | (_, Err(why)) => *point = Err(why),
                }
            }
        }
    }
    let median_of = |figures: Vec<(f64, f64)>| {
        let (throughput, undisturbed) = figures.into_iter().unzip();
        Point { throughput: median(throughput), undisturbed: median(undisturbed) }
    };
    Ok(rounds.into_iter().map(|points| points.into_iter().map(|point| point.map(median_of)).collect()).collect())
}

/// One process: operations per second of all workers, and per second of processor time of one.
fn once(
    python: &Interpreter,
    built: &Built,
    series: &Series,
    row: &str,
    workers: usize,
) -> Result<Result<(f64, f64), String>> {
    let mut command = Command::new(&python.executable);
    command.args(["-B", "-s"]).arg(sources().join("scaling.py")).arg(&built.file);
    command.args([series.kind, row, &workers.to_string(), SECONDS]);
    if series.forced {
        command.arg("force");
    }
    let outcome = process::run(&mut command, Duration::from_secs(60))?;
    let figures: Option<(f64, f64)> =
        outcome.stdout.trim().split_once(' ').and_then(|(wall, used)| Some((wall.parse().ok()?, used.parse().ok()?)));
    Ok(figures.filter(|_| outcome.success()).ok_or_else(|| outcome.ending()))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

fn table(text: &mut String, title: &str, results: &[Vec<Result<Point, String>>]) -> Result<()> {
    let part = |text: &mut String, of: fn(&Point) -> f64| -> Result<()> {
        let heads: Vec<String> = WORKERS.iter().map(usize::to_string).collect();
        writeln!(text, "| workers | {} |\n| --- |{}", heads.join(" | "), " ---: |".repeat(WORKERS.len()))?;
        for (series, points) in SERIES.iter().zip(results) {
            let cells: Vec<String> = points
                .iter()
                .map(|point| match point {
                    Ok(point) => format!("{:.2}", of(point)),
                    Err(why) => why.clone(),
                })
                .collect();
            writeln!(text, "| {} | {} |", series.title, cells.join(" | "))?;
        }
        Ok(())
    };
    writeln!(text, "\n### Throughput, {title}\n")?;
    part(text, |point| point.throughput)?;
    writeln!(text, "\n### Per processor second, {title}\n")?;
    part(text, |point| point.undisturbed)
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn the_median_is_the_middle_one() {
        assert!((median(vec![3.0, 1.0, 100.0]) - 3.0).abs() < f64::EPSILON);
    }
}
