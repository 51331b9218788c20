//! The source is formatted.

use anyhow::Result;

use crate::test::Tally;
use crate::workspace;

pub(crate) fn run() -> Result<Tally> {
    let status = workspace::cargo().args(["fmt", "--all", "--check"]).status()?;
    if !status.success() {
        println!("the source is not formatted as shown above; run `cargo fmt --all`");
    }
    Ok(Tally::of("cargo fmt", status.success()))
}
