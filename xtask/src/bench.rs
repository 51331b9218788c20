//! `cargo xtask bench`: the small module of `bench/` in every tool, side by side.

mod bars;
pub(crate) mod baseline;
mod charts;
mod costs;
pub(crate) mod count;
mod isolate;
pub(crate) mod peers;
pub(crate) mod report;
mod scaling;
mod times;
pub(crate) mod tools;
mod verdicts;

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use insula_pythons::Interpreter;

use crate::bench::count::{Counts, Row};
use crate::bench::peers::{Built, PEERS, Peer, sources};
use crate::bench::tools::Tools;
use crate::test::performance;
use crate::{process, pythons, workspace};

/// What to measure.
#[derive(Args)]
pub(crate) struct Options {
    /// The interpreter: a version or a path [default: the newest with a test package]
    #[arg(long)]
    python: Option<String>,
    /// These peers only, separated by commas: their names in bench/ (howto, tuned, static, insula, pyo3, ...)
    #[arg(long, value_delimiter = ',')]
    peers: Vec<String>,
    /// These rows only, separated by commas: the keys of bench/rows.py
    #[arg(long, value_delimiter = ',')]
    rows: Vec<String>,
    /// Instruction counts only
    #[arg(long)]
    counts: bool,
    /// How calls and object creation scale over interpreters with their own GIL, threads and processes, instead
    #[arg(long)]
    scaling: bool,
    /// What insula_isolate's private copies cost, beside threads and processes, instead
    #[arg(long)]
    isolate: bool,
    /// Write the figures that `cargo xtask test` compares with into bench/baseline.json, instead
    #[arg(long)]
    baseline: bool,
    /// Write the results into docs/benchmarks.md, with charts, or into docs/isolate-performance.md
    #[arg(long)]
    write: bool,
}

/// What was measured of one peer; what was not is not there.
pub(crate) struct Measured {
    pub(crate) built: Built,
    pub(crate) counts: Counts,
    pub(crate) times: times::Times,
    pub(crate) costs: Option<costs::Costs>,
    pub(crate) verdict: Option<verdicts::Verdict>,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let python = match &options.python {
        Some(spec) => insula_pythons::resolve(spec)?,
        None if options.baseline || options.isolate => {
            let found = insula_pythons::discover().found;
            pythons::best(&found, performance::PYTHON).cloned().context("CPython 3.13 is missing")?
        }
        None => pythons::newest()?,
    };
    println!("{python}");
    if options.baseline {
        baseline::write(&baseline::measure(&python)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    if options.scaling {
        return scaling::run(&python, options.write);
    }
    if options.isolate {
        return isolate::run(&python, options.write);
    }
    let peers = selected(&options.peers)?;
    tools::valgrind()?;
    count::counter(&python)?;
    let rows = count::rows(&python)?;
    if let Some(unknown) = options.rows.iter().find(|key| !rows.iter().any(|row| row.key == **key)) {
        bail!("no row {unknown} in bench/rows.py");
    }
    let rows: Vec<&Row> =
        rows.iter().filter(|row| options.rows.is_empty() || options.rows.contains(&row.key)).collect();
    let tools = if peers.iter().any(|peer| peer.needs_tools()) { Some(Tools::fetch()?) } else { None };
    let (mut measured, mut missing) = (Vec::new(), Vec::new());
    for peer in peers {
        eprintln!("{}", peer.title);
        // A tool that does not know this interpreter yet keeps nobody from the others.
        match counted(&python, peer, tools.as_ref(), &rows, !options.counts) {
            Ok(one) => measured.push(one),
            Err(error) => {
                eprintln!("error: {}: {error:#}", peer.title);
                missing.push(peer.title);
            }
        }
    }
    if !options.counts {
        eprintln!("times");
        let times = times::measure(&python, &measured, &rows)?;
        let insula = verdicts::auditor()?;
        for (one, times) in measured.iter_mut().zip(times) {
            eprintln!("costs and verdict: {}", one.built.peer.title);
            one.times = times;
            one.costs = Some(costs::measure(&python, &one.built)?);
            one.verdict = verdicts::verdict(&insula, &python, &one.built)?;
        }
    }
    let mut text = report::text(&python, &measured, &rows, tools.as_ref())?;
    if !missing.is_empty() {
        text += &format!("\nDid not build, or gave other answers, on this interpreter: {}.\n", missing.join(", "));
    }
    println!("{text}");
    if options.write {
        report::write(&python, &text, &charts::counts(&python, &measured, &rows))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Builds a peer, sees that its answers are right, and counts.
fn counted(
    python: &Interpreter,
    peer: &'static Peer,
    tools: Option<&Tools>,
    rows: &[&Row],
    timed: bool,
) -> Result<Measured> {
    let built = peer.build(python, tools, timed)?;
    check(python, &built)?;
    let counts = count::count(python, &built, rows)?;
    Ok(Measured { built, counts, times: times::Times::new(), costs: None, verdict: None })
}

fn selected(names: &[String]) -> Result<Vec<&'static Peer>> {
    if let Some(unknown) = names.iter().find(|name| !PEERS.iter().any(|peer| peer.key == **name)) {
        let known: Vec<_> = PEERS.iter().map(|peer| peer.key).collect();
        bail!("no peer {unknown}; there are: {}", known.join(", "));
    }
    Ok(PEERS.iter().filter(|peer| names.is_empty() || names.iter().any(|name| name == peer.key)).collect())
}

/// Whether a peer gives the answers that all must give.
pub(crate) fn check(python: &Interpreter, built: &Built) -> Result<()> {
    let mut command = Command::new(&python.executable);
    command.args(["-B", "-s"]).arg(sources().join("check.py")).arg(&built.file).args(built.peer.exceptions);
    process::run(&mut command, Duration::from_secs(60))?.ok(built.peer.title).map(drop)
}

/// The folder of the charts.
pub(crate) fn charts_folder() -> Result<std::path::PathBuf> {
    let folder = workspace::root().join("docs/benchmarks");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}

/// The bytes of a file with nothing in it but what it needs to run.
pub(crate) fn stripped_size(file: &Path) -> Result<u64> {
    let folder = tempfile::tempdir()?;
    let copy = folder.path().join("stripped");
    let mut command = Command::new("strip");
    command.arg("-o").arg(&copy).arg(file);
    process::run(&mut command, Duration::from_secs(60))?.ok("strip")?;
    Ok(fs::metadata(&copy)?.len())
}
