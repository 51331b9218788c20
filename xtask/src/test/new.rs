//! `insula new`: what it makes builds without a warning, passes its tests and every linter, and is isolated.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use insula_pythons::Interpreter;

use crate::test::Tally;
use crate::{build, environment, process, pythons, wheel, workspace};

const VERSION: (u32, u32) = (3, 13);
/// Time for one command.
const TIMEOUT: Duration = Duration::from_secs(600);
/// Time from nothing to the first import, with the framework to compile: what a newcomer waits for.
const FIRST_IMPORT: Duration = Duration::from_secs(300);

/// Which options make which project. The names are long, because what is formatted must stay so with a long name.
const PROJECTS: &[(&str, &[&str])] = &[
    ("plain-project-with-a-long-name", &[]),
    ("mixed-project-with-a-long-name", &["--mixed"]),
    ("embed-project-with-a-long-name", &["--embed"]),
];

/// What every run of all tests has time for: the plain project and the embedding one.
pub(crate) fn run() -> Result<Tally> {
    let found = insula_pythons::discover().found;
    let python = pythons::best(&found, VERSION).context("CPython 3.13 is missing; run `cargo xtask pythons`")?;
    make(python, |options| !options.contains(&"--mixed"))
}

/// Every kind of project.
pub(crate) fn every_kind() -> Result<Tally> {
    let found = insula_pythons::discover().found;
    on(pythons::best(&found, VERSION).context("CPython 3.13 is missing; run `cargo xtask pythons`")?)
}

pub(super) fn on(python: &Interpreter) -> Result<Tally> {
    make(python, |_| true)
}

fn make(python: &Interpreter, wanted: impl Fn(&[&str]) -> bool) -> Result<Tally> {
    let place = tempfile::tempdir()?;
    let setup = Setup::new(python)?;
    let mut tally = Tally::default();
    for (name, options) in PROJECTS.iter().filter(|(_, options)| wanted(options)) {
        if options.contains(&"--embed") && python.facts.loader.is_some() {
            println!("   {name}: left out, {python} brings a libc of its own, for which cargo links no program");
            continue;
        }
        let begun = Instant::now();
        let mut new = Command::new(&setup.insula);
        new.args(["new", "--path"]).arg(workspace::root()).args(*options).arg(name).current_dir(place.path());
        process::run(&mut new, TIMEOUT)?.ok("insula new")?;
        let mut project = Project { setup: &setup, name, folder: place.path().join(name), tally: Tally::default() };
        // The versions that everybody here has; otherwise the registry's newest.
        fs::copy(workspace::root().join("Cargo.lock"), project.folder.join("Cargo.lock"))?;
        project.readme()?;
        let elapsed = begun.elapsed();
        println!("   {name}: from nothing to passed tests in {:.1} s", elapsed.as_secs_f64());
        project.tally += Tally::of(format!("{name}: {FIRST_IMPORT:?} are not enough"), elapsed < FIRST_IMPORT);
        project.rust()?;
        project.files()?;
        if options.contains(&"--embed") {
            project.typed_program()?
        } else {
            project.extension()?
        }
        tally += project.tally;
    }
    Ok(tally)
}

/// What all projects are made and tested with.
struct Setup<'a> {
    python: &'a Interpreter,
    insula: PathBuf,
    /// Where the tools' programs are.
    tools: PathBuf,
    /// Instead of a package index.
    wheels: PathBuf,
    path: OsString,
}

impl<'a> Setup<'a> {
    fn new(python: &'a Interpreter) -> Result<Self> {
        let requirements = workspace::root().join("tests/new/requirements.txt");
        let tools = environment::with(python, &requirements)?.join("bin");
        let path = env::var_os("PATH").unwrap_or_default();
        let path: Vec<PathBuf> = std::iter::once(tools.clone()).chain(env::split_paths(&path)).collect();
        Ok(Self {
            python,
            insula: build::auditor(&[])?,
            wheels: environment::wheels(python, &requirements)?,
            tools,
            path: env::join_paths(path)?,
        })
    }
}

struct Project<'a> {
    setup: &'a Setup<'a>,
    name: &'a str,
    folder: PathBuf,
    tally: Tally,
}

