//! An entry: this thread, attached to an interpreter for a time.

use std::sync::Arc;

use super::error::Error;
use super::gate::refuse_behind;
use super::record::{Record, Visit};
use crate::brand::Py;
use crate::object::err::PyResult;
use crate::thread::attachment::Attachment;

/// This thread is attached to the interpreter until this is dropped; then it is attached to what it was before.
pub(super) struct Entry {
    // Dropped in this order: detach, then leave.
    pub(super) attachment: Attachment,
    _visit: Visit,
}

impl Entry {
    /// Enters.
    pub(super) fn new(record: &Arc<Record>) -> Result<Self, Error> {
        let visit = record.visit()?;
        // SAFETY: 1) the visit keeps the interpreter alive; 2) on the thread that started CPython this is its thread
        // state;
        // 3) `run` below and the making of interpreters keep entries in local variables.
        let attachment = unsafe { Attachment::new(record.state, record.home_state())? };
        Ok(Self { attachment, _visit: visit })
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
    // SAFETY: 1) attached until `_entry` is dropped, after everything branded; 2) `code` is generic over the brand, so
    // that it can neither choose nor keep it; 3) being 'static it captures no object of an entry that is under way,
    // which it could otherwise use in this interpreter, and `R` carries none out.
    let py = unsafe { Py::assume_attached() };
    code(py).map_err(|error| Error::raised(py, error))
}
