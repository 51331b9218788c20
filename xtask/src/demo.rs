//! `cargo xtask demo`: our own `xxlimited` in thirty-six interpreters of one process, then before the auditor.

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Result, bail};
use insula_pythons::Interpreter;

use crate::{build, process, pythons, workspace};

/// Cycles of Py_Initialize and Py_Finalize.
const CYCLES: usize = 4;
/// Rows of a cycle: the main interpreter and eight with their own GIL.
const INTERPRETERS: usize = 9;
/// What a row holds the addresses of.
const COLUMNS: [&str; 4] = ["module", "Xxo", "Str", "Error"];

const SCRIPT: &str = include_str!("demo.py");

/// Runs the demonstration on `python`, or on the newest interpreter that can show it.
pub(crate) fn run(python: Option<&str>) -> Result<ExitCode> {
    let python = match python {
        Some(spec) => insula_pythons::resolve(spec)?,
        None => pythons::newest()?,
    };
    let Some(libpython) = python.facts.libpython.clone() else {
        bail!("{python} has no shared library, without which it cannot be restarted; name another with --python");
    };
    if python.version.feature() < (3, 13) {
        bail!("{python} cannot show it: the demonstration needs CPython 3.13 or newer; name another with --python");
    }
    println!("interpreter  {python}");
    let module = build::module("xxlimited", &python, &workspace::target().join("demo"))?;
    println!("module       {}", module.display());
    let insula = build::auditor(&["--release"])?;

    let rows = restart(&insula, &python, &libpython, &module)?;
    let isolated = print_table(&rows)?;
    println!();
    let status = Command::new(&insula).arg("audit").arg(&module).arg("--python").arg(&python.executable).status()?;
    Ok(if isolated && status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// One import: its cycle and the addresses.
struct Row {
    cycle: String,
    addresses: Vec<String>,
}

/// Starts and ends the runtime in one process, again and again, with the script in each cycle.
fn restart(insula: &Path, python: &Interpreter, libpython: &Path, module: &Path) -> Result<Vec<Row>> {
    let folder = tempfile::tempdir()?;
    let script = folder.path().join("demo.py");
    fs::write(&script, format!("MODULE = {:?}\n{SCRIPT}", module.display().to_string()))?;
    // An interpreter that brings its own libc is started through its own loader.
    let mut command = match &python.facts.loader {
        Some(loader) => {
            let mut command = Command::new(loader);
            if let Some(path) = &python.facts.library_path {
                command.arg("--library-path").arg(path);
            }
            command.arg(insula);
            command
        }
        None => Command::new(insula),
    };
    command.arg("__restart").arg("--libpython").arg(libpython).args(["--cycles", &CYCLES.to_string(), "--script"]);
    command.arg(&script).env("PYTHONHOME", &python.facts.base_prefix);
    let said = process::run(&mut command, Duration::from_secs(120))?.ok("the restarted interpreter")?;
    Ok(said
        .lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace().map(str::to_owned);
            Some(Row { cycle: words.next()?, addresses: words.collect() })
        })
        .collect())
}

/// Prints the rows; whether all addresses of a cycle, when all its imports were alive, were different.
fn print_table(rows: &[Row]) -> Result<bool> {
    if rows.len() != CYCLES * INTERPRETERS || rows.iter().any(|row| row.addresses.len() != COLUMNS.len()) {
        bail!("{} imports answered instead of {}", rows.len(), CYCLES * INTERPRETERS);
    }
    println!(
        "\nThe addresses of what every import makes anew: {CYCLES} cycles of Py_Initialize and Py_Finalize in one process,"
    );
    println!("each with the main interpreter and eight that have a GIL of their own, in parallel threads.\n");
    print!("cycle");
    COLUMNS.iter().for_each(|column| print!("  {column:<16}"));
    println!();
    let mut isolated = true;
    for cycle in rows.chunks(INTERPRETERS) {
        for row in cycle {
            print!("{:<5}", row.cycle);
            row.addresses.iter().for_each(|address| print!("  {address:<16}"));
            println!();
        }
        let all: HashSet<_> = cycle.iter().flat_map(|row| &row.addresses).collect();
        isolated &= all.len() == INTERPRETERS * COLUMNS.len();
    }
    let verdict =
        if isolated { "all different within each cycle" } else { "SHARED: an address occurs twice in one cycle" };
    println!("\n{} addresses, {verdict}.", rows.len() * COLUMNS.len());
    Ok(isolated)
}
