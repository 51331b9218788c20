//! A place in a map, for iteration.

use insula::{Class, Obj, PyCell, Slot, Trace};

use crate::map::Map;
use crate::node::Node;

/// The last level: that of the lists of keys whose hashes are the same, below seven that tell five bits each.
pub(crate) const LAST: usize = 7;

/// A place in a map: an iterator keeps it beside the map itself, and asks [`Map::next`] for one entry after the other.
///
/// It holds the node whose entries come next, so that most steps need not come from the root.
#[derive(Trace)]
pub struct Cursor<'py, C> {
    /// That node; nothing for the root.
    node: Slot<'py, C>,
    position: PyCell<'py, Position>,
}

#[derive(Clone, Copy, Default)]
struct Position {
    /// Which part of the node comes next: first its entries, then its children.
    next: u32,
    /// On which level it is.
    level: u8,
    /// Which child leads to it, on each level above.
    path: [u8; LAST],
}

impl<C> Cursor<'_, C> {
    /// The begin of whichever map.
    pub fn new() -> Self {
        Cursor { node: Slot::empty(), position: PyCell::new(Position::default()) }
    }
}

impl<C> Default for Cursor<'_, C> {
    fn default() -> Self {
        Self::new()
    }
}

impl<'py, C: Class<'py> + AsRef<Node<'py, C>>> Cursor<'py, C> {
    /// What `read` makes of the entry here; moves on.
    #[inline]
    pub(crate) fn next<R>(&self, map: &Map<'py, C>, read: impl FnOnce(&Obj<'py>, &Obj<'py>) -> R) -> Option<R> {
        let mut position = self.position.get();
        // The node is held until the entry is read: whatever `read` does, also to this cursor.
        let mut node = self.node.get();
        if node.is_none() && position.level > 0 {
            // The collector cleared it.
            return None;
        }
        loop {
            let entries = node.as_deref().map_or(map.root(), AsRef::as_ref).entries();
            if let Some(entry) = entries.get(position.next as usize) {
                position.next += 1;
                self.position.set(position);
                return Some(read(&entry.key, &entry.value));
            }
            node = Some(Self::below(node.as_deref(), &mut position, map)?);
            self.node.set(node.clone());
        }
    }

    /// From a node all of whose entries were read to the one that comes next; nothing at the end of the map.
    #[inline(never)]
    fn below(node: Option<&C>, position: &mut Position, map: &Map<'py, C>) -> Option<Obj<'py, C>> {
        let here = node.map_or(map.root(), AsRef::as_ref);
        let mut child = (position.next as usize).saturating_sub(here.entries().len());
        let mut next = here.children().get(child);
        while next.is_none() {
            // Up, and to the child behind the one that led down.
            position.level = position.level.checked_sub(1)?;
            let (last, above) = position.path[..=usize::from(position.level)].split_last()?;
            let above = above.iter().try_fold(map.root(), |node, &child| {
                Some((**node.children().get(usize::from(child))?).as_ref())
            })?;
            child = usize::from(*last) + 1;
            next = above.children().get(child);
        }
        *position.path.get_mut(usize::from(position.level))? = u8::try_from(child).ok()?;
        position.level += 1;
        position.next = 0;
        next.cloned()
    }
}

impl<C> std::fmt::Debug for Cursor<'_, C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Position { next, level, path } = self.position.get();
        write!(f, "Cursor at {:?} {next}", &path[..usize::from(level)])
    }
}
