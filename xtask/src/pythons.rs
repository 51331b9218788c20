//! `cargo xtask pythons`: the interpreters to test on, found or fetched.

pub(crate) mod apache;
mod apt;
mod debian;
mod patchelf;
mod unpacked;
mod uv;

use std::fs::File;
use std::process::ExitCode;
use std::str::FromStr;

use anyhow::{Context, Result, bail};
use insula_pythons::{Interpreter, Source, Spec, discover, ensure_dir, pythons_dir};

/// The versions on which everything is tested.
pub(crate) const SUPPORTED: [(u32, u32); 5] = [(3, 11), (3, 12), (3, 13), (3, 14), (3, 15)];

/// One version that somebody asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    feature: (u32, u32),
    /// Debian's build of it, even where another is there.
    debian: bool,
}

impl FromStr for Wanted {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (version, debian) = match text.strip_prefix("debian-") {
            Some(version) => (version, true),
            None => (text, false),
        };
        let feature =
            version.split_once('.').and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)));
        match feature {
            Some(feature @ (3, 8..)) => Ok(Self { feature, debian }),
            _ if Spec::parse(version).is_free_threaded() => Err(format!(
                "no free-threaded build is fetched: Debian makes none; `uv python install {version}` or `pyenv install \
                 {version}` does"
            )),
            _ => Err("expected a version such as 3.13 or debian-3.13".to_owned()),
        }
    }
}

pub(crate) fn run(versions: &[Wanted], debug_builds: bool) -> Result<ExitCode> {
    let all = SUPPORTED.map(|feature| Wanted { feature, debian: false });
    let mut failed = false;
    for wanted in if versions.is_empty() { &all[..] } else { versions } {
        if let Err(error) = ensure(*wanted, debug_builds) {
            failed = true;
            let (major, minor) = wanted.feature;
            eprintln!("error: no CPython {major}.{minor}: {error:#}");
        }
    }
    report();
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// What an interpreter lacks to be tested on.
pub(crate) fn lacks(python: &Interpreter) -> Vec<&'static str> {
    let needs = [(python.facts.has_test_package, "test package"), (python.facts.include.is_some(), "headers")];
    needs.into_iter().filter(|(there, _)| !there).map(|(_, name)| name).collect()
}

/// The interpreter of a version to test on: an ordinary build that lacks nothing, else one that at least runs.
pub(crate) fn best(found: &[Interpreter], feature: (u32, u32)) -> Option<&Interpreter> {
    // Newest first, and the first of equals wins.
    let fitting =
        || found.iter().filter(|i| i.version.feature() == feature && i.flavour().is_empty() && !i.facts.is_venv());
    fitting().find(|python| lacks(python).is_empty()).or_else(|| fitting().next())
}

/// The interpreter that somebody wants the tests to run on.
pub(crate) fn to_test_on(spec: &str) -> Result<Interpreter> {
    let python = match insula_pythons::resolve(spec) {
        Err(insula_pythons::Error::NoMatch { .. }) if Spec::parse(spec).is_free_threaded() => {
            bail!("{}", without(spec))
        }
        other => other?,
    };
    let feature = python.version.feature();
    if !SUPPORTED.contains(&feature) {
        bail!("{python} is none of the versions that the framework is for, CPython 3.11 to 3.15; choose another");
    }
    Ok(python)
}

/// What to do where no free-threaded interpreter is. Debian builds none, and uv's and pyenv's are not fetched here.
fn without(spec: &str) -> String {
    let spec = spec.strip_prefix("python").unwrap_or(spec);
    format!(
        "nothing was tested: no free-threaded CPython {spec} is on PATH, in pyenv or in uv, and `cargo xtask pythons` \
         fetches none; install one (`uv python install {spec}`, `pyenv install {spec}`) and run this again"
    )
}

/// The newest supported interpreter of this machine that lacks nothing.
pub(crate) fn newest() -> Result<Interpreter> {
    let found = discover().found;
    let best =
        SUPPORTED.iter().rev().filter_map(|feature| best(&found, *feature)).find(|python| lacks(python).is_empty());
    best.cloned().context("no supported CPython with headers and test package here; run `cargo xtask pythons`")
}

/// The newest that a program of this machine can embed: it has a shared library, for the machine's own libc.
pub(crate) fn newest_to_embed() -> Result<Interpreter> {
    let found = discover().found;
    let fits = |python: &&Interpreter| python.facts.libpython.is_some() && python.facts.loader.is_none();
    let best = SUPPORTED.iter().rev().filter_map(|feature| best(&found, *feature)).find(fits);
    best.cloned()
        .context("no supported CPython with a shared library for this machine's libc; install one, or pyenv or uv")
}

