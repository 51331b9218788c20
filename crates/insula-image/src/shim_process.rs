//! Shims for what reaches the process: they see to it that an image whose code may be called later is not closed, and
//! refuse what would end an interpreter that is not the image's to end.

use std::ffi::{c_int, c_void};
use std::sync::atomic::Ordering;
use std::sync::{Mutex, OnceLock};

use crate::owner::{Owner, Tie, lock};
use crate::shims::{Shim, owner, shims};

pub(crate) static SHIMS: &[Shim] = &shims! {
    c"__cxa_atexit" => cxa_atexit,
    c"atexit" => atexit,
    c"Py_AtExit" => py_at_exit,
    c"pthread_create" => pthread_create,
    c"thrd_create" => thrd_create,
    c"_ZNSt6thread15_M_start_threadESt10unique_ptrINS_6_StateESt14default_deleteIS1_EEPFvvE" => cpp_start_thread,
    c"sigaction" => sigaction,
    c"signal" => signal,
    c"PyOS_setsig" => py_os_setsig,
    c"PySys_AddAuditHook" => add_audit_hook,
    c"PyMem_SetAllocator" => set_allocator,
    c"Py_IsInitialized" => is_initialized,
    c"Py_Finalize" => finalize,
    c"Py_FinalizeEx" => finalize_ex,
    c"Py_EndInterpreter" => end_interpreter,
};

/// What reaches the process and is not handled: an image that imports it is told apart in reports.
pub(crate) const PROCESS_WIDE: &[&str] = &[
    "PyEval_SetProfileAllThreads",
    "PyEval_SetTraceAllThreads",
    "PyImport_AppendInittab",
    "PyImport_ExtendInittab",
    "PyInterpreterState_Head",
    "PyMem_SetAllocator",
    "PyOS_InputHook",
    "PyOS_ReadlineFunctionPointer",
    "PyOS_setsig",
    "PyObject_SetArenaAllocator",
    "PySys_AddAuditHook",
    "Py_AtExit",
    "Py_EndInterpreter",
    "Py_Finalize",
    "Py_FinalizeEx",
    "Py_Initialize",
    "Py_InitializeEx",
    "Py_InitializeFromConfig",
    "Py_NewInterpreter",
    "Py_NewInterpreterFromConfig",
    "chdir",
    "fork",
    "setenv",
    "setlocale",
    "sigaction",
    "signal",
    "vfork",
];

/// Ties the image that an address lies in, if it is the owner's.
pub(crate) fn tie(owner: &Owner, address: *const c_void, tie: Tie) {
    if let Some(image) = owner.image_at(address) {
        if tie == Tie::ExitFunction {
            image.add_exit_function();
        } else {
            image.ties.add(tie);
        }
    }
}

unsafe extern "C" {
    fn __cxa_atexit(
        function: Option<unsafe extern "C" fn(*mut c_void)>,
        argument: *mut c_void,
        library: *mut c_void,
    ) -> c_int;
    fn Py_AtExit(function: Option<unsafe extern "C" fn()>) -> c_int;
    fn PyOS_setsig(number: c_int, handler: usize) -> usize;
    fn PySys_AddAuditHook(hook: *mut c_void, data: *mut c_void) -> c_int;
    fn PyMem_SetAllocator(domain: c_int, allocator: *mut [*mut c_void; 5]);
    fn Py_IsInitialized() -> c_int;
}

/// An exit function of an image runs when the process exits, as it does without us; so its image stays for it.
unsafe extern "C" fn cxa_atexit(
    function: Option<unsafe extern "C" fn(*mut c_void)>,
    argument: *mut c_void,
    library: *mut c_void,
) -> c_int {
    let owner = owner();
    let known = owner.image_at(library).is_some();
    let address = if known { library.cast_const() } else { function.map_or(std::ptr::null(), |f| f as *const c_void) };
    tie(owner, address, Tie::ExitFunction);
    let (Some(destructor), false) = (function, argument.is_null()) else {
        // SAFETY: the caller's own promise. No library is named, so nothing but the end of the process calls it.
        return unsafe { __cxa_atexit(function, argument, std::ptr::null_mut()) };
    };
    let exit = Box::into_raw(Box::new(Exit { destructor, object: argument, owner }));
    // SAFETY: the function takes the box over, when the process ends.
    unsafe { __cxa_atexit(Some(owner.services.run_exit), exit.cast(), std::ptr::null_mut()) }
}

/// The destructor of an object of C++ that lives as long as the process.
struct Exit {
    destructor: unsafe extern "C" fn(*mut c_void),
    object: *mut c_void,
    owner: &'static Owner,
}

/// Runs such a destructor when the process ends, unless the interpreter has ended before: what the object holds of
/// Python's is gone then.
///
/// # Safety
///
/// The pointer is one that `cxa_atexit` registered, and is given up.
pub(crate) unsafe extern "C" fn run_exit(exit: *mut c_void) {
    // SAFETY: the caller's promise.
    let exit = unsafe { Box::from_raw(exit.cast::<Exit>()) };
    if !exit.owner.has_ended() {
        // SAFETY: the image registered it to be called with the object at this time, and stays for it.
        unsafe { (exit.destructor)(exit.object) };
    }
}

