//! A list that grows and shrinks at its front.

use insula::{Class, Obj, PyResult, Trace};

/// A persistent list of Python objects: a longer one shares all of the shorter one. `L` is the module's class of links,
/// a `#[class(hidden)]` with a [`Link`] in it.
#[derive(Trace)]
pub struct List<'py, L> {
    first: Option<Obj<'py, L>>,
    len: usize,
}

/// An item of a list, and the rest.
#[derive(Trace)]
pub struct Link<'py, L> {
    item: Obj<'py>,
    rest: Option<Obj<'py, L>>,
}

impl<L> List<'_, L> {
    /// An empty list.
    pub fn new() -> Self {
        List { first: None, len: 0 }
    }

    /// How many items there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

impl<L> Default for List<'_, L> {
    fn default() -> Self {
        Self::new()
    }
}

impl<L> Clone for List<'_, L> {
    fn clone(&self) -> Self {
        List { first: self.first.clone(), len: self.len }
    }
}

impl<'py, L: Class<'py> + AsRef<Link<'py, L>>> List<'py, L> {
    /// A list with one more item in front; `share` makes the module's object of a link (`Cx::new`).
    ///
    /// # Errors
    ///
    /// What `share` raises: `MemoryError`.
    pub fn push_front(
        &self,
        item: &Obj<'py>,
        share: impl FnOnce(Link<'py, L>) -> PyResult<'py, Obj<'py, L>>,
    ) -> PyResult<'py, Self> {
        let link = share(Link { item: item.clone(), rest: self.first.clone() })?;
        Ok(List { first: Some(link), len: self.len + 1 })
    }

    /// The first item.
    pub fn first(&self) -> Option<&Obj<'py>> {
        self.iter().next()
    }

    /// The list without its first item; nothing if it is empty.
    pub fn rest(&self) -> Option<Self> {
        let first = self.first.as_ref()?;
        Some(List { first: (**first).as_ref().rest.clone(), len: self.len - 1 })
    }

    /// The items, lent, first to last.
    pub fn iter(&self) -> impl Iterator<Item = &Obj<'py>> {
        let mut next = self.first.as_ref();
        std::iter::from_fn(move || {
            let link: &Link<'py, L> = (**next?).as_ref();
            next = link.rest.as_ref();
            Some(&link.item)
        })
    }

    /// The items in the opposite order.
    ///
    /// # Errors
    ///
    /// What `share` raises, as in [`push_front`](Self::push_front).
    pub fn reversed(&self, mut share: impl FnMut(Link<'py, L>) -> PyResult<'py, Obj<'py, L>>) -> PyResult<'py, Self> {
        self.iter().try_fold(List::new(), |list, item| list.push_front(item, &mut share))
    }

    /// Whether both have equal items in the same order.
    ///
    /// # Errors
    ///
    /// What comparing raises.
    pub fn equals(&self, other: &Self) -> PyResult<'py, bool> {
        if self.len != other.len {
            return Ok(false);
        }
        for (item, others) in self.iter().zip(other.iter()) {
            if !item.is_or_eq(others)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl<L> std::fmt::Debug for List<'_, L> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "List of {}", self.len)
    }
}

impl<L> std::fmt::Debug for Link<'_, L> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.rest.is_some() { "Link with a rest" } else { "Last link" })
    }
}
