//! The map: its first node, and how many entries there are.

use insula::{Obj, PyResult, Trace};

use crate::host::Host;
use crate::node::{Node, Step, fold};

/// A persistent map from Python objects to Python objects. `C` is the module's class of shared nodes.
#[derive(Trace)]
pub struct Map<'py, C> {
    root: Node<'py, C>,
    len: usize,
}

/// What [`Map::insert`] and [`Map::remove`] give.
pub struct Change<'py, C> {
    /// The new map, or nothing if it would be the same.
    pub map: Option<Map<'py, C>>,
    /// The value that the key had before.
    pub before: Option<Obj<'py>>,
}

impl<'py, C> Map<'py, C> {
    pub(crate) fn root(&self) -> &Node<'py, C> {
        &self.root
    }

    /// An empty map.
    pub fn new() -> Self {
        Map { root: Node::empty(), len: 0 }
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

impl<C> Default for Map<'_, C> {
    fn default() -> Self {
        Self::new()
    }
}

impl<'py, C: insula::Class<'py> + AsRef<Node<'py, C>>> Map<'py, C> {
    /// The value of a key.
    ///
    /// # Errors
    ///
    /// What hashing or comparing keys raises.
    #[inline]
    pub fn get<H: Host<'py, Shared = C>>(&self, host: H, key: &Obj<'py>) -> PyResult<'py, Option<&Obj<'py>>> {
        if self.len == 0 {
            // As CPython's own: an empty map does not ask for the hash.
            return Ok(None);
        }
        self.root.get(host, fold(host.hash(key)?), key)
    }

    /// The value of the key that `is` accepts, of those with this hash: for keys whose hash is known and whose
    /// comparison cannot fail.
    #[inline]
    pub fn find(&self, hash: isize, is: impl Fn(&Obj<'py>) -> bool) -> Option<&Obj<'py>> {
        self.root.find_by(fold(hash), is)
    }

    /// A map in which `key` has `value`.
    ///
    /// # Errors
    ///
    /// What hashing or comparing keys raises; `MemoryError`.
    pub fn insert<H: Host<'py, Shared = C>>(
        &self,
        host: H,
        key: &Obj<'py>,
        value: &Obj<'py>,
    ) -> PyResult<'py, Change<'py, C>> {
        let change = self.root.insert(host, 0, fold(host.hash(key)?), key, value)?;
        Ok(match change {
            Step::Same(before) => Change { map: None, before },
            Step::Node(root, Some(before)) => Change { map: Some(Map { root, len: self.len }), before: Some(before) },
            Step::Node(root, None) => Change { map: Some(Map { root, len: self.len + 1 }), before: None },
        })
    }

    /// A map without `key`.
    ///
    /// # Errors
    ///
    /// What hashing or comparing keys raises; `MemoryError`.
    pub fn remove<H: Host<'py, Shared = C>>(&self, host: H, key: &Obj<'py>) -> PyResult<'py, Change<'py, C>> {
        Ok(match self.root.remove(host, 0, fold(host.hash(key)?), key)? {
            Step::Node(root, before) => Change { map: Some(Map { root, len: self.len - 1 }), before },
            Step::Same(before) => Change { map: None, before },
        })
    }

    /// Whether both maps have the same keys, with values that are the same objects or equal.
    ///
    /// # Errors
    ///
    /// What hashing and comparing raises.
    pub fn equals<H: Host<'py, Shared = C>>(&self, host: H, other: &Self) -> PyResult<'py, bool> {
        if self.len != other.len {
            return Ok(false);
        }
        self.root.all(&mut |entry| match other.get(host, &entry.key)? {
            Some(found) => entry.value.is_or_eq(found),
            None => Ok(false),
        })
    }
}

impl<C> std::fmt::Debug for Map<'_, C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Map of {}", self.len)
    }
}
