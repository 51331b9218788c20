//! The flat X-ray: which words of an extension's writable segments point at live Python objects.
//!
//! A word is a hit if it points at something whose second word is a known type and whose first word can be a
//! reference count. Every filter below was learnt from a false positive:
//!
//! * A static type in the extension's file is one finding; its fields are not more.
//! * `PyModuleDef` structures are definitions, not state.
//! * What lies in the interpreter's own file (singletons, built-in types and exceptions), or is a static type of
//!   another file, is shared by design.
//! * A table of `PyType_Slot` looks like an object when its first entry is `{Py_tp_base, &Type}`.
//! * A block of native state looks like an object when its second word is a type. Where the type's instances carry a
//!   collector's header, the header in front of the object must be one; strings, integers and the like must be well
//!   formed.

mod unready;

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::elf::Extension;
use crate::layout::{Layout, OB_TYPE, module_def};
use crate::memory::ProcessMemory;
use crate::python::{ObjectError, TypeObject};
use crate::value;

/// A type that is alive in the process: the closure of `type.__subclasses__` from `object`, over all interpreters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownType {
    /// Its address.
    pub addr: u64,
    /// Its name, for messages.
    pub name: String,
}

/// What a global holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Holds {
    /// A list, dict, module, instance: anything that can change.
    MutableObject,
    /// A value that cannot change, but belongs to one interpreter's heap all the same. Functions, capsules and context
    /// variables count here: the handle itself is fixed.
    ImmutableObject,
    /// A `str` in the table of interned strings.
    InternedString,
    /// A heap type that is no exception.
    HeapType,
    /// A heap type that is an exception.
    ExceptionClass,
    /// The global *is* a static type.
    StaticType,
}

/// A global that holds a Python object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    /// Link-time address in the file.
    pub vaddr: u64,
    /// The section it lies in.
    pub section: Option<String>,
    /// The variable, `name` or `name+offset`, if the file names it.
    pub symbol: Option<String>,
    /// The object's address.
    pub target: u64,
    /// What kind of object it is.
    pub holds: Holds,
    /// The object's type.
    pub type_name: String,
    /// Which one: a type's own name, a string's text, a module's name, the size of a container.
    pub detail: String,
    /// The object is never freed.
    pub immortal: bool,
    /// Its type takes part in garbage collection.
    #[serde(default)]
    pub collected: bool,
}

/// A global in which the second import replaced the first one's object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Overwritten {
    /// Link-time address in the file.
    pub vaddr: u64,
    /// What it held.
    pub was: Hit,
    /// What it holds now.
    pub now: Hit,
}

/// Types whose instances never change, beside those of the interpreter itself.
const IMMUTABLE_ELSEWHERE: [&str; 8] = [
    "datetime.date",
    "datetime.datetime",
    "datetime.time",
    "datetime.timedelta",
    "datetime.timezone",
    "decimal.Decimal",
    "re.Pattern",
    "zoneinfo.ZoneInfo",
];

/// Built-in types whose instances never change.
const IMMUTABLE: [&str; 27] = [
    "str",
    "bytes",
    "int",
    "float",
    "complex",
    "bool",
    "tuple",
    "frozenset",
    "range",
    "slice",
    "code",
    "NoneType",
    "ellipsis",
    "NotImplementedType",
    "builtin_function_or_method",
    "builtin_method",
    "method_descriptor",
    "classmethod_descriptor",
    "wrapper_descriptor",
    "method-wrapper",
    "getset_descriptor",
    "member_descriptor",
    "types.GenericAlias",
    "types.UnionType",
    "PyCapsule",
    // Its values are the contexts', not its own. It is called either way, version by version.
    "ContextVar",
    "_contextvars.ContextVar",
];

/// Scans the writable segments of an extension that is loaded at `bias`.
pub fn flat(
    mem: &ProcessMemory,
    ext: &Extension,
    bias: u64,
    layout: &Layout,
    known: &[KnownType],
) -> Result<Vec<Hit>, ObjectError> {
    let scan = Scan::new(mem, ext, bias, layout, known)?;
    let mut hits = scan.static_type_hits();
    for range in ext.writable_ranges() {
        let start = range.start.next_multiple_of(8);
        let count = range.end.saturating_sub(start) as usize / 8;
        let words = mem
            .words(bias.wrapping_add(start), count)
            .ok_or(ObjectError { addr: bias.wrapping_add(start), what: "writable segment of the extension" })?;
        for (word, vaddr) in words.iter().zip((start..).step_by(8)) {
            hits.extend(scan.hit(vaddr, *word));
        }
    }
    hits.sort_by_key(|h| h.vaddr);
    Ok(hits)
}

