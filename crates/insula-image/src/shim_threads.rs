//! Shims for threads: a thread that attaches without saying to which interpreter attaches to the image's own.
//!
//! `PyGILState_Ensure` and its kin mean the main interpreter, says CPython's documentation ("Non-Python created
//! threads", "Sub-interpreter support"). A thread state made here is deleted when the thread leaves: one left over
//! would be there when the interpreter ends.

use std::cell::Cell;
use std::ffi::{CStr, c_int};
use std::sync::atomic::Ordering;

use pyo3_ffi as ffi;

use crate::life;
use crate::mending::{self, Mending};
use crate::owner::Owner;
use crate::shims::{Shim, owner, shims};

pub(crate) static SHIMS: &[Shim] = &shims! {
    c"PyGILState_Ensure" => ensure,
    c"PyGILState_Release" => release,
    c"PyGILState_Check" => check,
    c"PyGILState_GetThisThreadState" => this_thread,
    c"PyInterpreterState_Main" => main_interpreter,
    c"PyInterpreterState_Head" => main_interpreter,
    c"PyInterpreterState_Next" => next_interpreter,
    c"PyThreadState_New" => new_thread_state,
    c"PyEval_SaveThread" => save_thread,
    c"PyEval_RestoreThread" => restore_thread,
    c"PyEval_ReleaseThread" => release_thread,
    c"PyEval_AcquireThread" => acquire_thread,
    c"PyThreadState_Delete" => delete,
    c"PyThreadState_DeleteCurrent" => delete_current,
};

/// Those of some versions only.
#[cfg(not(Py_3_15))]
pub(crate) static MORE: &[Shim] = &[];
#[cfg(Py_3_15)]
pub(crate) static MORE: &[Shim] = &shims! {
    c"PyInterpreterView_FromMain" => view_from_main,
};

/// Whether a test asked to leave a shim out.
pub(crate) fn left_out(name: &CStr) -> bool {
    let mending = match name.to_bytes() {
        b"Py_AddPendingCall" => Mending::Pending,
        b"PyModule_Create2" => Mending::Single,
        b"__cxa_atexit" | b"Py_AtExit" => Mending::Atexit,
        name if name.starts_with(b"PyGILState") || name.starts_with(b"PyInterpreter") => Mending::Foreign,
        _ => return false,
    };
    mending::left_out(mending)
}

/// One attachment of this thread by [`ensure`].
struct Frame {
    below: *mut Frame,
    state: *mut ffi::PyThreadState,
    /// The number that the thread has at the owner's gate, if the thread state was made for it.
    guest: Option<u64>,
    /// What the thread was attached with before.
    before: *mut ffi::PyThreadState,
    /// What CPython had noted as this thread's own, while it was not attached.
    noted: *mut ffi::PyThreadState,
    #[cfg(not(Py_3_12))]
    saved: Saved,
}

thread_local! {
    /// The attachments of this thread, the last first. Plain pointers: a destructor would tie this copy to the thread.
    static TOP: Cell<*mut Frame> = const { Cell::new(std::ptr::null_mut()) };
}

/// What a thread detached from by way of an image, before it attaches again; and how often, for it may be attached by
/// others between.
#[cfg(not(Py_3_12))]
type Saved = (*mut ffi::PyThreadState, usize);

#[cfg(not(Py_3_12))]
thread_local! {
    static SAVED: Cell<Saved> = const { Cell::new((std::ptr::null_mut(), 0)) };
}

/// The thread state that this thread is attached with, or NULL.
#[cfg(Py_3_12)]
fn current() -> *mut ffi::PyThreadState {
    // SAFETY: the function has no precondition; from 3.12 on it answers for this thread.
    unsafe { ffi::compat::PyThreadState_GetUnchecked() }
}

