//! The auditor on packages that take long, its answers over many runs, and the whole corpus on every version.

use anyhow::Result;

use crate::test::{Tally, units};

pub(crate) fn run() -> Result<Tally> {
    let mut tally =
        units::test(&["--package", "insula-cli", "--test", "cli", "--", "--ignored", "--nocapture", "real::"])?;
    tally += units::test(&["--package", "insula-xray", "--test", "large_debug", "--", "--ignored", "--nocapture"])?;
    tally += units::test(&["--package", "insula-audit", "--test", "corpus", "--", "--ignored", "--nocapture"])?;
    Ok(tally)
}
