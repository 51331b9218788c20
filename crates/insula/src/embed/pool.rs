//! Pools: jobs on several interpreters at once.

use std::collections::VecDeque;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};

use super::code;
use super::error::Error;
use super::gate::{lock, wait};
use super::options::InterpreterConfig;
use super::runtime::Handle;
use super::session::Session;
use super::value::{Pickle, Value, pickle};
use crate::brand::Py;
use crate::object::err::PyResult;
use crate::thread::detach::Detached;
use crate::thread::unwind::dispose;

/// Interpreters, each on a thread of its own, that run jobs. Made with [`Handle::pool`].
///
/// Which of them runs a job is open: jobs share nothing but what each interpreter keeps from one to the next.
///
/// Dropping the pool discards the jobs that have not begun and ends the interpreters; [`finish`](Self::finish) runs
/// them first.
///
/// ```no_run
/// # use insula::embed::{Error, Handle, InterpreterConfig, import};
/// # fn f(runtime: &Handle) -> Result<(), Error> {
/// let pool = runtime.pool(2, &InterpreterConfig::own_gil())?;
/// let text = "[1, 2, 3]".to_owned();
/// let job = pool.run(move |py| {
///     let list = import(py, "json")?.getattr("loads")?.call_one(&insula::types::Str::new(py, &text)?)?;
///     list.extract::<Vec<i64>>()
/// });
/// assert_eq!(job.wait()?, [1, 2, 3]);
/// # Ok(())
/// # }
/// ```
pub struct Pool {
    queue: Arc<Queue>,
    workers: Vec<JoinHandle<Result<(), Error>>>,
}

/// The jobs that wait.
pub(super) struct Queue {
    state: Mutex<Waiting>,
    changed: Condvar,
}

type Task = Box<dyn FnOnce(&Session) + Send>;

struct Waiting {
    tasks: VecDeque<Task>,
    /// No more jobs come.
    closed: bool,
}

impl Queue {
    /// Discards what waits, and lets the workers end.
    pub(super) fn close(&self) {
        let discarded = self.no_more(true);
        // Outside the lock: dropping a job runs its user's code.
        drop(discarded);
    }

    fn no_more(&self, discard: bool) -> VecDeque<Task> {
        let mut waiting = lock(&self.state);
        waiting.closed = true;
        let discarded = if discard { std::mem::take(&mut waiting.tasks) } else { VecDeque::new() };
        drop(waiting);
        self.changed.notify_all();
        discarded
    }

    fn push(&self, task: Task) {
        let mut waiting = lock(&self.state);
        if waiting.closed {
            // Dropped outside the lock, its receiver learns of it.
            drop(waiting);
            return drop(task);
        }
        waiting.tasks.push_back(task);
        drop(waiting);
        self.changed.notify_one();
    }

    /// The next job, when there is one.
    fn pop(&self) -> Option<Task> {
        let mut waiting = lock(&self.state);
        loop {
            match waiting.tasks.pop_front() {
                Some(task) => return Some(task),
                None if waiting.closed => return None,
                None => waiting = wait(&self.changed, waiting),
            }
        }
    }
}

impl Pool {
    pub(super) fn new(runtime: &Handle, count: usize, config: &InterpreterConfig) -> Result<Self, Error> {
        let queue = Arc::new(Queue {
            state: Mutex::new(Waiting { tasks: VecDeque::new(), closed: false }),
            changed: Condvar::new(),
        });
        runtime.enlist(&queue)?;
        let mut pool = Self { queue, workers: Vec::new() };
        let (ready, readiness) = sync_channel(count);
        for number in 0..count {
            let (runtime, config, queue, ready) = (runtime.clone(), *config, Arc::clone(&pool.queue), ready.clone());
            let thread = thread::Builder::new().name(format!("insula pool {number}"));
            let worker = thread.spawn(move || work(&runtime, &config, &queue, ready));
            pool.workers.push(worker.map_err(|error| Error::Failed(format!("no thread for the pool: {error}")))?);
        }
        drop(ready);
        // The workers need the main interpreter while they make their own: this thread must not keep it from them.
        let detached = Detached::now();
        let results: Result<(), Error> = readiness.iter().collect();
        drop(detached);
        results.map(|()| pool)
    }

    /// How many interpreters there are.
    pub fn len(&self) -> usize {
        self.workers.len()
    }

    /// Whether there are none, so that no job ever runs.
    pub fn is_empty(&self) -> bool {
        self.workers.is_empty()
    }

