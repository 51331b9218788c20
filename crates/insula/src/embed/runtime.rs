//! The runtime: CPython in this process, started, finished and started again.

use std::ops::Deref;
use std::sync::{Arc, Mutex, Weak};

use super::config::Config;
#[cfg(Py_3_12)]
use super::config::status;
use super::ending::{end, wind_up};
use super::entry::Entry;
use super::error::Error;
use super::gate::{Gate, lock};
use super::interpreter::Interpreter;
use super::options::{Gil, InterpreterConfig};
use super::pool::{Pool, Queue};
use super::record::{Record, is_visiting};
use crate::brand::NotSend;
use crate::ffi;
use crate::thread::detach::Detached;
use crate::thread::state::{State, ThreadState};

/// What this process does with CPython.
static PROCESS: Mutex<Process> = Mutex::new(Process::Free);

enum Process {
    /// It can be started.
    Free,
    /// A `Runtime` has it.
    Taken,
    /// It was started, and could not be finished.
    Abandoned,
    /// It could not be started, and is half-way.
    Spoilt,
}

/// What all handles of a runtime share.
pub(super) struct Shared {
    /// The main interpreter's first thread state.
    pub(super) home: ThreadState,
    pub(super) gate: Gate,
    world: Mutex<World>,
}

struct World {
    /// Whether interpreters can be made.
    open: bool,
    /// All interpreters but the main one, until they have ended.
    records: Vec<Arc<Record>>,
    pools: Vec<Weak<Queue>>,
}

impl Shared {
    /// Takes an interpreter off the list.
    pub(super) fn forget(&self, record: &Arc<Record>) {
        lock(&self.world).records.retain(|other| !Arc::ptr_eq(other, record));
    }
}

/// CPython, started. It stays with the thread that started it, which also finishes it; for other threads there is the
/// [`Handle`], whose methods it has too.
///
/// Dropping it finishes CPython if that is possible. If not, CPython goes on running, and no other can be started.
///
/// ```no_run
/// # use insula::embed::{Config, Error, Runtime};
/// # fn main() -> Result<(), Error> {
/// for cycle in 0..3 {
///     let mut runtime = Runtime::start(&Config::isolated())?;
///     assert_eq!(Runtime::start(&Config::isolated()).err(), Some(Error::Running));
///     runtime.main().exec("print('hello')")?;
///     runtime.finish()?;
/// }
/// # Ok(())
/// # }
/// ```
///
/// ```compile_fail
/// # fn f(mut runtime: insula::embed::Runtime) {
/// std::thread::spawn(move || runtime.finish()); // the runtime stays with its thread
/// # }
/// ```
pub struct Runtime {
    handle: Handle,
    finished: bool,
    not_send: NotSend,
}

/// A runtime as every thread may use it.
///
/// ```no_run
/// # use insula::embed::{Config, Error, InterpreterConfig, Runtime};
/// # fn main() -> Result<(), Error> {
/// let runtime = Runtime::start(&Config::isolated())?;
/// let handle = runtime.handle();
/// let thread = std::thread::spawn(move || {
///     let island = handle.interpreter(&InterpreterConfig::own_gil())?;
///     island.exec("print('from another thread')")?;
///     island.end()
/// });
/// thread.join().unwrap()
/// # }
/// ```
#[derive(Clone)]
pub struct Handle {
    pub(super) shared: Arc<Shared>,
    main: Interpreter,
}

impl Runtime {
    /// Starts CPython. The thread is not attached afterwards: enter with [`Interpreter::run`].
    ///
    /// # Errors
    ///
    /// [`Error::Running`] or [`Error::Abandoned`] if it runs already, [`Error::Invalid`] for a path that CPython cannot
    /// take, [`Error::Failed`] with CPython's reason; no other start succeeds in this process then.
    pub fn start(config: &Config) -> Result<Self, Error> {
        // Held while CPython starts: who finds it locked comes too late, also code that runs at the start.
        let Ok(mut process) = PROCESS.try_lock() else { return Err(Error::Running) };
        match *process {
            Process::Taken => return Err(Error::Running),
            Process::Abandoned => return Err(Error::Abandoned),
            Process::Spoilt => {
                let message = "an earlier start failed, which it does not recover from; start the process anew";
                return Err(Error::Failed(message.to_owned()));
            }
            // SAFETY: the function has no precondition.
            Process::Free if unsafe { ffi::Py_IsInitialized() } != 0 => return Err(Error::Running),
            Process::Free => {}
        }
        config.check()?;
        *process = Process::Spoilt;
        // SAFETY: CPython is not initialised, and who initialises it through us waits for the lock.
        unsafe { config.start()? };
        // Starting leaves the thread attached; the program decides when to enter.
        // SAFETY: attached.
        let home = unsafe { ThreadState::made_by_cpython(ffi::PyEval_SaveThread()) };
        let home = home.ok_or_else(|| Error::Failed("it left no thread state".to_owned()))?;
        *process = Process::Taken;
        let world = World { open: true, records: Vec::new(), pools: Vec::new() };
        let shared = Arc::new(Shared { home, gate: Gate::default(), world: Mutex::new(world) });
        // SAFETY: the main interpreter's thread state, from which the thread has detached.
        let main = unsafe { Record::new(home, Arc::clone(&shared), true) };
        let handle = Handle { shared, main: Interpreter::new(main, true) };
        Ok(Self { handle, finished: false, not_send: NotSend::default() })
    }

