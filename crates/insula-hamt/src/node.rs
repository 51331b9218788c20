//! Nodes, and the operations on them.

use insula::{Class, Obj, PyResult, Trace};

use crate::boxed::{copied, replaced, with, without};
use crate::entries::{Entries, Entry};
use crate::host::Host;

/// The last level: that of the lists of keys whose hashes are the same, below seven that tell five bits each.
pub(crate) const LAST: usize = 7;

/// A part of a map: up to 32 places, each with an entry or a further node; on the last level, a list of entries.
#[derive(Trace)]
pub struct Node<'py, C> {
    /// Which places hold an entry.
    with_entry: u32,
    /// Which places hold a further node.
    with_child: u32,
    /// The entries, in the order of their places.
    entries: Entries<'py>,
    /// The further nodes, in the order of their places.
    children: Box<[Obj<'py, C>]>,
}

/// What an operation makes of a node.
pub(crate) enum Step<'py, C> {
    /// Nothing new; the value that the key has.
    Same(Option<Obj<'py>>),
    /// Another node; the value that the key had.
    Node(Node<'py, C>, Option<Obj<'py>>),
}

/// CPython's way to make 32 bits of a hash.
#[allow(clippy::cast_possible_truncation, reason = "half of the bits at a time")]
#[inline]
pub(crate) fn fold(hash: isize) -> u32 {
    let hash = hash.cast_unsigned() as u64;
    hash as u32 ^ (hash >> 32) as u32
}

impl<'py> Entry<'py> {
    /// Whether it is that of a key. Only keys of the same hash are compared.
    #[inline]
    pub(crate) fn has<H: Host<'py>>(&self, host: H, hash: isize, key: &Obj<'py>) -> PyResult<'py, bool> {
        Ok(self.hash == hash && host.same(key, &self.key)?)
    }
}

/// The bit of the place that a hash has on a level.
#[inline]
pub(crate) fn place(hash: u32, level: usize) -> u32 {
    1 << ((hash >> (5 * level)) & 31)
}

/// How many places before the bit are taken: the index of what is there.
#[inline]
pub(crate) fn index(taken: u32, bit: u32) -> usize {
    (taken & (bit - 1)).count_ones() as usize
}

impl<'py, C> Node<'py, C> {
    pub(crate) fn empty() -> Self {
        Node { with_entry: 0, with_child: 0, entries: Entries::None, children: Box::new([]) }
    }

    pub(crate) fn of(with_entry: u32, with_child: u32, entries: Entries<'py>, children: Box<[Obj<'py, C>]>) -> Self {
        Node { with_entry, with_child, entries, children }
    }

    /// Which places hold an entry, and which a further node.
    pub(crate) fn taken(&self) -> (u32, u32) {
        (self.with_entry, self.with_child)
    }

    #[inline]
    pub(crate) fn entries(&self) -> &[Entry<'py>] {
        &self.entries
    }

    #[inline]
    pub(crate) fn children(&self) -> &[Obj<'py, C>] {
        &self.children
    }
}

impl<'py, C: Class<'py> + AsRef<Node<'py, C>>> Node<'py, C> {
    /// The entries among which a key with this hash would be: one, none, or the list of the last level.
    #[inline]
    fn candidates(&self, hash: u32) -> &[Entry<'py>] {
        let mut node = self;
        for level in 0..LAST {
            let bit = place(hash, level);
            if node.with_entry & bit != 0 {
                return std::slice::from_ref(&node.entries[index(node.with_entry, bit)]);
            }
            if node.with_child & bit == 0 {
                return &[];
            }
            node = node.child(index(node.with_child, bit));
        }
        &node.entries
    }

