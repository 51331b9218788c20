//! `insula new`: a project that builds, passes its tests and is isolated, to begin with.

mod name;
mod project;
mod source;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use insula_pythons::{Interpreter, discover};

use crate::options::{NewOptions, Vcs};
use crate::output::stdout;
use name::Name;
use project::{Kind, Licence, Project};
use source::Source;

/// What the framework is built for, at least.
const OLDEST: (u32, u32) = (3, 11);

pub(crate) fn run(options: &NewOptions) -> Result<ExitCode, String> {
    let python = python()?;
    cargo()?;
    let folder = place(&options.folder)?;
    let name = match &options.name {
        Some(name) => name.clone(),
        None => named_by(&options.folder)?,
    };
    let project = Project {
        name: Name::new(&name, &python)?,
        kind: match (options.mixed, options.embed) {
            (true, _) => Kind::Mixed,
            (_, true) => Kind::Embed,
            _ => Kind::Plain,
        },
        licence: Licence::named(&options.license)?,
        source: Source::choose(options.path.as_deref(), options.git.as_deref())?,
        below_workspace: is_below_workspace(&folder),
    };
    for (path, text) in project.files()? {
        write(&folder.join(path), &text)?;
    }
    if options.vcs == Vcs::Git {
        repository(&folder);
    }
    let folder = options.folder.display();
    let commands: String = project.commands()?.iter().map(|command| format!("  {command}\n")).collect();
    stdout(&format!(
        "{} {name} is in {folder}. What to do with it:\n\n  cd {folder}\n{commands}",
        project.kind.what()
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// The newest interpreter that a project can be built for; which one it will be is not asked here.
fn python() -> Result<Interpreter, String> {
    let found = discover().found.into_iter().find(|python| python.version.feature() >= OLDEST);
    found.ok_or_else(|| {
        format!(
            "there is no CPython {}.{} or newer on PATH, in pyenv or in uv, and the project needs one; install one, \
             as with `uv python install` or `pyenv install`",
            OLDEST.0, OLDEST.1
        )
    })
}

/// Sees that cargo is there, which builds the project.
fn cargo() -> Result<(), String> {
    let asked = Command::new("cargo").arg("--version").stdin(Stdio::null()).output();
    match asked {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr).lines().next().unwrap_or_default().to_owned();
            Err(format!("cargo, which builds the project, does not run ({said}); mend it, as with `rustup update`"))
        }
        Err(error) => Err(format!(
            "cargo, which builds the project, does not start ({error}); install Rust with rustup, or put it on PATH"
        )),
    }
}

/// The folder, which is not there or empty.
fn place(folder: &Path) -> Result<PathBuf, String> {
    let shown = folder.display();
    let cannot = |error| format!("cannot look into {shown}: {error}");
    if folder.is_dir() {
        if let Some(entry) = fs::read_dir(folder).map_err(cannot)?.next() {
            let first = entry.map_err(cannot)?.file_name();
            return Err(format!(
                "{shown} is not empty (it has {}), and nothing in it may be overwritten; name another folder",
                first.to_string_lossy()
            ));
        }
    } else if fs::symlink_metadata(folder).is_ok() {
        return Err(format!("{shown} is there and is no folder; name another one"));
    }
    Ok(folder.to_owned())
}

/// Whether cargo would take the project for a part of a workspace around it, and refuse to build it for not being one.
fn is_below_workspace(folder: &Path) -> bool {
    let Ok(whole) = std::path::absolute(folder) else { return false };
    let around = whole.ancestors().skip(1).map(|folder| folder.join("Cargo.toml"));
    let manifests = around.filter_map(|manifest| fs::read_to_string(manifest).ok());
    manifests.into_iter().any(|text| text.lines().any(|line| line.trim_start().starts_with("[workspace")))
}

/// The last part of the path: of `.`, that of the working folder.
fn named_by(folder: &Path) -> Result<String, String> {
    let whole = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    let last = whole.file_name().and_then(|name| name.to_str());
    last.map(str::to_owned)
        .ok_or_else(|| format!("{} does not name the project; name it with --name", folder.display()))
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    let parent = path.parent().unwrap_or(Path::new(""));
    fs::create_dir_all(parent).map_err(|error| format!("cannot make the folder {}: {error}", parent.display()))?;
    fs::write(path, text).map_err(|error| format!("cannot write {}: {error}", path.display()))
}

/// Makes it a git repository, as cargo and uv do, unless it lies in one or git is not there.
fn repository(folder: &Path) {
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command.args(arguments).current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    if !git(&["rev-parse", "--is-inside-work-tree"]) {
        git(&["init", "--quiet", "--initial-branch", "main"]);
    }
}