    /// Finishes CPython: ends every pool and interpreter, waiting until all other threads have left them, then the main
    /// interpreter. Handles, interpreters and what else is left of the runtime give errors from then on.
    ///
    /// # Errors
    ///
    /// [`Error::Flush`] if it is done, but buffered output was lost. In all other cases CPython still runs, and this
    /// can be called again, with the pools closed: [`Error::Inside`] from inside an interpreter or with a session of
    /// this thread, [`Error::Threads`] and [`Error::Interpreters`] if something is left that CPython would not survive.
    /// [`Error::Finished`] the second time.
    pub fn finish(&mut self) -> Result<(), Error> {
        if self.finished {
            return Err(Error::Finished);
        }
        if is_visiting() || ThreadState::current().is_some() {
            return Err(Error::Inside);
        }
        let Handle { shared, main } = &self.handle;
        let pools = {
            let mut world = lock(&shared.world);
            world.open = false;
            std::mem::take(&mut world.pools)
        };
        pools.iter().filter_map(Weak::upgrade).for_each(|queue| queue.close());
        // SAFETY: the thread started CPython, for the runtime stays with it, and is not attached.
        let result = end_all(shared).and_then(|()| unsafe { end_main(main.record()) });
        match result {
            Ok(()) | Err(Error::Flush) => {
                self.finished = true;
                *lock(&PROCESS) = Process::Free;
            }
            Err(_) => lock(&shared.world).open = true,
        }
        result
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        if !self.finished && !matches!(self.finish(), Ok(()) | Err(Error::Flush)) {
            *lock(&PROCESS) = Process::Abandoned;
        }
    }
}

impl Deref for Runtime {
    type Target = Handle;

    fn deref(&self) -> &Handle {
        &self.handle
    }
}

impl std::fmt::Debug for Runtime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runtime").field("finished", &self.finished).finish_non_exhaustive()
    }
}

/// Ends all interpreters but the main one.
fn end_all(shared: &Shared) -> Result<(), Error> {
    loop {
        let Some(record) = lock(&shared.world).records.first().map(Arc::clone) else {
            return Ok(());
        };
        match end(&record) {
            Ok(()) => {}
            // Another thread is about it: it does so, or gives it up.
            Err(Error::Ended) => {
                if record.settled() {
                    shared.forget(&record);
                }
            }
            Err(error) => return Err(error),
        }
    }
}

/// Ends the main interpreter, and CPython.
///
/// # Safety
///
/// All others have ended, no other can be made. The thread is that which started CPython, and is not attached.
unsafe fn end_main(main: &Record) -> Result<(), Error> {
    let claim = main.claim(true, None)?;
    let home = main.first;
    // SAFETY: 1) nobody is inside, and the claim keeps everybody out; 2) the thread state is this thread's; 3) no other
    // thread and no interpreter is left that CPython would abort for; 4) Py_FinalizeEx deletes the thread state and
    // releases the GIL.
    unsafe {
        home.attach();
        let threads = wind_up(main, home);
        let interpreters = if cfg!(Py_3_14) { 0 } else { others(main.state) };
        if threads > 0 || interpreters > 0 {
            home.detach();
            return Err(if threads > 0 { Error::Threads(threads) } else { Error::Interpreters(interpreters) });
        }
        let status = ffi::Py_FinalizeEx();
        claim.ended();
        if status < 0 { Err(Error::Flush) } else { Ok(()) }
    }
}

/// How many interpreters there are beside the main one. From 3.14 on CPython ends them itself.
///
/// # Safety
///
/// The thread is attached to the main interpreter.
unsafe fn others(main: State) -> usize {
    let mut count = 0;
    // SAFETY: attached; interpreters come and go only through code of the main one now, whose GIL is held.
    unsafe {
        let mut next = ffi::PyInterpreterState_Head();
        while !next.is_null() {
            count += usize::from(next != main.as_ptr());
            next = ffi::PyInterpreterState_Next(next);
        }
    }
    count
}

impl Handle {
    /// Itself, for a thread to take along.
    pub fn handle(&self) -> Self {
        self.clone()
    }

    /// The main interpreter. It ends with the runtime.
    pub fn main(&self) -> Interpreter {
        self.main.clone()
    }

