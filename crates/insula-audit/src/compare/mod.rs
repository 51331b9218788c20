//! The lossless-conversion report: what code that uses a module would notice of a new build of it.
//!
//! Each build is described in a worker of its own: every type with its flags, slots, bases, names, documentation, and
//! with what can be done to it and its instances. The report is the difference.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::experiments::Lab;
use crate::host::{Host, HostError};
use crate::report::Tool;
use crate::report::formats::plain;
use crate::target::{self, Resolved, Subject, Target, TargetError};
use crate::worker::WorkerError;
use crate::worker::protocol::{Described, Scenario};
use crate::worker::scratch::Scratch;
use crate::worker::task::Task;

/// The version of [`Comparison`]'s structure.
pub const SCHEMA: u32 = 1;

/// One side of a comparison.
#[derive(Clone, Debug)]
pub struct Side {
    /// A name, a `.so` file or a wheel.
    pub target: String,
    /// The interpreter; the newest suitable one if none is named.
    pub python: Option<String>,
    /// Whether a name without a version that the interpreter cannot import is looked for in the package index.
    pub fetch: bool,
}

/// Why there is no comparison.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    /// There is no interpreter.
    #[error(transparent)]
    Host(#[from] HostError),
    /// The temporary folder.
    #[error("cannot make a temporary folder: {0}; check free space and TMPDIR")]
    Scratch(std::io::Error),
    /// A side means nothing that can be loaded.
    #[error("{0}")]
    Target(String),
    /// A module cannot be described.
    #[error("{module}: cannot be described: {said}; `insula audit` says more")]
    Describe {
        /// The module.
        module: String,
        /// The last line on stderr.
        said: String,
    },
    /// The sides have no module in common.
    #[error("{old} and {new} have no module of the same name; name one module of each")]
    NothingInCommon {
        /// One side.
        old: String,
        /// The other.
        new: String,
    },
    /// The worker.
    #[error(transparent)]
    Worker(#[from] WorkerError),
}

/// What changed between two builds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparison {
    /// The version of this structure.
    pub schema: u32,
    /// The program that made it.
    pub tool: Tool,
    /// The old build.
    pub old: Build,
    /// The new build.
    pub new: Build,
    /// Modules that only the old build has.
    pub removed: Vec<String>,
    /// Modules that only the new build has.
    pub added: Vec<String>,
    /// The modules that were compared.
    pub modules: Vec<ModuleChanges>,
}

/// One side, as it was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Build {
    /// As the user wrote it.
    pub target: String,
    /// The interpreter's version.
    pub python: String,
}

/// The changes of one module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModuleChanges {
    /// Its old name and file.
    pub old: (String, PathBuf),
    /// Its new name and file.
    pub new: (String, PathBuf),
    /// How many types both have.
    pub types_compared: usize,
    /// What changed.
    pub changes: Vec<Change>,
}

/// One thing that is not as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The type; none if it is the module itself.
    pub type_name: Option<String>,
    /// What kind of thing: `flags`, `slots`, `pickling`...
    pub aspect: String,
    /// Which one.
    pub item: String,
    /// What it was; none if it was not there.
    pub old: Option<String>,
    /// What it is; none if it is not there any more.
    pub new: Option<String>,
    /// Whether a conversion from static to heap types has to bring it.
    pub expected: bool,
    /// What to do about it, where that is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub advice: Option<String>,
}

impl Comparison {
    /// Whether anything changed that a conversion need not bring.
    pub fn lossless(&self) -> bool {
        self.removed.is_empty()
            && self.added.is_empty()
            && self.modules.iter().flat_map(|module| &module.changes).all(|change| change.expected)
    }
}

