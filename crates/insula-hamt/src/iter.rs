//! Iteration over a map.

use insula::{Class, Obj, PyCell, Slot, Trace};

use crate::map::Map;
use crate::node::{LAST, Node};

/// Goes through the entries of a map: the field of an iterator. `O` is the module's class that has the map in it, `C`
/// that of shared nodes.
///
/// It holds the node whose entries come next, so that most steps need not come from the root.
#[derive(Trace)]
pub struct Iter<'py, C, O> {
    of: Slot<'py, O>,
    /// The node; nothing for the root.
    node: Slot<'py, C>,
    /// Which of its entries; behind them, its first child.
    next: PyCell<'py, u32>,
    path: PyCell<'py, Path>,
}

/// The way from the root to the node.
#[derive(Clone, Copy, Default)]
struct Path {
    /// On which level the node is.
    level: u8,
    /// Which child leads to it, on each level above.
    children: [u8; LAST],
}

impl<'py, C, O> Iter<'py, C, O> {
    /// Over the map in `of`; over nothing, if that is nothing.
    pub fn new(of: Option<Obj<'py, O>>) -> Self {
        let of = of.map_or_else(Slot::empty, Slot::new);
        Iter { of, node: Slot::empty(), next: PyCell::new(0), path: PyCell::new(Path::default()) }
    }
}

impl<'py, C, O> Iter<'py, C, O>
where
    C: Class<'py> + AsRef<Node<'py, C>>,
    O: Class<'py> + AsRef<Map<'py, C>>,
{
    /// What `read` makes of the next entry; nothing at the end, and once the collector has cleared this.
    #[inline]
    pub fn next<R>(&self, read: impl FnOnce(&Obj<'py>, &Obj<'py>) -> R) -> Option<R> {
        loop {
            // Both are held until the entry is read, whatever else `read` does to this iterator.
            let (node, of);
            let here = if let Some(found) = self.node.get() {
                node = found;
                node_of(&node)
            } else {
                of = self.of.get()?;
                (*of).as_ref().root()
            };
            let next = self.next.get();
            if let Some(entry) = here.entries().get(next as usize) {
                self.next.set(next + 1);
                return Some(read(&entry.key, &entry.value));
            }
            self.move_on(here, next)?;
        }
    }

    /// From a node all of whose entries were read to the one that comes next, if there is any.
    #[inline(never)]
    fn move_on(&self, here: &Node<'py, C>, next: u32) -> Option<()> {
        let of = self.of.get()?;
        let root = (*of).as_ref().root();
        let Path { mut level, mut children } = self.path.get();
        let mut child = (next as usize).checked_sub(here.entries().len())?;
        let mut found = here.children().get(child);
        while found.is_none() {
            // Up, and to the child behind the one that led down.
            level = level.checked_sub(1)?;
            let (last, above) = children.get(..=usize::from(level))?.split_last()?;
            let mut above = above.iter().map(|&child| usize::from(child));
            let above = above.try_fold(root, |node, child| node.children().get(child).map(node_of))?;
            child = usize::from(*last) + 1;
            found = above.children().get(child);
        }
        *children.get_mut(usize::from(level))? = u8::try_from(child).ok()?;
        self.path.set(Path { level: level + 1, children });
        self.next.set(0);
        self.node.set(found.cloned());
        Some(())
    }
}

fn node_of<'a, 'py, C: Class<'py> + AsRef<Node<'py, C>>>(child: &'a Obj<'py, C>) -> &'a Node<'py, C> {
    (**child).as_ref()
}

impl<C, O> std::fmt::Debug for Iter<'_, C, O> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Path { level, children } = self.path.get();
        write!(f, "Iter at {:?}, entry {}", &children[..usize::from(level)], self.next.get())
    }
}
