//! Shims for what takes an address that it keeps, beyond the life of the interpreter: the image that it lies in is not
//! closed. What is kept in a variable of some library needs none; see `reached`.

use std::ffi::{c_char, c_int, c_void};
use std::sync::{Arc, Mutex};

use pyo3_ffi as ffi;

use crate::image::Image;
use crate::owner::{Tie, lock};
use crate::shim_process::tie;
use crate::shims::{Shim, owner, shims};

pub(crate) static SHIMS: &[Shim] = &shims! {
    c"on_exit" => on_exit,
    c"__cxa_at_quick_exit" => cxa_at_quick_exit,
    c"timer_create" => timer_create,
    c"putenv" => putenv,
    c"setvbuf" => setvbuf,
    c"setbuf" => setbuf,
    c"setbuffer" => setbuffer,
    c"PyBuffer_FillInfo" => buffer_fill_info,
    c"PyMemoryView_FromBuffer" => memory_view_from_buffer,
    c"PyMemoryView_FromMemory" => memory_view_from_memory,
};

mod real {
    use std::ffi::{c_char, c_int, c_void};

    unsafe extern "C" {
        pub(super) fn on_exit(function: super::OnExit, argument: *mut c_void) -> c_int;
        pub(super) fn __cxa_at_quick_exit(function: super::AtExit, library: *mut c_void) -> c_int;
        pub(super) fn setbuffer(stream: *mut libc::FILE, buffer: *mut c_char, size: usize);
    }
}

type OnExit = unsafe extern "C" fn(c_int, *mut c_void);
type AtExit = unsafe extern "C" fn(*mut c_void);

unsafe extern "C" fn on_exit(function: OnExit, argument: *mut c_void) -> c_int {
    tie(owner(), function as *const c_void, Tie::ExitFunction);
    // SAFETY: the caller's own promise.
    unsafe { real::on_exit(function, argument) }
}

unsafe extern "C" fn cxa_at_quick_exit(function: AtExit, _: *mut c_void) -> c_int {
    tie(owner(), function as *const c_void, Tie::ExitFunction);
    // SAFETY: the caller's own promise. No library is named, so closing one does not take the function back.
    unsafe { real::__cxa_at_quick_exit(function, std::ptr::null_mut()) }
}

/// A timer may call a function, on a thread of the C library's.
unsafe extern "C" fn timer_create(
    clock: libc::clockid_t,
    event: *mut libc::sigevent,
    timer: *mut libc::timer_t,
) -> c_int {
    if !event.is_null() {
        // SAFETY: the caller's own promise. The function stands behind these members, if the kind is SIGEV_THREAD; see
        // sigevent(3type).
        let (kind, function) = unsafe {
            let members = (&raw const (*event).sigev_notify_thread_id).cast::<*const c_void>();
            ((*event).sigev_notify, members.read_unaligned())
        };
        if kind == libc::SIGEV_THREAD {
            tie(owner(), function, Tie::Memory);
        }
    }
    // SAFETY: the caller's own promise.
    unsafe { libc::timer_create(clock, event, timer) }
}

/// The environment holds the very string.
unsafe extern "C" fn putenv(text: *mut c_char) -> c_int {
    tie(owner(), text.cast(), Tie::Memory);
    // SAFETY: the caller's own promise.
    unsafe { libc::putenv(text) }
}

unsafe extern "C" fn setvbuf(stream: *mut libc::FILE, buffer: *mut c_char, mode: c_int, size: usize) -> c_int {
    tie(owner(), buffer.cast(), Tie::Memory);
    // SAFETY: the caller's own promise.
    unsafe { libc::setvbuf(stream, buffer, mode, size) }
}

unsafe extern "C" fn setbuf(stream: *mut libc::FILE, buffer: *mut c_char) {
    tie(owner(), buffer.cast(), Tie::Memory);
    // SAFETY: the caller's own promise.
    unsafe { libc::setbuf(stream, buffer) }
}

