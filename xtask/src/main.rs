//! Everything a contributor does: `cargo xtask --help`.

mod auditor;
mod bench;
mod build;
mod ci;
mod contextvars;
mod demo;
mod embedding;
mod environment;
mod isolate;
mod memcheck;
mod mutants;
mod process;
mod pythons;
mod test;
mod wheel;
mod workspace;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Everything a contributor does.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Find the CPythons of this machine and fetch the missing ones into the cache
    Pythons {
        /// Which ones, such as 3.13, or debian-3.13 for Debian's newer build of it [default: 3.11 to 3.15]
        versions: Vec<pythons::Wanted>,
        /// With each fetched interpreter, fetch its debug build too
        #[arg(long)]
        debug_builds: bool,
    },
    /// Build an extension module of modules/ or tests/modules/
    Build {
        /// Its folder's name
        module: String,
        /// The interpreter to build for: a version or a path [default: the newest with a test package]
        #[arg(long)]
        python: Option<String>,
        /// Where to put it
        #[arg(long, default_value = "target/modules")]
        out: PathBuf,
    },
    /// Import our own xxlimited into many interpreters of one process, and audit it
    Demo {
        /// The interpreter: a version or a path, CPython 3.13 or newer [default: the newest]
        #[arg(long)]
        python: Option<String>,
    },
    /// Measure the small module of bench/ in insula, C, PyO3 and other tools, side by side
    Bench(bench::Options),
    /// Run the module that uses every feature under valgrind, compared with CPython alone
    Memcheck {
        /// The interpreter: a version or a path, CPython 3.13 or newer [default: the newest for this machine's libc]
        #[arg(long)]
        python: Option<String>,
    },
    /// Show what insula_contextvars does on each interpreter of this machine: tests, crashes, the auditor's verdict
    Contextvars {
        /// Put it into docs/contextvars-evidence.md
        #[arg(long)]
        write: bool,
    },
    /// Use many packages in many interpreters at once with insula_isolate, on each interpreter of this machine
    Isolate(isolate::Options),
    /// Run every check, fetching the interpreters that are missing
    Test {
        /// Run this step only; may be repeated
        #[arg(long = "only", value_name = "STEP", value_parser = test::step_names())]
        only: Vec<String>,
        /// Audit large packages, and the same ones ten times, instead
        #[arg(long, conflicts_with_all = ["only", "python"])]
        real: bool,
        /// Run on this interpreter only, a version such as 3.13 or 3.14t (free-threaded) or a path; the steps that
        /// are about no single interpreter are left out
        #[arg(long)]
        python: Option<String>,
    },
    /// Take one guarantee after the other out of the framework, and see that its tests fail
    Mutants(mutants::Options),
    /// What continuous integration does, here: test the committed state in a fresh clone
    Ci,
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<ExitCode> {
    match command {
        Command::Pythons { versions, debug_builds } => pythons::run(&versions, debug_builds),
        Command::Build { module, python, out } => build::run(&module, python.as_deref(), &out),
        Command::Demo { python } => demo::run(python.as_deref()),
        Command::Bench(options) => bench::run(&options),
        Command::Memcheck { python } => memcheck::run(python.as_deref()),
        Command::Contextvars { write } => contextvars::run(write),
        Command::Isolate(options) => isolate::run(&options),
        Command::Test { only, real, python } => test::run(&only, real, python.as_deref()),
        Command::Mutants(options) => mutants::run(&options),
        Command::Ci => ci::run(),
    }
}
