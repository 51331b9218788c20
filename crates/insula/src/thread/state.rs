//! Thread states: how a thread attaches to an interpreter.
//!
//! A thread state belongs to one thread and one interpreter. From 3.12 on CPython binds it to the thread that makes it,
//! and keeps a pointer to it in that thread's storage, which only that thread can take back: so each is made, used and
//! deleted by one and the same thread.

use std::cell::{Cell, RefCell};
use std::ptr::NonNull;
use std::rc::{Rc, Weak};

use crate::ffi;

#[cfg(not(Py_3_12))]
thread_local! {
    /// The thread states that this thread made and has not deleted.
    static MINE: RefCell<Vec<ThreadState>> = const { RefCell::new(Vec::new()) };
    /// The one with which CPython called this thread's innermost entry.
    static HERE: Cell<Option<ThreadState>> = const { Cell::new(None) };
}

thread_local! {
    /// The thread states of this thread that all who are attached to the same interpreter share.
    static SHARED: RefCell<Vec<Weak<Kept>>> = const { RefCell::new(Vec::new()) };
}

/// A thread state. Only its address is kept here: whoever uses it says why it is alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ThreadState(NonNull<ffi::PyThreadState>);

// SAFETY: the address alone crosses threads; it is used by the thread that made the thread state only.
unsafe impl Send for ThreadState {}
// SAFETY: as above.
unsafe impl Sync for ThreadState {}

/// An interpreter's own structure. Only its address is kept here, as with [`ThreadState`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct State(NonNull<ffi::PyInterpreterState>);

// SAFETY: the address alone crosses threads; CPython's functions that take it may be called on any thread.
unsafe impl Send for State {}
// SAFETY: as above.
unsafe impl Sync for State {}

/// CPython has no memory for a thread state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoMemory;

impl State {
    /// The interpreter that this thread is attached to.
    ///
    /// # Safety
    ///
    /// The thread is attached.
    pub(crate) unsafe fn current() -> Self {
        // SAFETY: the caller's promise; the result is never NULL then.
        Self(unsafe { NonNull::new_unchecked(ffi::PyInterpreterState_Get()) })
    }

    /// The main interpreter.
    ///
    /// # Safety
    ///
    /// CPython is initialised.
    #[cfg(not(Py_3_12))]
    pub(crate) unsafe fn main() -> Self {
        // SAFETY: the caller's promise; an initialised runtime has a main interpreter.
        Self(unsafe { NonNull::new_unchecked(ffi::PyInterpreterState_Main()) })
    }

    #[cfg(feature = "embed")]
    /// The address.
    pub(crate) fn as_ptr(self) -> *mut ffi::PyInterpreterState {
        self.0.as_ptr()
    }

    #[cfg(feature = "checked")]
    /// The address, as a number.
    pub(crate) fn address(self) -> usize {
        self.0.addr().get()
    }

    #[cfg(feature = "embed")]
    /// How many thread states the interpreter has, but for these.
    ///
    /// # Safety
    ///
    /// The interpreter is alive, and the thread is attached to it: no thread of it can begin or end meanwhile.
    pub(crate) unsafe fn threads_except(self, except: [ThreadState; 2]) -> usize {
        let mut count = 0;
        // SAFETY: the caller's promise: the list does not change while it is walked.
        unsafe {
            let mut thread = ffi::PyInterpreterState_ThreadHead(self.0.as_ptr());
            while let Some(state) = NonNull::new(thread) {
                count += usize::from(!except.contains(&ThreadState(state)));
                thread = ffi::PyThreadState_Next(thread);
            }
        }
        count
    }
}

impl ThreadState {
    #[cfg(feature = "embed")]
    /// The thread state with which CPython left this thread attached when it started or made an interpreter.
    pub(crate) fn made_by_cpython(pointer: *mut ffi::PyThreadState) -> Option<Self> {
        NonNull::new(pointer).map(Self)
    }

    /// Takes no more note of a thread state that is about to be, or was, deleted.
    pub(crate) fn forget(self) {
        // Where the thread's own storage is gone already, no entry of ours is under way on it.
        #[cfg(not(Py_3_12))]
        let _ = MINE.try_with(|mine| mine.borrow_mut().retain(|other| *other != self));
    }

    /// A new thread state for this thread.
    ///
    /// # Safety
    ///
    /// The interpreter is alive and does not end before the thread state is deleted.
    pub(crate) unsafe fn new(interpreter: State) -> Result<Self, NoMemory> {
        #[cfg(not(Py_3_12))]
        // SAFETY: the caller's promise.
        let _gil = unsafe { Gil::for_new(interpreter)? };
        // SAFETY: the interpreter is alive; CPython does not ask for the GIL.
        let pointer = NonNull::new(unsafe { ffi::PyThreadState_New(interpreter.0.as_ptr()) });
        let state = pointer.map(Self).ok_or(NoMemory)?;
        #[cfg(not(Py_3_12))]
        let _ = MINE.try_with(|mine| mine.borrow_mut().push(state));
        Ok(state)
    }

