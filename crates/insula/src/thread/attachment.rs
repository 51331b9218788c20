//! An attachment: this thread, attached to an interpreter for a time.

use crate::thread::checked::{Away, Entry};
use crate::thread::detach::Detached;
use crate::thread::pending::Pending;
use crate::thread::state::{NoMemory, Own, State, ThreadState};

/// This thread is attached to the interpreter until this is dropped; then it is attached to what it was before.
pub(crate) struct Attachment {
    how: How,
    /// What was raised on the thread state before, and is again afterwards.
    pending: Option<Pending>,
    // Dropped after the body of `drop`: attaches again to what was.
    _before: Option<Detached>,
    _here: Option<Away>,
    _entry: Option<Entry>,
}

/// How the thread came to be attached, and so what is to be undone.
enum How {
    /// It was already, with this.
    Already(#[cfg_attr(not(feature = "embed"), expect(dead_code, reason = "embedding asks"))] ThreadState),
    /// With a thread state of this thread's.
    With(Place),
}

/// A thread's place in an interpreter: the thread state that it attaches with. There is never a second, because what C
/// code learns of `PyGILState_*` before 3.12 is right for one only.
pub(crate) enum Place {
    /// CPython made the thread state: for a thread that Python code started, or for the thread that started CPython.
    Lent(ThreadState),
    /// We made it.
    Own(Own),
}

impl Place {
    /// Finds or makes it. `home` is the thread's own, where that is known.
    ///
    /// # Safety
    ///
    /// The interpreter is alive until the place is dropped; `home` is this thread's thread state in it.
    pub(crate) unsafe fn find(interpreter: State, home: Option<ThreadState>) -> Result<Self, NoMemory> {
        if let Some(own) = Own::find(interpreter) {
            return Ok(Self::Own(own));
        }
        if let Some(home) = home {
            return Ok(Self::Lent(home));
        }
        // SAFETY: 1) what CPython keeps for a thread is alive, for a thread state is deleted on its own thread; 2) the
        // interpreter is alive, so no other has its address.
        match ThreadState::kept().filter(|kept| unsafe { kept.interpreter() } == interpreter) {
            Some(kept) => Ok(Self::Lent(kept)),
            // SAFETY: the caller's promise.
            None => unsafe { Own::new(interpreter).map(Self::Own) },
        }
    }

    fn state(&self) -> ThreadState {
        match self {
            Self::Lent(state) => *state,
            Self::Own(own) => own.state(),
        }
    }
}

impl Attachment {
    /// Attaches.
    ///
    /// # Safety
    ///
    /// The interpreter is alive, and neither ends nor is finalised before this is dropped. `home` is this thread's
    /// thread state in it. The attachments of a thread are dropped in the reverse order of their making.
    pub(crate) unsafe fn new(interpreter: State, home: Option<ThreadState>) -> Result<Self, NoMemory> {
        if let Some(state) = ThreadState::current() {
            // SAFETY: what is current is alive; the interpreter is alive, so no other has its address.
            if unsafe { state.interpreter() } == interpreter {
                // SAFETY: attached with this thread state, also when this is dropped.
                let pending = Some(unsafe { Pending::take() });
                return Ok(Self { how: How::Already(state), pending, _before: None, _here: None, _entry: None });
            }
        }
        // SAFETY: the caller's promise.
        let place = unsafe { Place::find(interpreter, home)? };
        let here = Away::now(false);
        let state = place.state();
        let before = Some(Detached::now());
        // SAFETY: the thread state is alive and this thread's: our own, or one that CPython keeps for as long as code
        // of the thread runs. The thread has detached. The interpreter is not finalised before this is dropped.
        unsafe { state.attach() };
        // SAFETY: attached with this thread state; what is taken is set again before the thread detaches.
        let pending = Some(unsafe { Pending::take() });
        Ok(Self { how: How::With(place), pending, _before: before, _here: Some(here), _entry: Some(Entry::begin()) })
    }

    /// The thread state that it is attached with.
    #[cfg(feature = "embed")]
    pub(crate) fn state(&self) -> ThreadState {
        match &self.how {
            How::Already(state) => *state,
            How::With(place) => place.state(),
        }
    }
}

impl Drop for Attachment {
    fn drop(&mut self) {
        drop(self.pending.take());
        // SAFETY: the thread is attached with it, by the promise about the order. If the thread state is our own and
        // this its last use, all code has finished that ran on it.
        unsafe {
            match &self.how {
                How::Already(_) => {}
                How::With(Place::Lent(state)) => state.detach(),
                How::With(Place::Own(own)) => own.leave(),
            }
        }
    }
}