impl Project<'_> {
    /// The commands that the README names, as it names them: two.
    fn readme(&mut self) -> Result<()> {
        let text = fs::read_to_string(self.folder.join("README.md"))?;
        let commands: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("$ ")).collect();
        self.tally += Tally::of(format!("{}: the README has other than two commands", self.name), commands.len() == 2);
        for command in commands {
            self.check(command, "sh", &["-c", command])?;
        }
        Ok(())
    }

    /// Formatted, without a warning, tested.
    fn rust(&mut self) -> Result<()> {
        self.check("cargo fmt", "cargo", &["fmt", "--check"])?;
        self.check("cargo clippy", "cargo", &["clippy", "--quiet", "--all-targets", "--", "-D", "warnings"])?;
        // As above.
        if self.setup.python.facts.loader.is_none() {
            self.check("cargo test", "cargo", &["test", "--quiet"])?;
        }
        Ok(())
    }

    /// What other tools read.
    fn files(&mut self) -> Result<()> {
        self.check("ruff check", "ruff", &["check"])?;
        self.check("ruff format", "ruff", &["format", "--check"])?;
        self.check("pre-commit", "pre-commit", &["validate-config"])?;
        let workflow = ["--builtin-schema", "vendor.github-workflows", ".github/workflows/ci.yml"];
        self.check("the workflow", "check-jsonschema", &workflow)
    }

    fn typed_program(&mut self) -> Result<()> {
        self.check("mypy", "mypy", &["--strict", "src"])
    }

    /// Types that are the module's; a configuration for wheels; a wheel without a warning; and an isolated module.
    fn extension(&mut self) -> Result<()> {
        let module = self.name.replace('-', "_");
        let home = self.folder.join(".venv");
        let interpreter = home.join("bin/python").display().to_string();
        self.check("mypy", "mypy", &["--python-executable", &interpreter])?;
        // Maturin makes a package around a module that has a stub; what the module has, the package has.
        fs::write(home.join("allowed.txt"), format!("{module}.{module}\n"))?;
        let stubtest = ["-m", "mypy.stubtest", &module, "--allowlist", "allowed.txt", "--ignore-unused-allowlist"];
        let packages = wheel::packages_of(self.setup.python, &home);
        let mut command = self.command("python", &stubtest);
        // Where Python finds the module, and where mypy finds its stub; from a folder that has neither.
        command.env("PYTHONPATH", &packages).env("MYPYPATH", &packages).current_dir(&home);
        self.judge("stubtest", &mut command)?;
        let identifiers = ["--print-build-identifiers", "--platform", "linux", "--archs", "x86_64", "."];
        self.check("cibuildwheel", "cibuildwheel", &identifiers)?;
        let wheel = ["build", "--interpreter", &interpreter, "--out", "dist"];
        let outcome = process::run(&mut self.command("maturin", &wheel), TIMEOUT)?;
        let said = outcome.stdout.clone() + &outcome.stderr;
        outcome.ok("maturin")?;
        let warns = said.contains('⚠') || said.contains("warning");
        if warns {
            println!("!! {}: maturin warns\n{said}", self.name);
        }
        self.tally += Tally::of(format!("{}: maturin warns", self.name), !warns);
        let insula = self.setup.insula.display().to_string();
        self.check("the audit", &insula, &["audit", &module, "--python", ".venv/bin/python", "--no-cache"])
    }

    /// Runs a command, which has to end well.
    fn check(&mut self, what: &str, program: &str, arguments: &[&str]) -> Result<()> {
        let mut command = self.command(program, arguments);
        self.judge(what, &mut command)
    }

    fn judge(&mut self, what: &str, command: &mut Command) -> Result<()> {
        let outcome = process::run(command, TIMEOUT)?;
        println!("{} {}: {what}", if outcome.success() { "  " } else { "!!" }, self.name);
        if !outcome.success() {
            println!("{}\n{}{}", outcome.ending(), outcome.stdout, outcome.stderr);
        }
        self.tally += Tally::of(format!("{}: {what}", self.name), outcome.success());
        Ok(())
    }

    /// A command in the project, as its author would call it; all projects share what cargo has built.
    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let own = self.setup.tools.join(program);
        let mut command = if own.is_file() { Command::new(own) } else { Command::new(program) };
        command.args(arguments).current_dir(&self.folder).env("PATH", &self.setup.path);
        command.env("CARGO_TARGET_DIR", target()).env("PIP_NO_INDEX", "1").env("PIP_FIND_LINKS", &self.setup.wheels);
        // The interpreter is the first on PATH.
        command.env_remove("PYO3_PYTHON").env_remove("PYO3_CONFIG_FILE").env_remove("VIRTUAL_ENV");
        command
    }
}

fn target() -> PathBuf {
    workspace::target().join("new")
}
