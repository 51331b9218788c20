//! `insula audit`, and the process that embeds the runtime for it.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use insula_audit::baseline::Baseline;
use insula_audit::formats::{self, Format, Style};
use insula_audit::selection::Selection;
use insula_audit::{AuditError, Options, Target, interrupt, isolate, report::Report, repro, restart as cycles_of};

use crate::config::{self, Config};
use crate::options::{AuditOptions, Color};
use crate::output::{Outputs, Sink};
use crate::progress::Display;

/// What a shell expects of a program that Ctrl-C ended.
pub(crate) const INTERRUPTED: u8 = 130;

/// The time limit of each worker, in seconds, if none is named.
const TIMEOUT: u64 = 60;

pub(crate) fn run(options: AuditOptions) -> Result<ExitCode, String> {
    ctrlc::set_handler(interrupt::interrupt).map_err(|error| format!("cannot handle Ctrl-C: {error}"))?;
    let chosen = chosen(&options)?;
    let page = options.format.iter().find(|wish| matches!(wish.format, Format::Html | Format::Ecosystem));
    if let Some(page) = page.filter(|_| options.isolate) {
        let name = page.format.name();
        return Err(format!("--isolate has no {name} page; choose text, json, sarif, junit or github"));
    }
    if options.isolate && options.shard.is_some() {
        return Err("--isolate has no parts; leave out --shard".to_owned());
    }
    let outputs = Outputs::new(&options.format, options.output.as_deref())?;
    let new_baseline = options.write_baseline.as_deref().map(Sink::file).transpose()?;
    let display = Display::new(options.quiet);
    let report = if options.isolate {
        let choice = isolate::Choice { package: isolate_package(&options)? };
        isolate::audit(&chosen, &choice, &|event| display.tell(event)).map(Made::Isolated)
    } else {
        insula_audit::audit(&chosen, &|event| display.tell(event)).map(Made::Plain)
    };
    display.clear();
    let report = match report {
        Ok(report) => report,
        Err(AuditError::Interrupted) => {
            let again = if chosen.cache { "; the same command goes on from here" } else { "" };
            anstream::eprintln!("insula: interrupted; all workers have ended{again}");
            return Ok(ExitCode::from(INTERRUPTED));
        }
        Err(error) => return Err(error.to_string()),
    };
    let looks = Looks { color: options.color, quiet: options.quiet, verbose: options.verbose };
    outputs.write(|format, stdout| report.render(format, looks.style(stdout)))?;
    let report = report.base();
    if let Some(folder) = &options.repro_dir {
        repro::write_all(report, folder)
            .map_err(|error| format!("cannot write below {}: {error}; name another folder", folder.display()))?;
    }
    let mut code = u8::try_from(report.exit_code).unwrap_or(crate::FAILED);
    if let Some(sink) = new_baseline {
        sink.write(&Baseline::of(report).to_json())?;
        code = if code == crate::FAILED { code } else { 0 };
    }
    Ok(ExitCode::from(code))
}

/// How the text report looks.
#[derive(Clone, Copy)]
pub(crate) struct Looks {
    pub(crate) color: Color,
    pub(crate) quiet: bool,
    pub(crate) verbose: bool,
}

impl Looks {
    /// As it is written to standard output, or to a file.
    pub(crate) fn style(self, stdout: bool) -> Style {
        let color = match self.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                stdout
                    && std::io::stdout().is_terminal()
                    && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
            }
        };
        Style { verbose: self.verbose, quiet: self.quiet, color, ascii: stdout && !speaks_utf8() }
    }
}

/// The report of one of the two kinds of audit.
enum Made {
    Plain(Report),
    Isolated(isolate::Report),
}

impl Made {
    fn base(&self) -> &Report {
        match self {
            Self::Plain(report) => report,
            Self::Isolated(report) => &report.base,
        }
    }

    fn render(&self, format: Format, style: Style) -> Result<String, String> {
        match self {
            Self::Plain(report) => formats::render(report, format, style).map_err(|error| error.to_string()),
            Self::Isolated(report) => isolate::render(report, format, style),
        }
    }
}

