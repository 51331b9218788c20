//! What is installed in an environment: asked of its interpreter, and which distribution a file belongs to.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

use super::AppError;
use super::events::{Event, Installed, What};
use super::run::{self, Told};

const LISTER: &str = include_str!("installed.py");

/// What the lister is told.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Listing {
    pub(super) out: PathBuf,
    /// The application's folder, the first of the path.
    pub(super) folder: PathBuf,
    /// Where to look; if nowhere, where imports begin.
    pub(super) path: Vec<PathBuf>,
    /// The distributions whose packages are wanted as entries.
    pub(super) installed: Option<Names>,
}

/// Distributions that are named, or all.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Names {
    pub(super) names: Option<Vec<String>>,
}

impl Told for Listing {
    fn tell(&mut self, out: PathBuf) -> &Path {
        self.out = out;
        &self.folder
    }
}

/// Asks an interpreter.
pub(super) fn list(python: &Path, mut listing: Listing, timeout: Duration) -> Result<Vec<Event>, AppError> {
    let (events, end) = run::once(python, LISTER, &mut listing, timeout)?;
    match events.last() {
        Some(Event { what: What::End {}, .. }) => Ok(events),
        _ => Err(AppError::Interpreter(python.to_owned(), end.said)),
    }
}

/// The distributions among the answer.
pub(super) fn distributions(events: &[Event]) -> Vec<Installed> {
    let found = events.iter().filter_map(|event| match &event.what {
        What::Distribution(one) => Some(one.clone()),
        _ => None,
    });
    found.collect()
}

/// The distributions that files of extension modules belong to.
pub(super) struct Owners<'a> {
    by_file: HashMap<PathBuf, usize>,
    installed: &'a [Installed],
}

impl<'a> Owners<'a> {
    pub(super) fn new(installed: &'a [Installed]) -> Self {
        let files = |(number, one): (usize, &Installed)| {
            let files: Vec<_> = one.compiled.iter().map(|file| (one.base.join(file), number)).collect();
            files
        };
        Self { by_file: installed.iter().enumerate().flat_map(files).collect(), installed }
    }

    pub(super) fn number(&self, file: &Path) -> Option<usize> {
        // One in editable form has its files where its source code is.
        let below = |one: &Installed| one.source.as_ref().is_some_and(|source| file.starts_with(source));
        self.by_file.get(file).copied().or_else(|| self.installed.iter().position(below))
    }

    pub(super) fn get(&self, file: &Path) -> Option<&'a Installed> {
        self.number(file).map(|number| &self.installed[number])
    }
}
