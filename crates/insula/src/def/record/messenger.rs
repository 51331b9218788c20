//! The messenger of an interpreter: a thread that enters it for those who must not wait, as they would for its GIL.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::thread::unwind::dispose;

/// Something to do on the messenger's thread, which is attached to no interpreter.
pub(super) type Errand = Box<dyn FnOnce() + Send>;

/// The way to the thread. It holds no Python object, and ends once nobody can send it any more.
pub(super) struct Messenger(Mutex<Way>);

/// What the lock of a [`Messenger`] guards.
pub(super) struct Way {
    /// In a box, of which every byte is written: see [`Record`](super::Record).
    sender: Option<Box<Sender<Errand>>>,
    without: Without,
}

/// Why there is no sender, where there is none.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(usize)] // See `Record`: no padding.
enum Without {
    /// Nobody has asked for the thread.
    NotStarted,
    /// The thread stayed in the parent of a fork: who waits here waits for another.
    LeftBehind,
    /// The interpreter is ending, or has ended.
    Closed,
}

impl Messenger {
    pub(super) fn new() -> Self {
        Messenger(Mutex::new(Way { sender: None, without: Without::NotStarted }))
    }

    /// Starts the thread, unless it runs; whether the way is open now.
    pub(super) fn start(&self) -> io::Result<bool> {
        let mut way = self.lock();
        if way.sender.is_none() && way.without != Without::Closed {
            way.open()?;
        }
        Ok(way.sender.is_some())
    }

    /// Has it done, without waiting. Where the way is not open, the errand is dropped.
    pub(super) fn send(&self, errand: Errand) {
        // Neither sent nor dropped under the lock: an errand may hold what takes another.
        let sender = {
            let mut way = self.lock();
            if way.sender.is_none() && way.without == Without::LeftBehind {
                // Without a thread there is nobody to do it.
                let _ = way.open();
            }
            way.sender.clone()
        };
        if let Some(sender) = sender {
            // There is always a receiver; a failure gives the errand back, to be dropped here.
            let _ = sender.send(errand);
        }
    }

    /// Lets the thread end, once it has done what it was sent.
    pub(super) fn close(&self) {
        drop(std::mem::replace(&mut *self.lock(), Way { sender: None, without: Without::Closed }));
    }

    /// A panic cannot interrupt a change, so a poisoned lock is as good as another.
    pub(super) fn lock(&self) -> MutexGuard<'_, Way> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Way {
    /// Starts the thread.
    fn open(&mut self) -> io::Result<()> {
        let (sender, receiver) = channel();
        thread::Builder::new().name("insula-messenger".to_owned()).spawn(move || work(&receiver))?;
        self.sender = Some(Box::new(sender));
        Ok(())
    }

    /// In the child of a fork, where the thread is not: the next who asks for it or sends it something starts another.
    /// Another thread may have been using the channel, so that dropping this end could wait for ever.
    #[cfg(unix)]
    pub(super) fn keep_this_thread(&mut self) {
        if let Some(sender) = self.sender.take() {
            std::mem::forget(sender);
            self.without = Without::LeftBehind;
        }
    }
}

fn work(errands: &Receiver<Errand>) {
    for errand in errands {
        // The panic hook has reported a panic already; those that come after are not to suffer from it.
        if let Err(panic) = catch_unwind(AssertUnwindSafe(errand)) {
            dispose(panic);
        }
    }
}
