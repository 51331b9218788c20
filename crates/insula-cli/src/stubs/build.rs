//! The libraries that a crate builds.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// Builds a crate, named by its folder or its `Cargo.toml`; returns its extension modules.
pub(super) fn libraries(target: &Path) -> Result<Vec<PathBuf>, String> {
    let manifest = if target.is_dir() { target.join("Cargo.toml") } else { target.to_owned() };
    let is_manifest = manifest.file_name().is_some_and(|name| name == "Cargo.toml") && manifest.is_file();
    let manifest = manifest.canonicalize().ok().filter(|_| is_manifest);
    let Some(manifest) = manifest else {
        return Err(format!("{} is neither a crate nor an extension module (.so)", target.display()));
    };
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--quiet", "--lib", "--message-format", "json-render-diagnostics", "--manifest-path"])
        .arg(&manifest)
        // Of an extension module, the interpreter is what loads it, not a library that it is linked with.
        .env("PYO3_BUILD_EXTENSION_MODULE", "1")
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("cannot run cargo: {error}"))?;
    if !output.status.success() {
        return Err(format!("cargo cannot build {}: see above", manifest.display()));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let messages = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let ours = messages.filter(|message| {
        let is_ours = message["manifest_path"].as_str().is_some_and(|path| Path::new(path) == manifest);
        let kinds = message["target"]["crate_types"].as_array();
        is_ours && kinds.is_some_and(|kinds| kinds.iter().any(|kind| kind == "cdylib"))
    });
    let files = ours.flat_map(|message| message["filenames"].as_array().cloned().unwrap_or_default());
    let files = files.filter_map(|file| file.as_str().map(PathBuf::from));
    let found: Vec<PathBuf> = files.filter(|file| file.extension().is_some_and(|kind| kind == "so")).collect();
    if found.is_empty() {
        return Err(format!(
            "{} builds no extension module: give its [lib] crate-type = [\"cdylib\"]",
            manifest.display()
        ));
    }
    Ok(found)
}
