//! The gate of an interpreter: which native threads have attached to it by way of its images, and whether more may.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use pyo3_ffi as ffi;

use crate::owner::{lock, this_thread};

/// Lets native threads in until the interpreter begins to end.
#[derive(Debug)]
pub(crate) struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    open: bool,
    /// Threads that use the interpreter for a moment, and do not attach.
    passing: usize,
    next: u64,
    guests: Vec<Guest>,
    /// Threads that wait for ever.
    stopped: Vec<libc::pthread_t>,
}

/// A native thread for which a thread state was made.
#[derive(Debug)]
struct Guest {
    number: u64,
    thread: Thread,
    state: usize,
    /// Whether it is attached, or waits to be. If not, it uses neither the interpreter nor its thread state.
    attached: bool,
    /// Whether it can never be attached again: its thread state may be gone.
    dismissed: bool,
}

/// A thread as the kernel knows it: pthreads must not be asked about one that has ended.
#[derive(Clone, Copy, Debug)]
struct Thread(libc::c_long);

impl Thread {
    fn this() -> Self {
        // SAFETY: gettid(2) has no precondition.
        Thread(unsafe { libc::syscall(libc::SYS_gettid) })
    }

    /// Another one may have got its number since; then this is false, which is to be allowed for.
    fn has_ended(self) -> bool {
        // SAFETY: tgkill(2) with the signal 0 only looks.
        let found = unsafe { libc::syscall(libc::SYS_tgkill, libc::c_long::from(libc::getpid()), self.0, 0) };
        let failed = found == -1;
        failed && std::io::Error::last_os_error().raw_os_error() == Some(libc::ESRCH)
    }
}

/// A guest that is neither attached nor waits to be, or whose thread has ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outside {
    pub(crate) number: u64,
    pub(crate) state: *mut ffi::PyThreadState,
    pub(crate) ended: bool,
}

impl Guest {
    /// A thread that ended holds no GIL if the caller holds it, however it detached.
    fn outside(&self) -> Option<Outside> {
        let ended = self.thread.has_ended();
        let state = std::ptr::with_exposed_provenance_mut(self.state);
        let is_outside = !self.dismissed && self.state != 0 && (ended || !self.attached);
        is_outside.then_some(Outside { number: self.number, state, ended })
    }
}

impl Gate {
    pub(crate) fn new() -> Self {
        let state = State { open: true, passing: 0, next: 0, guests: Vec::new(), stopped: Vec::new() };
        Gate { state: Mutex::new(state), changed: Condvar::new() }
    }

    /// Whether the interpreter may be used for a moment: it does not end before [`passed`](Self::passed).
    pub(crate) fn pass(&self) -> bool {
        let mut state = lock(&self.state);
        state.passing += usize::from(state.open);
        state.open
    }

    pub(crate) fn passed(&self) {
        lock(&self.state).passing -= 1;
        self.changed.notify_all();
    }

    /// Lets this thread in, as a guest with a number, if the interpreter does not end yet.
    pub(crate) fn enter(&self) -> Option<u64> {
        let mut state = lock(&self.state);
        if !state.open {
            return None;
        }
        state.next += 1;
        let number = state.next;
        state.guests.push(Guest { number, thread: Thread::this(), state: 0, attached: true, dismissed: false });
        Some(number)
    }

    /// Notes the thread state that was made for a guest.
    pub(crate) fn has_state(&self, number: u64, made: *mut ffi::PyThreadState) {
        self.change(number, |guest| guest.state = made.expose_provenance());
    }

    /// Notes that a guest has detached: until it [comes back](Self::comes_back) it does not use its thread state.
    pub(crate) fn goes_out(&self, number: u64) {
        self.change(number, |guest| guest.attached = false);
    }

    /// Whether a guest may attach again. If so, it counts as attached.
    pub(crate) fn comes_back(&self, number: u64) -> bool {
        self.change(number, |guest| {
            guest.attached |= !guest.dismissed;
            guest.attached
        })
        .unwrap_or(false)
    }

    /// The guest has deleted its thread state.
    pub(crate) fn leave(&self, number: u64) {
        lock(&self.state).guests.retain(|guest| guest.number != number);
        self.changed.notify_all();
    }

    /// A thread state was deleted by other means.
    pub(crate) fn has_no_state(&self, deleted: *mut ffi::PyThreadState) {
        lock(&self.state).guests.retain(|guest| guest.dismissed || guest.state != deleted.addr());
        self.changed.notify_all();
    }

    fn change<T>(&self, number: u64, change: impl FnOnce(&mut Guest) -> T) -> Option<T> {
        let mut state = lock(&self.state);
        let changed = state.guests.iter_mut().find(|guest| guest.number == number).map(change);
        self.changed.notify_all();
        changed
    }

    /// Lets no new guest in any more. Those that are known may come back.
    pub(crate) fn close(&self) {
        lock(&self.state).open = false;
    }

    /// Waits until something has changed, or the time is over.
    pub(crate) fn wait(&self, time: Duration) {
        let state = lock(&self.state);
        drop(self.changed.wait_timeout(state, time).unwrap_or_else(PoisonError::into_inner));
    }

    /// How many have not left.
    pub(crate) fn inside(&self) -> usize {
        let state = lock(&self.state);
        state.passing + state.guests.iter().filter(|guest| !guest.dismissed).count()
    }

    /// The guests that are outside now.
    pub(crate) fn outside(&self) -> Vec<Outside> {
        lock(&self.state).guests.iter().filter_map(Guest::outside).collect()
    }

    /// Whether the guest is outside still.
    pub(crate) fn is_outside(&self, number: u64) -> bool {
        self.change(number, |guest| guest.outside().is_some()).unwrap_or(false)
    }

    /// Lets the guest never come back, if it is outside still.
    pub(crate) fn dismiss(&self, number: u64) -> bool {
        let dismiss = |guest: &mut Guest| {
            guest.dismissed = guest.outside().is_some();
            guest.dismissed
        };
        self.change(number, dismiss).unwrap_or(false)
    }

    /// Lets no guest come back that is not attached: from now on CPython stops those that are.
    pub(crate) fn dismiss_all(&self) {
        for guest in &mut lock(&self.state).guests {
            guest.dismissed = true;
        }
    }

    /// Whether a thread still runs that was not let back in: it may be in code of any image.
    pub(crate) fn lingers(&self) -> bool {
        let mut state = lock(&self.state);
        state.guests.retain(|guest| !(guest.dismissed && guest.thread.has_ended()));
        state.guests.iter().any(|guest| guest.dismissed)
    }

    /// Notes that this thread waits for ever.
    pub(crate) fn stops(&self) {
        lock(&self.state).stopped.push(this_thread());
    }

    /// Whether that thread waits for ever. It is told once: nobody may ask for a thread that was joined.
    pub(crate) fn take_stopped(&self, thread: libc::pthread_t) -> bool {
        let mut state = lock(&self.state);
        let place = state.stopped.iter().position(|stopped| *stopped == thread);
        place.map(|place| state.stopped.swap_remove(place)).is_some()
    }
}
