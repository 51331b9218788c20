//! What the workers of this thread have cost. A module is audited on one thread, so that this is what it cost.

use std::cell::Cell;
use std::time::Duration;

/// Processes and their processor time.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cost {
    /// How many workers were started.
    pub(crate) workers: u32,
    /// The processor time of these, of all that they started, and of this thread.
    pub(crate) processor: Duration,
}

thread_local! {
    static SPENT: Cell<Cost> = const { Cell::new(Cost { workers: 0, processor: Duration::ZERO }) };
}

pub(super) fn add(processor: Duration) {
    let so_far = SPENT.get();
    SPENT.set(Cost { workers: so_far.workers + 1, processor: so_far.processor + processor });
}

/// What was spent up to now; who takes it twice knows what was spent between.
pub(crate) fn so_far() -> Cost {
    let spent = SPENT.get();
    Cost { processor: spent.processor + own(), ..spent }
}

fn own() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the structure lives across the call, which writes it.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    Duration::new(time.tv_sec.cast_unsigned(), u32::try_from(time.tv_nsec).unwrap_or(0))
}
