//! What is known about one interpreter: whether it lives, and who is inside.

use std::cell::Cell;
use std::sync::Arc;
#[cfg(unix)]
use std::sync::MutexGuard;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, ThreadId};

use super::error::Error;
use super::runtime::Shared;
use crate::brand::NotSend;
#[cfg(unix)]
use crate::thread::fork;
use crate::thread::state::{State, ThreadState};
#[cfg(unix)]
use crate::thread::sync::LifecycleState;
use crate::thread::sync::{Lifecycle, Refusal};

thread_local! {
    /// How many entries are under way on this thread, and how many sessions it has.
    static VISITS: Cell<usize> = const { Cell::new(0) };
}

/// Whether this thread is inside an interpreter, or has a session of one.
pub(super) fn is_visiting() -> bool {
    VISITS.get() > 0
}

/// The next number. CPython's addresses and IDs of interpreters are reused; these are not.
static NUMBER: AtomicU64 = AtomicU64::new(1);

/// One interpreter.
pub(super) struct Record {
    /// Unique in the process.
    pub(super) number: u64,
    /// CPython's structure, alive until it has ended.
    pub(super) state: State,
    pub(super) runtime: Arc<Shared>,
    /// The thread state that it was made with. It is never used again, but kept: before 3.13 an interpreter that has
    /// none left can get no other.
    pub(super) first: ThreadState,
    /// Of the main interpreter, the thread that started CPython: it goes on using the first thread state.
    home: Option<ThreadId>,
    lifecycle: Lifecycle,
}

impl Record {
    /// An interpreter that this thread made.
    ///
    /// # Safety
    ///
    /// `first` is its only thread state, alive and not attached.
    pub(super) unsafe fn new(first: ThreadState, runtime: Arc<Shared>, is_main: bool) -> Arc<Self> {
        let record = Arc::new(Self {
            number: NUMBER.fetch_add(1, Ordering::Relaxed),
            // SAFETY: alive, by the caller's promise.
            state: unsafe { first.interpreter() },
            runtime,
            first,
            home: is_main.then(|| thread::current().id()),
            lifecycle: Lifecycle::new(),
        });
        #[cfg(unix)]
        fork::watch(&record);
        record
    }

    /// Whether it can be entered.
    pub(super) fn is_open(&self) -> bool {
        self.lifecycle.is_open()
    }

    /// On the thread that started CPython, that thread's state in the main interpreter.
    pub(super) fn home_state(&self) -> Option<ThreadState> {
        (self.home == Some(thread::current().id())).then_some(self.first)
    }

    /// Comes in, if the interpreter is open or this thread is inside already; it does not end before the visit does.
    /// Nothing is attached yet.
    pub(super) fn visit(self: &Arc<Self>) -> Result<Visit, Error> {
        if !self.lifecycle.enter() {
            return Err(Error::Ended);
        }
        VISITS.set(VISITS.get() + 1);
        Ok(Visit { record: Arc::clone(self), _not_send: NotSend::default() })
    }

    /// Makes this thread the one that ends the interpreter, once everybody has left. `place` is the thread state that
    /// the thread is attached with, or will be again. Unless `may_wait`, it does not wait; who waits is not attached.
    pub(super) fn claim(&self, may_wait: bool, place: Option<ThreadState>) -> Result<Claim<'_>, Error> {
        // SAFETY: 1) what CPython keeps for a thread is alive, for a thread state is deleted on its own thread; 2) the
        // interpreter is open, so no other has its address.
        let is_home = || place.is_some_and(|place| unsafe { place.interpreter() } == self.state);
        self.lifecycle.claim(may_wait, is_home).map_err(|refusal| match refusal {
            Refusal::Ended => Error::Ended,
            Refusal::Inside => Error::Inside,
            Refusal::Busy => Error::Busy,
        })?;
        Ok(Claim { record: self, ended: false })
    }

    /// Waits while another thread ends the interpreter; whether it has ended then.
    pub(super) fn settled(&self) -> bool {
        self.lifecycle.settled()
    }
}

#[cfg(unix)]
impl fork::Locks for Record {
    fn hold(&self) -> Box<dyn fork::Held + '_> {
        Box::new(Locked(self.lifecycle.lock()))
    }
}

/// The lock of a record.
#[cfg(unix)]
struct Locked<'a>(MutexGuard<'a, LifecycleState>);

#[cfg(unix)]
impl fork::Held for Locked<'_> {
    fn keep_this_thread(&mut self) {
        self.0.keep_this_thread();
    }
}

/// The interpreter is kept alive: see [`Record::visit`].
pub(super) struct Visit {
    pub(super) record: Arc<Record>,
    // Who leaves is who came.
    _not_send: NotSend,
}

impl Drop for Visit {
    fn drop(&mut self) {
        VISITS.set(VISITS.get() - 1);
        self.record.lifecycle.leave();
    }
}

/// The right to end an interpreter. Unless that [is done](Claim::ended), it opens again.
pub(super) struct Claim<'a> {
    record: &'a Record,
    ended: bool,
}

impl Claim<'_> {
    /// The interpreter is gone.
    pub(super) fn ended(mut self) {
        self.ended = true;
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        self.record.lifecycle.settle(self.ended);
    }
}
