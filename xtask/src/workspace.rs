//! Where things are, and how cargo is called.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder of the workspace's `Cargo.toml`.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask/ lies in the workspace")
}

/// Where cargo puts what it builds.
pub(crate) fn target() -> PathBuf {
    match env::var_os("CARGO_TARGET_DIR") {
        Some(path) => root().join(path),
        None => root().join("target"),
    }
}

/// The cargo that runs this, in the workspace.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    #[test]
    fn this_program_and_the_documentation_are_made_of_what_the_tests_are() {
        let crates = |selection: &[&str], kinds: &str| -> BTreeSet<String> {
            let mut tree = super::cargo();
            tree.args(["tree", "--locked", "--no-dedupe", "--prefix", "none", "--format", "{p} {f}", "--edges", kinds]);
            let output = tree.args(selection).output().expect("cargo starts");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
        };
        let all = crates(&["--workspace"], "normal,build,dev");
        for selection in [&["--package", "xtask"][..], &["--workspace"]] {
            let others: Vec<String> = crates(selection, "normal,build").difference(&all).cloned().collect();
            assert!(others.is_empty(), "with other features, these are compiled once more: {others:#?}");
        }
    }
}