/// The Python objects that a stretch of native memory outside the file points at (a module's state, the fields of an
/// instance), with their offsets.
pub fn objects_in(
    mem: &ProcessMemory,
    ext: &Extension,
    layout: &Layout,
    known: &[KnownType],
    start: u64,
    count: usize,
) -> Result<Vec<(u64, Hit)>, ObjectError> {
    let bias = mem.load_bias(ext).ok_or(ObjectError { addr: start, what: "loaded extension" })?;
    let scan = Scan::new(mem, ext, bias, layout, known)?;
    let words = mem.words(start, count).ok_or(ObjectError { addr: start, what: "native memory" })?;
    let offsets = (0u64..).step_by(8);
    let hit =
        |(offset, word): (u64, u64)| Some((offset, scan.hit(start.wrapping_sub(bias).wrapping_add(offset), word)?));
    Ok(offsets.zip(words).filter_map(hit).collect())
}

/// Compares two X-rays of one process: globals that held an object and now hold another.
pub fn overwritten(before: &[Hit], after: &[Hit]) -> Vec<Overwritten> {
    let now: HashMap<u64, &Hit> = after.iter().map(|h| (h.vaddr, h)).collect();
    before
        .iter()
        .filter_map(|was| {
            let now = *now.get(&was.vaddr)?;
            (now.target != was.target).then(|| Overwritten { vaddr: was.vaddr, was: was.clone(), now: now.clone() })
        })
        .collect()
}

/// The files in which the interpreter's own static objects lie: those of the built-in static types `object` and `type`.
pub(crate) fn python_files(mem: &ProcessMemory, layout: &Layout, known: &[KnownType]) -> Vec<Range<u64>> {
    known
        .iter()
        .filter(|k| k.name.ends_with("object") || k.name.ends_with("type"))
        .filter_map(|k| TypeObject::read(mem, layout, k.addr).ok())
        .filter(|t| !t.is_heap && (t.name == "object" || t.name == "type"))
        .filter_map(|t| mem.loaded_file_of(t.addr).map(|f| f.range.clone()))
        .collect()
}

pub(crate) struct Scan<'a> {
    pub(crate) mem: &'a ProcessMemory,
    ext: &'a Extension,
    bias: u64,
    layout: &'a Layout,
    /// All known types, by address.
    types: HashMap<u64, TypeObject>,
    /// The interpreter's own file.
    python: Vec<Range<u64>>,
    /// The extension's file, all segments.
    own: Range<u64>,
    /// Stretches of the extension's own segments that are static types or module definitions: start to end.
    structures: BTreeMap<u64, u64>,
    /// The extension's static types that nothing has made ready yet.
    unready: Vec<TypeObject>,
}

impl<'a> Scan<'a> {
    pub(crate) fn new(
        mem: &'a ProcessMemory,
        ext: &'a Extension,
        bias: u64,
        layout: &'a Layout,
        known: &[KnownType],
    ) -> Result<Self, ObjectError> {
        let python = python_files(mem, layout, known);
        if python.is_empty() {
            return Err(ObjectError { addr: 0, what: "known type called object or type" });
        }
        // A type of an interpreter that ended meanwhile is no longer readable as one, and cannot have instances.
        let types: HashMap<u64, TypeObject> =
            known.iter().filter_map(|k| Some((k.addr, TypeObject::read(mem, layout, k.addr).ok()?))).collect();
        let own = ext.segments.iter().map(|s| s.vaddr).min().unwrap_or(0)
            ..ext.segments.iter().map(|s| s.vaddr.saturating_add(s.mem_size)).max().unwrap_or(0);
        let own = bias.wrapping_add(own.start)..bias.wrapping_add(own.end);
        let mut scan =
            Scan { mem, ext, bias, layout, types, python, own, structures: BTreeMap::new(), unready: Vec::new() };
        scan.unready = scan.unready_types();
        scan.find_structures();
        Ok(scan)
    }

    /// Static types are found by the known types that lie in the extension, or by their looks; definitions by their
    /// type.
    fn find_structures(&mut self) {
        let bytes = self.layout.type_object_bytes();
        let mut found: Vec<(u64, u64)> =
            self.own_static_types().map(|t| (t.addr, t.addr.wrapping_add(bytes))).collect();
        for range in self.ext.writable_ranges() {
            let start = self.bias.wrapping_add(range.start.next_multiple_of(8));
            let count = self.bias.wrapping_add(range.end).saturating_sub(start) as usize / 8;
            let words = self.mem.words(start, count).unwrap_or_default();
            for (addr, pair) in (start..).step_by(8).zip(words.windows(2)) {
                let is_def = self.types.get(&pair[1]).is_some_and(|t| !t.is_heap && t.name == "moduledef");
                if is_def && self.layout.refcount(pair[0]).is_some() {
                    found.push((addr, addr.wrapping_add(module_def::BYTES)));
                }
            }
        }
        self.structures.extend(found);
    }

    fn own_static_types(&self) -> impl Iterator<Item = &TypeObject> {
        let ready = self.types.values().filter(|t| self.own.contains(&t.addr) && !t.is_heap && t.is_ready());
        ready.chain(&self.unready)
    }

    fn static_type_hits(&self) -> Vec<Hit> {
        self.own_static_types()
            .map(|t| {
                let vaddr = t.addr.wrapping_sub(self.bias);
                let meta = self.mem.word_at(t.addr, OB_TYPE);
                Hit {
                    vaddr,
                    section: self.ext.section_at(vaddr).map(str::to_string),
                    symbol: self.symbol(vaddr),
                    target: t.addr,
                    holds: Holds::StaticType,
                    type_name: meta
                        .and_then(|m| self.types.get(&m))
                        .map_or_else(|| "type".to_string(), |m| m.name.clone()),
                    detail: value::describe_type(t),
                    immortal: self.refcount_at(t.addr).is_some_and(|c| c.immortal),
                    collected: true,
                }
            })
            .collect()
    }