/// Compares two builds.
pub fn compare(old: &Side, new: &Side, timeout: Duration) -> Result<Comparison, CompareError> {
    let scratch = Scratch::new().map_err(CompareError::Scratch)?;
    let open = |side: &Side| -> Result<(Lab, Vec<Subject>), CompareError> {
        let lab =
            Lab::new(Host::choose(side.python.as_deref())?, timeout, scratch.path(), None).resolving(side.fetch, false);
        match target::resolve(&lab, &Target::Named(side.target.clone())) {
            Ok(Resolved { subjects, failed, .. }) => match failed.into_iter().next() {
                Some(unfit) => Err(CompareError::Target(unfit.error)),
                None => Ok((lab, subjects)),
            },
            Err(TargetError::Worker(error)) => Err(error.into()),
            Err(error) => Err(CompareError::Target(error.to_string())),
        }
    };
    let ((old_lab, old_subjects), (new_lab, new_subjects)) = (open(old)?, open(new)?);
    let names = |subjects: &[Subject]| subjects.iter().map(|one| one.name.clone()).collect::<BTreeSet<String>>();
    let (old_names, new_names) = (names(&old_subjects), names(&new_subjects));
    let (pairs, removed, added): (Vec<(&Subject, &Subject)>, _, _) = match (&old_subjects[..], &new_subjects[..]) {
        // One module each is a pair, whatever they are called.
        ([one], [other]) => (vec![(one, other)], Vec::new(), Vec::new()),
        _ => (
            old_subjects
                .iter()
                .filter_map(|one| new_subjects.iter().find(|other| other.name == one.name).map(|other| (one, other)))
                .collect(),
            old_names.difference(&new_names).cloned().collect(),
            new_names.difference(&old_names).cloned().collect(),
        ),
    };
    if pairs.is_empty() {
        return Err(CompareError::NothingInCommon { old: old.target.clone(), new: new.target.clone() });
    }
    let mut modules = Vec::new();
    for (one, other) in pairs {
        let (before, after) = (describe(&old_lab, one)?, describe(&new_lab, other)?);
        modules.push(ModuleChanges {
            old: (one.name.clone(), one.shown.clone()),
            new: (other.name.clone(), other.shown.clone()),
            types_compared: before.types.keys().filter(|name| after.types.contains_key(*name)).count(),
            changes: changes(&before, &after),
        });
    }
    let build = |side: &Side, lab: &Lab| Build {
        target: side.target.clone(),
        python: lab.host.interpreter.version.to_string(),
    };
    Ok(Comparison {
        schema: SCHEMA,
        tool: Tool { name: "insula".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
        old: build(old, &old_lab),
        new: build(new, &new_lab),
        removed,
        added,
        modules,
    })
}

/// Aspects, and in each the items with their values.
type Facts = BTreeMap<String, BTreeMap<String, String>>;

fn describe(lab: &Lab, subject: &Subject) -> Result<Described, CompareError> {
    let task = Task {
        name: subject.name.clone(),
        path: subject.path.clone(),
        roots: subject.roots.clone(),
        scenario: Scenario::Describe,
        ..Task::default()
    };
    let run = lab.work(&task, &mut |_, _, _| {})?;
    let failed = |said: String| CompareError::Describe { module: subject.name.clone(), said };
    if let Some(why) = run.unreadable {
        return Err(failed(why));
    }
    run.first::<Described>().cloned().ok_or_else(|| {
        let last = run.stderr.lines().rev().find(|line| !line.trim().is_empty());
        failed(last.map_or_else(|| format!("the worker ended with {:?}", run.end), str::to_owned))
    })
}

fn changes(old: &Described, new: &Described) -> Vec<Change> {
    let mut all = Vec::new();
    difference(&mut all, None, &old.module, &new.module);
    let mut types = Vec::new();
    let names: BTreeSet<&String> = old.types.keys().chain(new.types.keys()).collect();
    for name in names {
        match (old.types.get(name), new.types.get(name)) {
            (Some(one), Some(other)) => difference(&mut types, Some(name), one, other),
            (one, other) => {
                let there = |facts: Option<&Facts>| facts.map(|_| "a type".to_owned());
                all.push(change(None, "types", name, there(one), there(other), (&old.module, &new.module)));
            }
        }
    }
    all.extend(types);
    all
}

fn difference(all: &mut Vec<Change>, type_name: Option<&str>, old: &Facts, new: &Facts) {
    let nothing = BTreeMap::new();
    let aspects: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for aspect in aspects {
        let (one, other) = (old.get(aspect).unwrap_or(&nothing), new.get(aspect).unwrap_or(&nothing));
        // Without any instance there is nothing to compare; that none can be made is said under `instantiation`.
        if aspect == "instances" && (one.is_empty() || other.is_empty()) {
            continue;
        }
        let items: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
        for item in items {
            let (was, is) = (one.get(item), other.get(item));
            // What is documented is listed under `dict` or `names` when it comes or goes.
            let documents = matches!(aspect.as_str(), "doc" | "text signatures");
            if was != is && !(documents && (was.is_none() || is.is_none())) {
                all.push(change(type_name, aspect, item, was.cloned(), is.cloned(), (old, new)));
            }
        }
    }
}

fn change(
    type_name: Option<&str>,
    aspect: &str,
    item: &str,
    old: Option<String>,
    new: Option<String>,
    facts: (&Facts, &Facts),
) -> Change {
    let flag = |facts: &Facts, name: &str| facts.get("flags").is_some_and(|flags| flags.contains_key(name));
    let converted = !flag(facts.0, "HEAPTYPE") && flag(facts.1, "HEAPTYPE");
    // A heap type is of this kind, and the collector has to know it; nothing else has to change.
    let expected = converted && aspect == "flags" && new.is_some() && matches!(item, "HEAPTYPE" | "HAVE_GC");
    let advice = advice(aspect, item, old.as_deref(), new.as_deref()).map(str::to_owned);
    Change {
        type_name: type_name.map(str::to_owned),
        aspect: aspect.to_owned(),
        item: item.to_owned(),
        old,
        new,
        expected,
        advice,
    }
}

/// What is usually behind a change that a conversion brought, and how to undo it.
fn advice(aspect: &str, item: &str, old: Option<&str>, new: Option<&str>) -> Option<&'static str> {
    let refused = |text: Option<&str>| text.is_some_and(|text| text.contains("cannot create"));
    Some(match (aspect, item) {
        ("flags", "IMMUTABLETYPE") if new.is_none() => "set Py_TPFLAGS_IMMUTABLETYPE, as every static type has it",
        ("flags", "DISALLOW_INSTANTIATION") if new.is_none() => {
            "set Py_TPFLAGS_DISALLOW_INSTANTIATION: a heap type without tp_new inherits that of its base"
        }
        ("flags", "BASETYPE") if new.is_none() => "set Py_TPFLAGS_BASETYPE",
        ("flags", "BASETYPE") => "leave out Py_TPFLAGS_BASETYPE",
        ("flags", "HAVE_GC") if new.is_none() => "set Py_TPFLAGS_HAVE_GC, with tp_traverse and tp_clear",
        ("flags", "SEQUENCE" | "MAPPING") => "structural pattern matching follows this flag",
        ("flags", "HAVE_VECTORCALL") if new.is_none() => "set Py_TPFLAGS_HAVE_VECTORCALL and __vectorcalloffset__",
        ("instantiation", _) if refused(old) && !refused(new) => {
            "set Py_TPFLAGS_DISALLOW_INSTANTIATION: a heap type without tp_new inherits that of its base"
        }
        ("type attributes", _) if new == Some("possible") => {
            "set Py_TPFLAGS_IMMUTABLETYPE, as every static type has it"
        }
        ("subclassing", _) if new == Some("possible") => "leave out Py_TPFLAGS_BASETYPE",
        ("subclassing", _) => "set Py_TPFLAGS_BASETYPE",
        ("name", "__module__") => "the name in PyType_Spec decides: write `module.Type`, as tp_name had it",
        ("layout", "__dictoffset__") if new == Some("0") => "add a member __dictoffset__, or Py_TPFLAGS_MANAGED_DICT",
        ("layout", "__weakrefoffset__") if new == Some("0") => {
            "add a member __weaklistoffset__, or Py_TPFLAGS_MANAGED_WEAKREF"
        }
        ("slots", "__hash__") => "a type that compares needs Py_tp_hash, or it is unhashable",
        ("slots", _) if new.is_none() => "the slot is missing in PyType_Spec",
        ("doc", _) if new == Some("None") => "give Py_tp_doc, or the method's documentation",
        ("text signatures", _) if new == Some("None") => {
            "the documentation has to begin with `name($self, ...)\\n--\\n\\n`"
        }
        ("pickling" | "instances", item) if item.starts_with("pickle") || item == "reduce" => {
            "pickling follows __reduce_ex__, __getstate__ and the size of the instance: define __reduce__"
        }
        _ => return None,
    })
}