/// A debug build of a version, which is fetched if this machine has none.
pub(crate) fn debug_build((major, minor): (u32, u32)) -> Result<Interpreter> {
    let there = || insula_pythons::resolve(&format!("{major}.{minor}d")).ok().filter(|found| lacks(found).is_empty());
    if let Some(found) = there() {
        return Ok(found);
    }
    ensure(Wanted { feature: (major, minor), debian: true }, true)
        .with_context(|| format!("no debug build of CPython {major}.{minor}"))?;
    there().with_context(|| format!("the debug build of CPython {major}.{minor} that was fetched cannot be used"))
}

/// Makes sure of one version.
fn ensure(wanted: Wanted, debug_builds: bool) -> Result<()> {
    let Wanted { feature, debian } = wanted;
    let there = || best(&discover().found, feature).cloned();
    let complete = || there().is_some_and(|python| lacks(&python).is_empty());
    // Debug builds come with Debian's only: an interpreter from elsewhere is left as it is.
    let enough = || {
        let python = there().filter(|python| lacks(python).is_empty());
        python.is_some_and(|python| !debug_builds || python.source != Source::Cache)
    };
    if !debian && enough() {
        return Ok(());
    }

    ensure_dir(&pythons_dir())?;
    // One fetch at a time; the lock ends with the process. Who waited may find the work done.
    let lock = File::create(pythons_dir().join(".lock"))?;
    rustix::fs::flock(&lock, rustix::fs::FlockOperation::LockExclusive)?;
    if debian {
        return debian::fetch(feature, debug_builds);
    }
    let mut reasons = Vec::new();
    if !complete()
        && let Err(error) = uv::install(feature)
    {
        reasons.push(error);
    }
    if enough() {
        return Ok(());
    }
    if let Err(error) = debian::fetch(feature, debug_builds) {
        reasons.push(error);
    }
    if complete() {
        return Ok(());
    }
    if let Some(python) = there() {
        eprintln!("warning: {python} lacks {}; what needs it cannot be tested on it", lacks(&python).join(" and "));
        return Ok(());
    }
    let reasons: Vec<String> = reasons.iter().map(|error| format!("{error:#}")).collect();
    bail!("{}; or install it by other means, such as uv or pyenv, and run this again", reasons.join("; "))
}

fn report() {
    let discovery = discover();
    let yes = |there: bool| if there { "yes" } else { "no" };
    println!(
        "{:<13} {:<6} {:<14} {:<9} {:<12} path, exact version",
        "version", "from", "libpython", "headers", "test package"
    );
    for python in &discovery.found {
        let facts = &python.facts;
        // A debug or free-threaded build is told apart by its exact version below and by its word here.
        let version = match python.flavour() {
            "" => python.version.to_string(),
            flavour => format!("{} {flavour}", python.version),
        };
        let libpython = match (&facts.libpython, &facts.loader) {
            (Some(_), None) => "yes",
            (Some(_), Some(_)) => "by its loader",
            (None, _) => "no",
        };
        println!(
            "{version:<13} {:<6} {libpython:<14} {:<9} {:<12} {}\n{:59}{}",
            python.source,
            yes(facts.include.is_some()),
            yes(facts.has_test_package),
            python.executable.display(),
            "",
            facts.full_version,
        );
    }
    for (_, error) in &discovery.rejected {
        println!("not used: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::{Wanted, without};

    #[test]
    fn versions_are_asked_for_by_number() {
        assert_eq!("3.13".parse(), Ok(Wanted { feature: (3, 13), debian: false }));
        assert_eq!("debian-3.13".parse(), Ok(Wanted { feature: (3, 13), debian: true }));
        for text in ["", "3", "2.7", "3.13.0", "sid-3.13", "3.x"] {
            assert!(text.parse::<Wanted>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_free_threaded_build_that_is_missing_is_asked_for_in_one_line() {
        let said = without("python3.14t");
        assert!(said.starts_with("nothing was tested: no free-threaded CPython 3.14t is on PATH"), "{said}");
        assert!(said.ends_with("`pyenv install 3.14t`) and run this again") && !said.contains('\n'), "{said}");
        assert!("3.14t".parse::<Wanted>().is_err_and(|said| said.contains("uv python install 3.14t")));
    }
}
