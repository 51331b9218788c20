//! The regression guard: what insula's operations take, as multiples of HOWTO-style C in the same run, against
//! committed figures.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use insula_pythons::Interpreter;

use crate::bench::count::{self, Counts};
use crate::bench::peers::{PEERS, sources};
use crate::bench::{check, tools};

/// How much a ratio may grow: counts repeat to about one per cent, other builds of CPython differ by a little more.
const TOLERANCE: f64 = 0.03;

/// Ratios, by row.
pub(crate) type Ratios = BTreeMap<String, f64>;

fn path() -> PathBuf {
    sources().join("baseline.json")
}

/// The committed ratios.
pub(crate) fn committed() -> Result<Ratios> {
    let text = fs::read_to_string(path()).with_context(|| format!("cannot read {}", path().display()))?;
    Ok(serde_json::from_str(&text)?)
}

/// Commits to what was measured.
pub(crate) fn write(ratios: &Ratios) -> Result<()> {
    let rounded: Ratios = ratios.iter().map(|(row, ratio)| (row.clone(), (ratio * 1000.0).round() / 1000.0)).collect();
    Ok(fs::write(path(), serde_json::to_string_pretty(&rounded)? + "\n")?)
}

/// Builds insula's module and the C program for an interpreter and counts every row.
pub(crate) fn measure(python: &Interpreter) -> Result<Ratios> {
    tools::valgrind()?;
    count::counter(python)?;
    let rows = count::rows(python)?;
    let rows: Vec<_> = rows.iter().collect();
    let counts = |key: &str| -> Result<Counts> {
        let peer = PEERS.iter().find(|peer| peer.key == key).context("one of the peers")?;
        let built = peer.build(python, None, false)?;
        check(python, &built)?;
        count::count(python, &built, &rows)
    };
    let (c, insula) = (counts("howto")?, counts("insula")?);
    Ok(insula.into_iter().filter_map(|(row, count)| c.get(&row).map(|of| (row, count / of))).collect())
}

/// What a row has to say: nothing, or why it is wrong.
pub(crate) fn verdict(row: &str, measured: Option<f64>, committed: f64) -> Option<String> {
    match measured {
        None => Some(format!("{row}: not measured")),
        Some(ratio) if ratio > committed + TOLERANCE => Some(format!(
            "{row}: {ratio:.3} times the instructions of C, {committed:.3} before; see docs/performance-log.md, and if \
             it has to be, write the new figures with `cargo xtask bench --baseline`"
        )),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::verdict;

    #[test]
    fn more_instructions_than_before_are_noticed_and_less_are_welcome() {
        assert!(verdict("row", Some(1.05), 1.0).is_some_and(|text| text.contains("1.050")));
        assert!(verdict("row", None, 1.0).is_some());
        assert_eq!(verdict("row", Some(1.02), 1.0), None);
        assert_eq!(verdict("row", Some(0.5), 1.0), None);
    }
}