    /// Whether an address belongs to the interpreter's own file.
    pub(crate) fn is_python(&self, addr: u64) -> bool {
        self.python.iter().any(|p| p.contains(&addr))
    }

    /// Whether a place in the extension's own segments is part of a static type or a module definition.
    pub(crate) fn in_structure(&self, place: u64) -> bool {
        self.structures.range(..=place).next_back().is_some_and(|(_, end)| place < *end)
    }

    fn refcount_at(&self, addr: u64) -> Option<crate::layout::RefCount> {
        self.layout.refcount(self.mem.word(addr)?)
    }

    pub(crate) fn symbol(&self, vaddr: u64) -> Option<String> {
        self.ext.symbol_at(vaddr).map(|(name, offset)| match offset {
            0 => name.to_string(),
            _ => format!("{name}+{offset}"),
        })
    }

    /// Judges one word of the extension's writable memory.
    pub(crate) fn hit(&self, vaddr: u64, target: u64) -> Option<Hit> {
        if target == 0 || !target.is_multiple_of(8) {
            return None;
        }
        let place = self.bias.wrapping_add(vaddr);
        if self.in_structure(place) {
            return None;
        }
        if self.is_python(target) || self.structures.contains_key(&target) {
            return None;
        }
        // Cheaper than asking the kernel for memory that is not there: most words of `.data` are small numbers.
        self.mem.mapping_at(target)?;
        let head = self.mem.words(target, 2)?;
        let count = self.layout.refcount(head[0])?;
        let kind = self.types.get(&head[1])?;
        let holds = self.classify(target, kind)?;
        if !kind.is_metatype() && !self.well_formed(target, head[0], kind, count.immortal) {
            return None;
        }
        let detail = if kind.is_metatype() {
            value::describe_type(self.types.get(&target)?)
        } else {
            value::describe(self.mem, self.layout, target, &kind.name)
        };
        Some(Hit {
            vaddr,
            section: self.ext.section_at(vaddr).map(str::to_string),
            symbol: self.symbol(vaddr),
            target,
            holds,
            type_name: kind.name.clone(),
            detail,
            immortal: count.immortal,
            collected: kind.has_gc(),
        })
    }

    /// What kind of object it is; `None` if it is no state.
    fn classify(&self, target: u64, kind: &TypeObject) -> Option<Holds> {
        if kind.is_metatype() {
            // Types that are not among the known ones are dead or half made.
            let t = self.types.get(&target)?;
            return match (t.is_heap, t.is_exception) {
                (false, _) => None,
                (true, true) => Some(Holds::ExceptionClass),
                (true, false) => Some(Holds::HeapType),
            };
        }
        let builtin = !kind.is_heap && self.python.iter().any(|p| p.contains(&kind.addr));
        Some(match kind.name.as_str() {
            "moduledef" if builtin => return None,
            "str" if builtin && value::is_interned(self.mem, target) => Holds::InternedString,
            name if builtin && IMMUTABLE.contains(&name) => Holds::ImmutableObject,
            name if !builtin && IMMUTABLE_ELSEWHERE.contains(&name) => Holds::ImmutableObject,
            _ => Holds::MutableObject,
        })
    }

    /// Tells an object from a native structure whose second word happens to be a type.
    fn well_formed(&self, target: u64, head: u64, kind: &TypeObject, immortal: bool) -> bool {
        // Static memory has no collector's header. Only a table of type slots is known to look like an object there.
        let headed = match self.own.contains(&target) {
            true => immortal || !is_type_slots(head),
            false => !kind.has_gc() || self.has_collector_header(target),
        };
        headed && (kind.is_heap || value::is_plausible(self.mem, self.layout, target, &kind.name))
    }

    /// The two words in front of a collected object: untracked (no links) or a member of a doubly linked list.
    fn has_collector_header(&self, target: u64) -> bool {
        // The low bits of both links are flags.
        const FLAGS: u64 = 7;
        let Some(gc) = target.checked_sub(16) else {
            return false;
        };
        let Some(links) = self.mem.words(gc, 2) else {
            return false;
        };
        let (next, prev) = (links[0] & !FLAGS, links[1] & !FLAGS);
        if next == 0 {
            return prev == 0;
        }
        let back = self.mem.word_at(next, 8).map(|w| w & !FLAGS);
        let forth = self.mem.word(prev).map(|w| w & !FLAGS);
        back == Some(gc) && forth == Some(gc)
    }
}

/// The first word of a `PyType_Slot` table that begins with a type: `{Py_tp_base, &Type}`.
fn is_type_slots(head: u64) -> bool {
    const TP_BASE: u64 = 48;
    const TP_METACLASS: u64 = 107;
    matches!(head, TP_BASE | TP_METACLASS)
}