/// The thread state that this thread is attached with, or NULL. Before 3.12 CPython says who holds the GIL, not whether
/// that is this thread: it is, if the thread came from Python or by way of `ensure`, and has not detached by way of an
/// image since.
#[cfg(not(Py_3_12))]
fn current() -> *mut ffi::PyThreadState {
    let detached = SAVED.get().1 > 0;
    // SAFETY: the functions have no precondition while CPython is initialised.
    unsafe {
        let known = !TOP.get().is_null() || !ffi::PyGILState_GetThisThreadState().is_null();
        if detached || !known { std::ptr::null_mut() } else { ffi::compat::PyThreadState_GetUnchecked() }
    }
}

/// Whether a thread state is the owner's interpreter's.
///
/// # Safety
///
/// It is NULL or alive.
unsafe fn belongs(state: *mut ffi::PyThreadState, owner: &Owner) -> bool {
    // SAFETY: alive, by the caller's promise.
    !state.is_null() && unsafe { ffi::PyThreadState_GetInterpreter(state) } == owner.interpreter()
}

/// The thread state that this thread has in the owner's interpreter though it is not attached with it now, or NULL.
fn detached(owner: &Owner) -> *mut ffi::PyThreadState {
    let mut frame = TOP.get();
    while !frame.is_null() {
        // SAFETY: frames are this thread's, and freed only after they were taken off.
        let this = unsafe { &*frame };
        // One that `ensure` made is the owner's, and may be gone if the gate does not let the thread back in.
        // SAFETY: any other state of a frame is alive until the frame is taken off.
        if guest(this.state).is_some() || unsafe { belongs(this.state, owner) } {
            return this.state;
        }
        frame = this.below;
    }
    #[cfg(not(Py_3_12))]
    {
        let (saved, count) = SAVED.get();
        // SAFETY: a thread that detached attaches with the same thread state again, so it is alive.
        if count > 0 && unsafe { belongs(saved, owner) } {
            return saved;
        }
    }
    // SAFETY: CPython takes the note back when the thread deletes the thread state; the thread is not past that.
    unsafe {
        let noted = ffi::PyGILState_GetThisThreadState();
        if belongs(noted, owner) { noted } else { std::ptr::null_mut() }
    }
}

/// Whether this thread is attached to the owner's interpreter.
pub(crate) fn is_attached(owner: &Owner) -> bool {
    // SAFETY: what is current is alive.
    unsafe { belongs(current(), owner) }
}

/// Waits for ever, as CPython has a thread wait that asks for an interpreter after its end.
fn hang(owner: &Owner) -> ! {
    owner.hung.fetch_add(1, Ordering::Relaxed);
    owner.gate.stops();
    std::thread::sleep(life::PATIENCE);
    if !owner.has_ended() {
        life::say(&format!(
            "interpreter {} does not end: does it wait for one of its native threads? They wait for ever now",
            owner.id
        ));
    }
    loop {
        // SAFETY: pause(2) has no precondition.
        unsafe { libc::pause() };
    }
}

/// The number that this thread has at the gate with a thread state that [`ensure`] made.
fn guest(state: *mut ffi::PyThreadState) -> Option<u64> {
    let mut frame = TOP.get();
    while !frame.is_null() {
        // SAFETY: frames are this thread's, and freed only after they were taken off.
        let this = unsafe { &*frame };
        if this.state == state && this.guest.is_some() {
            return this.guest;
        }
        frame = this.below;
    }
    None
}

/// Lets the thread in that is about to attach again. It waits for ever if its thread state is gone.
fn comes_back(state: *mut ffi::PyThreadState) {
    if let Some(guest) = guest(state)
        && !owner().gate.comes_back(guest)
    {
        hang(owner());
    }
}

/// Notes that the thread has detached.
fn goes_out(state: *mut ffi::PyThreadState) {
    if let Some(guest) = guest(state) {
        owner().gate.goes_out(guest);
    }
}

const LOCKED: c_int = 0;
const UNLOCKED: c_int = 1;

