//! `insula stubs`: type stubs of modules that are written with the framework, from what these say about themselves.

mod build;
mod library;
mod operators;
mod page;
mod properties;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::options::StubsOptions;

/// Writes the stubs, and says which files it wrote.
pub(crate) fn run(options: &StubsOptions) -> Result<ExitCode, String> {
    let libraries = if options.target.extension().is_some_and(|extension| extension == "so") {
        vec![options.target.clone()]
    } else {
        build::libraries(&options.target)?
    };
    for library in &libraries {
        for module in library::modules(library)? {
            for (path, text) in page::pages(&module) {
                let path = options.output.join(path);
                write(&path, &text).map_err(|error| format!("cannot write {}: {error}", path.display()))?;
                anstream::println!("{}", path.display());
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    fs::create_dir_all(path.parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf))?;
    fs::write(path, text)
}
