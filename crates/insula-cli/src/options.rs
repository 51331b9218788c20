//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Is a compiled Python extension module isolated?
#[derive(Parser)]
#[command(version, about, propagate_version = true)]
pub(crate) struct Options {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Audit extension modules
    #[command(
        after_help = "Exit codes: 0 no error and no warning found; 1 findings; 2 something could not be audited \
                            (whether or not there are findings); 130 interrupted."
    )]
    Audit(AuditOptions),
    /// Explain a rule: what, why, how it is found, how to fix it
    Explain {
        /// The rule's id, such as INS101
        rule: String,
    },
    /// List all rules
    Rules,
    /// Start and end an embedded runtime several times (for the audit's own use)
    #[command(name = "__restart", hide = true)]
    Restart {
        /// The interpreter's shared library
        #[arg(long)]
        libpython: PathBuf,
        /// The interpreter's prefix, where its standard library is
        #[arg(long)]
        python_home: Option<PathBuf>,
        /// How often
        #[arg(long, default_value_t = 4)]
        cycles: u32,
        /// The Python script to run in each cycle; it sees CYCLE and CYCLES
        #[arg(long)]
        script: PathBuf,
    },
}

#[derive(Args)]
pub(crate) struct AuditOptions {
    /// An importable name, a distribution (NAME==VERSION), a .so file or a wheel; what the interpreter cannot import is
    /// fetched with pip into a private environment
    #[arg(required = true, value_name = "TARGET")]
    pub(crate) targets: Vec<String>,
    /// The interpreter to load them into: a path or a version such as 3.13 [default: the newest suitable one found]
    #[arg(long, value_name = "SPEC")]
    pub(crate) python: Option<String>,
    /// The report's format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Write the report to a file
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// The time limit of each worker process, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) timeout: u64,
    /// How many modules to audit at the same time [default: as many as there are processors]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) jobs: Option<u16>,
    /// Colours in the text report
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    pub(crate) color: Color,
    /// Only the table
    #[arg(short, long, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Every finding, and every rule that was not examined
    #[arg(short, long)]
    pub(crate) verbose: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Text,
    Json,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}