/// The folder that has `insula_isolate`: the named one, or the first of PYTHONPATH that has it. Workers get no
/// variables of the user's.
fn isolate_package(options: &AuditOptions) -> Result<Option<PathBuf>, String> {
    let has = |folder: &Path| folder.join("insula_isolate/__init__.py").is_file();
    let absolute = |folder: PathBuf| std::path::absolute(&folder).unwrap_or(folder);
    if let Some(folder) = &options.isolate_package {
        if !has(folder) {
            return Err(format!("{}: there is no insula_isolate in it; name the folder above", folder.display()));
        }
        return Ok(Some(absolute(folder.clone())));
    }
    let path = std::env::var_os("PYTHONPATH").unwrap_or_default();
    Ok(std::env::split_paths(&path).filter(|folder| folder.is_absolute()).find(|folder| has(folder)).map(absolute))
}

/// What the command line and the configuration say together.
fn chosen(options: &AuditOptions) -> Result<Options, String> {
    let config = if options.no_config { Config::default() } else { config::discover(&here()?)? };
    let environment = options.environment.clone().flatten();
    if environment.is_some() && !options.python.is_empty() {
        return Err("--env DIR has an interpreter of its own; leave out --python".to_owned());
    }
    let mut targets: Vec<Target> = options.targets.iter().map(|word| Target::of(word)).collect();
    targets.extend(options.requirements.iter().cloned().map(Target::Requirements));
    targets.extend(options.environment.as_ref().map(|_| Target::Environment));
    if targets.is_empty() {
        targets.extend(config.targets.iter().map(|word| Target::of(word)));
    }
    if targets.is_empty() {
        return Err(
            "there is nothing to audit; name a module, a file, -r FILE or --env (see `insula audit --help`)".to_owned()
        );
    }
    let or = |own: &Vec<String>, other: &[String]| if own.is_empty() { other.to_vec() } else { own.clone() };
    let selection = Selection::new(&or(&options.select, &config.select), &or(&options.ignore, &config.ignore))
        .map_err(|error| error.to_string())?;
    // A baseline that is being written must have what an older one hides.
    let known = options.baseline.as_ref().or(config.baseline.as_ref()).filter(|_| options.write_baseline.is_none());
    let baseline = known.map(|path| Baseline::read(path)).transpose().map_err(|error| error.to_string())?;
    let seconds = options.timeout.or(config.timeout.map(u64::from)).unwrap_or(TIMEOUT);
    let jobs = options.jobs.or(config.jobs.map(u16::from)).map_or_else(processors, usize::from);
    Ok(Options {
        targets,
        pythons: or(&options.python, &config.python.list()),
        environment,
        fetch: options.fetch,
        dependencies: !options.no_deps,
        shard: options.shard,
        timeout: Duration::from_secs(seconds),
        jobs,
        restart_helper: std::env::current_exe().ok(),
        exercise: options.exercise.as_deref().map(exercise).transpose()?,
        cache: !options.no_cache,
        selection,
        baseline,
    })
}

/// The workload and its folder. A script that is not there would only be found to fail once everything else was done.
fn exercise(command: &str) -> Result<(String, PathBuf), String> {
    let folder = here()?;
    let mut words = command.split_whitespace().skip_while(|word| ["python", "python3"].contains(word));
    let Some(first) = words.next() else {
        let known = "`pytest ...`, `-m MODULE ...`, a script or module:function";
        return Err(format!("--exercise {command:?} names no program; name {known}"));
    };
    // A name in quotes is split by the shell's rules where the workload runs.
    if first.ends_with(".py") && !first.starts_with(['"', '\'']) && !folder.join(first).is_file() {
        return Err(format!(
            "--exercise {first}: there is no such file in {}; name a script by its path from there",
            folder.display()
        ));
    }
    Ok((command.to_owned(), folder))
}

fn here() -> Result<PathBuf, String> {
    std::env::current_dir().map_err(|error| format!("cannot tell the working directory: {error}"))
}

pub(crate) fn restart(library: &Path, home: Option<PathBuf>, cycles: u32, script: &Path) -> Result<ExitCode, String> {
    let script =
        std::fs::read_to_string(script).map_err(|error| format!("cannot read {}: {error}", script.display()))?;
    if let Some(home) = home {
        // SAFETY: no other thread has been started yet, so nobody reads the environment at the same time.
        unsafe { std::env::set_var("PYTHONHOME", home) };
    }
    cycles_of::run(library, cycles, &script).map_err(|error| error.to_string())?;
    Ok(ExitCode::SUCCESS)
}

/// Whether the user's locale has more than ASCII; the first of these that is set decides.
fn speaks_utf8() -> bool {
    let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set).unwrap_or_default().to_lowercase();
    (locale.contains("utf-8") || locale.contains("utf8")) && set("TERM").as_deref() != Some("dumb")
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
