//! Ctrl-C: ends every worker at once, and lets the auditor unwind so that its temporary folders go away.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
static GROUPS: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());

fn groups() -> MutexGuard<'static, BTreeSet<i32>> {
    GROUPS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends all workers, and makes every later one end at once. To be called from a handler thread, not from a signal handler.
pub fn interrupt() {
    INTERRUPTED.store(true, Ordering::SeqCst);
    for group in groups().iter() {
        kill_group(*group);
    }
}

/// Whether [`interrupt`] was called.
pub fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

/// A process group that an interruption must end; it ends in any case when this value goes away.
pub(crate) struct Group(i32);

impl Group {
    pub(crate) fn of(leader: u32) -> Self {
        let id = i32::try_from(leader).unwrap_or(0);
        groups().insert(id);
        // The interruption may have come between the start of the process and the line above.
        if interrupted() {
            kill_group(id);
        }
        Self(id)
    }

    pub(crate) fn kill(&self) {
        kill_group(self.0);
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        kill_group(self.0);
        groups().remove(&self.0);
    }
}

fn kill_group(id: i32) {
    if id > 1 {
        // SAFETY: kill takes two integers and touches no memory; a group that has ended gives an error, which is fine.
        unsafe { libc::kill(-id, libc::SIGKILL) };
    }
}
