//! `insula` as a package: a wheel for old systems, what an installed program does, the GitHub action, and the hooks.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::test::{ONCE, Tally};
use crate::{build, environment, process, pythons, wheel, workspace};

const VERSION: (u32, u32) = (3, 13);

/// Time for a build, or for one program.
const TIMEOUT: Duration = Duration::from_secs(900);

/// The newest glibc that the wheel may want: that of manylinux_2_28.
const GLIBC: (u32, u32) = (2, 28);

/// What Cargo.toml has optimised in development builds for the sake of thousands of audits. Here there are four.
const OPTIMISED: [&str; 7] = ["insula-xray", "gimli", "miniz_oxide", "ruzstd", "serde_json", "object", "sha2"];

pub(crate) fn run() -> Result<Tally> {
    let found = insula_pythons::discover().found;
    let python = pythons::best(&found, VERSION).context("CPython 3.13 is missing; run `cargo xtask pythons`")?;
    let folder = workspace::root().join("tests/packaging/program");
    let tools = environment::with(python, &folder.join("requirements.txt"))?.join("bin");
    let out = tempfile::tempdir()?;
    let mut tally = Tally::default();
    let mut step = |what: &str, command: &mut Command| -> Result<()> {
        let outcome = process::run(command, TIMEOUT)?;
        println!("{} {what}", if outcome.success() { "  " } else { "!!" });
        tally += Tally::of(what, outcome.success());
        outcome.ok(what).map(|_| ())
    };

    let wheels = out.path().join("wheels");
    step("maturin builds a wheel for manylinux_2_28", &mut maturin(&tools, &wheels))?;
    let built = only_file(&wheels)?;
    let home = out.path().join("home");
    wheel::fresh(python, &built, None, &home)?;
    let program = home.join("bin/insula");
    let installed = |arguments: &[&str]| {
        let mut command = Command::new(&program);
        command.args(arguments).current_dir(out.path()).env("PATH", "/usr/bin:/bin").env("VIRTUAL_ENV", &home);
        command
    };
    step("installed, it explains", &mut installed(&["explain", "INS103"]))?;
    step("it audits", &mut installed(&["audit", "--no-config", "--no-cache", "_json"]))?;
    step("it answers for an application", &mut installed(&["app", "json", "--no-cache"]))?;

    // The action and the hook find the program as a user's machine has it.
    let mut fetch = Command::new(tools.join("python"));
    fetch.args(["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--python-version", "3.13"]);
    step("a wheel with findings", fetch.arg("kiwisolver==1.5.1").arg("--dest").arg(out.path().join("dist")))?;
    clean(out.path())?;
    let mut workflow = Command::new(tools.join("python"));
    workflow.arg(folder.join("workflow.py")).arg(workspace::root().join("action.yml")).arg(&built).arg(out.path());
    step("the steps of the action do what its inputs say", &mut workflow)?;
    let project = out.path().join("project");
    hook_project(&project)?;
    let mut hook = Command::new(tools.join("pre-commit"));
    hook.args(["try-repo", "--hook-stage", "manual"]).arg(workspace::root()).args(["insula-audit", "--all-files"]);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(std::iter::once(home.join("bin")).chain(std::env::split_paths(&path)))?;
    hook.current_dir(&project).env("PATH", path).env("PRE_COMMIT_HOME", out.path().join("hooks"));
    step("the hook audits what a project names", &mut hook)?;

    let wanted = newest_glibc(&fs::read(&program)?);
    println!("   the program, with what it embeds, wants glibc {}.{}", wanted.0, wanted.1);
    tally += Tally::of("glibc is old enough", (1, 0) < wanted && wanted <= GLIBC);
    Ok(tally)
}

fn maturin(tools: &Path, out: &Path) -> Command {
    let mut maturin = Command::new(tools.join("maturin"));
    maturin
        .args(["build", "--quiet", "--zig", "--compatibility", "manylinux_2_28", "--profile", "dev", "--out"])
        .arg(out);
    maturin.arg("--manifest-path").arg(workspace::root().join("crates/insula-cli/Cargo.toml"));
    // What runs while it builds is there already: the same as for the tests.
    maturin.arg("--target-dir").arg(workspace::target()).envs(ONCE);
    for package in OPTIMISED {
        maturin.arg("--config").arg(format!("profile.dev.package.{package}.opt-level=0"));
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::iter::once(tools.to_owned()).chain(std::env::split_paths(&path));
    maturin.env("PATH", std::env::join_paths(path).unwrap_or_default());
    maturin
}

fn only_file(folder: &Path) -> Result<PathBuf> {
    let mut files = fs::read_dir(folder)?.flatten().map(|entry| entry.path());
    files.next().with_context(|| format!("{} is empty", folder.display()))
}

/// An extension module without findings, for any version.
fn clean(folder: &Path) -> Result<()> {
    let found = insula_pythons::discover().found;
    let python = pythons::best(&found, VERSION).context("an interpreter that was there before")?;
    let built = build::for_tests("xxlimited", python, &folder.join("built"), &[])?;
    symlink(built, folder.join("clean.so")).context("cannot make a link")
}

/// A repository whose pyproject.toml names what is audited.
fn hook_project(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    fs::write(folder.join("pyproject.toml"), "[tool.insula]\ntargets = [\"_json\"]\npython = \"3.13\"\n")?;
    for arguments in [&["init", "--quiet"][..], &["add", "."]] {
        process::run(Command::new("git").args(arguments).current_dir(folder), TIMEOUT)?.ok("git")?;
    }
    Ok(())
}

/// The highest version among the names `GLIBC_2.x` in a program, which its dynamic symbols refer to; a library that is
/// embedded in it has its own among the same bytes.
fn newest_glibc(program: &[u8]) -> (u32, u32) {
    const NAME: &[u8] = b"GLIBC_";
    let places = program.windows(NAME.len()).enumerate().filter(|(_, window)| *window == NAME);
    let version = |(at, _): (usize, &[u8])| {
        let rest: Vec<u8> = program[at + NAME.len()..].iter().copied().take_while(|byte| *byte != 0).take(8).collect();
        let (major, minor) = std::str::from_utf8(&rest).ok()?.split_once('.')?;
        Some((major.parse().ok()?, minor.split('.').next()?.parse().ok()?))
    };
    places.filter_map(version).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::newest_glibc;

    #[test]
    fn the_newest_version_is_found_wherever_it_stands() {
        assert_eq!(
            newest_glibc(b"\x7fELF..GLIBC_2.2.5\0GLIBC_2.17\0 text GLIBC_PRIVATE\0...\x7fELF GLIBC_2.34\0"),
            (2, 34)
        );
        assert_eq!(newest_glibc(b"nothing"), (0, 0));
    }
}
