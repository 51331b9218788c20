//! The auditor on packages that take long, and its answers over many runs.

use anyhow::Result;

use crate::test::{Tally, units};

pub(crate) fn run() -> Result<Tally> {
    units::test(&["--package", "insula-cli", "--test", "cli", "--", "--ignored", "--nocapture", "real::"])
}
