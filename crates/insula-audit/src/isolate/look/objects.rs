//! What is known of objects: whose they are, and how long they live.

use std::collections::HashMap;
use std::ops::Range;

use insula_xray::layout::OB_TYPE;
use insula_xray::{KnownType, Reached, TypeObject, shared};

use crate::experiments::View;

/// What is known of objects.
pub(super) struct Objects<'a> {
    pub(super) view: &'a View,
    pub(super) known: &'a [KnownType],
    /// Who told of it, bit by bit.
    pub(super) owners: &'a HashMap<u64, u32>,
    /// The interpreter's own file.
    pub(super) python: Option<Range<u64>>,
}

impl Objects<'_> {
    /// Whether anybody told of it.
    pub(super) fn told(&self, address: u64) -> bool {
        self.owners.contains_key(&address)
    }

    /// Who told of it.
    pub(super) fn owners(&self, address: u64) -> Vec<usize> {
        self.owners.get(&address).map(|mask| numbers(*mask)).unwrap_or_default()
    }

    /// Whose object it is, if others told of it and the owner of the image did not.
    pub(super) fn foreign(&self, address: u64, owner: usize) -> Option<Vec<usize>> {
        let mask = *self.owners.get(&address)?;
        (mask & (1 << owner) == 0).then(|| numbers(mask))
    }

    /// The type and a few words about an object that does not live as long as the process; none if there is no such
    /// object.
    pub(super) fn mortal(&self, address: u64) -> Option<(String, String)> {
        let View { memory, layout } = self.view;
        if self.python.as_ref().is_some_and(|range| range.contains(&address)) {
            return None;
        }
        let count = layout.refcount(memory.word(address)?)?;
        let kind = TypeObject::read(memory, layout, memory.word(address + OB_TYPE)?).ok()?;
        if count.immortal {
            return None;
        }
        if kind.is_metatype() {
            let class = TypeObject::read(memory, layout, address).ok()?;
            // A static type of an image is found as an address inside of it.
            return class.is_heap.then_some((kind.name, class.name));
        }
        // Up to 3.11 all contexts begin with the same empty map.
        if layout.minor < 12 && kind.name.starts_with("hamt") {
            return None;
        }
        let one = |_| Reached { addr: address, type_name: String::new(), path: String::new(), immortal: false };
        // Up to 3.11 CPython itself shares texts and small numbers; it knows which.
        let all = shared(memory, layout, &self.known_roots(), &[one(0)], &[one(1)]);
        let detail = all.into_iter().next().map(|found| found.detail);
        match detail {
            Some(detail) => Some((kind.name, detail)),
            None if layout.minor < 12 => None,
            // An interned text.
            None => Some((kind.name, String::new())),
        }
    }

    /// Enough to find the interpreter's own file.
    fn known_roots(&self) -> Vec<KnownType> {
        self.known.iter().filter(|one| one.name == "object" || one.name == "type").cloned().collect()
    }
}

fn numbers(mask: u32) -> Vec<usize> {
    (0..32).filter(|number| mask & (1 << number) != 0).map(|number| number as usize).collect()
}