unsafe extern "C" fn ensure() -> c_int {
    let owner = owner();
    if owner.has_ended() {
        hang(owner);
    }
    // SAFETY: CPython's rules for thread states ("Thread State and the Global Interpreter Lock"): 1) what is current is
    // alive, and so is what this thread is detached from, once the gate has let it back in; 2) a new one is made only
    // after the gate has let the thread in, and is there until the thread leaves, or goes out and is dismissed; 3) the
    // thread detaches from what it is attached with before it attaches.
    unsafe {
        let before = current();
        if belongs(before, owner) {
            return LOCKED;
        }
        let mut state = detached(owner);
        let mut guest = None;
        let mut noted = std::ptr::null_mut();
        if state.is_null() {
            if before.is_null() {
                noted = ffi::PyGILState_GetThisThreadState();
            }
            guest = owner.gate.enter();
            let Some(number) = guest else { hang(owner) };
            state = ffi::PyThreadState_New(owner.interpreter());
            if state.is_null() {
                ffi::Py_FatalError(c"no memory for a thread state".as_ptr());
            }
            owner.gate.has_state(number, state);
        } else {
            comes_back(state);
        }
        if !before.is_null() {
            ffi::PyEval_SaveThread();
        }
        #[cfg(not(Py_3_12))]
        let saved = SAVED.replace((std::ptr::null_mut(), 0));
        ffi::PyEval_RestoreThread(state);
        let frame = Frame {
            below: TOP.get(),
            state,
            guest,
            before,
            noted,
            #[cfg(not(Py_3_12))]
            saved,
        };
        TOP.set(Box::into_raw(Box::new(frame)));
    }
    UNLOCKED
}

unsafe extern "C" fn release(how: c_int) {
    if how == LOCKED {
        return;
    }
    let top = TOP.get();
    if top.is_null() {
        // SAFETY: ends the process with a message, as CPython does.
        unsafe { ffi::Py_FatalError(c"PyGILState_Release without PyGILState_Ensure".as_ptr()) };
    }
    let owner = owner();
    // SAFETY: 1) frames come from `ensure`, on this thread, and are taken off once; 2) the thread is attached with the
    // frame's state, as callers of PyGILState_Release are; 3) it attaches again with what it was attached with before.
    unsafe {
        let frame = Box::from_raw(top);
        TOP.set(frame.below);
        if let Some(guest) = frame.guest {
            ffi::PyThreadState_Clear(frame.state);
            ffi::PyThreadState_DeleteCurrent();
            owner.gate.leave(guest);
        } else {
            goes_out(ffi::PyEval_SaveThread());
        }
        #[cfg(not(Py_3_12))]
        SAVED.set(frame.saved);
        if !frame.before.is_null() {
            ffi::PyEval_RestoreThread(frame.before);
        } else if frame.guest.is_some() && !frame.noted.is_null() {
            // From 3.12 on CPython notes what the thread was last attached with: it is to find its own again.
            #[cfg(Py_3_12)]
            {
                ffi::PyEval_RestoreThread(frame.noted);
                ffi::PyEval_SaveThread();
            }
        }
    }
}

unsafe extern "C" fn check() -> c_int {
    let owner = owner();
    c_int::from(!owner.has_ended() && is_attached(owner))
}

unsafe extern "C" fn this_thread() -> *mut ffi::PyThreadState {
    let owner = owner();
    if owner.has_ended() {
        return std::ptr::null_mut();
    }
    let current = current();
    // SAFETY: what is current is alive.
    if unsafe { belongs(current, owner) } { current } else { detached(owner) }
}

unsafe extern "C" fn main_interpreter() -> *mut ffi::PyInterpreterState {
    owner().interpreter()
}

/// For its images, the interpreter is the only one.
unsafe extern "C" fn next_interpreter(_: *mut ffi::PyInterpreterState) -> *mut ffi::PyInterpreterState {
    std::ptr::null_mut()
}

