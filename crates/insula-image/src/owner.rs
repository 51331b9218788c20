//! The owner of images: one interpreter, as native threads may know it, also after it has ended.

use std::ffi::{CStr, CString, c_int, c_void};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use pyo3_ffi as ffi;

use crate::error::Result;
use crate::find::Rules;
use crate::gate::Gate;
use crate::image::Image;
use crate::plugin::Plugin;
use crate::shim_kept::Views;
use crate::shims::Shims;
use crate::thread_values::Keyed;

/// One interpreter and its images. It is never freed: a native thread may ask for its interpreter at any time.
#[derive(Debug)]
pub(crate) struct Owner {
    /// Valid until `ended`.
    interpreter: AtomicPtr<ffi::PyInterpreterState>,
    /// CPython counts interpreters and gives no number twice.
    pub(crate) id: i64,
    ended: AtomicBool,
    pub(crate) gate: Gate,
    images: Mutex<Vec<Arc<Image>>>,
    pub(crate) views: Views,
    /// The full names of the modules whose init functions are running, and on which threads, the last begun last.
    context: Mutex<Vec<(libc::pthread_t, CString)>>,
    /// Names that its images called and that do nothing here.
    refused: Mutex<Vec<&'static str>>,
    /// Threads that wait for ever, because they asked for the interpreter after its end.
    pub(crate) hung: AtomicUsize,
    /// The interpreter's copy of this library, once it has one.
    pub(crate) shims: OnceLock<Shims>,
    pub(crate) rules: Mutex<Arc<Rules>>,
    pub(crate) services: &'static Services,
}

/// What shims leave to the library that Python imported: it stays when their copy goes, and its statics are those of
/// the process.
#[derive(Debug)]
pub(crate) struct Services {
    /// How a thread of an image starts.
    pub(crate) start_thread: extern "C" fn(*mut c_void) -> *mut c_void,
    /// Runs a destructor when the process ends; see `shim_process`.
    pub(crate) run_exit: unsafe extern "C" fn(*mut c_void),
    /// Runs a destructor when a thread ends; see `thread_values`.
    pub(crate) run_destructor: unsafe extern "C" fn(*mut c_void),
    /// The same, for what is kept under a key.
    pub(crate) run_keyed: unsafe extern "C" fn(*mut c_void),
    pub(crate) keyed: &'static Keyed,
    /// Has a function called when CPython has been finalised, however many there are.
    pub(crate) at_exit: fn(unsafe extern "C" fn()) -> c_int,
    /// What code of the owner's gets that opens a file by dlopen(3).
    pub(crate) library: fn(&'static Owner, &Path, c_int) -> Result<Plugin>,
    /// What code of the owner's gets that closes a handle; nothing if it is of no image.
    pub(crate) close_library: fn(&'static Owner, *mut c_void) -> Option<c_int>,
    pub(crate) add_pending_call: Option<AddPendingCall>,
}

/// `_PyEval_AddPendingCall`, whose last argument came with 3.12.
pub(crate) type AddPendingCall =
    unsafe extern "C" fn(*mut ffi::PyInterpreterState, PendingCall, *mut c_void, c_int) -> c_int;

/// What a pending call calls.
pub(crate) type PendingCall = Option<unsafe extern "C" fn(*mut c_void) -> c_int>;

impl Owner {
    pub(crate) fn new(interpreter: *mut ffi::PyInterpreterState, id: i64, services: &'static Services) -> Self {
        Owner {
            interpreter: AtomicPtr::new(interpreter),
            id,
            ended: AtomicBool::new(false),
            gate: Gate::new(),
            images: Mutex::default(),
            views: Views::default(),
            context: Mutex::default(),
            refused: Mutex::default(),
            hung: AtomicUsize::new(0),
            shims: OnceLock::new(),
            rules: Mutex::default(),
            services,
        }
    }

    /// The interpreter's address: it is alive unless this has [ended](Self::has_ended).
    pub(crate) fn interpreter(&self) -> *mut ffi::PyInterpreterState {
        self.interpreter.load(Ordering::Acquire)
    }

    /// Whether the interpreter has ended, or is past the point at which code can run in it.
    pub(crate) fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    /// Notes that the interpreter has come to its end.
    pub(crate) fn end(&self) {
        self.gate.close();
        self.ended.store(true, Ordering::Release);
    }

    pub(crate) fn images(&self) -> MutexGuard<'_, Vec<Arc<Image>>> {
        lock(&self.images)
    }

    /// The image that an address lies in.
    pub(crate) fn image_at(&self, address: *const c_void) -> Option<Arc<Image>> {
        self.images().iter().find(|image| image.holds(address.addr())).cloned()
    }

    /// Notes that an image called what does nothing here.
    pub(crate) fn refuse(&self, name: &'static str) {
        let mut refused = lock(&self.refused);
        if !refused.contains(&name) {
            refused.push(name);
        }
    }

    /// What its images called and what did nothing.
    pub(crate) fn refused(&self) -> Vec<&'static str> {
        lock(&self.refused).clone()
    }

