//! The lossless-conversion report: what code that uses a module would notice of a new build of it.
//!
//! Each build is described in a worker of its own: every type with its flags, slots, bases, names, documentation, and
//! with what can be done to it and its instances. The report is the difference.

mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::experiments::{Lab, View, read_inventory};
use crate::host::{Host, HostError};
use crate::lines::{self, relate};
use crate::observations::{Inventory, Lines};
use crate::report::Tool;
use crate::target::{self, Resolved, Subject, Target, TargetError};
use crate::worker::WorkerError;
use crate::worker::protocol::{Described, Scenario};
use crate::worker::scratch::Scratch;
use crate::worker::task::Task;

pub use self::text::text;

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
    /// The source line of the old build, `src/shop.c:4`, where that is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub old_source: Option<String>,
    /// That of the new build.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub new_source: Option<String>,
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
        let (before, old_lines) = describe(&old_lab, one)?;
        let (after, new_lines) = describe(&new_lab, other)?;
        let mut changes = changes(&before, &after);
        for change in &mut changes {
            change.old_source = source(&old_lines, change, one);
            change.new_source = source(&new_lines, change, other);
        }
        modules.push(ModuleChanges {
            old: (one.name.clone(), one.shown.clone()),
            new: (other.name.clone(), other.shown.clone()),
            types_compared: before.types.keys().filter(|name| after.types.contains_key(*name)).count(),
            changes,
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

fn describe(lab: &Lab, subject: &Subject) -> Result<(Described, Lines), CompareError> {
    let task = Task {
        name: subject.name.clone(),
        path: subject.path.clone(),
        roots: subject.roots.clone(),
        scenario: Scenario::Describe,
        ..Task::default()
    };
    let mut inventory = Inventory::default();
    let run = lab.work(&task, &mut |pid, checkpoint, _| {
        // What cannot be read costs lines, and nothing else.
        let view = View::open(lab, pid, checkpoint).ok();
        inventory = view.and_then(|view| read_inventory(&view, subject, checkpoint)).unwrap_or_default();
    })?;
    let failed = |said: String| CompareError::Describe { module: subject.name.clone(), said };
    if let Some(why) = run.unreadable {
        return Err(failed(why));
    }
    let described = run.first::<Described>().cloned().ok_or_else(|| {
        let last = run.stderr.lines().rev().find(|line| !line.trim().is_empty());
        failed(last.map_or_else(|| format!("the worker ended with {:?}", run.end), str::to_owned))
    })?;
    Ok((described, lines::look_up(&subject.extension, &inventory, &subject.name)))
}

/// The source line of what changed: of the method or function if it is one, else of the type, else of the module.
fn source(lines: &Lines, change: &Change, subject: &Subject) -> Option<String> {
    let spot = match &change.type_name {
        Some(name) => lines.callables.get(&format!("{name}.{}", change.item)).or_else(|| lines.of_type(name, &[])),
        None => lines.of_callable(&change.item).or(lines.module.as_ref()),
    };
    let (file, line) = spot.and_then(|spot| Some((spot.file.as_ref()?, spot.line?)))?;
    let folder = subject.path.parent().unwrap_or(Path::new(""));
    Some(format!("{}:{line}", relate::related(file, line, folder)))
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
        old_source: None,
        new_source: None,
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
