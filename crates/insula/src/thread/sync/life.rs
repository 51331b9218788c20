//! Who is at work in an interpreter, so that its end can wait for them.

use std::sync::PoisonError;

use super::primitives::{Condvar, Mutex, MutexGuard, ThreadId, current};

/// Whether an interpreter can be attached to, and which threads are at work there.
pub(crate) struct Life {
    state: Mutex<State>,
    left: Condvar,
}

struct State {
    open: bool,
    inside: Vec<ThreadId>,
}

impl Life {
    /// Open, and nobody is inside.
    pub(crate) fn new() -> Self {
        Life { state: Mutex::new(State { open: true, inside: Vec::new() }), left: Condvar::new() }
    }

    /// Comes in, if it is open or this thread is inside already. Who came in must [`leave`](Self::leave), on the same
    /// thread.
    #[must_use]
    pub(crate) fn enter(&self) -> bool {
        let me = current().id();
        let mut state = self.lock();
        let admitted = state.open || state.inside.contains(&me);
        if admitted {
            state.inside.push(me);
        }
        admitted
    }

    /// Leaves once.
    pub(crate) fn leave(&self) {
        let me = current().id();
        let mut state = self.lock();
        if let Some(place) = state.inside.iter().position(|thread| *thread == me) {
            state.inside.swap_remove(place);
        }
        drop(state);
        self.left.notify_all();
    }

    /// Lets nobody in any more.
    pub(crate) fn close(&self) {
        self.lock().open = false;
    }

    /// Waits until all threads but this one have left. Who waits is not attached: those who are inside may need the GIL
    /// to leave.
    pub(crate) fn wait(&self) {
        let me = current().id();
        let mut state = self.lock();
        while state.inside.iter().any(|thread| *thread != me) {
            state = self.left.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// A panic cannot interrupt a change, so a poisoned lock is as good as another.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