    /// Notes the full name of the module whose init function this thread is going to run. Init functions import others,
    /// and threads take turns within them: so each thread has its own names, and what it begins last ends first.
    pub(crate) fn begin_init(&self, name: CString) {
        lock(&self.context).push((this_thread(), name));
    }

    /// The init function that this thread has begun last has returned.
    pub(crate) fn end_init(&self) {
        let mut context = lock(&self.context);
        if let Some(last) = context.iter().rposition(|(thread, _)| *thread == this_thread()) {
            context.remove(last);
        }
    }

    /// The full name of the module whose init function this thread has begun last, if its last part is `name`. It is
    /// given once.
    pub(crate) fn take_context(&self, name: &CStr) -> Option<CString> {
        let mut context = lock(&self.context);
        let (_, full) = context.iter_mut().rev().find(|(thread, _)| *thread == this_thread())?;
        let fits = full.to_bytes().rsplit(|byte| *byte == b'.').next() == Some(name.to_bytes());
        // An empty name fits no module.
        fits.then(|| std::mem::take(full))
    }
}

/// The thread's number. Rust's own is counted by each copy of this library for itself.
pub(crate) fn this_thread() -> libc::pthread_t {
    // SAFETY: pthread_self(3) has no precondition.
    unsafe { libc::pthread_self() }
}

/// Locks, also after a panic: what is locked here is changed in single steps.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Why an image stays mapped after its interpreter has ended, as bits.
#[derive(Debug, Default)]
pub(crate) struct Ties(AtomicU32);

/// One reason for which an image stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Tie {
    /// C or C++ exit functions.
    ExitFunction = 1,
    /// Threads that nobody sees end.
    UnwatchedThread = 2,
    /// A signal handler.
    SignalHandler = 4,
    /// An audit hook, an allocator, or another function that CPython keeps for the process.
    Hook = 8,
    /// Memory or a function that was handed to what keeps it.
    Memory = 16,
}

impl Tie {
    pub(crate) const ALL: [(Self, &'static str); 5] = [
        (Self::ExitFunction, "exit functions"),
        (Self::UnwatchedThread, "threads that cannot be watched"),
        (Self::SignalHandler, "a signal handler"),
        (Self::Hook, "a hook that CPython keeps for the process"),
        (Self::Memory, "memory or a function that the C library or another interpreter keeps"),
    ];
}

impl Ties {
    pub(crate) fn add(&self, tie: Tie) {
        self.0.fetch_or(tie as u32, Ordering::AcqRel);
    }

    pub(crate) fn first(&self) -> Option<&'static str> {
        let bits = self.0.load(Ordering::Acquire);
        Tie::ALL.iter().find(|(tie, _)| bits & *tie as u32 != 0).map(|(_, name)| *name)
    }
}