    /// The address.
    pub(crate) fn as_ptr(self) -> *mut ffi::PyThreadState {
        self.0.as_ptr()
    }

    /// The thread state with which this thread is attached, whoever made it.
    pub(crate) fn current() -> Option<Self> {
        // SAFETY: the function has no precondition.
        let current = Self(NonNull::new(unsafe { ffi::compat::PyThreadState_GetUnchecked() })?);
        // Before 3.12 that is the thread state of whichever thread holds the GIL: it is ours only if CPython
        // called us with it, if this thread made it, or if CPython made it for this thread. Another thread's cannot be
        // equal to one of those.
        #[cfg(not(Py_3_12))]
        {
            let mine =
                HERE.get() == Some(current) || MINE.try_with(|mine| mine.borrow().contains(&current)).unwrap_or(false);
            // SAFETY: the function has no precondition once CPython was initialised, and nothing is attached before.
            if !mine && unsafe { ffi::PyGILState_GetThisThreadState() } != current.as_ptr() {
                return None;
            }
        }
        Some(current)
    }

    /// The thread state that CPython keeps in this thread's storage, also while it is detached: for a thread of
    /// Python's, or one that is inside an entry, it says where the thread is going to be again.
    pub(crate) fn kept() -> Option<Self> {
        // SAFETY: the function has no precondition once CPython was initialised.
        NonNull::new(unsafe { ffi::PyGILState_GetThisThreadState() }).map(Self)
    }

    /// The interpreter of a thread state.
    ///
    /// # Safety
    ///
    /// The thread state is alive.
    pub(crate) unsafe fn interpreter(self) -> State {
        // SAFETY: the caller's promise; the result is never NULL.
        State(unsafe { NonNull::new_unchecked(ffi::PyThreadState_GetInterpreter(self.as_ptr())) })
    }

    /// Attaches this thread with it.
    ///
    /// # Safety
    ///
    /// The thread state is alive and this thread's, the thread is not attached, and the runtime is not being finished.
    pub(crate) unsafe fn attach(self) {
        // SAFETY: the caller's promise.
        unsafe { ffi::PyEval_RestoreThread(self.as_ptr()) }
    }

    /// Detaches the thread: the one place that does. The thread state was current.
    ///
    /// # Safety
    ///
    /// The thread is attached. The result is attached again on this thread only.
    #[inline]
    pub(crate) unsafe fn detach_current() -> Self {
        // SAFETY: attached, by the caller's promise, so what was current is not NULL.
        Self(unsafe { NonNull::new_unchecked(ffi::PyEval_SaveThread()) })
    }

    /// Detaches the thread, which this is current on.
    ///
    /// # Safety
    ///
    /// It is current.
    pub(crate) unsafe fn detach(self) {
        // SAFETY: the caller's promise.
        let left = unsafe { Self::detach_current() };
        debug_assert_eq!(left, self, "the thread state was exchanged during an entry");
    }

    #[cfg(feature = "embed")]
    /// Deletes the thread state that an interpreter was made with, whichever thread made it.
    ///
    /// # Safety
    ///
    /// It is alive, and nothing attached with it since the thread that made it detached and attached with another: it
    /// is in no thread's storage. This thread is attached to its interpreter with another.
    pub(crate) unsafe fn delete_unused(self) {
        // SAFETY: the caller's promise.
        unsafe {
            ffi::PyThreadState_Clear(self.as_ptr());
            ffi::PyThreadState_Delete(self.as_ptr());
        }
    }

    /// Deletes it and leaves the thread not attached.
    ///
    /// # Safety
    ///
    /// The thread is attached with it, and no Python code is running on it.
    pub(crate) unsafe fn delete(self) {
        // SAFETY: the caller's promise: it is current. Clearing may run destructors, for which it stays usable.
        unsafe {
            ffi::PyThreadState_Clear(self.as_ptr());
            ffi::PyThreadState_DeleteCurrent();
        }
        self.forget();
    }
}

/// The GIL that all interpreters share before 3.12, held with a thread state of the main interpreter that
/// `PyGILState_*` know nothing of.
///
/// `PyThreadState_New` does not ask for the GIL, but `_xxsubinterpreters` relies on it: it runs code in an interpreter,
/// and ends it, with the *first* of its thread states, having looked that there is no other. A new one becomes the
/// first, so none may come between.
#[cfg(not(Py_3_12))]
struct Gil(ThreadState);

