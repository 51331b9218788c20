//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use insula_audit::shard::Shard;

use crate::output::Wish;

/// Reads a time limit: up to a year, since one that is longer means none, and no clock can hold every number.
fn seconds() -> clap::builder::RangedU64ValueParser {
    clap::value_parser!(u64).range(1..=365 * 24 * 60 * 60)
}

/// Is a compiled Python extension module isolated?
#[derive(Parser)]
#[command(name = "insula", version, about, propagate_version = true)]
pub(crate) struct Options {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make a new project: an extension module in Rust that is isolated by construction, or a program that embeds
    /// CPython
    #[command(
        after_help = "It needs cargo and CPython 3.11 or newer. Exit codes: 0 the project was made; 2 it was not."
    )]
    New(NewOptions),
    /// Audit extension modules
    #[command(
        after_help = "Exit codes: 0 no error and no warning found (or only known ones, with --baseline); 1 findings; 2 \
                            something could not be audited (whether or not there are findings); 130 interrupted."
    )]
    Audit(Box<AuditOptions>),
    /// Tell what keeps an application from sub-interpreters, and what to do about it
    #[command(
        after_help = "Exit codes: 0 the application loads in every kind of interpreter; 1 it does not; 2 it, or one of \
                            several interpreters, could not be tried; 130 interrupted."
    )]
    App(AppOptions),
    /// Make one report of several: the parts of one audit (--shard), or audits of different things
    #[command(after_help = "Exit codes: as those of `insula audit`; 2 if the reports do not fit together.")]
    Merge(MergeOptions),
    /// Compare two builds of a module: what would code notice that uses it?
    #[command(
        after_help = "Exit codes: 0 nothing changed but what a heap type has to have; 1 changes; 2 the builds could \
                      not be compared."
    )]
    Compare(CompareOptions),
    /// Write type stubs (.pyi) for a module that is written with the framework
    #[command(after_help = "Exit codes: 0 written; 2 there is nothing to write them from.")]
    Stubs(StubsOptions),
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
pub(crate) struct NewOptions {
    /// The folder to make, or an empty one
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
    /// The project's name [default: the folder's]
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// A Python package around the extension module
    #[arg(long, conflicts_with = "embed")]
    pub(crate) mixed: bool,
    /// Instead, a program that embeds CPython, with a pool of interpreters
    #[arg(long)]
    pub(crate) embed: bool,
    /// Take the insula crate from a checkout of Insula [default: the one that this program was built from, if it is
    /// still there; else this program's version from the registry]
    #[arg(long, value_name = "DIR", conflicts_with = "git")]
    pub(crate) path: Option<PathBuf>,
    /// Take the insula crate from a git repository
    #[arg(long, value_name = "URL")]
    pub(crate) git: Option<String>,
    /// The licence: MIT, Apache-2.0, both, or none
    #[arg(long, value_name = "SPDX", default_value = "MIT OR Apache-2.0")]
    pub(crate) license: String,
    /// Whether to make a repository, where the folder is in none
    #[arg(long, value_enum, default_value_t = Vcs::Git)]
    pub(crate) vcs: Vcs,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Vcs {
    Git,
    None,
}

#[derive(Args)]
pub(crate) struct StubsOptions {
    /// The extension module (.so), or the crate that builds it: its folder or Cargo.toml
    #[arg(value_name = "CRATE_OR_SO")]
    pub(crate) target: PathBuf,
    /// The folder to write them to
    #[arg(short, long, value_name = "DIR", default_value = ".")]
    pub(crate) output: PathBuf,
}

#[derive(Args)]
pub(crate) struct AuditOptions {
    /// An importable name, an installed distribution, another one (NAME==VERSION, which pip fetches into a private
    /// environment), a .so file, a wheel, or a folder of these
    #[arg(value_name = "TARGET")]
    pub(crate) targets: Vec<String>,
    /// Fetch a name that the interpreter cannot import from the package index, as is done for NAME==VERSION
    #[arg(long)]
    pub(crate) fetch: bool,
    /// Do not audit what a package without compiled parts loads of its dependencies
    #[arg(long)]
    pub(crate) no_deps: bool,
    /// Audit what pip installs for a file of requirements, a pyproject.toml, a uv.lock or a pylock.toml
    #[arg(short, long, value_name = "FILE")]
    pub(crate) requirements: Vec<PathBuf>,
    /// Audit everything installed in the interpreter's environment, or in the virtual environment DIR
    #[arg(long = "env", value_name = "DIR", num_args = 0..=1)]
    pub(crate) environment: Option<Option<PathBuf>>,
    /// The interpreter to load them into: a path or a version such as 3.13; several make a matrix [default: the newest
    /// suitable one found]
    #[arg(long, value_name = "SPEC")]
    pub(crate) python: Vec<String>,
    /// Audit the private copies that insula_isolate gives to each interpreter, instead of the modules as they are
    #[arg(long)]
    pub(crate) isolate: bool,
    /// The folder that has insula_isolate, where the interpreter cannot import it [default: what PYTHONPATH names]
    #[arg(long, value_name = "DIR", requires = "isolate")]
    pub(crate) isolate_package: Option<PathBuf>,
    /// Run this workload, too, in the first interpreter and in further ones: `pytest -q tests`, `-m unittest ...`, a
    /// script, or module:function
    #[arg(long, value_name = "COMMAND", conflicts_with = "isolate", allow_hyphen_values = true)]
    pub(crate) exercise: Option<String>,
    /// The report's format: text, json, sarif, junit, github, html or ecosystem, to a file of its own with =FILE. Can
    /// be given several times
    #[arg(long, value_name = "FORMAT[=FILE]")]
    pub(crate) format: Vec<Wish>,
    /// Write the report (the one that has no file of its own) to a file
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Report only these rules: ids or their beginnings, separated by commas
    #[arg(long, value_name = "RULES", value_delimiter = ',')]
    pub(crate) select: Vec<String>,
    /// Do not report these rules
    #[arg(long, value_name = "RULES", value_delimiter = ',')]
    pub(crate) ignore: Vec<String>,
    /// Fail only on findings that this file does not have
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Write the findings to a file that --baseline reads, and end with code 0 if everything could be audited
    #[arg(long, value_name = "FILE", conflicts_with = "baseline")]
    pub(crate) write_baseline: Option<PathBuf>,
    /// Write the programs that show findings below this folder
    #[arg(long, value_name = "DIR")]
    pub(crate) repro_dir: Option<PathBuf>,
    /// Audit everything anew, and keep no results
    #[arg(long)]
    pub(crate) no_cache: bool,
    /// Do not read pyproject.toml
    #[arg(long)]
    pub(crate) no_config: bool,
    /// Audit one part of the modules only, such as 2/8: `insula merge` puts the reports together
    #[arg(long, value_name = "PART/OF")]
    pub(crate) shard: Option<Shard>,
    /// The time limit of each worker process, in seconds [default: 60]
    #[arg(long, value_name = "SECONDS", value_parser = seconds())]
    pub(crate) timeout: Option<u64>,
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

#[derive(Args)]
pub(crate) struct MergeOptions {
    /// Reports that `insula audit --format json` wrote
    #[arg(value_name = "REPORT", required = true)]
    pub(crate) reports: Vec<PathBuf>,
    /// The format of the whole report, as for `insula audit`
    #[arg(long, value_name = "FORMAT[=FILE]")]
    pub(crate) format: Vec<Wish>,
    /// Write the report (the one that has no file of its own) to a file
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
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

#[derive(Args)]
pub(crate) struct AppOptions {
    /// What to import, as the application would: a module, module:attribute, or the path of a script
    #[arg(value_name = "ENTRY", required_unless_present_any = ["requirements", "environment"])]
    pub(crate) entries: Vec<String>,
    /// Import what a file of requirements, a pyproject.toml, a uv.lock or a pylock.toml names, as far as it is
    /// installed
    #[arg(short, long, value_name = "FILE", conflicts_with_all = ["entries", "environment"])]
    pub(crate) requirements: Option<PathBuf>,
    /// Import everything that is installed
    #[arg(long = "env", conflicts_with = "entries")]
    pub(crate) environment: bool,
    /// A command, such as a test run, that loads what the application loads only later; it may be run more than once
    #[arg(long, value_name = "COMMAND")]
    pub(crate) run: Option<String>,
    /// Fetch the newest releases of what stands in the way into private folders, and try them
    #[arg(long)]
    pub(crate) newer: bool,
    /// Audit the extension modules that load, too
    #[arg(long)]
    pub(crate) deep: bool,
    /// The interpreter: a path or a version such as 3.13; several answer for each [default: the active virtual
    /// environment, else .venv or venv in the working folder, else the newest one found]
    #[arg(long, value_name = "SPEC")]
    pub(crate) python: Vec<String>,
    /// The report's format
    #[arg(long, value_enum, default_value_t = CompareFormat::Text)]
    pub(crate) format: CompareFormat,
    /// Write the report to a file
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Import everything anew, and do not keep the answer
    #[arg(long)]
    pub(crate) no_cache: bool,
    /// The time limit of each process that imports the application, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = seconds())]
    pub(crate) timeout: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Args)]
pub(crate) struct CompareOptions {
    /// The old build: a name, a .so file, a wheel
    pub(crate) old: String,
    /// The new build
    pub(crate) new: String,
    /// Fetch a name that the interpreter cannot import from the package index, as is done for NAME==VERSION
    #[arg(long)]
    pub(crate) fetch: bool,
    /// The interpreter; given twice, the first is for the old build and the second for the new one
    #[arg(long, value_name = "SPEC")]
    pub(crate) python: Vec<String>,
    /// The report's format
    #[arg(long, value_enum, default_value_t = CompareFormat::Text)]
    pub(crate) format: CompareFormat,
    /// Write the report to a file
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// The time limit of each worker process, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = seconds())]
    pub(crate) timeout: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CompareFormat {
    Text,
    Json,
}
