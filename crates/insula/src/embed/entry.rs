//! An entry: this thread, attached to an interpreter for a time.

use std::sync::Arc;

use super::error::Error;
use super::gate::refuse_behind;
use super::record::{Record, Visit};
use super::thread_state::{Detached, ThreadState};
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
    /// With a thread state that it has for longer.
    Lent,
    /// With a new thread state.
    New,
}

impl Entry {
    /// Enters.
    pub(super) fn new(record: &Arc<Record>) -> Result<Self, Error> {
        let visit = record.visit()?;
        if let Some(state) = ThreadState::current() {
            // SAFETY: what is current is alive; the visit keeps the interpreter alive, so no other has its address.
            if unsafe { state.interpreter() } == record.state {
                visit.lend(state);
                return Ok(Self { state, how: How::Already, _before: None, _visit: visit });
            }
        }
        let before = Some(Detached::now());
        let (state, how) = match visit.known {
            Some(state) => (state, How::Lent),
            // SAFETY: the visit keeps the interpreter alive; the entry deletes the thread state before the visit ends.
            None => (unsafe { ThreadState::new(record.state)? }, How::New),
        };
        // SAFETY: the thread state is alive and this thread's: new, lent by an outer entry that is under way, or that which
        // the thread has in the main interpreter. The thread has detached. The runtime is finished only after the visit.
        unsafe { state.attach() };
        visit.lend(state);
        Ok(Self { state, how, _before: before, _visit: visit })
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        // SAFETY: the thread is attached with it: entries are dropped in the reverse order of their making, because `run` below
        // and the making of interpreters keep them in local variables. A new one has run no code that is not finished.
        unsafe {
            match self.how {
                How::Already => {}
                How::Lent => self.state.detach(),
                How::New => self.state.delete(),
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
    // SAFETY: attached until `_entry` is dropped, after everything branded.
    unsafe { branded(code) }
}

/// Calls `code` with a fresh brand.
///
/// # Safety
///
/// The thread is attached, and stays so for the call.
pub(super) unsafe fn branded<R, F>(code: F) -> Result<R, Error>
where
    R: 'static,
    F: for<'py> FnOnce(Py<'py>) -> PyResult<'py, R> + 'static,
{
    // SAFETY: 1) attached, by the caller's promise; 2) `code` is generic over the brand, so that it can neither choose nor keep
    // it; 3) being 'static it captures no object of an entry that is under way, which it could otherwise use in this
    // interpreter, and `R` carries none out.
    let py = unsafe { Py::assume_attached() };
    code(py).map_err(|error| Error::raised(py, error))
}
