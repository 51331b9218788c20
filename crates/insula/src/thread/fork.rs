//! Forks. The child has the thread that forked and no other: nobody there would release a lock that another thread
//! held. So the forking thread holds all locks of ours itself at that moment, as POSIX suggests for libraries
//! (`pthread_atfork`, "Rationale"), and releases them afterwards in both processes.

use std::cell::RefCell;
use std::ffi::c_int;
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError, Weak};

/// What has locks. Nobody holds two of them, or waits under one: so they can be taken in any order.
pub(crate) trait Locks: Send + Sync {
    /// Takes them all.
    fn hold(&self) -> Box<dyn Held + '_>;
}

/// The locks, until this is dropped.
pub(crate) trait Held {
    /// In the child: forgets the other threads.
    fn keep_this_thread(&mut self);
}

/// Everything that has locks.
static WATCHED: Mutex<Vec<Weak<dyn Locks>>> = Mutex::new(Vec::new());

/// What the forking thread holds.
struct Forking {
    held: Vec<(Box<dyn Held>, Arc<dyn Locks>)>,
    _watched: MutexGuard<'static, Vec<Weak<dyn Locks>>>,
}

thread_local! {
    static FORKING: RefCell<Option<Forking>> = const { RefCell::new(None) };
}

unsafe extern "C" {
    fn pthread_atfork(
        before: Option<unsafe extern "C" fn()>,
        in_parent: Option<unsafe extern "C" fn()>,
        in_child: Option<unsafe extern "C" fn()>,
    ) -> c_int;
}

/// Has these locks held when the process forks.
pub(crate) fn watch(locks: &Arc<impl Locks + 'static>) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: three functions without conditions, which POSIX calls on the forking thread. Where there is no memory
        // for them, a fork is what it is without them. The C library forgets them when it unloads this one.
        unsafe { pthread_atfork(Some(before), Some(in_parent), Some(in_child)) };
    });
    let mut watched = watched();
    watched.retain(|other| other.strong_count() > 0);
    let locks: Weak<dyn Locks> = Arc::<_>::downgrade(locks) as _;
    watched.push(locks);
}

fn watched() -> MutexGuard<'static, Vec<Weak<dyn Locks>>> {
    WATCHED.lock().unwrap_or_else(PoisonError::into_inner)
}

unsafe extern "C" fn before() {
    let watched = watched();
    let alive: Vec<Arc<dyn Locks>> = watched.iter().filter_map(Weak::upgrade).collect();
    let hold = |locks: Arc<dyn Locks>| {
        let held = locks.hold();
        // SAFETY: what is held borrows from what the `Arc` keeps in its place; it lies beside, and is dropped after it.
        let held = unsafe { std::mem::transmute::<Box<dyn Held + '_>, Box<dyn Held>>(held) };
        (held, locks)
    };
    let forking = Forking { held: alive.into_iter().map(hold).collect(), _watched: watched };
    // A thread whose own storage is gone already forks without.
    let _ = FORKING.try_with(|place| place.replace(Some(forking)));
}

unsafe extern "C" fn in_parent() {
    let _ = FORKING.try_with(|place| drop(place.take()));
}

unsafe extern "C" fn in_child() {
    let _ = FORKING.try_with(|place| {
        let mut forking = place.take();
        forking.iter_mut().flat_map(|forking| &mut forking.held).for_each(|(held, _)| held.keep_this_thread());
    });
}