unsafe extern "C" fn setbuffer(stream: *mut libc::FILE, buffer: *mut c_char, size: usize) {
    tie(owner(), buffer.cast(), Tie::Memory);
    // SAFETY: the caller's own promise.
    unsafe { real::setbuffer(stream, buffer, size) }
}

/// A memoryview of the memory may be another interpreter's, and outlive this one.
unsafe extern "C" fn buffer_fill_info(
    view: *mut ffi::Py_buffer,
    exporter: *mut ffi::PyObject,
    memory: *mut c_void,
    size: ffi::Py_ssize_t,
    read_only: c_int,
    flags: c_int,
) -> c_int {
    tie(owner(), memory, Tie::Memory);
    // SAFETY: the caller's own promise.
    unsafe { ffi::PyBuffer_FillInfo(view, exporter, memory, size, read_only, flags) }
}

unsafe extern "C" fn memory_view_from_buffer(view: *const ffi::Py_buffer) -> *mut ffi::PyObject {
    // SAFETY: the caller's own promise: a buffer that is filled in.
    unsafe { watched((*view).buf, ffi::PyMemoryView_FromBuffer(view)) }
}

unsafe extern "C" fn memory_view_from_memory(
    memory: *mut c_char,
    size: ffi::Py_ssize_t,
    flags: c_int,
) -> *mut ffi::PyObject {
    // SAFETY: the caller's own promise.
    unsafe { watched(memory.cast(), ffi::PyMemoryView_FromMemory(memory, size, flags)) }
}

/// Passes a new memoryview on; one of an image's memory is watched. Most live for a moment only: Cython unpacks its
/// texts through one.
///
/// # Safety
///
/// A memoryview, or NULL; the thread is attached.
unsafe fn watched(memory: *const c_void, view: *mut ffi::PyObject) -> *mut ffi::PyObject {
    let owner = owner();
    if !view.is_null()
        && let Some(image) = owner.image_at(memory)
    {
        // SAFETY: attached, with a live object; a memoryview can be referenced weakly.
        let weak = unsafe { ffi::PyWeakref_NewRef(view, std::ptr::null_mut()) };
        if weak.is_null() {
            // SAFETY: attached.
            unsafe { ffi::PyErr_Clear() };
            image.ties.add(Tie::Memory);
        } else {
            owner.views.add(image, weak);
        }
    }
    view
}

/// Weak references to the memoryviews of images' memory.
#[derive(Debug, Default)]
pub(crate) struct Views(Mutex<Vec<(Arc<Image>, Weak)>>);

#[derive(Debug)]
struct Weak(*mut ffi::PyObject);

// SAFETY: only a thread that is attached to the interpreter looks at what it points to.
unsafe impl Send for Weak {}

impl Views {
    fn add(&self, image: Arc<Image>, weak: *mut ffi::PyObject) {
        lock(&self.0).push((image, Weak(weak)));
    }

    /// Ties the images of whose memory there is a view still: another interpreter has it, and may use it.
    ///
    /// # Safety
    ///
    /// The thread is attached to the interpreter, which is about to end.
    pub(crate) unsafe fn tie(&self) {
        for (image, Weak(weak)) in std::mem::take(&mut *lock(&self.0)) {
            // SAFETY: attached; the reference to the weak reference is ours, and is given up.
            unsafe {
                if is_alive(weak) {
                    image.ties.add(Tie::Memory);
                }
                ffi::Py_DECREF(weak);
            }
        }
    }
}

/// # Safety
///
/// A weak reference; the thread is attached.
unsafe fn is_alive(weak: *mut ffi::PyObject) -> bool {
    #[cfg(Py_3_13)]
    // SAFETY: the caller's promise; a reference that is stored is released.
    unsafe {
        let mut object = std::ptr::null_mut();
        let alive = ffi::PyWeakref_GetRef(weak, &raw mut object) == 1;
        ffi::Py_XDECREF(object);
        alive
    }
    #[cfg(not(Py_3_13))]
    // SAFETY: the caller's promise; the result is borrowed.
    unsafe {
        ffi::PyWeakref_GetObject(weak) != ffi::Py_None()
    }
}
