//! A map in the making: many changes at once copy each node at most once.

use insula::{Class, Obj, Py, PyResult};

use crate::boxed::{push, room};
use crate::entries::{Entries, Entry};
use crate::host::Host;
use crate::node::{LAST, Node, fold, index, place};

/// A node of which nothing else knows, so that it may change in place. Python code that a comparison runs finds the
/// nodes that it was made from.
pub(crate) struct Draft<'py, C> {
    with_entry: u32,
    with_child: u32,
    entries: Vec<Entry<'py>>,
    children: Vec<Child<'py, C>>,
    /// Whether it differs from the node that it was made from.
    changed: bool,
}

/// What becomes of the value of a key that is there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Value {
    Replaced,
    Kept,
}

/// What is below a draft.
enum Child<'py, C> {
    /// A node that other maps may share.
    Shared(Obj<'py, C>),
    /// A draft, and the node that it was made from, if from any.
    Draft(Box<Draft<'py, C>>, Option<Obj<'py, C>>),
}

impl<'py, C> Draft<'py, C> {
    pub(crate) fn of(py: Py<'py>, node: &Node<'py, C>) -> PyResult<'py, Self> {
        let mut entries = room(py, node.entries().len() + 1)?;
        entries.extend_from_slice(node.entries());
        let mut children = room(py, node.children().len())?;
        children.extend(node.children().iter().cloned().map(Child::Shared));
        let (with_entry, with_child) = node.taken();
        Ok(Draft { with_entry, with_child, entries, children, changed: false })
    }

    fn empty() -> Self {
        Draft { with_entry: 0, with_child: 0, entries: Vec::new(), children: Vec::new(), changed: true }
    }

    /// Whether it differs from the node that it was made from.
    pub(crate) fn changed(&self) -> bool {
        self.changed
    }
}

impl<'py, C: Class<'py> + AsRef<Node<'py, C>>> Draft<'py, C> {
    /// Gives a key a value. Returns whether the key is new.
    pub(crate) fn insert<H: Host<'py, Shared = C>>(
        &mut self,
        host: H,
        level: usize,
        entry: Entry<'py>,
        there: Value,
    ) -> PyResult<'py, bool> {
        let py = entry.key.py();
        if level == LAST {
            for index in 0..self.entries.len() {
                if self.entries[index].has(host, entry.hash, &entry.key)? {
                    self.set_value(index, entry.value, there);
                    return Ok(false);
                }
            }
            let end = self.entries.len();
            push(py, &mut self.entries, end, entry)?;
            self.changed = true;
            return Ok(true);
        }
        let bit = place(fold(entry.hash), level);
        if self.with_child & bit != 0 {
            let child = self.children[index(self.with_child, bit)].draft(py)?;
            let new = child.insert(host, level + 1, entry, there)?;
            self.changed |= child.changed;
            return Ok(new);
        }
        let here = index(self.with_entry, bit);
        if self.with_entry & bit == 0 {
            push(py, &mut self.entries, here, entry)?;
            self.with_entry |= bit;
            self.changed = true;
            return Ok(true);
        }
        if self.entries[here].has(host, entry.hash, &entry.key)? {
            self.set_value(here, entry.value, there);
            return Ok(false);
        }
        // Two keys for one place: both move to a node below, when all that can fail is done.
        let other = self.entries[here].clone();
        let mut child = Box::new(Self::empty());
        child.insert_first(py, level + 1, other)?;
        child.insert_beside(py, level + 1, entry)?;
        push(py, &mut self.children, index(self.with_child, bit), Child::Draft(child, None))?;
        self.entries.remove(here);
        self.with_entry &= !bit;
        self.with_child |= bit;
        self.changed = true;
        Ok(true)
    }

    /// Puts the first entry into an empty draft.
    fn insert_first(&mut self, py: Py<'py>, level: usize, entry: Entry<'py>) -> PyResult<'py, ()> {
        if level < LAST {
            self.with_entry = place(fold(entry.hash), level);
        }
        push(py, &mut self.entries, 0, entry)
    }

    /// Puts an entry beside the only one, whose key is known to be another.
    fn insert_beside(&mut self, py: Py<'py>, level: usize, entry: Entry<'py>) -> PyResult<'py, ()> {
        if level == LAST {
            return push(py, &mut self.entries, 1, entry);
        }
        let bit = place(fold(entry.hash), level);
        if self.with_entry != bit {
            let here = index(self.with_entry, bit);
            self.with_entry |= bit;
            return push(py, &mut self.entries, here, entry);
        }
        let there = self.entries[0].clone();
        let mut child = Box::new(Self::empty());
        child.insert_first(py, level + 1, there)?;
        child.insert_beside(py, level + 1, entry)?;
        push(py, &mut self.children, 0, Child::Draft(child, None))?;
        self.entries.clear();
        self.with_entry = 0;
        self.with_child = bit;
        Ok(())
    }

    /// Another value for the key at `index`.
    fn set_value(&mut self, index: usize, value: Obj<'py>, there: Value) {
        let before = &mut self.entries[index].value;
        if there == Value::Replaced && !before.is(&value) {
            *before = value;
            self.changed = true;
        }
    }

    /// The node, and below it those that did not change as they were.
    pub(crate) fn finish<H: Host<'py, Shared = C>>(self, py: Py<'py>, host: H) -> PyResult<'py, Node<'py, C>> {
        let mut children = room(py, self.children.len())?;
        for child in self.children {
            children.push(match child {
                Child::Shared(node) => node,
                Child::Draft(draft, Some(before)) if !draft.changed => before,
                Child::Draft(draft, _) => host.share(draft.finish(py, host)?)?,
            });
        }
        let entries = Entries::from(self.entries);
        Ok(Node::of(self.with_entry, self.with_child, entries, children.into_boxed_slice()))
    }
}

impl<'py, C: Class<'py> + AsRef<Node<'py, C>>> Child<'py, C> {
    /// The draft of it, made now if there is none yet.
    fn draft(&mut self, py: Py<'py>) -> PyResult<'py, &mut Draft<'py, C>> {
        if let Child::Shared(node) = self {
            let draft = Draft::of(py, (**node).as_ref())?;
            *self = Child::Draft(Box::new(draft), Some(node.clone()));
        }
        match self {
            Child::Draft(draft, _) => Ok(draft),
            Child::Shared(_) => unreachable!("it was replaced just now"),
        }
    }
}
