//! The report: one model, which every output format renders.

mod answers;
pub mod baseline;
pub mod formats;
pub mod repro;
pub mod selection;
pub mod shard;

pub use self::answers::{Answer, Answered, Answers, Isolated, Question};

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::rules::RuleId;

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; the module may still be isolated.
    Info,
    /// Not isolated in a way that works under a shared GIL, or an omission.
    Warning,
    /// Not isolated.
    Error,
}

impl Severity {
    /// The word shown to people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// What one rule came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Examined, nothing found.
    Holds,
    /// Examined, and broken: there are findings.
    Broken,
    /// Examined, but the result cannot be trusted.
    Inconclusive,
    /// Not examined.
    NotRun,
}

/// What one rule came to, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleResult {
    /// The status.
    pub status: Status,
    /// The reason, where the status needs one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
}

/// One defect, or one thing worth knowing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The rule.
    pub rule: RuleId,
    /// How grave.
    pub severity: Severity,
    /// What makes it the same finding in another build: rule, module, and symbol, type or callable; no offsets,
    /// addresses or counts.
    pub key: String,
    /// One line, the same in every run.
    pub message: String,
    /// What it is about.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub location: Option<Location>,
    /// A Python program that shows the defect.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub repro: Option<String>,
    /// Whether the baseline has it, so that it fails nothing.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub known: bool,
}

/// The part of a module that a finding is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    /// What kind of thing: `global`, `type`, `callable`, `object`, `state`, `module` or `dependency`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Where that is: section and offset of a global, the expression that made an instance of a type.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub place: Option<String>,
    /// The source file: relative to the root of the repository if it lies there, else as it was compiled.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub file: Option<String>,
    /// The line in it, from 1.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub line: Option<u32>,
    /// The column, from 1.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub column: Option<u32>,
    /// What is there, as its author calls it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub symbol: Option<String>,
    /// The line itself, if the file was at hand.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub code: Option<String>,
}

impl Location {
    /// `src/shop.c:4`, if that is known.
    pub fn source(&self) -> Option<String> {
        Some(format!("{}:{}", self.file.as_ref()?, self.line?))
    }
}

/// One extension module that was audited.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ModuleReport {
    /// The dotted name it is imported by.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// SHA-256 of the file.
    pub sha256: String,
    /// The distribution it belongs to.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub distribution: Option<String>,
    /// The version of that.
    pub version: Option<String>,
    /// Whether it is isolated: whether every question that this interpreter can ask is answered with yes.
    pub isolated: Isolated,
    /// Each question, answered.
    pub answers: Answers,
    /// Every rule, by id.
    pub rules: BTreeMap<RuleId, RuleResult>,
    /// The findings, worst first.
    pub findings: Vec<Finding>,
    /// Why the module could not be audited.
    pub error: Option<String>,
    /// Things to know about how the audit went.
    pub notes: Vec<String>,
    /// How long it took.
    pub seconds: f64,
    /// What that time was spent on, in the order in which it was done.
    pub spent: Vec<Spent>,
    /// Whether the result is one of an earlier audit of the same file.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub cached: bool,
}

/// What one experiment took.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spent {
    /// The experiment.
    pub on: String,
    /// Wall time, in seconds.
    pub seconds: f64,
    /// Processor time of the auditor and of all its worker processes, in seconds.
    pub processor: f64,
    /// How many worker processes were started.
    pub workers: u32,
}

/// One thing the user named, on one interpreter.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TargetReport {
    /// As the user wrote it.
    pub target: String,
    /// The [`InterpreterReport::id`].
    pub interpreter: String,
    /// The day, in UTC, such as `2026-11-28`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub made: Option<String>,
    /// SHA-256 of the file, where the target is a wheel.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sha256: Option<String>,
    /// Its extension modules.
    pub modules: Vec<ModuleReport>,
    /// How the target was understood, where that is not plain.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub note: Option<String>,
    /// Files that were passed over, and why.
    pub skipped: Vec<String>,
    /// Folders of shared libraries that a wheel's build tool bundled with the modules (`NAME.libs`).
    pub bundled: Vec<Bundle>,
    /// Why nothing, or not everything, could be audited.
    pub error: Option<String>,
}

/// Shared libraries that were bundled with extension modules: they are loaded with them, and may hold state as well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bundle {
    /// The folder.
    pub folder: PathBuf,
    /// The names of the files.
    pub files: Vec<String>,
}

/// The program that made the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// The interpreter the targets were loaded into.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct InterpreterReport {
    /// What the report calls it: the version, and the program where two have the same.
    pub id: String,
    /// The program.
    pub executable: PathBuf,
    /// The version, such as `3.13.0`.
    pub version: String,
    /// What `sys.version` says.
    pub full_version: String,
    /// Where it was found.
    pub source: String,
    /// Why this one.
    pub reason: String,
}

/// The whole report.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    /// The version of this structure.
    pub schema: u32,
    /// The program that made it.
    pub tool: Tool,
    /// The interpreters.
    pub interpreters: Vec<InterpreterReport>,
    /// One entry for each target and interpreter, in the order given.
    pub targets: Vec<TargetReport>,
    /// Which part of an audit this is, if it is not the whole one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub shard: Option<shard::Shard>,
    /// What this version of the auditor does not examine.
    pub not_examined: Vec<String>,
    /// The process's exit code.
    pub exit_code: i32,
}

/// The version of [`Report`]'s structure.
pub const SCHEMA: u32 = 2;

impl ModuleReport {
    /// A module that nothing is known of.
    pub(crate) fn blank(name: String, path: PathBuf) -> Self {
        Self {
            name,
            path,
            sha256: String::new(),
            distribution: None,
            version: None,
            isolated: Isolated::Unknown,
            answers: Answers::without_import(Answer::NotTried, "the file cannot be audited"),
            rules: BTreeMap::default(),
            findings: Vec::new(),
            error: None,
            notes: Vec::new(),
            seconds: 0.0,
            spent: Vec::new(),
            cached: false,
        }
    }

    /// Whether anything is known of it.
    pub fn audited(&self) -> bool {
        self.answers.get(Question::Import).answer == Answer::Yes
    }
}

impl Report {
    /// Every module, in the order of the targets.
    pub fn modules(&self) -> impl Iterator<Item = &ModuleReport> {
        self.targets.iter().flat_map(|target| &target.modules)
    }

    /// Every target with each of its modules.
    pub fn rows(&self) -> impl Iterator<Item = (&TargetReport, &ModuleReport)> {
        self.targets.iter().flat_map(|target| target.modules.iter().map(move |module| (target, module)))
    }

    /// 0: no error and no warning that the baseline does not have. 1: findings. 2: something could not be audited,
    /// which outweighs findings, since a report that is not complete must not pass for one.
    pub fn exit_code_of(targets: &[TargetReport]) -> i32 {
        let modules = || targets.iter().flat_map(|target| &target.modules);
        if targets.iter().any(|target| target.error.is_some()) || modules().any(|module| module.error.is_some()) {
            return 2;
        }
        let grave = |finding: &Finding| finding.severity >= Severity::Warning && !finding.known;
        i32::from(modules().any(|module| module.findings.iter().any(grave)))
    }
}
