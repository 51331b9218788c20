//! Times: all peers in one process, in shuffled rounds.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use insula_pythons::Interpreter;

use crate::bench::Measured;
use crate::bench::count::Row;
use crate::bench::peers::sources;
use crate::process;

const ROUNDS: &str = "150";
const LOOPS: &str = "2000";

/// Nanoseconds per operation, by row: the least and the median of the rounds.
pub(crate) type Times = BTreeMap<String, (f64, f64)>;

/// Measures all peers; the results are in their order.
pub(crate) fn measure(python: &Interpreter, peers: &[Measured], rows: &[&Row]) -> Result<Vec<Times>> {
    let rows: Vec<&str> = rows.iter().map(|row| row.key.as_str()).collect();
    let mut command = Command::new(&python.executable);
    command.args(["-B", "-s"]).arg(sources().join("timing.py")).args([ROUNDS, LOOPS, &rows.join(",")]);
    for one in peers {
        command.arg(format!("{}={}", one.built.peer.key, one.built.file.display()));
    }
    let said = process::run(&mut command, Duration::from_secs(1800))?.ok("timing.py")?;
    let said: BTreeMap<String, Times> = serde_json::from_str(&said).context("timing.py writes JSON")?;
    Ok(peers.iter().map(|one| said.get(one.built.peer.key).cloned().unwrap_or_default()).collect())
}
