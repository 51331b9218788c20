//! Baselines: the findings that are known, so that only new ones fail.
//!
//! A finding is recognised by its key: rule, module, and symbol, type or callable; how often a key occurs counts too.
//! The interpreter, the version and the build do not: a defect stays the same one across releases.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Report;

/// The version of the file's structure.
const FORMAT: u32 = 2;

/// A set of known findings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    known: BTreeMap<String, usize>,
}

#[derive(Serialize, Deserialize)]
struct Content {
    insula_baseline: u32,
    findings: Vec<String>,
}

/// Why a baseline cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// The file cannot be read.
    #[error("cannot read the baseline {}: {error}; make one with --write-baseline", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// It is no baseline.
    #[error("{} is not a baseline of this version of insula: {error}; make it anew with \
             --write-baseline", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: String,
    },
}

impl Baseline {
    /// Reads a file that [`Baseline::to_json`] made.
    pub fn read(path: &Path) -> Result<Self, BaselineError> {
        let text =
            std::fs::read_to_string(path).map_err(|error| BaselineError::Read { path: path.to_owned(), error })?;
        let wrong = |error: String| BaselineError::Content { path: path.to_owned(), error };
        let content: Content = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        if content.insula_baseline != FORMAT {
            return Err(wrong(format!("it has format {}, this is {FORMAT}", content.insula_baseline)));
        }
        let mut known = BTreeMap::new();
        for entry in content.findings {
            *known.entry(entry).or_default() += 1;
        }
        Ok(Self { known })
    }

    /// The findings of a report. Those of several interpreters are one, hence the most on any of them counts.
    pub fn of(report: &Report) -> Self {
        let mut known: BTreeMap<String, usize> = BTreeMap::new();
        for interpreter in &report.interpreters {
            let mut here: BTreeMap<String, usize> = BTreeMap::new();
            for (_, module) in report.rows().filter(|(target, _)| target.interpreter == interpreter.id) {
                for finding in &module.findings {
                    *here.entry(finding.key.clone()).or_default() += 1;
                }
            }
            for (entry, count) in here {
                let most = known.entry(entry).or_default();
                *most = count.max(*most);
            }
        }
        Self { known }
    }

    /// Marks the findings that are known.
    pub fn mark(&self, report: &mut Report) {
        for interpreter in report.interpreters.iter().map(|interpreter| interpreter.id.clone()).collect::<Vec<_>>() {
            let mut left = self.known.clone();
            let targets = report.targets.iter_mut().filter(|target| target.interpreter == interpreter);
            for module in targets.flat_map(|target| &mut target.modules) {
                for finding in &mut module.findings {
                    if let Some(count) = left.get_mut(&finding.key).filter(|count| **count > 0) {
                        *count -= 1;
                        finding.known = true;
                    }
                }
            }
        }
    }

    /// The file's text: sorted, one finding after the other, so that its changes can be reviewed.
    pub fn to_json(&self) -> String {
        let repeated = self.known.iter().flat_map(|(entry, count)| std::iter::repeat_n(entry.clone(), *count));
        let content = Content { insula_baseline: FORMAT, findings: repeated.collect() };
        // Strings and a number: there is nothing that JSON could not hold.
        serde_json::to_string_pretty(&content).unwrap_or_default() + "\n"
    }
}
