//! The report: one model, which every output format renders.

pub mod baseline;
pub mod formats;
pub mod repro;
pub mod selection;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

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

/// How far up the ladder of isolation a module was seen to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Verdict {
    /// Imports.
    L0,
    /// Imports twice: a new module with new types.
    L1,
    /// Works in legacy sub-interpreters.
    L2,
    /// Works under an own GIL, without declaring it.
    L3u,
    /// Works under an own GIL, and declares it.
    L3,
    /// Works in parallel, whatever the order of destruction, and across restarts of the runtime.
    L4,
    /// No leaks, the contract with the garbage collector kept, no Python object in any process global, hostile calls survived.
    L5,
}

impl Verdict {
    /// The rung's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::L0 => "L0",
            Self::L1 => "L1",
            Self::L2 => "L2",
            Self::L3u => "L3u",
            Self::L3 => "L3",
            Self::L4 => "L4",
            Self::L5 => "L5",
        }
    }

    /// What the rung means, in a few words.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::L0 => "imports",
            Self::L1 => "imports twice, with a new module and new types",
            Self::L2 => "works in legacy sub-interpreters",
            Self::L3u => "works under an own GIL, undeclared",
            Self::L3 => "works under an own GIL, declared",
            Self::L4 => "works in parallel and across restarts",
            Self::L5 => "no evidence of shared state, leaks or broken contracts",
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
    /// The rule's id.
    pub rule: String,
    /// How grave.
    pub severity: Severity,
    /// One line, the same in every run.
    pub message: String,
    /// Details for machines; addresses occur only here. `repro`, where there is one, is a Python program that shows the
    /// defect.
    #[serde(skip_serializing_if = "serde_json::Value::is_null", default)]
    pub evidence: serde_json::Value,
    /// Whether the baseline has it, so that it fails nothing.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub known: bool,
}

impl Finding {
    /// The Python program that shows the defect.
    pub fn repro(&self) -> Option<&str> {
        self.evidence.get("repro").and_then(|repro| repro.as_str())
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
    /// The version of the distribution it belongs to.
    pub version: Option<String>,
    /// The rung reached; none where the module could not be audited.
    pub verdict: Option<Verdict>,
    /// What kept it from the next rung.
    pub limited_by: Vec<String>,
    /// Every rule, by id.
    pub rules: BTreeMap<String, RuleResult>,
    /// The findings, worst first.
    pub findings: Vec<Finding>,
    /// Why the module could not be audited.
    pub error: Option<String>,
    /// Things to know about how the audit went.
    pub notes: Vec<String>,
    /// How long it took.
    pub seconds: f64,
    /// Whether the result is one of an earlier audit of the same file.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub cached: bool,
}

/// One thing the user named, on one interpreter.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TargetReport {
    /// As the user wrote it.
    pub target: String,
    /// The [`InterpreterReport::id`].
    pub interpreter: String,
    /// SHA-256 of the file, where the target is a wheel.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sha256: Option<String>,
    /// Its extension modules.
    pub modules: Vec<ModuleReport>,
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
    /// What this version of the auditor does not examine.
    pub not_examined: Vec<String>,
    /// The process's exit code.
    pub exit_code: i32,
}

/// The version of [`Report`]'s structure.
pub const SCHEMA: u32 = 2;

impl Report {
    /// Every module, in the order of the targets.
    pub fn modules(&self) -> impl Iterator<Item = &ModuleReport> {
        self.targets.iter().flat_map(|target| &target.modules)
    }

    /// Every target with each of its modules.
    pub fn rows(&self) -> impl Iterator<Item = (&TargetReport, &ModuleReport)> {
        self.targets.iter().flat_map(|target| target.modules.iter().map(move |module| (target, module)))
    }

    /// 0: no error and no warning that the baseline does not have. 1: findings. 2: something could not be audited, which outweighs findings, since a
    /// report that is not complete must not pass for one.
    pub fn exit_code_of(targets: &[TargetReport]) -> i32 {
        let modules = || targets.iter().flat_map(|target| &target.modules);
        if targets.iter().any(|target| target.error.is_some()) || modules().any(|module| module.error.is_some()) {
            return 2;
        }
        let grave = |finding: &Finding| finding.severity >= Severity::Warning && !finding.known;
        i32::from(modules().any(|module| module.findings.iter().any(grave)))
    }
}