#[cfg(not(Py_3_12))]
impl Gil {
    /// Takes it, where a new thread state of this interpreter needs that and the thread does not have it.
    ///
    /// # Safety
    ///
    /// The interpreter is alive, and neither ends nor is finalised before this is dropped.
    unsafe fn for_new(interpreter: State) -> Result<Option<Self>, NoMemory> {
        // SAFETY: an interpreter is alive, so CPython is initialised.
        let main = unsafe { State::main() };
        // Nobody ends the main interpreter with another's thread state.
        if interpreter == main || ThreadState::current().is_some() {
            return Ok(None);
        }
        // SAFETY: the main interpreter lives as long as any.
        let new = || NonNull::new(unsafe { ffi::PyThreadState_New(main.0.as_ptr()) }).map(ThreadState).ok_or(NoMemory);
        // CPython keeps the first thread state that a thread has for `PyGILState_*`. That is to be the one that is made
        // with the GIL, so what keeps its place is gone by then, and what holds the GIL is a second.
        let first = new()?;
        let second = new();
        // SAFETY: 1) the thread state is new and this thread's, the thread is not attached, and the runtime is not
        // finished before an interpreter; 2) with the GIL, the current thread state may be exchanged for another of
        // this thread's (C API, `PyThreadState_Swap`), and one that is not current and ran no code be cleared and
        // deleted; 3) where there is no second, the first is current.
        unsafe {
            first.attach();
            match second {
                Ok(second) => {
                    ffi::PyThreadState_Swap(second.as_ptr());
                    ffi::PyThreadState_Clear(first.as_ptr());
                    ffi::PyThreadState_Delete(first.as_ptr());
                }
                Err(NoMemory) => first.delete(),
            }
        }
        second.map(|second| Some(Self(second)))
    }
}

#[cfg(not(Py_3_12))]
impl Drop for Gil {
    fn drop(&mut self) {
        // SAFETY: it is this thread's and current, and ran no code. Another thread's must not become current, however
        // briefly: that thread would take itself for attached (`ThreadState::current`).
        unsafe { self.0.delete() }
    }
}

/// While this is kept, the thread knows that it is attached. CPython before 3.12 does not say so where it made the
/// thread state for a sub-interpreter: see [`ThreadState::current`]. Who would attach there again would wait for
/// itself.
pub(crate) struct Here {
    /// That of the entry around this one.
    #[cfg(not(Py_3_12))]
    before: Option<ThreadState>,
    _not_send: std::marker::PhantomData<*mut ()>,
}

impl Here {
    /// # Safety
    ///
    /// The thread is attached, and is so again, with the same thread state, when this is dropped.
    #[inline(always)]
    pub(crate) unsafe fn note() -> Self {
        Here {
            #[cfg(not(Py_3_12))]
            // SAFETY: attached, by the caller's promise, so what is current is this thread's and not NULL.
            before: HERE.replace(Some(ThreadState(unsafe { NonNull::new_unchecked(ffi::PyThreadState_Get()) }))),
            _not_send: std::marker::PhantomData,
        }
    }
}

#[cfg(not(Py_3_12))]
impl Drop for Here {
    #[inline(always)]
    fn drop(&mut self) {
        HERE.set(self.before);
    }
}

/// A thread state of ours: this thread's in an interpreter, shared by those entries and sessions that use it at a time.
pub(crate) struct Own(Rc<Kept>);

struct Kept {
    interpreter: State,
    state: ThreadState,
    deleted: Cell<bool>,
}

impl Own {
    /// The one that this thread has in this interpreter, which is alive.
    pub(crate) fn find(interpreter: State) -> Option<Self> {
        // What is found is alive, so its interpreter is: no other has the address.
        let find = |shared: &RefCell<Vec<Weak<Kept>>>| {
            shared.borrow().iter().filter_map(Weak::upgrade).find(|kept| kept.interpreter == interpreter)
        };
        SHARED.try_with(find).ok().flatten().map(Self)
    }

    /// Makes it.
    ///
    /// # Safety
    ///
    /// The interpreter is alive until this and all that find it are dropped.
    pub(crate) unsafe fn new(interpreter: State) -> Result<Self, NoMemory> {
        // SAFETY: the caller's promise.
        let state = unsafe { ThreadState::new(interpreter)? };
        let kept = Rc::new(Kept { interpreter, state, deleted: Cell::new(false) });
        // Where the thread's own storage is gone already, the next entry makes another.
        let _ = SHARED.try_with(|shared| shared.borrow_mut().push(Rc::downgrade(&kept)));
        Ok(Self(kept))
    }

    /// The thread state.
    pub(crate) fn state(&self) -> ThreadState {
        self.0.state
    }

    /// Detaches from it; deletes it if nobody else uses it.
    ///
    /// # Safety
    ///
    /// The thread is attached with it, and all code that ran on it for the caller has finished.
    pub(crate) unsafe fn leave(&self) {
        if Rc::strong_count(&self.0) > 1 {
            // SAFETY: the caller's promise.
            unsafe { self.state().detach() };
        } else {
            // Nobody finds it any more when destructors run.
            self.0.withdraw();
            // SAFETY: the caller's promise, and this is the only one who uses it.
            unsafe { self.state().delete() };
        }
    }
}

impl Kept {
    fn withdraw(&self) {
        self.deleted.set(true);
        let _ = SHARED.try_with(|shared| {
            let this = std::ptr::from_ref(self);
            shared.borrow_mut().retain(|kept| !std::ptr::eq(kept.as_ptr(), this));
        });
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        if !self.deleted.get() {
            self.withdraw();
            let _before = super::detach::Detached::now();
            // SAFETY: it is alive and this thread's, for an `Rc` does not leave its thread, and nobody uses it any
            // more. The thread has detached.
            unsafe {
                self.state.attach();
                self.state.delete();
            }
        }
    }
}
