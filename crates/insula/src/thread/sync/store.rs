//! References that threads outside of an interpreter hold in it.

use std::sync::PoisonError;

use super::primitives::{Mutex, MutexGuard};

/// Items that are put in and taken out inside an interpreter, and given up by any thread. Each item put in comes out
/// exactly once: when it is given up, from the next [`take`](Self::take), or from [`end`](Self::end).
pub(crate) struct Store<T> {
    inner: Mutex<Inner<T>>,
}

/// What the lock of a [`Store`] guards.
pub(crate) struct Inner<T> {
    phase: Phase,
    places: Vec<Option<T>>,
    free: Vec<usize>,
    given_up: Vec<T>,
}

#[derive(PartialEq, Eq)]
#[repr(usize)] // See `Record`: no padding.
enum Phase {
    /// Items can be put in.
    Open,
    /// Everything was taken out.
    Ended,
}

impl<T> Store<T> {
    /// Empty.
    pub(crate) fn new() -> Self {
        let inner = Inner { phase: Phase::Open, places: Vec::new(), free: Vec::new(), given_up: Vec::new() };
        Store { inner: Mutex::new(inner) }
    }

    /// Puts an item in; it comes back if the store has ended.
    pub(crate) fn insert(&self, item: T) -> Result<usize, T> {
        let mut inner = self.lock();
        if inner.phase == Phase::Ended {
            return Err(item);
        }
        if let Some(place) = inner.free.pop() {
            inner.places[place] = Some(item);
            return Ok(place);
        }
        inner.places.push(Some(item));
        Ok(inner.places.len() - 1)
    }

    /// Looks at an item while nobody can take it out. `look` is short, and does not come back to the store.
    pub(crate) fn with<R>(&self, place: usize, look: impl FnOnce(&T) -> R) -> Option<R> {
        let inner = self.lock();
        inner.places.get(place).and_then(Option::as_ref).map(look)
    }

    /// Gives an item up, from any thread. Its place is used again.
    pub(crate) fn give_up(&self, place: usize) {
        let mut inner = self.lock();
        if let Some(item) = inner.places.get_mut(place).and_then(Option::take) {
            inner.given_up.push(item);
            inner.free.push(place);
        }
    }

    /// Takes out what was given up.
    #[must_use]
    pub(crate) fn take(&self) -> Vec<T> {
        std::mem::take(&mut self.lock().given_up)
    }

    /// Takes everything out, for good.
    #[must_use]
    pub(crate) fn end(&self) -> Vec<T> {
        let mut inner = self.lock();
        inner.phase = Phase::Ended;
        inner.free.clear();
        let mut all = std::mem::take(&mut inner.given_up);
        all.extend(std::mem::take(&mut inner.places).into_iter().flatten());
        all
    }

    /// A panic cannot interrupt a change, so a poisoned lock is as good as another.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner<T>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
