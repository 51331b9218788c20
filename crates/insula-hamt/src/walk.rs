//! Iteration from Rust, which lends what it finds.

use insula::{Class, Obj};

use crate::map::Map;
use crate::node::{LAST, Node};

/// Hashes, keys and values of a map, in no order that means anything: what [`Map::iter`] gives.
pub struct Walk<'a, 'py, C> {
    /// The nodes from the root on down, and what comes next in each: entries first, then further nodes.
    path: [Option<(&'a Node<'py, C>, usize)>; LAST + 1],
    level: usize,
    left: usize,
}

impl<'a, 'py, C> Walk<'a, 'py, C> {
    pub(crate) fn new(map: &'a Map<'py, C>) -> Self {
        let mut path = [None; LAST + 1];
        path[0] = Some((map.root(), 0));
        Walk { path, level: 0, left: map.len() }
    }
}

impl<'a, 'py, C: Class<'py> + AsRef<Node<'py, C>>> Iterator for Walk<'a, 'py, C> {
    type Item = (isize, &'a Obj<'py>, &'a Obj<'py>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let Some((node, next)) = &mut self.path[self.level] else { return None };
            let number = *next;
            *next += 1;
            if let Some(entry) = node.entries().get(number) {
                self.left = self.left.saturating_sub(1);
                return Some((entry.hash, &entry.key, &entry.value));
            }
            if let Some(child) = node.children().get(number - node.entries().len()) {
                self.level += 1;
                self.path[self.level] = Some(((**child).as_ref(), 0));
            } else {
                self.path[self.level] = None;
                self.level = self.level.checked_sub(1)?;
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<'py, C: Class<'py> + AsRef<Node<'py, C>>> ExactSizeIterator for Walk<'_, 'py, C> {}

impl<C> std::fmt::Debug for Walk<'_, '_, C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Walk with {} entries left", self.left)
    }
}
