//! No warning of the compiler or of clippy.

use anyhow::Result;

use crate::test::Tally;
use crate::{pythons, workspace};

pub(crate) fn run() -> Result<Tally> {
    let status = workspace::cargo()
        .args(["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"])
        .env("PYO3_PYTHON", pythons::newest()?.executable)
        .status()?;
    Ok(Tally::of(status.success()))
}