unsafe extern "C" fn new_thread_state(interpreter: *mut ffi::PyInterpreterState) -> *mut ffi::PyThreadState {
    let owner = owner();
    if owner.has_ended() && interpreter == owner.interpreter() {
        hang(owner);
    }
    // SAFETY: the caller's own promise to CPython.
    unsafe { ffi::PyThreadState_New(interpreter) }
}

#[cfg(Py_3_15)]
unsafe extern "C" {
    /// PEP 788; not in pyo3-ffi.
    fn PyInterpreterView_FromCurrent() -> *mut std::ffi::c_void;
}

#[cfg(Py_3_15)]
unsafe extern "C" fn view_from_main() -> *mut std::ffi::c_void {
    // SAFETY: attached between the two calls.
    unsafe {
        let how = ensure();
        let view = PyInterpreterView_FromCurrent();
        if view.is_null() {
            ffi::PyErr_Clear();
        }
        release(how);
        view
    }
}

/// Notes that a thread detaches by way of an image.
unsafe extern "C" fn save_thread() -> *mut ffi::PyThreadState {
    // SAFETY: the caller's own promise to CPython.
    let state = unsafe { ffi::PyEval_SaveThread() };
    saved(state);
    goes_out(state);
    state
}

/// Notes that it attaches again.
unsafe extern "C" fn restore_thread(state: *mut ffi::PyThreadState) {
    comes_back(state);
    restored();
    // SAFETY: the caller's own promise to CPython; if the thread state was made by `ensure`, it is there still.
    unsafe { ffi::PyEval_RestoreThread(state) }
}

/// Notes that a thread detaches by way of an image.
unsafe extern "C" fn release_thread(state: *mut ffi::PyThreadState) {
    saved(state);
    // SAFETY: the caller's own promise to CPython.
    unsafe { ffi::PyEval_ReleaseThread(state) }
    goes_out(state);
}

/// Notes that it attaches again: pybind11 detaches in one way, and attaches in the other.
unsafe extern "C" fn acquire_thread(state: *mut ffi::PyThreadState) {
    comes_back(state);
    restored();
    // SAFETY: as in `restore_thread`.
    unsafe { ffi::PyEval_AcquireThread(state) }
}

/// Notes that a thread detaches for good from a thread state that it made. What it detached from before is there still.
unsafe extern "C" fn delete_current() {
    #[cfg(not(Py_3_12))]
    {
        let (saved, count) = SAVED.get();
        SAVED.set((saved, count + 1));
    }
    // SAFETY: callers are attached.
    let state = unsafe { ffi::PyThreadState_Get() };
    // SAFETY: the caller's own promise to CPython.
    unsafe { ffi::PyThreadState_DeleteCurrent() }
    deleted(state);
}

/// Notes that there is a thread state less.
unsafe extern "C" fn delete(state: *mut ffi::PyThreadState) {
    // SAFETY: the caller's own promise to CPython.
    unsafe { ffi::PyThreadState_Delete(state) }
    deleted(state);
}

/// Takes off what [`ensure`] has noted of a thread state that the thread itself has deleted: nobody will release it.
fn deleted(state: *mut ffi::PyThreadState) {
    owner().gate.has_no_state(state);
    while !TOP.get().is_null() {
        // SAFETY: frames come from `ensure`, on this thread.
        let (of, below) = unsafe { ((*TOP.get()).state, (*TOP.get()).below) };
        if of != state {
            return;
        }
        // SAFETY: it was taken from its box, and is taken off here.
        drop(unsafe { Box::from_raw(TOP.replace(below)) });
    }
}

#[cfg(not(Py_3_12))]
fn saved(state: *mut ffi::PyThreadState) {
    SAVED.set((state, SAVED.get().1 + 1));
}

#[cfg(not(Py_3_12))]
fn restored() {
    let (saved, count) = SAVED.get();
    SAVED.set((saved, count.saturating_sub(1)));
}

/// From 3.12 on CPython itself knows whether a thread is attached.
#[cfg(Py_3_12)]
fn saved(_: *mut ffi::PyThreadState) {}

#[cfg(Py_3_12)]
fn restored() {}
