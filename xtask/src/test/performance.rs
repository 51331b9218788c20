//! Calls take no more instructions than before, compared with C in the same run. Counts, not times: the machine may be
//! busy.

use anyhow::{Context, Result};

use crate::bench::baseline;
use crate::pythons;
use crate::test::Tally;

/// The interpreter for which the figures are committed.
pub(crate) const PYTHON: (u32, u32) = (3, 13);

pub(crate) fn run() -> Result<Tally> {
    let found = insula_pythons::discover().found;
    let python = pythons::best(&found, PYTHON).context("CPython 3.13 is missing; run `cargo xtask pythons`")?;
    let measured = baseline::measure(python)?;
    let mut tally = Tally::default();
    for (row, committed) in baseline::committed()? {
        let wrong = baseline::verdict(&row, measured.get(&row).copied(), committed);
        tally += Tally::of(row.as_str(), wrong.is_none());
        if let Some(wrong) = wrong {
            println!("{wrong}");
        }
    }
    println!("{python}: {} rows within the figures of bench/baseline.json", tally.passed);
    Ok(tally)
}