unsafe extern "C" fn atexit(function: Option<unsafe extern "C" fn()>) -> c_int {
    let Some(function) = function else { return -1 };
    tie(owner(), function as *const c_void, Tie::ExitFunction);
    // SAFETY: a function without arguments may be called with one that it does not look at, in the C calling
    // convention.
    let function =
        unsafe { std::mem::transmute::<unsafe extern "C" fn(), unsafe extern "C" fn(*mut c_void)>(function) };
    // SAFETY: as in `cxa_atexit`.
    unsafe { __cxa_atexit(Some(function), std::ptr::null_mut(), std::ptr::null_mut()) }
}

unsafe extern "C" fn py_at_exit(function: Option<unsafe extern "C" fn()>) -> c_int {
    let Some(function) = function else { return -1 };
    let owner = owner();
    tie(owner, function as *const c_void, Tie::ExitFunction);
    (owner.services.at_exit)(function)
}

/// Has a function called when CPython has been finalised. CPython's own list has 32 places for the process, of which
/// this takes one.
pub(crate) fn at_exit(function: unsafe extern "C" fn()) -> c_int {
    static FUNCTIONS: Mutex<Vec<unsafe extern "C" fn()>> = Mutex::new(Vec::new());
    unsafe extern "C" fn all() {
        // Not under the lock: a function may register another.
        fn last() -> Option<unsafe extern "C" fn()> {
            lock(&FUNCTIONS).pop()
        }
        // The last first, as CPython calls them.
        while let Some(function) = last() {
            // SAFETY: an image asked for it to be called at this time, and stays for it.
            unsafe { function() };
        }
    }
    static REGISTERED: OnceLock<bool> = OnceLock::new();
    // SAFETY: a function of this library, which stays.
    if !REGISTERED.get_or_init(|| unsafe { Py_AtExit(Some(all)) } == 0) {
        return -1;
    }
    lock(&FUNCTIONS).push(function);
    0
}

type ThreadFunction = extern "C" fn(*mut c_void) -> *mut c_void;

/// What a thread of an image starts with.
pub(crate) struct Start {
    function: ThreadFunction,
    argument: *mut c_void,
    /// The image that counts it; leaked, like its owner, for as long as threads may look.
    image: Option<std::sync::Arc<crate::image::Image>>,
}

/// Counts the thread for its image until it has ended, and all of its destructors have run.
unsafe extern "C" fn pthread_create(
    thread: *mut libc::pthread_t,
    attributes: *const libc::pthread_attr_t,
    function: Option<ThreadFunction>,
    argument: *mut c_void,
) -> c_int {
    let Some(function) = function else { return libc::EINVAL };
    let owner = owner();
    let image = owner.image_at(function as *const c_void);
    if let Some(image) = &image {
        image.threads.fetch_add(1, Ordering::AcqRel);
    }
    let start = Box::into_raw(Box::new(Start { function, argument, image }));
    // SAFETY: the caller's own promise; the thread takes the box over.
    let failed = unsafe { libc::pthread_create(thread, attributes, owner.services.start_thread, start.cast()) };
    if failed != 0 {
        // SAFETY: no thread was started, so the box is still ours.
        let start = unsafe { Box::from_raw(start) };
        if let Some(image) = start.image {
            image.threads.fetch_sub(1, Ordering::AcqRel);
        }
    }
    failed
}

/// Where a thread of an image begins: in the library that Python imported, which stays mapped when the thread's image
/// goes.
pub(crate) extern "C" fn start_thread(start: *mut c_void) -> *mut c_void {
    // SAFETY: what `pthread_create` above passed, once.
    let Start { function, argument, image } = *unsafe { Box::from_raw(start.cast::<Start>()) };
    if let Some(image) = image {
        // SAFETY: a key of ours; its values are what `ended` takes over.
        unsafe { libc::pthread_setspecific(ended_key(), std::sync::Arc::into_raw(image).cast()) };
    }
    // Nothing of ours has to be dropped from here on: the thread may end by pthread_exit(3).
    function(argument)
}

/// The key whose destructor runs when a thread of an image has ended.
fn ended_key() -> libc::pthread_key_t {
    unsafe extern "C" fn ended(image: *mut c_void) {
        // SAFETY: what `start_thread` put there.
        let image = unsafe { std::sync::Arc::from_raw(image.cast::<crate::image::Image>()) };
        image.threads.fetch_sub(1, Ordering::AcqRel);
    }
    static KEY: OnceLock<libc::pthread_key_t> = OnceLock::new();
    *KEY.get_or_init(|| {
        let mut key = 0;
        // SAFETY: pthread_key_create(3) stores a key.
        unsafe { libc::pthread_key_create(&raw mut key, Some(ended)) };
        key
    })
}

