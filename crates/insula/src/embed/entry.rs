//! An entry: this thread, attached to an interpreter for a time.

use std::sync::Arc;

use super::error::Error;
use super::gate::refuse_behind;
use super::record::{Record, Visit};
use super::thread_state::{Detached, Own, ThreadState};
use crate::brand::Py;
use crate::err::PyResult;

/// This thread is attached to the interpreter until this is dropped; then it is attached to what it was before.
pub(super) struct Entry {
    pub(super) state: ThreadState,
    how: How,
    // Dropped in this order: attach again to what was, then leave.
    _before: Option<Detached>,
    _visit: Visit,
}

/// How the thread came to be attached, and so what is to be undone.
enum How {
    /// It was already.
    Already,
    /// With a thread state of this thread's.
    With(Place),
}

/// A thread's place in an interpreter: the thread state that it attaches with. There is never a second, because what C code learns
/// of `PyGILState_*` before 3.12 is right for one only.
pub(super) enum Place {
    /// CPython made the thread state: for a thread that Python code started, or for the thread that started CPython.
    Lent(ThreadState),
    /// We made it.
    Own(Own),
}

impl Place {
    /// Finds or makes it. The visit keeps the interpreter alive.
    pub(super) fn find(visit: &Visit) -> Result<Self, Error> {
        let record = &visit.record;
        if let Some(own) = Own::find(record.number) {
            return Ok(Self::Own(own));
        }
        if let Some(home) = record.home_state() {
            return Ok(Self::Lent(home));
        }
        // SAFETY: 1) what CPython keeps for a thread is alive, for a thread state is deleted on its own thread; 2) the visit keeps
        // the interpreter alive, so no other has its address.
        match ThreadState::kept().filter(|kept| unsafe { kept.interpreter() } == record.state) {
            Some(kept) => Ok(Self::Lent(kept)),
            // SAFETY: who holds the place drops it before the visit ends.
            None => unsafe { Own::new(record.number, record.state).map(Self::Own) },
        }
    }

    fn state(&self) -> ThreadState {
        match self {
            Self::Lent(state) => *state,
            Self::Own(own) => own.state(),
        }
    }
}

impl Entry {
    /// Enters.
    pub(super) fn new(record: &Arc<Record>) -> Result<Self, Error> {
        let visit = record.visit()?;
        if let Some(state) = ThreadState::current() {
            // SAFETY: what is current is alive; the visit keeps the interpreter alive, so no other has its address.
            if unsafe { state.interpreter() } == record.state {
                return Ok(Self { state, how: How::Already, _before: None, _visit: visit });
            }
        }
        let place = Place::find(&visit)?;
        let state = place.state();
        let before = Some(Detached::now());
        // SAFETY: the thread state is alive and this thread's: our own, or one that CPython keeps for as long as code of the
        // thread runs. The thread has detached. The runtime is finished only after the visit.
        unsafe { state.attach() };
        Ok(Self { state, how: How::With(place), _before: before, _visit: visit })
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        // SAFETY: the thread is attached with it: entries are dropped in the reverse order of their making, because `run` below
        // and the making of interpreters keep them in local variables. If the thread state is our own and this its last use,
        // all code has finished that ran on it.
        unsafe {
            match std::mem::replace(&mut self.how, How::Already) {
                How::Already => {}
                How::With(Place::Lent(state)) => state.detach(),
                How::With(Place::Own(own)) => own.leave(),
            }
        }
    }
}

/// Runs `code` in the interpreter.
pub(super) fn run<R, F>(record: &Arc<Record>, code: F) -> Result<R, Error>
where
    R: 'static,
    F: for<'py> FnOnce(Py<'py>) -> PyResult<'py, R> + 'static,
{
    refuse_behind()?;
    let _entry = Entry::new(record)?;
    // SAFETY: 1) attached until `_entry` is dropped, after everything branded; 2) `code` is generic over the brand, so that it can
    // neither choose nor keep it; 3) being 'static it captures no object of an entry that is under way, which it could otherwise
    // use in this interpreter, and `R` carries none out.
    let py = unsafe { Py::assume_attached() };
    code(py).map_err(|error| Error::raised(py, error))
}
