//! A place in a map, for iteration.

/// The last level: that of the lists of keys whose hashes are the same, below seven that tell five bits each.
pub(crate) const LAST: usize = 7;

/// A place in a map: plain data, which an iterator keeps beside the map itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cursor {
    /// On each level, which part of the node comes next: first its entries, then its children.
    pub(crate) path: [u32; LAST + 1],
}
