//! Parts of an audit that ran apart, and reports of them put together again.
//!
//! The modules of all targets have an order, and the part `k` of `n` has every `n`th of them, beginning with the `k`th:
//! so each part has modules of each large target. What could not become a module (a target's error, a file that is
//! none) belongs to each part, and to the first one.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{ModuleReport, Report, SCHEMA, TargetReport};

/// One part of an audit: `2/8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Shard {
    /// Which one, from 1.
    pub part: usize,
    /// Of how many.
    pub of: usize,
}

impl Shard {
    /// Whether the module of this number, from 0, belongs to this part.
    pub(crate) fn has(self, number: usize) -> bool {
        number % self.of == self.part - 1
    }

    /// The number in all of the module that has this number in this part.
    fn number(self, here: usize) -> usize {
        here * self.of + self.part - 1
    }
}

/// What a report says, which may be anything.
#[derive(Deserialize)]
struct Unchecked {
    part: usize,
    of: usize,
}

impl TryFrom<Unchecked> for Shard {
    type Error = String;

    fn try_from(Unchecked { part, of }: Unchecked) -> Result<Self, String> {
        if (1..=of).contains(&part) {
            Ok(Self { part, of })
        } else {
            Err(format!("{part}/{of} is no part of an audit"))
        }
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('/').and_then(|(part, of)| Some((part.parse().ok()?, of.parse().ok()?)));
        match parts {
            Some((part, of)) if (1..=of).contains(&part) => Ok(Self { part, of }),
            _ => Err(format!("{text:?} is no part of an audit; write which one and of how many, such as 2/8")),
        }
    }
}

impl std::fmt::Display for Shard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.part, self.of)
    }
}

/// Why reports do not make one.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// It cannot be read.
    #[error("{path}: cannot be read: {1}; name a file that `insula audit --format json` wrote", path = .0.display())]
    Unreadable(PathBuf, String),
    /// It is of another structure.
    #[error("{}: its schema is {found}, not {SCHEMA}; audit again with this version of insula", path.display())]
    Schema {
        /// The file.
        path: PathBuf,
        /// What it says.
        found: u64,
    },
    /// They were made by different programs.
    #[error("{}: made by insula {found}, and {} by {wanted}; audit again with one \
             version", path.display(), first.display())]
    Tool {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: String,
        /// The first file.
        first: PathBuf,
        /// The version of that.
        wanted: String,
    },
    /// Two interpreters have one name.
    #[error("{}: its CPython {id} is another build ({found}) than that of {}; merge reports of one build, or of \
             different versions", path.display(), first.display())]
    Interpreter {
        /// The file.
        path: PathBuf,
        /// The interpreter's id.
        id: String,
        /// What it says of itself.
        found: String,
        /// The file that has the other one.
        first: PathBuf,
    },
    /// One is a part, and another one is whole.
    #[error("{}: it is no part of an audit, and {} is; merge either whole reports or the parts of \
             one audit", path.display(), part.display())]
    Whole {
        /// The file.
        path: PathBuf,
        /// A file that has a part.
        part: PathBuf,
    },
    /// One file is there twice.
    #[error("{}: it is named twice; name each report once", .0.display())]
    Twice(PathBuf),
    /// They are parts of different audits.
    #[error("{}: it is part {shard} of an audit of other targets, or of another number of parts, than {}; merge the \
             parts of one audit", path.display(), first.display())]
    Parts {
        /// The file.
        path: PathBuf,
        /// Its part.
        shard: String,
        /// The first file.
        first: PathBuf,
    },
    /// A part is there twice, or missing.
    #[error("part {0} {1}")]
    Count(Shard, &'static str),
    /// There is nothing to merge.
    #[error("there is no report to merge; name files that `insula audit --format json` wrote")]
    Nothing,
}

/// Reads a report, and looks first whether it is of this structure.
pub fn read(path: PathBuf) -> Result<(PathBuf, Report), MergeError> {
    let unreadable = |error: &dyn std::fmt::Display| MergeError::Unreadable(path.clone(), error.to_string());
    let text = std::fs::read(&path).map_err(|error| unreadable(&error))?;
    let value: serde_json::Value = serde_json::from_slice(&text).map_err(|error| unreadable(&error))?;
    match value.get("schema").and_then(serde_json::Value::as_u64) {
        Some(found) if found != u64::from(SCHEMA) => return Err(MergeError::Schema { path, found }),
        _ => {}
    }
    // Other commands have a JSON of their own.
    if value.get("targets").is_none() {
        return Err(unreadable(&"it is no report of an audit"));
    }
    let report = serde_json::from_value(value).map_err(|error| unreadable(&error))?;
    Ok((path, report))
}

