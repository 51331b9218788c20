//! How a future that is ready to go on reaches the event loop of its interpreter.

use std::ffi::CStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Wake;

use crate::brand::Py;
use crate::def::MethodTable;
use crate::ffi;
use crate::object::err::PyResult;
use crate::object::obj::{Any, Obj};
use crate::root::Root;
use crate::trampoline::enter;

/// The waker of one poll. Any thread may wake it, whatever locks it holds: so it neither waits nor attaches. Between
/// polls the coroutine does not hold it: where nobody is left to wake it, what waits is released.
pub(super) struct Waking(Mutex<State>);

enum State {
    /// The future is being polled, or it was polled and nobody waits any more.
    Polled,
    /// It is ready to go on.
    Woken,
    /// The coroutine has given this `asyncio.Future` to the event loop, which waits for it.
    Waiting(Root),
}

impl Waking {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Waking(Mutex::new(State::Polled)))
    }

    /// What a coroutine yields whose future waits: an `asyncio.Future` of the running loop that is done once somebody
    /// wakes it; `None`, which is a turn of the loop, if somebody has. Where a task waits for the `first` future
    /// already, it is that one: each wake is for all who wait.
    pub(super) fn wait<'py>(&self, py: Py<'py>, first: Option<Obj<'py>>) -> PyResult<'py, Obj<'py>> {
        if matches!(*self.lock(), State::Woken) {
            return Ok(py.none());
        }
        let future = match first {
            Some(future) => future,
            None => running_loop(py)?.call_method("create_future", ())?,
        };
        let root = Root::new(py, &future)?;
        root.start_messenger(py)?;
        {
            let mut state = self.lock();
            if matches!(*state, State::Polled) {
                *state = State::Waiting(root);
            } else {
                drop(state);
                return Ok(py.none());
            }
        }
        // As `Future.__await__` does for the task that it is yielded to.
        future.setattr("_asyncio_future_blocking", true)?;
        Ok(future)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Waking {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let before = std::mem::replace(&mut *self.lock(), State::Woken);
        if let State::Waiting(root) = before {
            root.attach_later(|future| call_soon(future, &DONE));
        }
    }
}

/// Nobody is left to wake it: the loop's future is released, and with it what waits for it. Where no code of the
/// interpreter's is running that could come with a root, its messenger does.
impl Drop for Waking {
    fn drop(&mut self) {
        let state = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let State::Waiting(root) = std::mem::replace(state, State::Polled)
            && !root.is_here()
        {
            root.attach_later(|_| Ok(()));
        }
    }
}

/// The event loop that runs on this thread.
///
/// # Errors
///
/// `RuntimeError` if none does.
pub(super) fn running_loop<'py>(py: Py<'py>) -> PyResult<'py, Obj<'py>> {
    py.import("asyncio")?.call_method("get_running_loop", ())
}

/// What a coroutine has yielded, if it is a future that a task can still wait for: it is not done, nor its loop closed.
pub(super) fn outstanding<'py>(yielded: Option<Obj<'py>>) -> PyResult<'py, Option<Obj<'py>>> {
    let Some(future) = yielded.filter(|yielded| !yielded.is_none()) else { return Ok(None) };
    let is_over = future.call_method("done", ())?.is_truthy()?
        || future.call_method("get_loop", ())?.call_method("is_closed", ())?.is_truthy()?;
    Ok(if is_over { None } else { Some(future) })
}

/// Whether the loop of a future is the one that runs on this thread.
pub(super) fn is_of_running_loop<'py>(future: &Obj<'py>) -> PyResult<'py, bool> {
    let running = future.py().import("asyncio")?.call_method("_get_running_loop", ())?;
    Ok(future.call_method("get_loop", ())?.is(&running))
}

/// Has the loop of a future or task call a function with it, on its own thread. Where the loop is closed, it raises.
pub(super) fn call_soon<'py>(future: &Obj<'py>, function: &'static MethodTable<2>) -> PyResult<'py, ()> {
    let py = future.py();
    // SAFETY: a complete definition that lives as long as the library, and a live object.
    let function: Obj<'py> = unsafe { Obj::from_owned(py, ffi::PyCFunction_New(function.as_ptr(), future.as_ptr()))? };
    future.call_method("get_loop", ())?.call_method("call_soon_threadsafe", (function,)).map(drop)
}

/// `set_result(None)`.
pub(super) static DONE: MethodTable<2> = method(c"wake", done);

/// `cancel()`.
pub(super) static CANCEL: MethodTable<2> = method(c"cancel", cancel);

const fn method(name: &'static CStr, function: ffi::PyCFunction) -> MethodTable<2> {
    MethodTable::new([
        ffi::PyMethodDef {
            ml_name: name.as_ptr(),
            ml_meth: ffi::PyMethodDefPointer { PyCFunction: function },
            ml_flags: ffi::METH_NOARGS,
            ml_doc: std::ptr::null(),
        },
        MethodTable::END,
    ])
}

unsafe extern "C" fn done(future: *mut ffi::PyObject, _: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: CPython calls it, attached, with the object that the function was made with.
    unsafe {
        enter(|py| {
            let future = Obj::<Any>::from_place(&future);
            // Its task may have been cancelled meanwhile.
            if !future.call_method("done", ())?.is_truthy()? {
                future.call_method("set_result", (py.none(),))?;
            }
            Ok(py.none().into_ptr())
        })
    }
}

unsafe extern "C" fn cancel(task: *mut ffi::PyObject, _: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: CPython calls it, attached, with the object that the function was made with.
    unsafe { enter(|py| Obj::<Any>::from_place(&task).call_method("cancel", ()).map(|_| py.none().into_ptr())) }
}
