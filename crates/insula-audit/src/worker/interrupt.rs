//! Ctrl-C: ends every worker at once, and lets the auditor unwind so that its temporary folders go away.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
static CONTROLS: Mutex<BTreeMap<u64, File>> = Mutex::new(BTreeMap::new());
static NEXT: AtomicU64 = AtomicU64::new(0);

fn controls() -> MutexGuard<'static, BTreeMap<u64, File>> {
    CONTROLS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends all workers, and makes every later one end at once. To be called from a handler thread, not from a signal
/// handler.
pub fn interrupt() {
    INTERRUPTED.store(true, Ordering::SeqCst);
    controls().values_mut().for_each(end);
}

/// Whether [`interrupt`] was called.
pub fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

/// A worker with all its descendants, which an interruption must end; they end in any case when this value goes away.
pub(crate) struct Family(u64);

impl Family {
    /// That of the supervisor at the other end of this pipe.
    pub(crate) fn behind(control: OwnedFd) -> Self {
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        controls().insert(id, control.into());
        let family = Self(id);
        // The interruption may have come between the start of the process and the line above.
        if interrupted() {
            family.end();
        }
        family
    }

    /// Ends them all.
    pub(crate) fn end(&self) {
        if let Some(control) = controls().get_mut(&self.0) {
            end(control);
        }
    }
}

impl Drop for Family {
    fn drop(&mut self) {
        self.end();
        controls().remove(&self.0);
    }
}

fn end(control: &mut File) {
    // A supervisor that has ended reads nothing any more, which is as well.
    let _ = control.write_all(b"x");
}
