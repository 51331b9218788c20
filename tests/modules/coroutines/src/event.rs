//! Futures that know nothing of Python, for the module to await.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// How many [`Counted`] there are in the process.
static ALIVE: AtomicUsize = AtomicUsize::new(0);

/// Plain data in a future, whose end is seen.
pub(crate) struct Counted;

impl Counted {
    pub(crate) fn new() -> Self {
        ALIVE.fetch_add(1, Ordering::SeqCst);
        Counted
    }

    pub(crate) fn alive() -> usize {
        ALIVE.load(Ordering::SeqCst)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        ALIVE.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Events by number: whether each happened, and who waits for it.
#[derive(Default)]
struct Events(HashMap<u64, (bool, Vec<Waker>)>);

static EVENTS: Mutex<Option<Events>> = Mutex::new(None);

fn events() -> MutexGuard<'static, Option<Events>> {
    EVENTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits for the event of a number.
pub(crate) struct Event(pub(crate) u64);

impl Future for Event {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut events = events();
        let (happened, waiting) = events.get_or_insert_default().0.entry(self.0).or_default();
        if *happened {
            return Poll::Ready(());
        }
        waiting.push(context.waker().clone());
        Poll::Pending
    }
}

/// Has an event happen. Wakes under the lock that `poll` takes, as some libraries do: a waker that waited for a GIL
/// would never get it.
pub(crate) fn fire(number: u64) {
    let mut events = events();
    let (happened, waiting) = events.get_or_insert_default().0.entry(number).or_default();
    *happened = true;
    for waker in waiting.drain(..) {
        waker.wake_by_ref();
        // Twice is as good as once.
        waker.wake();
    }
}

/// Wakes all who wait for an event, which has not happened.
pub(crate) fn disturb(number: u64) {
    let wakers = events().get_or_insert_default().0.entry(number).or_default().1.split_off(0);
    wakers.into_iter().for_each(Waker::wake);
}

/// Forgets who waits for an event.
pub(crate) fn forget(number: u64) {
    let forgotten = events().get_or_insert_default().0.remove(&number);
    drop(forgotten);
}

/// Lets others run so many times.
pub(crate) struct Turns(pub(crate) u64);

impl Future for Turns {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.0 == 0 {
            return Poll::Ready(());
        }
        self.0 -= 1;
        context.waker().wake_by_ref();
        Poll::Pending
    }
}
