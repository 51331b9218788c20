//! Distributions that the chosen interpreter cannot import: fetched by pip, wheels only, into private folders of our
//! cache.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use insula_pythons::Interpreter;
use sha2::{Digest, Sha256};

use crate::worker::scratch::Scratch;
use crate::worker::{self, End, Inherits, Launch, Limits, Run, WorkerError};

/// Why a distribution could not be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    /// The cache folder.
    #[error("cannot write the cache folder {}: {error}; set INSULA_CACHE to a folder that can be \
             written", folder.display())]
    Cache {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// Nobody has pip.
    #[error(
        "cannot fetch {0}: neither the chosen interpreter nor any other found has pip; install pip, or install {0} \
         yourself"
    )]
    NoPip(String),
    /// pip failed for want of a network.
    #[error(
        "cannot fetch {0}: the package index cannot be reached; check the network, or install {0} into the interpreter \
         yourself"
    )]
    NoNetwork(String),
    /// The index has no such wheel.
    #[error(
        "cannot fetch {requirement}: no wheel for this interpreter and platform in the package index; check the name \
         and version, or build it and name the file"
    )]
    NoWheel {
        /// What was asked for.
        requirement: String,
    },
    /// Anything else that pip says.
    #[error("cannot fetch {requirement}: pip says: {said}")]
    Pip {
        /// What was asked for.
        requirement: String,
        /// pip's last error.
        said: String,
    },
    /// The worker that runs pip could not be run.
    #[error(transparent)]
    Worker(#[from] WorkerError),
}

/// What pip is to install.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Wanted<'a> {
    /// One requirement, or the path of a wheel.
    One(&'a str),
    /// What a file asks for: its name for messages, a file for pip, and whether that names all dependencies, too.
    File(&'a Path, &'a Path, bool),
}

/// The folder with the requirement and its dependencies, fetched now if it is not there yet. `key` tells apart what the
/// requirement's text does not, such as two wheel files at the same path.
pub(crate) fn fetch(
    interpreter: &Interpreter,
    wanted: Wanted<'_>,
    key: &str,
    scratch: &Path,
) -> Result<PathBuf, FetchError> {
    let shown = match wanted {
        Wanted::One(requirement) => requirement.to_owned(),
        Wanted::File(path, ..) => format!("-r {}", path.display()),
    };
    let requirement = shown.as_str();
    let cache = insula_pythons::cache_dir();
    let environments = cache.join("environments");
    let unwritable = |error| FetchError::Cache { folder: environments.clone(), error };
    let identity = format!("{}\n{}\n{key}", interpreter.facts.full_version, interpreter.executable.display());
    let digest = hex(&Sha256::digest(identity.as_bytes()));
    let label: String = key.chars().filter(|c| c.is_ascii_alphanumeric()).take(24).collect();
    let folder = environments.join(format!("{label}-{}", &digest[..16]));
    if folder.is_dir() {
        return Ok(folder);
    }
    std::fs::create_dir_all(&environments).map_err(unwritable)?;
    // Complete or absent: pip fills a folder beside the final one, which a rename then puts into place.
    let partial = Scratch::new_in(&environments, "partial-").map_err(unwritable)?;
    let content = partial.path().join("content");

    let (program, mut arguments) = pip_of(interpreter).ok_or_else(|| FetchError::NoPip(requirement.to_owned()))?;
    let options = ["--disable-pip-version-check", "--no-input", "install", "--quiet", "--retries", "1"];
    arguments.extend(options.map(OsString::from));
    arguments.extend(["--timeout", "20", "--only-binary", ":all:", "--no-compile"].map(OsString::from));
    arguments.extend(["--no-warn-conflicts", "--target"].map(OsString::from));
    arguments.push(content.clone().into());
    match wanted {
        Wanted::One(requirement) => arguments.push(requirement.into()),
        Wanted::File(_, path, complete) => {
            arguments.extend(["--requirement".into(), path.into()]);
            arguments.extend(complete.then(|| "--no-deps".into()));
        }
    }
    let mut environment = vec![("PIP_CACHE_DIR".to_owned(), cache.join("pip").into_os_string())];
    environment.push(("PIP_ROOT_USER_ACTION".to_owned(), "ignore".into()));
    // pip's configuration, which may name the index to use, lies below the user's home.
    for name in ["HOME", "XDG_CONFIG_HOME"] {
        environment.extend(std::env::var_os(name).map(|value| (name.to_owned(), value)));
    }
    let run = worker::run(
        Launch {
            program: &program,
            arguments,
            environment,
            limits: Limits { time: Duration::from_secs(600), ..Limits::default() },
            scratch,
            script: None,
            inherits: Inherits::Network,
        },
        &mut |_, _, _| {},
    )?;
    if run.end != End::Exit(0) {
        return Err(explain(requirement, &run));
    }
    match std::fs::rename(&content, &folder) {
        Ok(()) => Ok(folder),
        // Another audit was faster; its result is as good.
        Err(_) if folder.is_dir() => Ok(folder),
        Err(error) => Err(unwritable(error)),
    }
}

/// pip itself, or the pip of another interpreter told to work for this one.
fn pip_of(interpreter: &Interpreter) -> Option<(PathBuf, Vec<OsString>)> {
    let module = || vec![OsString::from("-m"), "pip".into()];
    if interpreter.facts.has_pip {
        return Some((interpreter.executable.clone(), module()));
    }
    let other = insula_pythons::discover().found.into_iter().find(|other| other.facts.has_pip)?;
    let mut arguments = module();
    arguments.extend(["--python".into(), interpreter.executable.clone().into()]);
    Some((other.executable, arguments))
}

fn explain(requirement: &str, run: &Run) -> FetchError {
    let text = run.stderr.to_lowercase();
    let requirement = requirement.to_owned();
    let unreachable = ["newconnectionerror", "name resolution", "connection refused", "connecttimeout", "proxyerror"];
    if unreachable.iter().any(|sign| text.contains(sign)) {
        return FetchError::NoNetwork(requirement);
    }
    if text.contains("no matching distribution") || text.contains("could not find a version") {
        return FetchError::NoWheel { requirement };
    }
    let mut errors = run.stderr.lines().filter_map(|line| line.strip_prefix("ERROR: "));
    let last = errors.next_back().or_else(|| run.stderr.lines().next_back()).unwrap_or("nothing");
    FetchError::Pip { requirement, said: last.trim().to_owned() }
}

/// Bytes as hexadecimal text.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
