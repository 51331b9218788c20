//! The trashcan: long chains of objects that die one inside the other do not overflow the stack.
//!
//! From 3.14 on CPython does this for every type. Before, each `tp_dealloc` has to, through functions that CPython's
//! own macros use.

use crate::ffi;

/// Runs the rest of a deallocation, or puts it off when too many are nested.
///
/// # Safety
///
/// Called attached from `dealloc`, the `tp_dealloc` of the object's class, with an untracked object that is dying.
#[cfg(Py_3_14)]
#[inline(always)]
pub(crate) unsafe fn dealloc_nested(_: *mut ffi::PyObject, _: ffi::destructor, rest: impl FnOnce()) {
    rest();
}

/// Runs the rest of a deallocation, or puts it off when too many are nested.
///
/// # Safety
///
/// Called attached from `dealloc`, the `tp_dealloc` of the object's class, with an untracked object that is dying.
#[cfg(all(Py_3_13, not(Py_3_14)))]
#[inline]
pub(crate) unsafe fn dealloc_nested(object: *mut ffi::PyObject, dealloc: ffi::destructor, rest: impl FnOnce()) {
    /// How close to the limit it begins.
    const HEADROOM: i32 = 50;
    /// How many nested C calls a deallocation counts for. CPython allows 10,000 before it puts one off, which fills a
    /// usual stack with frames of a build without optimisation; as many levels as before 3.13, which are 50, never do.
    const LEVEL: i32 = 200;
    // SAFETY: Py_TRASHCAN_BEGIN and Py_TRASHCAN_END of 3.13, on the current thread's state. An object is put off only
    // in the tp_dealloc of its exact type: a subclass's has done so already.
    unsafe {
        let thread = ffi::PyThreadState_Get().cast::<Thread>();
        let remaining = (*thread).c_recursion_remaining;
        let mut level = LEVEL;
        if remaining <= HEADROOM + LEVEL {
            if remaining <= HEADROOM && (*ffi::Py_TYPE(object)).tp_dealloc.is_some_and(|own| same(own, dealloc)) {
                _PyTrash_thread_deposit_object(thread.cast(), object);
                return;
            }
            level = (remaining - HEADROOM).max(1);
        }
        (*thread).c_recursion_remaining = remaining - level;
        rest();
        (*thread).c_recursion_remaining = remaining;
        if !(*thread).delete_later.is_null() && remaining > HEADROOM * 2 {
            // Those that die now begin where CPython lets them begin, one level above what is put off again: no more
            // of them nest than before.
            (*thread).c_recursion_remaining = HEADROOM * 2 + 1;
            ffi::_PyTrash_thread_destroy_chain(thread.cast());
            (*thread).c_recursion_remaining = remaining;
        }
    }
}

/// The head of 3.13's `PyThreadState`, whose layout is fixed within that version.
#[cfg(all(Py_3_13, not(Py_3_14)))]
#[repr(C)]
struct Thread {
    before: [u8; 52],
    c_recursion_remaining: i32,
    between: [u8; 112],
    delete_later: *mut ffi::PyObject,
}

#[cfg(all(Py_3_13, not(Py_3_14), target_pointer_width = "64"))]
const _: () = assert!(std::mem::offset_of!(Thread, delete_later) == 168);

#[cfg(all(Py_3_13, not(Py_3_14)))]
fn same(a: ffi::destructor, b: ffi::destructor) -> bool {
    std::ptr::fn_addr_eq(a, b)
}

#[cfg(all(Py_3_13, not(Py_3_14)))]
unsafe extern "C" {
    fn _PyTrash_thread_deposit_object(thread: *mut ffi::PyThreadState, object: *mut ffi::PyObject);
}

/// Runs the rest of a deallocation, or puts it off when too many are nested.
///
/// # Safety
///
/// Called attached from `dealloc`, the `tp_dealloc` of the object's class, with an untracked object that is dying.
#[cfg(not(Py_3_13))]
#[inline]
pub(crate) unsafe fn dealloc_nested(object: *mut ffi::PyObject, dealloc: ffi::destructor, rest: impl FnOnce()) {
    // SAFETY: Py_TRASHCAN_BEGIN and Py_TRASHCAN_END of 3.11 and 3.12, on the current thread's state. An object is put
    // off only in the tp_dealloc of its exact type: a subclass's has done so already.
    unsafe {
        if _PyTrash_cond(object, dealloc) == 0 {
            return rest();
        }
        let thread = ffi::PyThreadState_Get();
        if _PyTrash_begin(thread, object) != 0 {
            return;
        }
        rest();
        ffi::_PyTrash_end(thread);
    }
}

#[cfg(not(Py_3_13))]
unsafe extern "C" {
    fn _PyTrash_cond(object: *mut ffi::PyObject, dealloc: ffi::destructor) -> std::ffi::c_int;
    fn _PyTrash_begin(thread: *mut ffi::PyThreadState, object: *mut ffi::PyObject) -> std::ffi::c_int;
}