/// C11 threads: nobody sees them end.
unsafe extern "C" fn thrd_create(thread: *mut c_void, function: *const c_void, argument: *mut c_void) -> c_int {
    tie(owner(), function, Tie::UnwatchedThread);
    type Create = unsafe extern "C" fn(*mut c_void, *const c_void, *mut c_void) -> c_int;
    // SAFETY: dlsym(3) with a string. The library that has the type `thrd_t` has the function.
    let real = unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"thrd_create".as_ptr()) };
    if real.is_null() {
        return 2;
    }
    // SAFETY: the function of that name in the C standard library.
    let real = unsafe { std::mem::transmute::<*mut c_void, Create>(real) };
    // SAFETY: the caller's own promise.
    unsafe { real(thread, function, argument) }
}

/// `std::thread` starts threads inside the C++ library, where nobody sees them end.
unsafe extern "C" fn cpp_start_thread(thread: *mut c_void, state: *mut *mut c_void, depend: *const c_void) {
    let owner = owner();
    // The state is an object of the image's, known by its table of virtual functions.
    // SAFETY: a unique_ptr is passed by its address; what it holds begins with a pointer to that table.
    let table = unsafe {
        let object = if state.is_null() { std::ptr::null_mut() } else { *state };
        if object.is_null() { std::ptr::null() } else { *object.cast::<*const c_void>() }
    };
    match owner.image_at(table) {
        Some(image) => image.ties.add(Tie::UnwatchedThread),
        None => owner.images().iter().for_each(|image| image.ties.add(Tie::UnwatchedThread)),
    }
    type Real = unsafe extern "C" fn(*mut c_void, *mut *mut c_void, *const c_void);
    let name = c"_ZNSt6thread15_M_start_threadESt10unique_ptrINS_6_StateESt14default_deleteIS1_EEPFvvE";
    let images = owner.images().clone();
    let real = images.iter().find_map(|image| image.symbol(name));
    match real {
        // SAFETY: the function of that name in the C++ library that the images need.
        Some(real) => unsafe { std::mem::transmute::<*mut c_void, Real>(real.as_ptr())(thread, state, depend) },
        // SAFETY: ends the process with a message; an image that calls it needs a library that has it.
        None => unsafe { pyo3_ffi::Py_FatalError(c"the C++ library has no std::thread".as_ptr()) },
    }
}

unsafe extern "C" fn sigaction(number: c_int, new: *const libc::sigaction, old: *mut libc::sigaction) -> c_int {
    if !new.is_null() {
        // SAFETY: the caller's own promise.
        let handler = unsafe { (*new).sa_sigaction };
        tie(owner(), std::ptr::without_provenance(handler), Tie::SignalHandler);
    }
    // SAFETY: the caller's own promise.
    unsafe { libc::sigaction(number, new, old) }
}

unsafe extern "C" fn signal(number: c_int, handler: libc::sighandler_t) -> libc::sighandler_t {
    tie(owner(), std::ptr::without_provenance(handler), Tie::SignalHandler);
    // SAFETY: the caller's own promise.
    unsafe { libc::signal(number, handler) }
}

unsafe extern "C" fn py_os_setsig(number: c_int, handler: usize) -> usize {
    tie(owner(), std::ptr::without_provenance(handler), Tie::SignalHandler);
    // SAFETY: the caller's own promise.
    unsafe { PyOS_setsig(number, handler) }
}

unsafe extern "C" fn add_audit_hook(hook: *mut c_void, data: *mut c_void) -> c_int {
    tie(owner(), hook, Tie::Hook);
    // SAFETY: the caller's own promise.
    unsafe { PySys_AddAuditHook(hook, data) }
}

unsafe extern "C" fn set_allocator(domain: c_int, allocator: *mut [*mut c_void; 5]) {
    // SAFETY: a `PyMemAllocatorEx`: a pointer and four functions; the caller's own promise.
    unsafe {
        tie(owner(), (*allocator)[1], Tie::Hook);
        PyMem_SetAllocator(domain, allocator);
    }
}

unsafe extern "C" fn is_initialized() -> c_int {
    // SAFETY: no precondition.
    if owner().has_ended() { 0 } else { unsafe { Py_IsInitialized() } }
}

unsafe extern "C" fn finalize() {
    owner().refuse("Py_Finalize");
}

unsafe extern "C" fn finalize_ex() -> c_int {
    owner().refuse("Py_FinalizeEx");
    -1
}

unsafe extern "C" fn end_interpreter(state: *mut pyo3_ffi::PyThreadState) {
    // SAFETY: the caller's own promise: a live thread state.
    if unsafe { pyo3_ffi::PyThreadState_GetInterpreter(state) } == owner().interpreter() {
        owner().refuse("Py_EndInterpreter");
        return;
    }
    // SAFETY: the caller's own promise, about an interpreter that it made itself.
    unsafe { pyo3_ffi::Py_EndInterpreter(state) }
}
