//! INS502: "I need no GIL", against what all threads share.

use insula_xray::{GilSlot, Holds};

use super::common::globals::{global, object, place};
use super::ins109::native_state;
use super::{Found, Judgement};
use crate::observations::Observations;

/// Functions of locks. A file that calls none of them protects nothing by a lock.
const LOCKS: [&str; 14] = [
    "PyMutex_Lock",
    "_PyMutex_LockSlow",
    "PyCriticalSection_Begin",
    "PyCriticalSection2_Begin",
    "PyCriticalSection_BeginMutex",
    "PyThread_acquire_lock",
    "PyThread_acquire_lock_timed",
    "PyEval_AcquireThread",
    "pthread_mutex_lock",
    "pthread_rwlock_wrlock",
    "pthread_spin_lock",
    "mtx_lock",
    "sem_wait",
    "futex",
];

pub(super) fn check(seen: &Observations) -> Judgement {
    if seen.feature < (3, 13) {
        return Judgement::not_run("there are no free-threaded builds before CPython 3.13");
    }
    if seen.definition.as_ref().and_then(|definition| definition.gil) != Some(GilSlot::NotUsed) {
        return Judgement::not_run("it does not declare that it needs no GIL (INS501)");
    }
    let hits = match &seen.hits {
        Ok(hits) => hits,
        Err(gap) => return Judgement::gap(&gap.clone().behind("no X-ray")),
    };
    let locks = LOCKS.iter().any(|lock| seen.imports(lock));
    let protection = if locks { "does a lock guard each use?" } else { "without a lock that could guard it" };
    let globals = hits.iter().filter(|hit| hit.holds == Holds::MutableObject);
    let globals = globals.map(|hit| (hit.vaddr, hit.symbol.as_deref(), hit));
    let behind = seen.in_use.deep.iter().flatten().filter(|one| one.object.holds == Holds::MutableObject);
    let behind = behind.map(|one| (one.vaddr, one.symbol.as_deref(), &one.object));
    let objects = globals.chain(behind).map(|(vaddr, symbol, hit)| {
        let message = format!("{}: threads share {}, {protection}", place(seen, vaddr, symbol), object(hit));
        global(seen, vaddr, symbol, Some(hit), message).minor(locks)
    });
    let words = native_state(seen).map(|one| {
        let symbol = one.symbol.as_deref();
        let message =
            format!("{}: threads share native state; is it atomic, or under a lock?", place(seen, one.vaddr, symbol));
        global(seen, one.vaddr, symbol, None, message).minor(true)
    });
    Judgement::of(objects.chain(words).collect::<Vec<Found>>())
}