    /// Makes an interpreter, from any thread.
    ///
    /// # Errors
    ///
    /// As [`InterpreterConfig::check`]; [`Error::Finished`] if the runtime is; [`Error::Busy`] from code that runs
    /// while another is made on this thread; [`Error::Failed`] with CPython's reason.
    pub fn interpreter(&self, config: &InterpreterConfig) -> Result<Interpreter, Error> {
        config.check()?;
        // Who waits for the gate must hold no GIL: the thread behind it needs that of the main interpreter.
        let _before = Detached::now();
        let passage = self.shared.gate.pass()?;
        let entry = Entry::new(self.main.record()).map_err(|error| match error {
            Error::Ended => Error::Finished,
            other => other,
        })?;
        // SAFETY: attached to the main interpreter with the entry's thread state.
        let first = unsafe { make(config, entry.attachment.state())? };
        drop(passage);
        // SAFETY: its only thread state, just made and detached.
        let record = unsafe { Record::new(first, Arc::clone(&self.shared), false) };
        let mut world = lock(&self.shared.world);
        world.records.push(Arc::clone(&record));
        let open = world.open;
        drop(world);
        let interpreter = Interpreter::new(record, false);
        if !open {
            // Finishing waits for the entry, and does not expect another interpreter after it.
            drop(interpreter);
            return Err(Error::Finished);
        }
        Ok(interpreter)
    }

    /// Makes a pool of `count` interpreters, each on a thread of its own.
    ///
    /// # Errors
    ///
    /// As [`interpreter`](Self::interpreter).
    ///
    /// ```no_run
    /// # use insula::embed::{Config, Error, InterpreterConfig, Runtime, Value};
    /// # fn main() -> Result<(), Error> {
    /// let runtime = Runtime::start(&Config::isolated())?;
    /// let pool = runtime.pool(4, &InterpreterConfig::own_gil())?;
    /// let jobs: Vec<_> = (0..100).map(|n| pool.call("builtins", "abs", vec![Value::from(-n)])).collect();
    /// for (n, job) in (0..).zip(jobs) {
    ///     assert_eq!(job.wait()?, Value::from(n));
    /// }
    /// pool.finish()
    /// # }
    /// ```
    pub fn pool(&self, count: usize, config: &InterpreterConfig) -> Result<Pool, Error> {
        Pool::new(self, count, config)
    }

    /// Has [`Runtime::finish`] close the pool; whether it can still be made.
    pub(super) fn enlist(&self, queue: &Arc<Queue>) -> Result<(), Error> {
        let mut world = lock(&self.shared.world);
        if !world.open {
            return Err(Error::Finished);
        }
        world.pools.retain(|pool| pool.strong_count() > 0);
        world.pools.push(Arc::downgrade(queue));
        Ok(())
    }
}

impl std::fmt::Debug for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Handle").finish_non_exhaustive()
    }
}

/// Makes an interpreter; returns its thread state, which is not attached.
///
/// # Safety
///
/// The thread is attached to the main interpreter with `main`; it is so afterwards, too.
unsafe fn make(config: &InterpreterConfig, main: ThreadState) -> Result<ThreadState, Error> {
    // SAFETY: attached to the main interpreter; the options are checked. The new thread state is current afterwards, or
    // the thread is attached as before if there is none.
    #[cfg(Py_3_12)]
    let made = unsafe {
        let config = ffi::PyInterpreterConfig {
            use_main_obmalloc: config.use_main_obmalloc.into(),
            allow_fork: config.allow_fork.into(),
            allow_exec: config.allow_exec.into(),
            allow_threads: config.allow_threads.into(),
            allow_daemon_threads: config.allow_daemon_threads.into(),
            check_multi_interp_extensions: config.check_multi_interp_extensions.into(),
            gil: match config.gil {
                Gil::Own => ffi::PyInterpreterConfig_OWN_GIL,
                Gil::Shared => ffi::PyInterpreterConfig_SHARED_GIL,
            },
        };
        let mut made = std::ptr::null_mut();
        status(ffi::Py_NewInterpreterFromConfig(&mut made, &config))?;
        made
    };
    // SAFETY: as above; the options are those that this function has.
    #[cfg(not(Py_3_12))]
    let made = unsafe {
        debug_assert_eq!(config.gil, Gil::Shared, "checked");
        ffi::Py_NewInterpreter()
    };
    let made = ThreadState::made_by_cpython(made).ok_or_else(|| Error::Failed("it made no interpreter".to_owned()))?;
    // SAFETY: `made` is current. `main` is still this thread's, and alive because the entry is. Attaching with it also
    // makes CPython take `made` out of this thread's storage, so that any thread may delete it.
    unsafe {
        made.detach();
        main.attach();
    }
    Ok(made)
}