    /// Runs Rust code in one of the interpreters. See [`Interpreter::run`](super::Interpreter::run) for what it may
    /// capture; here it goes to another thread, too.
    pub fn run<R, F>(&self, code: F) -> Job<R>
    where
        R: Send + 'static,
        F: for<'py> FnOnce(Py<'py>) -> PyResult<'py, R> + Send + 'static,
    {
        let (answer, result) = sync_channel(1);
        self.queue.push(Box::new(move |session| answer_with(&answer, session, code)));
        Job { result }
    }

    /// Runs statements in the namespace of `__main__` of one of the interpreters.
    pub fn exec(&self, code: &str) -> Job<()> {
        let code = code.to_owned();
        self.run(move |py| code::exec(py, &code))
    }

    /// Calls a function of a module by its name.
    pub fn call(&self, module: &str, function: &str, args: Vec<Value>) -> Job<Value> {
        let (module, function) = (module.to_owned(), function.to_owned());
        self.run(move |py| Value::from_object(&code::call(py, &module, &function, args)?))
    }

    /// Calls a function by its name; the result leaves as a pickle.
    pub fn call_pickled(&self, module: &str, function: &str, args: Vec<Value>) -> Job<Pickle> {
        let (module, function) = (module.to_owned(), function.to_owned());
        self.run(move |py| pickle(&code::call(py, &module, &function, args)?))
    }

    /// Runs all jobs, then ends the interpreters.
    ///
    /// # Errors
    ///
    /// The first error of an interpreter that could not be ended, usually [`Error::Threads`].
    pub fn finish(mut self) -> Result<(), Error> {
        self.queue.no_more(false);
        self.join()
    }

    /// Waits for the workers.
    fn join(&mut self) -> Result<(), Error> {
        // A job may need an interpreter that this thread is attached to.
        let _detached = Detached::now();
        let mut result = Ok(());
        for worker in self.workers.drain(..) {
            // A job that owned the pool drops it on a worker, which cannot wait for itself.
            if worker.thread().id() == thread::current().id() {
                continue;
            }
            result = result.and(worker.join().unwrap_or_else(|panic| Err(Error::panicked(&*panic))));
        }
        result
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.queue.close();
        // An interpreter that could not end is left for the end of the runtime, which reports it.
        let _ = self.join();
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("len", &self.len()).finish_non_exhaustive()
    }
}

/// A worker: makes its interpreter, says how that went, runs jobs, ends the interpreter.
fn work(
    runtime: &Handle,
    config: &InterpreterConfig,
    queue: &Queue,
    ready: SyncSender<Result<(), Error>>,
) -> Result<(), Error> {
    let opened = runtime.interpreter(config).and_then(|interpreter| {
        let session = interpreter.session()?;
        Ok((session, interpreter))
    });
    let (session, interpreter) = match opened {
        Ok(opened) => opened,
        Err(error) => {
            // It waits for all workers' answers.
            let _ = ready.send(Err(error));
            return Ok(());
        }
    };
    let _ = ready.send(Ok(()));
    drop(ready);
    while let Some(task) = queue.pop() {
        task(&session);
    }
    drop(session);
    match interpreter.end() {
        // The runtime is being finished, and came first.
        Ok(()) | Err(Error::Ended) => Ok(()),
        Err(error) => Err(error),
    }
}

fn answer_with<R, F>(answer: &SyncSender<Result<R, Error>>, session: &Session, code: F)
where
    R: Send + 'static,
    F: for<'py> FnOnce(Py<'py>) -> PyResult<'py, R> + Send + 'static,
{
    let result = catch_unwind(AssertUnwindSafe(|| session.run(code)));
    let result = result.unwrap_or_else(|panic| {
        let error = Error::panicked(&*panic);
        dispose(panic);
        Err(error)
    });
    // Nobody may wait for it any more.
    let _ = answer.send(result);
}

/// A job of a [`Pool`], under way. Dropping it does not cancel the job.
///
/// ```no_run
/// # use insula::embed::{Error, Pool};
/// # fn f(pool: &Pool) {
/// let job = pool.exec("raise ValueError('no')");
/// assert!(matches!(job.wait(), Err(Error::Raised(exception)) if exception.message() == "no"));
/// # }
/// ```
#[must_use = "a job's error is seen by nobody else"]
pub struct Job<R> {
    result: Receiver<Result<R, Error>>,
}

impl<R> Job<R> {
    /// Waits for the result.
    ///
    /// # Errors
    ///
    /// [`Error::Raised`] with what the job raised, [`Error::Panicked`] if it panicked, [`Error::Closed`] if the pool
    /// was dropped or the runtime finished before the job began.
    pub fn wait(self) -> Result<R, Error> {
        let _detached = Detached::now();
        self.result.recv().unwrap_or(Err(Error::Closed))
    }

    /// The result if it is there already.
    ///
    /// # Errors
    ///
    /// As [`wait`](Self::wait), or the job itself if it is not done yet.
    pub fn try_wait(self) -> Result<Result<R, Error>, Self> {
        match self.result.try_recv() {
            Ok(result) => Ok(result),
            Err(std::sync::mpsc::TryRecvError::Disconnected) => Ok(Err(Error::Closed)),
            Err(std::sync::mpsc::TryRecvError::Empty) => Err(self),
        }
    }
}

impl<R> fmt::Debug for Job<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Job")
    }
}
