//! `cargo xtask ci`: everything, on a machine where nobody installed anything by hand.

use std::process::ExitCode;

use anyhow::Result;

use crate::{pythons, test};

pub(crate) fn run() -> Result<ExitCode> {
    // A missing interpreter is counted by the test step of that name; the other steps still run.
    if let Err(error) = pythons::run(&[], false) {
        eprintln!("error: {error:#}");
    }
    test::run(&[])
}
