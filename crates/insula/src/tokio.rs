//! tokio for async functions (feature `tokio`): a runtime that belongs to the process, and to no interpreter.

use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::task::{Context, Poll};

use ::tokio::runtime::{Builder, Runtime};
pub use ::tokio::task::JoinError;
use ::tokio::task::JoinHandle;

use crate::object::raise::errors;

/// A runtime and the process that it was started in: the child of a fork has none of its threads.
struct Started {
    process: u32,
    runtime: Runtime,
}

/// Process-global: the runtime of the process, shared by all interpreters. It holds no Python state. What is given to
/// it is `Send + 'static`, so no object is among it but through a `Root`, and its threads are attached to no
/// interpreter.
static RUNTIME: AtomicPtr<Started> = AtomicPtr::new(ptr::null_mut());

/// The runtime of the process, with a thread for each processor; started when somebody first asks.
///
/// It is never shut down: an interpreter that ends takes its coroutines with it, and so the futures that they await. In
/// the child of a fork, it is another.
///
/// # Errors
///
/// If the operating system gives no threads.
///
/// ```
/// let runtime = insula::tokio::runtime()?;
/// assert_eq!(runtime.block_on(async { 1 }), 1); // waits: not where the thread is attached
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn runtime() -> io::Result<&'static Runtime> {
    let process = std::process::id();
    let found = RUNTIME.load(Ordering::Acquire);
    // SAFETY: what is put there came from a `Box` that nothing frees.
    if let Some(started) = unsafe { found.as_ref() }
        && started.process == process
    {
        return Ok(&started.runtime);
    }
    let runtime = Builder::new_multi_thread().enable_all().thread_name("insula-tokio").build()?;
    let made = Box::into_raw(Box::new(Started { process, runtime }));
    match RUNTIME.compare_exchange(found, made, Ordering::AcqRel, Ordering::Acquire) {
        // A runtime of the parent's is left alone: dropping it would wait for threads that are not there.
        // SAFETY: the box that nothing frees from now on.
        Ok(_) => Ok(unsafe { &(*made).runtime }),
        Err(_) => {
            // SAFETY: another thread was faster, and nobody has seen this one.
            unsafe { Box::from_raw(made) }.runtime.shutdown_background();
            self::runtime()
        }
    }
}

/// Runs a future on the threads of the runtime, where it needs no GIL. The result is a future, too; dropped before it
/// is ready, it aborts the other. So what an `async fn` awaits here ends with it.
///
/// ```
/// # #[insula::module]
/// # mod demo {
/// #     use insula::prelude::*;
/// #     #[state]
/// #     struct State;
/// # async fn sum() -> u64 { 1 }
/// #[function]
/// async fn work() -> Result<u64, insula::tokio::JoinError> {
///     insula::tokio::spawn(sum()).await
/// }
/// # }
/// # fn main() {}
/// ```
///
/// # Panics
///
/// If the operating system gives no threads for the [`runtime`].
pub fn spawn<F>(future: F) -> Spawned<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    Spawned(started().spawn(future))
}

/// What [`spawn`] returns. Its error is a [`JoinError`]: the future panicked.
#[must_use = "dropped, it aborts the future"]
#[derive(Debug)]
pub struct Spawned<T>(JoinHandle<T>);

impl<T> Future for Spawned<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context)
    }
}

impl<T> Drop for Spawned<T> {
    fn drop(&mut self) {
        // Of one that is done, there is nothing to abort.
        self.0.abort();
    }
}

/// Awaits a future of tokio's where it is, inside the runtime: timers, sockets and channels need one to be made and
/// polled in. Make them in an `async` block:
///
/// ```
/// # #[insula::module]
/// # mod demo {
/// #     use insula::prelude::*;
/// #     #[state]
/// #     struct State;
/// # mod tokio { pub mod time { pub async fn sleep(_: std::time::Duration) {} } }
/// #[function]
/// async fn sleep(seconds: f64) {
///     insula::tokio::within(async move {
///         tokio::time::sleep(std::time::Duration::from_secs_f64(seconds)).await;
///     })
///     .await
/// }
/// # }
/// # fn main() {}
/// ```
///
/// # Panics
///
/// As [`spawn`].
pub async fn within<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    poll_fn(|context| {
        let _inside = started().enter();
        future.as_mut().poll(context)
    })
    .await
}

fn started() -> &'static Runtime {
    runtime().unwrap_or_else(|error| panic!("no threads for tokio's runtime: {error}"))
}

errors! { JoinError }
