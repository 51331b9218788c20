//! Python awaitables as Rust futures.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use super::async_cx::{AsyncCx, AsyncError};
use super::wake::{CANCEL, call_soon};
use crate::arguments::vectorcall::Arguments;
use crate::brand::Py;
use crate::closure::Body;
use crate::cx::{Cx, Erased};
use crate::def::StateDef;
use crate::ffi;
use crate::object::err::PyResult;
use crate::object::obj::Obj;
use crate::object::slot::Slot;
use crate::root::Root;

/// What [`AsyncCx::awaiting`] returns: a future of the result of a Python awaitable. Dropped before, it cancels that.
#[must_use = "a future does nothing unless it is awaited"]
#[derive(Debug)]
pub struct Awaited {
    shared: Arc<Shared>,
    /// What the loop runs; nothing if it could not be started, and once the result is here.
    task: Option<Root>,
}

/// What the task and the future share.
#[derive(Debug)]
struct Shared(Mutex<State>);

#[derive(Debug)]
enum State {
    Waiting(Option<Waker>),
    Done(Result<Root, AsyncError>),
    Taken,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the outcome, and wakes who waits for it.
    fn finish(&self, outcome: Result<Root, AsyncError>) {
        let before = std::mem::replace(&mut *self.lock(), State::Done(outcome));
        if let State::Waiting(Some(waker)) = before {
            waker.wake();
        }
    }
}

impl<S: StateDef> AsyncCx<S>
where
    Erased<S>: StateDef<Module = S::Module> + 'static,
{
    /// Awaits a Python awaitable that `make` makes, such as the result of calling an `async def` function: the event
    /// loop runs it as a task of its own, which is cancelled if the result is dropped first.
    ///
    /// To be called on the thread of the loop, where an `async fn` that Python awaits runs.
    ///
    /// ```
    /// # #[insula::module]
    /// # mod demo {
    /// #     use insula::prelude::*;
    /// #     use insula::{AsyncCx, AsyncError};
    /// #     #[state]
    /// #     struct State;
    /// /// `await function(*arguments)`, twice.
    /// #[function]
    /// async fn twice(cx: AsyncCx<State>, function: Root) -> Result<(Root, Root), AsyncError> {
    ///     let again = function.clone();
    ///     let first = cx.awaiting(move |cx| function.bind(cx)?.call0()).await?;
    ///     let second = cx.awaiting(move |cx| again.bind(cx)?.call0()).await?;
    ///     Ok((first, second))
    /// }
    /// # }
    /// # fn main() {}
    /// ```
    ///
    /// The future's error is what the awaitable or `make` raises; `RuntimeError` where no event loop runs.
    pub fn awaiting<W>(&self, make: W) -> Awaited
    where
        W: for<'py> FnOnce(Cx<'py, Erased<S>>) -> PyResult<'py, Obj<'py>> + 'static,
    {
        let shared = Arc::new(Shared(Mutex::new(State::Waiting(None))));
        let callback = Arc::clone(&shared);
        match self.with(move |cx| start(cx, &make(cx)?, callback)) {
            Ok(task) => Awaited { shared, task: Some(task) },
            Err(error) => {
                shared.finish(Err(error));
                Awaited { shared, task: None }
            }
        }
    }
}

/// Has the loop run an awaitable.
fn start<'py, S: StateDef>(cx: Cx<'py, S>, awaitable: &Obj<'py>, shared: Arc<Shared>) -> PyResult<'py, Root> {
    // Outside of a loop, ensure_future would make a coroutine that nobody awaits.
    super::wake::running_loop(cx.py())?;
    let task = cx.py().import("asyncio")?.call_method("ensure_future", (awaitable,))?;
    let root = Root::new(cx, &task)?;
    root.start_messenger(cx.py())?;
    let done = cx.function("done", Slot::empty(), Box::new(Done(shared)))?;
    task.call_method("add_done_callback", (done,))?;
    Ok(root)
}

/// What the loop calls with the task once that is done.
struct Done(Arc<Shared>);

impl Body for Done {
    unsafe fn call<'a, 'py>(
        &self,
        py: Py<'py>,
        _: *mut ffi::PyObject,
        _: Option<Obj<'py>>,
        arguments: Arguments<'a, 'py>,
    ) -> PyResult<'py, Obj<'py>> {
        let (task,): (&Obj<'py>,) = arguments.extract(py)?;
        let outcome = task.call_method("result", ()).and_then(|result| Root::new(py, &result));
        self.0.finish(outcome.map_err(|error| AsyncError::raised(py, error)));
        Ok(py.none())
    }
}

impl Future for Awaited {
    type Output = Result<Root, AsyncError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.shared.lock();
        match std::mem::replace(&mut *state, State::Taken) {
            State::Waiting(_) => {
                *state = State::Waiting(Some(context.waker().clone()));
                Poll::Pending
            }
            State::Done(outcome) => {
                drop(state);
                self.task = None;
                Poll::Ready(outcome)
            }
            State::Taken => panic!("polled again after it was ready"),
        }
    }
}

impl Drop for Awaited {
    fn drop(&mut self) {
        // Cancelling a task that is done changes nothing.
        if let Some(task) = self.task.take() {
            task.attach_later(|task| call_soon(task, &CANCEL));
        }
    }
}