/// Makes one report of many: the parts of one audit, which come out as it would have, or whole ones, one behind the
/// other.
pub fn merge(reports: Vec<(PathBuf, Report)>) -> Result<Report, MergeError> {
    let Some((first, _)) = reports.first().cloned() else { return Err(MergeError::Nothing) };
    named_once(reports.iter().map(|(path, _)| path))?;
    let mut all = Report { targets: Vec::new(), interpreters: Vec::new(), shard: None, ..reports[0].1.clone() };
    for (path, report) in &reports {
        if report.tool != all.tool {
            let (found, wanted) = (report.tool.version.clone(), all.tool.version);
            return Err(MergeError::Tool { path: path.clone(), found, first, wanted });
        }
        for one in &report.interpreters {
            match all.interpreters.iter().find(|known| known.id == one.id) {
                Some(known) if known.full_version != one.full_version => {
                    let (id, found) = (one.id.clone(), one.full_version.clone());
                    return Err(MergeError::Interpreter { path: path.clone(), id, found, first });
                }
                Some(_) => {}
                None => all.interpreters.push(one.clone()),
            }
        }
    }
    if reports.iter().any(|(_, report)| report.shard.is_some()) {
        all.targets = parts(&first, &reports)?;
    } else {
        all.targets = reports.into_iter().flat_map(|(_, report)| report.targets).collect();
    }
    all.targets.iter_mut().for_each(crate::audit::optional_modules);
    all.exit_code = Report::exit_code_of(&all.targets);
    Ok(all)
}

/// Two reports in one file would count twice, whatever names it has.
fn named_once<'a>(paths: impl Iterator<Item = &'a PathBuf>) -> Result<(), MergeError> {
    let mut known = BTreeSet::new();
    for path in paths {
        // What has no place among the files, as a pipe, can be read but once.
        if path.canonicalize().is_ok_and(|place| place.is_file() && !known.insert(place)) {
            return Err(MergeError::Twice(path.clone()));
        }
    }
    Ok(())
}

/// The targets of one audit from its parts.
fn parts(first: &std::path::Path, reports: &[(PathBuf, Report)]) -> Result<Vec<TargetReport>, MergeError> {
    let names = |report: &Report| -> Vec<(String, String)> {
        report.targets.iter().map(|target| (target.target.clone(), target.interpreter.clone())).collect()
    };
    let part = reports.iter().find(|(_, report)| report.shard.is_some());
    let part = part.map_or_else(|| first.to_owned(), |(path, _)| path.clone());
    let mut sorted: Vec<(Shard, &Report)> = Vec::new();
    for (path, report) in reports {
        let Some(shard) = report.shard else { return Err(MergeError::Whole { path: path.clone(), part }) };
        sorted.push((shard, report));
    }
    let of = sorted.first().map_or(1, |(shard, _)| shard.of);
    let other = |(shard, report): &(Shard, &Report)| shard.of != of || names(report) != names(&reports[0].1);
    if let Some(number) = sorted.iter().position(other) {
        let (path, shard) = (reports[number].0.clone(), sorted[number].0.to_string());
        return Err(MergeError::Parts { path, shard, first: first.to_owned() });
    }
    for part in 1..=of {
        let shard = Shard { part, of };
        match sorted.iter().filter(|(one, _)| *one == shard).count() {
            1 => {}
            0 => return Err(MergeError::Count(shard, "is missing; name its report, too")),
            _ => return Err(MergeError::Count(shard, "is there more than once; name each part once")),
        }
    }
    sorted.sort_by_key(|(shard, _)| shard.part);
    // What no audit could be made of stands in the first part, before the rest.
    let mut targets = sorted[0].1.targets.clone();
    targets.iter_mut().for_each(|target| target.modules.retain(|module| !was_audited(module)));
    let mut audited: Vec<(usize, usize, &ModuleReport)> = Vec::new();
    for (shard, report) in sorted {
        let modules = report.targets.iter().enumerate();
        let modules = modules.flat_map(|(target, one)| one.modules.iter().map(move |module| (target, module)));
        let modules = modules.filter(|(_, module)| was_audited(module)).enumerate();
        audited.extend(modules.map(|(here, (target, module))| (shard.number(here), target, module)));
    }
    audited.sort_by_key(|(number, ..)| *number);
    for (_, target, module) in audited {
        targets[target].modules.push(module.clone());
    }
    Ok(targets)
}

/// Whether there was a file to audit.
fn was_audited(module: &ModuleReport) -> bool {
    !module.sha256.is_empty()
}

#[cfg(test)]
mod tests {
    use super::Shard;

    #[test]
    fn parts_are_read_and_have_every_module_once() {
        assert_eq!("2/8".parse(), Ok(Shard { part: 2, of: 8 }));
        for wrong in ["", "2", "0/3", "4/3", "1/0", "a/b", "1/2/3", "-1/2"] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
        for number in 0..20 {
            let parts = (1..=3).filter(|part| Shard { part: *part, of: 3 }.has(number)).count();
            assert_eq!(parts, 1);
        }
        let shard = Shard { part: 2, of: 3 };
        let its: Vec<usize> = (0..12).filter(|number| shard.has(*number)).collect();
        assert_eq!((0..its.len()).map(|here| shard.number(here)).collect::<Vec<_>>(), its);
    }
}
