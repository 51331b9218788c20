//! The life of an interpreter: who is at work in it, and who ends it.

use std::sync::PoisonError;

use super::primitives::{Condvar, Mutex, MutexGuard, ThreadId, current};

/// Whether an interpreter can be entered, and which threads are at work there, so that its end can wait for them.
///
/// Whoever enters leaves again on the same thread. There are two ways to the end: [`close`](Self::close) and
/// [`wait`](Self::wait) where CPython ends the interpreter anyway, and [`claim`](Self::claim) and
/// [`settle`](Self::settle) where we do, which may fail.
pub(crate) struct Lifecycle {
    state: Mutex<State>,
    changed: Condvar,
}

/// What the lock of a [`Lifecycle`] guards.
pub(crate) struct State {
    phase: Phase,
    /// Each visit, by its thread.
    inside: Vec<ThreadId>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(usize)] // See `Record`: no padding.
enum Phase {
    /// It can be entered.
    Open,
    /// A thread ends it: those who are inside leave, nobody enters.
    Claimed,
    /// It is gone, or as good as gone.
    Ended,
}

/// Why a thread cannot end an interpreter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It has ended, or another thread ends it.
    Ended,
    /// This thread is inside.
    Inside,
    /// Others are inside, and this thread may not wait.
    Busy,
}

impl Lifecycle {
    /// Open, and nobody is inside.
    pub(crate) fn new() -> Self {
        Lifecycle { state: Mutex::new(State { phase: Phase::Open, inside: Vec::new() }), changed: Condvar::new() }
    }

    /// Comes in, if it is open or this thread is inside already. Who came in must [`leave`](Self::leave), on the same
    /// thread.
    #[must_use]
    pub(crate) fn enter(&self) -> bool {
        let me = current().id();
        let mut state = self.lock();
        let admitted = state.phase == Phase::Open || state.inside.contains(&me);
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
        self.changed.notify_all();
    }

    /// Lets nobody in any more; whether threads but this one are inside, for which to [`wait`](Self::wait).
    pub(crate) fn close(&self) -> bool {
        let mut state = self.lock();
        state.phase = Phase::Ended;
        state.others_inside()
    }

    /// Waits until all threads but this one have left. Who waits is not attached: those who are inside may need the GIL
    /// to leave.
    pub(crate) fn wait(&self) {
        let mut state = self.lock();
        while state.others_inside() {
            state = self.wait_for_change(state);
        }
    }
}

/// What embedding needs besides.
#[allow(dead_code, reason = "modules do not end interpreters")]
impl Lifecycle {
    /// Whether it can be entered.
    pub(crate) fn is_open(&self) -> bool {
        self.lock().phase == Phase::Open
    }

    /// Makes this thread the one that ends the interpreter, once everybody has left. `is_home` says whether the thread
    /// is attached to it without having entered, or will be again; it is asked while the interpreter is open. Unless
    /// `may_wait`, it does not wait; who waits is not attached. [`settle`](Self::settle) follows.
    pub(crate) fn claim(&self, may_wait: bool, is_home: impl FnOnce() -> bool) -> Result<(), Refusal> {
        let me = current().id();
        let mut state = self.lock();
        if state.phase != Phase::Open {
            return Err(Refusal::Ended);
        }
        if state.inside.contains(&me) || is_home() {
            return Err(Refusal::Inside);
        }
        if !state.inside.is_empty() && !may_wait {
            return Err(Refusal::Busy);
        }
        state.phase = Phase::Claimed;
        while !state.inside.is_empty() {
            state = self.wait_for_change(state);
        }
        Ok(())
    }

    /// After [`claim`](Self::claim): the interpreter has ended, or is open again.
    pub(crate) fn settle(&self, ended: bool) {
        self.lock().phase = if ended { Phase::Ended } else { Phase::Open };
        self.changed.notify_all();
    }

    /// Waits while another thread ends the interpreter; whether it has ended then.
    pub(crate) fn settled(&self) -> bool {
        let mut state = self.lock();
        while state.phase == Phase::Claimed {
            state = self.wait_for_change(state);
        }
        state.phase == Phase::Ended
    }
}

impl Lifecycle {
    /// A panic cannot interrupt a change, so a poisoned lock is as good as another.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_for_change<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn others_inside(&self) -> bool {
        let me = current().id();
        self.inside.iter().any(|thread| *thread != me)
    }

    /// Forgets the visits of all other threads: they are not there after a fork.
    #[allow(dead_code, reason = "not every system forks")]
    pub(crate) fn keep_this_thread(&mut self) {
        let me = current().id();
        self.inside.retain(|thread| *thread == me);
    }
}
