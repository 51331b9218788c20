//! `ProcessGlobal`: what belongs to the process, not to a module object (HOWTO, "Managing Global State").

use std::sync::{Mutex, MutexGuard, TryLockError};
use std::thread::{self, ThreadId};

use crate::brand::Py;
use crate::object::err::{PyErr, PyResult};
use crate::object::exceptions::{BuiltinException, RuntimeError};
use crate::thread::detach::detached;

/// A resource of the whole process, such as a terminal or a device: plain data behind a lock that works across
/// interpreters, also those with a GIL of their own. The module gives access to it and does not own it.
///
/// A Python object cannot be in it: that does not compile.
///
/// ```
/// use insula::ProcessGlobal;
/// use insula::prelude::*;
///
/// static LED: ProcessGlobal<bool> = ProcessGlobal::new(false);
///
/// fn switch(py: Py<'_>, on: bool) -> PyResult<'_, bool> {
///     LED.with(py, |led| std::mem::replace(led, on))
/// }
/// ```
#[derive(Debug)]
pub struct ProcessGlobal<T: Send + 'static> {
    value: Mutex<T>,
    /// The thread that is using the value, to tell a thread that comes back from one that waits.
    user: Mutex<Option<ThreadId>>,
}

impl<T: Send + 'static> ProcessGlobal<T> {
    /// The resource, with its first value.
    pub const fn new(value: T) -> Self {
        ProcessGlobal { value: Mutex::new(value), user: Mutex::new(None) }
    }

    /// Uses the value. Others wait, detached from their interpreters: whoever uses it may run Python code.
    ///
    /// # Errors
    ///
    /// `RuntimeError` if this thread is using it already, or if a use panicked.
    pub fn with<'py, R>(&self, py: Py<'py>, work: impl FnOnce(&mut T) -> R) -> PyResult<'py, R> {
        let mut value = self.lock(py)?;
        *self.user() = Some(thread::current().id());
        let _leave = Leave(self);
        Ok(work(&mut value))
    }

    fn lock<'py>(&self, py: Py<'py>) -> PyResult<'py, MutexGuard<'_, T>> {
        match self.value.try_lock() {
            Ok(guard) => return Ok(guard),
            Err(TryLockError::Poisoned(_)) => return Err(poisoned(py)),
            Err(TryLockError::WouldBlock) => {}
        }
        if *self.user() == Some(thread::current().id()) {
            return Err(RuntimeError::new_err(py, "this thread is using the resource already"));
        }
        // SAFETY: attached, and waiting for a lock touches no object.
        let guard = unsafe { detached(|| self.value.lock()) };
        guard.map_err(|_| poisoned(py))
    }

    fn user(&self) -> MutexGuard<'_, Option<ThreadId>> {
        self.user.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

fn poisoned(py: Py<'_>) -> PyErr<'_> {
    RuntimeError::new_err(py, "the resource is unusable: an earlier use panicked")
}

/// Notes that nobody uses the value any more, also after a panic.
struct Leave<'a, T: Send + 'static>(&'a ProcessGlobal<T>);

impl<T: Send + 'static> Drop for Leave<'_, T> {
    fn drop(&mut self) {
        *self.0.user() = None;
    }
}
