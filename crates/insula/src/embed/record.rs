//! What is known about one interpreter: whether it lives, and who is inside.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::{self, ThreadId};

use super::error::Error;
use super::gate::{lock, wait};
use super::runtime::Shared;
use crate::thread::state::{State, ThreadState};

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
    /// CPython's structure, alive until `Phase::Ended`.
    pub(super) state: State,
    pub(super) runtime: Arc<Shared>,
    /// The thread state that it was made with. It is never used again, but kept: before 3.13 an interpreter that has
    /// none left can get no other.
    pub(super) first: ThreadState,
    /// Of the main interpreter, the thread that started CPython: it goes on using the first thread state.
    home: Option<ThreadId>,
    life: Mutex<Life>,
    changed: Condvar,
}

/// Where an interpreter is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// It can be entered.
    Open,
    /// A thread ends it: those who are inside leave, nobody enters.
    Ending,
    /// It is gone.
    Ended,
}

struct Life {
    phase: Phase,
    inside: Vec<Inside>,
}

/// A visit.
struct Inside {
    number: u64,
    thread: ThreadId,
}

impl Record {
    /// An interpreter that this thread made.
    ///
    /// # Safety
    ///
    /// `first` is its only thread state, alive and not attached.
    pub(super) unsafe fn new(first: ThreadState, runtime: Arc<Shared>, is_main: bool) -> Arc<Self> {
        Arc::new(Self {
            number: NUMBER.fetch_add(1, Ordering::Relaxed),
            // SAFETY: alive, by the caller's promise.
            state: unsafe { first.interpreter() },
            runtime,
            first,
            home: is_main.then(|| thread::current().id()),
            life: Mutex::new(Life { phase: Phase::Open, inside: Vec::new() }),
            changed: Condvar::new(),
        })
    }

    /// Whether it can be entered.
    pub(super) fn is_open(&self) -> bool {
        lock(&self.life).phase == Phase::Open
    }

    /// On the thread that started CPython, that thread's state in the main interpreter.
    pub(super) fn home_state(&self) -> Option<ThreadState> {
        (self.home == Some(thread::current().id())).then_some(self.first)
    }

    /// Comes in, if the interpreter is open or this thread is inside already; it does not end before the visit does.
    /// Nothing is attached yet.
    pub(super) fn visit(self: &Arc<Self>) -> Result<Visit, Error> {
        let me = thread::current().id();
        let mut life = lock(&self.life);
        if life.phase != Phase::Open && !life.is_inside(me) {
            return Err(Error::Ended);
        }
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        life.inside.push(Inside { number, thread: me });
        VISITS.set(VISITS.get() + 1);
        Ok(Visit { record: Arc::clone(self), number })
    }

    /// Makes this thread the one that ends the interpreter, once everybody has left. `place` is the thread state that
    /// the thread is attached with, or will be again. Unless `may_wait`, it does not wait; who waits is not attached.
    pub(super) fn claim(&self, may_wait: bool, place: Option<ThreadState>) -> Result<Claim<'_>, Error> {
        let me = thread::current().id();
        let mut life = lock(&self.life);
        if life.phase != Phase::Open {
            return Err(Error::Ended);
        }
        // SAFETY: 1) what CPython keeps for a thread is alive, for a thread state is deleted on its own thread; 2) the
        // interpreter is open, so no other has its address.
        if life.is_inside(me) || place.is_some_and(|place| unsafe { place.interpreter() } == self.state) {
            return Err(Error::Inside);
        }
        if !life.inside.is_empty() && !may_wait {
            return Err(Error::Busy);
        }
        life.phase = Phase::Ending;
        while !life.inside.is_empty() {
            life = wait(&self.changed, life);
        }
        Ok(Claim { record: self, to: Phase::Open })
    }

    /// Waits while another thread ends the interpreter; whether it has ended then.
    pub(super) fn settled(&self) -> bool {
        let mut life = lock(&self.life);
        while life.phase == Phase::Ending {
            life = wait(&self.changed, life);
        }
        life.phase == Phase::Ended
    }

    fn change(&self, change: impl FnOnce(&mut MutexGuard<'_, Life>)) {
        change(&mut lock(&self.life));
        self.changed.notify_all();
    }
}

impl Life {
    fn is_inside(&self, thread: ThreadId) -> bool {
        self.inside.iter().any(|visit| visit.thread == thread)
    }
}

/// The interpreter is kept alive: see [`Record::visit`].
pub(super) struct Visit {
    pub(super) record: Arc<Record>,
    number: u64,
}

impl Drop for Visit {
    fn drop(&mut self) {
        VISITS.set(VISITS.get() - 1);
        self.record.change(|life| life.inside.retain(|visit| visit.number != self.number));
    }
}

/// The right to end an interpreter. Unless that [is done](Claim::ended), it opens again.
pub(super) struct Claim<'a> {
    record: &'a Record,
    to: Phase,
}

impl Claim<'_> {
    /// The interpreter is gone.
    pub(super) fn ended(mut self) {
        self.to = Phase::Ended;
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        self.record.change(|life| life.phase = self.to);
    }
}
