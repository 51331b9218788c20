//! A set: a map whose values do not matter.

use insula::{Class, Obj, Py, PyResult, Trace};

use crate::draft::Value;
use crate::host::Host;
use crate::map::Map;
use crate::node::Node;

/// A persistent set of Python objects. `C` is the module's class of shared nodes, which maps of the module may use,
/// too.
#[derive(Trace)]
pub struct Set<'py, C> {
    /// Each item is its own value.
    map: Map<'py, C>,
}

impl<'py, C> Set<'py, C> {
    /// An empty set.
    pub fn new() -> Self {
        Set { map: Map::new() }
    }

    /// How many items there are.
    pub fn len(&self) -> usize {
        self.map.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.map.is_empty()
    }

    /// The map that has each item as a key: for [`Iter`](crate::Iter).
    pub fn as_map(&self) -> &Map<'py, C> {
        &self.map
    }
}

impl<C> Default for Set<'_, C> {
    fn default() -> Self {
        Self::new()
    }
}

impl<C> Clone for Set<'_, C> {
    fn clone(&self) -> Self {
        Set { map: self.map.clone() }
    }
}

impl<'py, C: Class<'py> + AsRef<Node<'py, C>>> Set<'py, C> {
    /// The items, lent.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Obj<'py>> {
        self.map.iter().map(|(_, item, _)| item)
    }

    /// A hash that does not depend on the order: equal sets have equal ones. It is not that of a `frozenset`, and asks
    /// no item for its own again.
    pub fn hash(&self) -> isize {
        // Sums of mixed hashes: the constants are those of splitmix64, whose every bit depends on every bit.
        let mut sum = self.len() as u64;
        for (hash, ..) in self.map.iter() {
            let mut mixed = hash.cast_unsigned() as u64;
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            sum = sum.wrapping_add(mixed ^ (mixed >> 31));
        }
        // -1 means an error to CPython.
        match sum.cast_signed() as isize {
            -1 => -2,
            hash => hash,
        }
    }

    /// Whether an item is in it.
    ///
    /// # Errors
    ///
    /// What hashing or comparing items raises; so of all methods below.
    pub fn contains<H: Host<'py, Shared = C>>(&self, host: H, item: &Obj<'py>) -> PyResult<'py, bool> {
        Ok(self.map.get(host, item)?.is_some())
    }

    /// A set with the item; nothing if it is there.
    pub fn insert<H: Host<'py, Shared = C>>(&self, host: H, item: &Obj<'py>) -> PyResult<'py, Option<Self>> {
        // The item that is there stays, as in Python's own set: an equal one would replace its value.
        if self.contains(host, item)? {
            return Ok(None);
        }
        Ok(self.map.insert(host, item, item)?.map.map(|map| Set { map }))
    }

    /// A set without the item; nothing if it is not there.
    pub fn remove<H: Host<'py, Shared = C>>(&self, host: H, item: &Obj<'py>) -> PyResult<'py, Option<Self>> {
        Ok(self.map.remove(host, item)?.map.map(|map| Set { map }))
    }

    /// A set with these items as well; nothing if all are there. Each node is copied at most once.
    pub fn extended<H: Host<'py, Shared = C>>(
        &self,
        py: Py<'py>,
        host: H,
        items: impl IntoIterator<Item = PyResult<'py, Obj<'py>>>,
    ) -> PyResult<'py, Option<Self>> {
        let pairs = items.into_iter().map(|item| item.map(|item| (item.clone(), item)));
        Ok(self.map.extend(py, host, pairs, Value::Kept)?.map(|map| Set { map }))
    }

    /// A set of those items that `keep` accepts; nothing if that is all of them.
    pub fn filtered<H: Host<'py, Shared = C>>(
        &self,
        py: Py<'py>,
        host: H,
        mut keep: impl FnMut(&Obj<'py>) -> PyResult<'py, bool>,
    ) -> PyResult<'py, Option<Self>> {
        let kept = self.iter().filter_map(|item| match keep(item) {
            Ok(true) => Some(Ok(item.clone())),
            Ok(false) => None,
            Err(error) => Some(Err(error)),
        });
        let kept = Set::new().extended(py, host, kept)?.unwrap_or_default();
        Ok((kept.len() < self.len()).then_some(kept))
    }

    /// Whether every item of this is in the other.
    pub fn is_subset<H: Host<'py, Shared = C>>(&self, host: H, other: &Self) -> PyResult<'py, bool> {
        if self.len() > other.len() {
            return Ok(false);
        }
        for (hash, item, _) in self.map.iter() {
            if !other.map.has_hashed(host, hash, item)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether both have the same items.
    pub fn equals<H: Host<'py, Shared = C>>(&self, host: H, other: &Self) -> PyResult<'py, bool> {
        Ok(self.len() == other.len() && self.is_subset(host, other)?)
    }
}

impl<C> std::fmt::Debug for Set<'_, C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Set of {}", self.len())
    }
}
