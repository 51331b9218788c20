//! The entries of a node: one or two lie in the node itself.

use std::ops::Deref;

use insula::{Obj, Py, PyResult, Trace};

use crate::boxed;

/// A key with its hash, and its value.
#[derive(Clone, Trace)]
pub(crate) struct Entry<'py> {
    pub(crate) hash: isize,
    pub(crate) key: Obj<'py>,
    pub(crate) value: Obj<'py>,
}

/// The entries of a node, in the order of their places. Those of a small map, and of most nodes of one that grows, need
/// no memory beside the node's.
#[derive(Clone, Trace)]
pub(crate) enum Entries<'py> {
    None,
    One([Entry<'py>; 1]),
    Two([Entry<'py>; 2]),
    More(Box<[Entry<'py>]>),
}

impl<'py> Deref for Entries<'py> {
    type Target = [Entry<'py>];

    #[inline]
    fn deref(&self) -> &[Entry<'py>] {
        match self {
            Entries::None => &[],
            Entries::One(one) => one,
            Entries::Two(two) => two,
            Entries::More(more) => more,
        }
    }
}

impl<'py> From<Vec<Entry<'py>>> for Entries<'py> {
    fn from(entries: Vec<Entry<'py>>) -> Self {
        match <[Entry<'py>; 1]>::try_from(entries) {
            Ok(one) => Entries::One(one),
            Err(entries) => match <[Entry<'py>; 2]>::try_from(entries) {
                Ok(two) => Entries::Two(two),
                Err(entries) if entries.is_empty() => Entries::None,
                Err(entries) => Entries::More(entries.into_boxed_slice()),
            },
        }
    }
}

impl<'py> Entries<'py> {
    /// The same entries.
    pub(crate) fn copied(&self, py: Py<'py>) -> PyResult<'py, Self> {
        Ok(match self {
            Entries::None => Entries::None,
            Entries::One(one) => Entries::One(one.clone()),
            Entries::Two(two) => Entries::Two(two.clone()),
            Entries::More(more) => Entries::More(boxed::copied(py, more)?),
        })
    }

    /// With one more before that at `index`.
    pub(crate) fn with(&self, py: Py<'py>, index: usize, entry: Entry<'py>) -> PyResult<'py, Self> {
        Ok(match self {
            Entries::None => Entries::One([entry]),
            Entries::One([one]) if index == 0 => Entries::Two([entry, one.clone()]),
            Entries::One([one]) => Entries::Two([one.clone(), entry]),
            more => Entries::More(boxed::with(py, more, index, entry)?),
        })
    }

    /// With another in the place of that at `index`.
    pub(crate) fn replaced(&self, py: Py<'py>, index: usize, entry: Entry<'py>) -> PyResult<'py, Self> {
        Ok(match self {
            Entries::One(_) => Entries::One([entry]),
            Entries::Two([_, two]) if index == 0 => Entries::Two([entry, two.clone()]),
            Entries::Two([one, _]) => Entries::Two([one.clone(), entry]),
            more => Entries::More(boxed::replaced(py, more, index, entry)?),
        })
    }

    /// Without that at `index`.
    pub(crate) fn without(&self, py: Py<'py>, index: usize) -> PyResult<'py, Self> {
        Ok(match self {
            Entries::One(_) => Entries::None,
            Entries::Two([one, two]) => Entries::One([if index == 0 { two.clone() } else { one.clone() }]),
            Entries::More(more) if more.len() == 3 => {
                Entries::Two([more[usize::from(index == 0)].clone(), more[2 - usize::from(index == 2)].clone()])
            }
            more => Entries::More(boxed::without(py, more, index)?),
        })
    }
}
