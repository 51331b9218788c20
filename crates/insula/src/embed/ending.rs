//! Ending an interpreter.

use std::sync::Arc;

use super::code::import;
use super::error::Error;
use super::gate::refuse_behind;
use super::record::{Record, is_visiting};
use crate::brand::Py;
use crate::ffi;
use crate::object::err::PyResult;
use crate::object::obj::Obj;
use crate::object::types::{Dict, Str};
use crate::thread::detach::Detached;
#[cfg(not(Py_3_12))]
use crate::thread::state::State;
use crate::thread::state::ThreadState;

/// Ends an interpreter that is not the main one.
pub(super) fn end(record: &Arc<Record>) -> Result<(), Error> {
    refuse_behind()?;
    let place = ThreadState::current().or_else(ThreadState::kept);
    // The thread that started CPython keeps its thread state wherever it is.
    let is_inside = is_visiting() || place.is_some_and(|place| place != record.runtime.home);
    let claim = record.claim(!is_inside, place)?;
    let _before = Detached::now();
    // SAFETY: the claim is this thread's alone, and nobody is inside. The thread has detached.
    unsafe { close(record)? };
    record.runtime.forget(record);
    claim.ended();
    Ok(())
}

/// Has CPython end the interpreter.
///
/// # Safety
///
/// The interpreter is alive, not the main one, and nobody else enters or ends it. The thread is not attached.
unsafe fn close(record: &Record) -> Result<(), Error> {
    // Before 3.12 the GIL is still held when the interpreter has ended, and it takes a thread state to release it.
    #[cfg(not(Py_3_12))]
    // SAFETY: the main interpreter lives at least until every other has ended; this is deleted below.
    let after = unsafe { ThreadState::new(State::main())? };
    // SAFETY: 1) the interpreter is alive; the thread state, made here, is this thread's and current; 2) `wind_up` saw
    // that it and the first are the last, and the first is deleted, as Py_EndInterpreter demands; code that still runs
    // before that are destructors; 3) it deletes the thread state, so what remains is to forget it; 4) before 3.12 the
    // GIL is held then, with no thread state current.
    unsafe {
        let state = ThreadState::new(record.state)?;
        state.attach();
        let left = wind_up(record, state);
        if left == 0 {
            // CPython 3.12 shares the values in the dictionaries of `sys` and `builtins` among all interpreters, each
            // counting references under its own GIL: who is made takes some while who ends gives some up. So these two
            // never go on at the same time. Nobody waits for the gate with a GIL.
            #[cfg(all(Py_3_12, not(Py_3_13)))]
            let _passage = {
                state.detach();
                let passage = record.runtime.gate.pass();
                state.attach();
                passage
            };
            record.first.delete_unused();
            ffi::Py_EndInterpreter(state.as_ptr());
            state.forget();
        } else {
            state.delete();
        }
        #[cfg(not(Py_3_12))]
        {
            if left == 0 {
                ffi::PyThreadState_Swap(after.as_ptr());
            } else {
                after.attach();
            }
            after.delete();
        }
        if left == 0 { Ok(()) } else { Err(Error::Threads(left)) }
    }
}

/// Does what CPython does first when it ends an interpreter: waits for its threads and runs the exit functions. Then it
/// would abort the process if threads are left; this counts them instead.
///
/// # Safety
///
/// The thread is attached with `state` to the interpreter of `record`.
pub(super) unsafe fn wind_up(record: &Record, state: ThreadState) -> usize {
    // SAFETY: attached.
    let py = unsafe { Py::assume_attached() };
    for step in [join_threads, run_exit_functions] {
        if let Err(error) = step(py) {
            error.restore(py);
            // SAFETY: attached; as CPython does with an exception at this place. NULL stands for no object.
            unsafe { ffi::PyErr_WriteUnraisable(std::ptr::null_mut()) };
        }
    }
    // SAFETY: attached, so the interpreter is alive.
    unsafe { record.state.threads_except([state, record.first]) }
}

/// A module, if it was imported.
fn imported<'py>(py: Py<'py>, name: &str) -> PyResult<'py, Option<Obj<'py>>> {
    let modules = import(py, "sys")?.getattr("modules")?;
    match modules.downcast::<Dict>() {
        Some(modules) => modules.get(&Str::new(py, name)?),
        None => Ok(None),
    }
}

/// `threading._shutdown()`, which CPython calls a second time; that then finds something that does nothing.
fn join_threads(py: Py<'_>) -> PyResult<'_, ()> {
    if let Some(threading) = imported(py, "threading")? {
        let shutdown = threading.getattr("_shutdown")?;
        threading.setattr("_shutdown", py.none().get_type())?;
        shutdown.call0()?;
    }
    Ok(())
}

/// `atexit`'s functions, each once: CPython's own call finds none.
fn run_exit_functions(py: Py<'_>) -> PyResult<'_, ()> {
    if let Some(atexit) = imported(py, "atexit")? {
        atexit.getattr("_run_exitfuncs")?.call0()?;
    }
    Ok(())
}