    #[inline]
    pub(crate) fn find_by(&self, hash: u32, is: impl Fn(&Obj<'py>) -> bool) -> Option<&Obj<'py>> {
        self.candidates(hash).iter().find(|entry| is(&entry.key)).map(|entry| &entry.value)
    }

    #[inline]
    pub(crate) fn get<H: Host<'py, Shared = C>>(
        &self,
        host: H,
        hash: isize,
        key: &Obj<'py>,
    ) -> PyResult<'py, Option<&Obj<'py>>> {
        for entry in self.candidates(fold(hash)) {
            if entry.has(host, hash, key)? {
                return Ok(Some(&entry.value));
            }
        }
        Ok(None)
    }

    #[inline]
    fn child(&self, index: usize) -> &Self {
        (*self.children[index]).as_ref()
    }

    /// Whether all entries, of this node and below, pass the test.
    pub(crate) fn all(&self, test: &mut impl FnMut(&Entry<'py>) -> PyResult<'py, bool>) -> PyResult<'py, bool> {
        for entry in &*self.entries {
            if !test(entry)? {
                return Ok(false);
            }
        }
        for child in &self.children {
            if !(**child).as_ref().all(test)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Where in the list of a node on the last level the key is.
    fn find<H: Host<'py, Shared = C>>(&self, host: H, hash: isize, key: &Obj<'py>) -> PyResult<'py, Option<usize>> {
        for (index, entry) in self.entries.iter().enumerate() {
            if entry.has(host, hash, key)? {
                return Ok(Some(index));
            }
        }
        Ok(None)
    }

    /// This node with another value at `index`.
    fn with_value(&self, index: usize, value: &Obj<'py>) -> PyResult<'py, Step<'py, C>> {
        let py = value.py();
        let there = &self.entries[index];
        if there.value.is(value) {
            return Ok(Step::Same(Some(there.value.clone())));
        }
        let entry = Entry { hash: there.hash, key: there.key.clone(), value: value.clone() };
        let node = Node {
            with_entry: self.with_entry,
            with_child: self.with_child,
            entries: self.entries.replaced(py, index, entry)?,
            children: copied(py, &self.children)?,
        };
        Ok(Step::Node(node, Some(there.value.clone())))
    }

    pub(crate) fn insert<H: Host<'py, Shared = C>>(
        &self,
        host: H,
        level: usize,
        hash: isize,
        key: &Obj<'py>,
        value: &Obj<'py>,
    ) -> PyResult<'py, Step<'py, C>> {
        let py = key.py();
        let entry = || Entry { hash, key: key.clone(), value: value.clone() };
        let (with_entry, with_child) = (self.with_entry, self.with_child);
        if level == LAST {
            return match self.find(host, hash, key)? {
                Some(index) => self.with_value(index, value),
                None => {
                    let entries = self.entries.with(py, self.entries.len(), entry())?;
                    Ok(Step::Node(Node { with_entry, with_child, entries, children: Box::new([]) }, None))
                }
            };
        }
        let bit = place(fold(hash), level);
        if with_child & bit != 0 {
            let index = index(with_child, bit);
            return match self.child(index).insert(host, level + 1, hash, key, value)? {
                Step::Same(before) => Ok(Step::Same(before)),
                Step::Node(child, before) => {
                    let children = replaced(py, &self.children, index, host.share(child)?)?;
                    let entries = self.entries.copied(py)?;
                    Ok(Step::Node(Node { with_entry, with_child, entries, children }, before))
                }
            };
        }
        let here = index(with_entry, bit);
        if with_entry & bit == 0 {
            let entries = self.entries.with(py, here, entry())?;
            let children = copied(py, &self.children)?;
            return Ok(Step::Node(Node { with_entry: with_entry | bit, with_child, entries, children }, None));
        }
        let there = &self.entries[here];
        if there.has(host, hash, key)? {
            return self.with_value(here, value);
        }
        // Two keys for one place: both move to a node below.
        let child = Self::pair(host, level + 1, there.clone(), entry())?;
        let children = with(py, &self.children, index(with_child, bit), host.share(child)?)?;
        let entries = self.entries.without(py, here)?;
        let (with_entry, with_child) = (with_entry & !bit, with_child | bit);
        Ok(Step::Node(Node { with_entry, with_child, entries, children }, None))
    }

    /// A node of two entries with different keys.
    fn pair<H: Host<'py, Shared = C>>(host: H, level: usize, one: Entry<'py>, two: Entry<'py>) -> PyResult<'py, Self> {
        let py = one.key.py();
        if level == LAST {
            let entries = Entries::Two([one, two]);
            return Ok(Node { with_entry: 0, with_child: 0, entries, children: Box::new([]) });
        }
        let (first, second) = (place(fold(one.hash), level), place(fold(two.hash), level));
        if first == second {
            let child = host.share(Self::pair(host, level + 1, one, two)?)?;
            let children = with(py, &[], 0, child)?;
            return Ok(Node { with_entry: 0, with_child: first, entries: Entries::None, children });
        }
        let in_order = if first < second { [one, two] } else { [two, one] };
        let entries = Entries::Two(in_order);
        Ok(Node { with_entry: first | second, with_child: 0, entries, children: Box::new([]) })
    }

    pub(crate) fn remove<H: Host<'py, Shared = C>>(
        &self,
        host: H,
        level: usize,
        hash: isize,
        key: &Obj<'py>,
    ) -> PyResult<'py, Step<'py, C>> {
        let py = key.py();
        let (with_entry, with_child) = (self.with_entry, self.with_child);
        if level == LAST {
            let Some(index) = self.find(host, hash, key)? else { return Ok(Step::Same(None)) };
            let entries = self.entries.without(py, index)?;
            let before = self.entries[index].value.clone();
            return Ok(Step::Node(Node { with_entry, with_child, entries, children: Box::new([]) }, Some(before)));
        }
        let bit = place(fold(hash), level);
        if with_entry & bit != 0 {
            let here = index(with_entry, bit);
            let there = &self.entries[here];
            if !there.has(host, hash, key)? {
                return Ok(Step::Same(None));
            }
            let entries = self.entries.without(py, here)?;
            let children = copied(py, &self.children)?;
            let node = Node { with_entry: with_entry & !bit, with_child, entries, children };
            return Ok(Step::Node(node, Some(there.value.clone())));
        }
        if with_child & bit == 0 {
            return Ok(Step::Same(None));
        }
        let here = index(with_child, bit);
        let (child, before) = match self.child(here).remove(host, level + 1, hash, key)? {
            Step::Same(none) => return Ok(Step::Same(none)),
            Step::Node(child, before) => (child, before),
        };
        let node = match child.entries.first().filter(|_| child.children.is_empty() && child.entries.len() == 1) {
            // The last entry of a node moves up: equal maps have equal nodes.
            Some(last) => Node {
                with_entry: with_entry | bit,
                with_child: with_child & !bit,
                entries: self.entries.with(py, index(with_entry, bit), last.clone())?,
                children: without(py, &self.children, here)?,
            },
            None => Node {
                with_entry,
                with_child,
                entries: self.entries.copied(py)?,
                children: replaced(py, &self.children, here, host.share(child)?)?,
            },
        };
        Ok(Step::Node(node, before))
    }
}

impl<C> Clone for Node<'_, C> {
    fn clone(&self) -> Self {
        Node {
            with_entry: self.with_entry,
            with_child: self.with_child,
            entries: self.entries.clone(),
            children: self.children.clone(),
        }
    }
}

impl<C> std::fmt::Debug for Node<'_, C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Node of {} entries and {} nodes", self.entries.len(), self.children.len())
    }
}
