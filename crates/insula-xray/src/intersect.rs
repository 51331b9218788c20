//! Object intersection: what two interpreters of one process share.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::layout::{Layout, OB_TYPE};
use crate::memory::ProcessMemory;
use crate::python::TypeObject;
use crate::value;
use crate::xray::{KnownType, python_files};

/// An object that the probe reached from the module in one interpreter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reached {
    /// Its address.
    pub addr: u64,
    /// The name of its type.
    pub type_name: String,
    /// How it was reached: `module.X.__dict__['y']`.
    pub path: String,
    /// The probe knows that it is immortal.
    #[serde(default)]
    pub immortal: bool,
}

/// An object that both interpreters reach.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shared {
    /// Its address.
    pub addr: u64,
    /// The name of its type.
    pub type_name: String,
    /// A few words about its value.
    pub detail: String,
    /// How the first interpreter reached it.
    pub path: String,
    /// How the second did.
    pub other_path: String,
}

/// The mortal objects that both interpreters reach, in the order of the first, without what CPython itself shares by
/// design: immortal objects, static types, whatever lies in the interpreter's own file, interned strings (one table
/// for all interpreters of one GIL), and up to 3.11 the small integers and empty or one-character values.
///
/// What was reached through a shared object, or through a static type, is shared with it and not listed: only where the
/// sharing begins.
///
/// The process must still be at the point where both lists were taken, with both interpreters alive.
pub fn shared(mem: &ProcessMemory, layout: &Layout, known: &[KnownType], a: &[Reached], b: &[Reached]) -> Vec<Shared> {
    let hosts = python_files(mem, layout, known);
    let other: HashMap<u64, &Reached> = b.iter().rev().map(|r| (r.addr, r)).collect();
    let mut seen = HashSet::new();
    let mut all: Vec<Shared> = a
        .iter()
        .filter(|r| !r.immortal)
        .filter_map(|r| other.get(&r.addr).map(|o| (r, *o)))
        .filter(|(r, o)| !o.immortal && seen.insert(r.addr))
        .filter(|(r, _)| !hosts.iter().any(|h| h.contains(&r.addr)))
        .filter_map(|(r, o)| {
            let kind = TypeObject::read(mem, layout, mem.word_at(r.addr, OB_TYPE)?).ok()?;
            let count = layout.refcount(mem.word(r.addr)?)?;
            if count.immortal || shared_by_cpython(mem, layout, r.addr, &kind) {
                return None;
            }
            Some(Shared {
                addr: r.addr,
                type_name: kind.name.clone(),
                detail: value::describe(mem, layout, r.addr, &kind.name),
                path: r.path.clone(),
                other_path: o.path.clone(),
            })
        })
        .collect();
    let static_types = a.iter().filter(|r| is_static_type(mem, layout, r.addr)).map(|r| r.path.clone());
    let beginnings: HashSet<String> = all.iter().map(|s| s.path.clone()).chain(static_types).collect();
    all.retain(|s| !begins_before(&s.path, &beginnings));
    all
}

fn is_static_type(mem: &ProcessMemory, layout: &Layout, addr: u64) -> bool {
    TypeObject::read(mem, layout, addr).is_ok_and(|t| !t.is_heap)
}

/// Whether a path leads through one of the others.
fn begins_before(path: &str, others: &HashSet<String>) -> bool {
    path.match_indices(['.', '[']).any(|(end, _)| others.contains(&path[..end]))
}

fn shared_by_cpython(mem: &ProcessMemory, layout: &Layout, addr: u64, kind: &TypeObject) -> bool {
    if kind.is_metatype() {
        return is_static_type(mem, layout, addr);
    }
    if kind.is_heap {
        return false;
    }
    if kind.name == "str" && value::is_interned(mem, addr) {
        return true;
    }
    if layout.minor >= 12 {
        return false;
    }
    let size = mem.word_at(addr, 16);
    match kind.name.as_str() {
        "int" => value::describe(mem, layout, addr, "int").parse::<i64>().is_ok_and(|n| (-5..=256).contains(&n)),
        "str" | "bytes" => size.is_some_and(|n| n <= 1),
        "tuple" => size == Some(0),
        "frozenset" => mem.word_at(addr, 24) == Some(0),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_through_another_is_no_beginning() {
        let others = HashSet::from(["m.cache".to_string(), "m.a.b".to_string()]);
        assert!(begins_before("m.cache.<int>", &others));
        assert!(begins_before("m.cache['k'].x", &others));
        assert!(!begins_before("m.cache", &others));
        assert!(!begins_before("m.cached", &others));
        assert!(!begins_before("m.a.c", &others));
    }
}
