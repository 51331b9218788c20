//! The `insula` command.

mod app;
mod audit;
mod compare;
mod config;
mod merge;
mod new;
mod options;
mod output;
mod progress;
mod rules;
mod stubs;

use std::process::ExitCode;

use clap::Parser;

use crate::options::{Command, Options};

/// The exit code when something could not be audited, or the command itself failed.
const FAILED: u8 = 2;

fn main() -> ExitCode {
    let result = match Options::parse().command {
        Command::New(options) => new::run(&options),
        Command::Audit(options) => audit::run(*options),
        Command::App(options) => app::run(&options),
        Command::Merge(options) => merge::run(&options),
        Command::Compare(options) => compare::run(&options),
        Command::Stubs(options) => stubs::run(&options),
        Command::Explain { rule } => rules::explain(&rule),
        Command::Rules => rules::list(),
        Command::Restart { libpython, python_home, cycles, script } => {
            audit::restart(&libpython, python_home, cycles, &script)
        }
    };
    match result {
        Ok(code) => code,
        Err(message) => {
            anstream::eprintln!("insula: {}", insula_audit::formats::plain(&message));
            ExitCode::from(FAILED)
        }
    }
}