/// The comparison for people.
pub fn text(comparison: &Comparison) -> String {
    let Comparison { old, new, .. } = comparison;
    let mut out =
        format!("{} (CPython {}) -> {} (CPython {})\n", plain(&old.target), old.python, plain(&new.target), new.python);
    for name in &comparison.removed {
        out += &format!("- {}: module removed\n", plain(name));
    }
    for name in &comparison.added {
        out += &format!("+ {}: module added\n", plain(name));
    }
    for module in &comparison.modules {
        let (was, is) = (plain(&module.old.0), plain(&module.new.0));
        let name = if was == is { was.clone() } else { format!("{was} -> {is}") };
        let unexpected = module.changes.iter().filter(|change| !change.expected).count();
        let count = |number: usize, noun: &str| format!("{number} {noun}{}", if number == 1 { "" } else { "s" });
        let (types, found) = (count(module.types_compared, "type"), count(unexpected, "change"));
        out += &format!("\n{name}: {types} compared, {found}\n");
        let mut place = None;
        for change in &module.changes {
            if place != Some(&change.type_name) {
                out += &format!("\n  {}\n", plain(change.type_name.as_deref().unwrap_or("the module")));
                place = Some(&change.type_name);
            }
            let value = |value: &Option<String>| value.as_deref().map_or_else(|| "-".to_owned(), shortened);
            let note = if change.expected { "  (as a heap type has it)" } else { "" };
            let (was, is) = (value(&change.old), value(&change.new));
            out += &format!(
                "    {}: {}: {was} -> {is}{note}\n",
                change.aspect,
                crate::report::formats::plain(&change.item)
            );
            if let Some(advice) = change.advice.as_ref().filter(|_| !change.expected) {
                out += &format!("      {advice}\n");
            }
        }
    }
    out += if comparison.lossless() { "\nNothing else changed: lossless.\n" } else { "" };
    out
}

/// A value on one line of bearable length; JSON has it whole.
fn shortened(text: &str) -> String {
    const MOST: usize = 100;
    let text = plain(text);
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}
