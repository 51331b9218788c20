//! The map: its first node, and how many entries there are.

use insula::{Obj, Py, PyResult, Trace};

use crate::draft::{Draft, Value};
use crate::entries::Entry;
use crate::host::Host;
use crate::node::{Node, Step, fold};
use crate::walk::Walk;

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

/// One reference more to each node that the first one leads to; nothing of the entries is copied but those of the first
/// node, at most 32.
impl<C> Clone for Map<'_, C> {
    fn clone(&self) -> Self {
        Map { root: self.root.clone(), len: self.len }
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
        self.root.get(host, host.hash(key)?, key)
    }

    #[inline]
    pub(crate) fn has_hashed<H: Host<'py, Shared = C>>(
        &self,
        host: H,
        hash: isize,
        key: &Obj<'py>,
    ) -> PyResult<'py, bool> {
        Ok(self.root.get(host, hash, key)?.is_some())
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
        let change = self.root.insert(host, 0, host.hash(key)?, key, value)?;
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
        Ok(match self.root.remove(host, 0, host.hash(key)?, key)? {
            Step::Node(root, before) => Change { map: Some(Map { root, len: self.len - 1 }), before },
            Step::Same(before) => Change { map: None, before },
        })
    }

    /// A map with these entries as well, the later ones last; nothing if it would be the same. Each node is copied at
    /// most once, and changed in place from then on.
    ///
    /// ```
    /// # use insula::prelude::*;
    /// # use insula_hamt::{Host, Map};
    /// fn of_pairs<'py, H: Host<'py>>(
    ///     py: Py<'py>,
    ///     host: H,
    ///     pairs: Vec<(Obj<'py>, Obj<'py>)>,
    /// ) -> PyResult<'py, Map<'py, H::Shared>> {
    ///     Ok(Map::new().extended(py, host, pairs.into_iter().map(Ok))?.unwrap_or_default())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// The first error of `entries`; what hashing or comparing keys raises; `MemoryError`. This map stays as it is.
    pub fn extended<H: Host<'py, Shared = C>>(
        &self,
        py: Py<'py>,
        host: H,
        entries: impl IntoIterator<Item = PyResult<'py, (Obj<'py>, Obj<'py>)>>,
    ) -> PyResult<'py, Option<Self>> {
        self.extend(py, host, entries, Value::Replaced)
    }

    pub(crate) fn extend<H: Host<'py, Shared = C>>(
        &self,
        py: Py<'py>,
        host: H,
        entries: impl IntoIterator<Item = PyResult<'py, (Obj<'py>, Obj<'py>)>>,
        there: Value,
    ) -> PyResult<'py, Option<Self>> {
        let mut draft = Draft::of(py, &self.root)?;
        let mut len = self.len;
        for entry in entries {
            let (key, value) = entry?;
            let hash = host.hash(&key)?;
            len += usize::from(draft.insert(host, 0, Entry { hash, key, value }, there)?);
        }
        if !draft.changed() {
            return Ok(None);
        }
        Ok(Some(Map { root: draft.finish(py, host)?, len }))
    }

    /// Hashes, keys and values, lent. A hash is kept with its key: nothing is asked of that again.
    pub fn iter(&self) -> Walk<'_, 'py, C> {
        Walk::new(self)
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
        self.root.all(&mut |entry| match other.root.get(host, entry.hash, &entry.key)? {
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
