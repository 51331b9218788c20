//! No warning of the compiler, of clippy or of rustdoc.

use anyhow::Result;

use crate::test::Tally;
use crate::{pythons, workspace};

pub(crate) fn run() -> Result<Tally> {
    let python = pythons::newest()?.executable;
    let clippy = workspace::cargo()
        .args(["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"])
        .env("PYO3_PYTHON", &python)
        .status()?;
    let mut tally = Tally::of(clippy.success());
    let docs = workspace::cargo()
        .args(["doc", "--quiet", "--workspace", "--no-deps"])
        .env("PYO3_PYTHON", &python)
        .env("RUSTDOCFLAGS", "-D warnings")
        .status()?;
    tally += Tally::of(docs.success());
    Ok(tally)
}
