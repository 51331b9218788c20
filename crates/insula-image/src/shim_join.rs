//! Shims for those who wait for a thread to end: one that waits for ever for the interpreter has ended, for them.
//!
//! Modules stop their threads in `m_free`, when the interpreter ends and lets no native thread in any more. CPython
//! before 3.14 ends such threads, so that they can be joined; this comes to the same, and unwinds nobody's stack.

use std::ffi::{c_int, c_void};

use crate::shims::{Shim, owner, shims};

pub(crate) static SHIMS: &[Shim] = &shims! {
    c"pthread_join" => join,
    c"thrd_join" => thrd_join,
    c"_ZNSt6thread4joinEv" => cpp_join,
};

/// For how long one look waits.
const LOOK_NS: libc::c_long = 20_000_000;

unsafe extern "C" fn join(thread: libc::pthread_t, result: *mut *mut c_void) -> c_int {
    loop {
        let mut until = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: clock_gettime(2) fills the structure.
        unsafe { libc::clock_gettime(libc::CLOCK_REALTIME, &raw mut until) };
        until.tv_nsec += LOOK_NS;
        until.tv_sec += until.tv_nsec / 1_000_000_000;
        until.tv_nsec %= 1_000_000_000;
        // SAFETY: the caller's own promise to pthread_join(3); a look that ends with ETIMEDOUT has changed nothing.
        let ended = unsafe { libc::pthread_timedjoin_np(thread, result, &raw const until) };
        if ended != libc::ETIMEDOUT {
            return ended;
        }
        if owner().gate.take_stopped(thread) {
            // SAFETY: the thread has not ended, for it waits for ever, and the caller may join it; `result` is NULL or
            // a place for a pointer.
            unsafe {
                libc::pthread_detach(thread);
                if !result.is_null() {
                    *result = std::ptr::null_mut();
                }
            }
            return 0;
        }
    }
}

/// C11: glibc's `thrd_t` is its `pthread_t`, and a result is what the thread's function returned.
unsafe extern "C" fn thrd_join(thread: libc::pthread_t, result: *mut c_int) -> c_int {
    let mut value = std::ptr::null_mut();
    // SAFETY: the caller's own promise to thrd_join(3); `value` is a place for a pointer.
    if unsafe { join(thread, &raw mut value) } != 0 {
        return 2;
    }
    if !result.is_null() {
        // SAFETY: a place for a number, by the caller's promise. glibc keeps the number in the pointer.
        unsafe { *result = value.addr() as c_int };
    }
    0
}

/// `std::thread::join`, whose object holds nothing but the `pthread_t`: 0 once it was joined.
unsafe extern "C-unwind" fn cpp_join(thread: *mut libc::pthread_t) {
    // SAFETY: the caller passes an object of `std::thread`, which nobody else uses now.
    let id = unsafe { *thread };
    // SAFETY: as in `join`; what it says of a thread that cannot be joined is the C++ library's to raise.
    if id != 0 && id != crate::owner::this_thread() && unsafe { join(id, std::ptr::null_mut()) } == 0 {
        // SAFETY: as above.
        unsafe { *thread = 0 };
        return;
    }
    type Real = unsafe extern "C-unwind" fn(*mut libc::pthread_t);
    let real = owner().images().iter().find_map(|image| image.symbol(c"_ZNSt6thread4joinEv"));
    match real {
        // SAFETY: the function of that name in the C++ library that the images need; it raises std::system_error, and
        // nothing here has a destructor that would be skipped.
        Some(real) => unsafe { std::mem::transmute::<*mut c_void, Real>(real.as_ptr())(thread) },
        // SAFETY: ends the process with a message; an image that calls it needs a library that has it.
        None => unsafe { pyo3_ffi::Py_FatalError(c"the C++ library has no std::thread".as_ptr()) },
    }
}
