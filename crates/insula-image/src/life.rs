//! The life of owners: one for each interpreter, from the first image on, until the images can be closed.

use std::ffi::{CStr, c_void};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};

use insula::prelude::*;
use pyo3_ffi as ffi;

use crate::error::{Error, Result};
use crate::image::Image;
use crate::owner::{AddPendingCall, Owner, Services, lock};
use crate::plugin;
use crate::shim_process;
use crate::shims::Shims;
use crate::thread_values;

/// The owners whose images may still be there.
static OWNERS: Mutex<Vec<&'static Owner>> = Mutex::new(Vec::new());

/// How many images were closed.
pub(crate) static CLOSED: AtomicUsize = AtomicUsize::new(0);

static SERVICES: LazyLock<Services> = LazyLock::new(|| Services {
    start_thread: shim_process::start_thread,
    run_exit: shim_process::run_exit,
    run_destructor: thread_values::run,
    run_keyed: thread_values::run_keyed,
    keyed: &thread_values::KEYED,
    at_exit: shim_process::at_exit,
    library: plugin::library,
    close_library: plugin::close,
    add_pending_call: add_pending_call(),
});

/// `_PyEval_AddPendingCall`: exported, but in no header. It is looked up, so that a version without it still works.
fn add_pending_call() -> Option<AddPendingCall> {
    // SAFETY: dlsym(3) with a string.
    let found = unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"_PyEval_AddPendingCall".as_ptr()) };
    // SAFETY: the function of that name takes these arguments from 3.12 on, the first three before; a fourth in a
    // register does no harm.
    (!found.is_null()).then(|| unsafe { std::mem::transmute::<*mut c_void, AddPendingCall>(found) })
}

const CAPSULE: &CStr = c"insula.image.owner";

/// Held by the interpreter's dictionary, which dies after all modules did.
struct Keeper(&'static Owner);

impl Drop for Keeper {
    fn drop(&mut self) {
        self.0.end();
    }
}

impl Owner {
    /// The owner that the interpreter has, if it has one.
    pub(crate) fn find<'py>(py: Py<'py>) -> PyResult<'py, Option<&'static Self>> {
        match dictionary(py)?.get(&key(py)?)? {
            Some(kept) => Self::held_by(&kept).map(Some),
            None => Ok(None),
        }
    }

    /// The owner of this interpreter's images, and whether it was made just now.
    pub(crate) fn of<'py>(py: Py<'py>) -> PyResult<'py, (&'static Self, bool)> {
        if let Some(owner) = Self::find(py)? {
            return Ok((owner, false));
        }
        // SAFETY: attached; neither can fail then.
        let (interpreter, id) = unsafe {
            let interpreter = ffi::PyInterpreterState_Get();
            (interpreter, ffi::PyInterpreterState_GetID(interpreter))
        };
        // Never freed: see `Owner`.
        let owner: &'static Owner = Box::leak(Box::new(Owner::new(interpreter, id, &SERVICES)));
        let keeper = Capsule::new(py, CAPSULE, Keeper(owner))?;
        let kept = Self::held_by(&dictionary(py)?.setdefault(&key(py)?, &keeper)?)?;
        let made = std::ptr::eq(kept, owner);
        if made {
            lock(&OWNERS).push(owner);
        }
        Ok((kept, made))
    }

    fn held_by<'py>(kept: &Obj<'py>) -> PyResult<'py, &'static Self> {
        match kept.downcast::<Capsule>() {
            Some(capsule) => Ok(capsule.get::<Keeper>(CAPSULE)?.0),
            None => Err(RuntimeError::new_err(kept.py(), "the owner of the interpreter's images was replaced")),
        }
    }

    /// The interpreter's shims.
    pub(crate) fn shims(&'static self) -> Result<&'static Shims> {
        if let Some(shims) = self.shims.get() {
            return Ok(shims);
        }
        let shims = Shims::load(self)?;
        // Another thread of the interpreter may have been faster; then both copies mean the same.
        let _ = self.shims.set(shims);
        self.shims.get().ok_or_else(|| Error::new("the shims of the interpreter are not there".to_owned()))
    }
}

/// The dictionary that CPython keeps for each interpreter, for extensions; it dies with the interpreter.
fn dictionary<'py>(py: Py<'py>) -> PyResult<'py, Obj<'py, Dict>> {
    // SAFETY: attached; the result is borrowed, or NULL without an exception.
    let dict = unsafe { ffi::PyInterpreterState_GetDict(ffi::PyInterpreterState_Get()) };
    if dict.is_null() {
        return Err(MemoryError::new_err(py, "no dictionary for the interpreter"));
    }
    // SAFETY: alive, and a dictionary; the new reference is the result's.
    unsafe {
        ffi::Py_INCREF(dict);
        Obj::from_raw(py, dict)
    }
}

fn key<'py>(py: Py<'py>) -> PyResult<'py, Obj<'py, Str>> {
    static LIBRARY: u8 = 0;
    Str::new(py, &format!("insula.image {} {:p}", env!("CARGO_PKG_VERSION"), &raw const LIBRARY))
}

/// What there is of images, in the whole process.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    /// Images that are mapped.
    pub open: usize,
    /// Images that were closed after their interpreter had ended.
    pub closed: usize,
    /// Images that stay though their interpreter has ended, by the reason.
    pub kept: Vec<(&'static str, usize)>,
    /// Native threads that wait for ever for an interpreter that has ended.
    pub hung_threads: usize,
}

/// Counts the images.
pub fn counts(_py: Py<'_>) -> Counts {
    let mut counts = Counts { closed: CLOSED.load(Ordering::Relaxed), ..Counts::default() };
    for owner in lock(&OWNERS).iter() {
        counts.hung_threads += owner.hung.load(Ordering::Relaxed);
        let images = owner.images().clone();
        let running = images.iter().any(|image| image.threads.load(Ordering::Acquire) > 0);
        for image in &images {
            counts.open += 1;
            // See `reap` and `close_images`.
            let tied = || match image.stays() {
                _ if cfg!(not(Py_3_12)) => Some("CPython before 3.12 knows its types in all interpreters"),
                None if running => Some("threads of another image that have not ended"),
                None => image.outlived(),
                reason => reason,
            };
            if let Some(reason) = owner.has_ended().then(tied).flatten() {
                match counts.kept.iter_mut().find(|(known, _)| *known == reason) {
                    Some((_, count)) => *count += 1,
                    None => counts.kept.push((reason, 1)),
                }
            }
        }
    }
    counts
}

/// Closes the images of interpreters that have ended, where that is safe.
pub fn reap(py: Py<'_>) {
    // Before 3.12 all interpreters share the tables of static types, which then know the types of images.
    if cfg!(not(Py_3_12)) {
        return;
    }
    let ended: Vec<&'static Owner> = {
        let mut owners = lock(&OWNERS);
        let (gone, alive) = owners.iter().partition(|owner| owner.has_ended() && is_gone(py, owner.id));
        *owners = alive;
        gone
    };
    for owner in ended {
        if close_images(owner) {
            lock(&OWNERS).push(owner);
        }
    }
}

/// Whether there is no interpreter of that number any more: then CPython is through with all that was its.
fn is_gone(py: Py<'_>, id: i64) -> bool {
    // Where it cannot be looked up, nothing is known, and so nothing is closed.
    look_up_function().is_some() && look_up(py, id).is_none()
}

type LookUp = unsafe extern "C" fn(i64) -> *mut ffi::PyInterpreterState;

fn look_up_function() -> Option<LookUp> {
    // SAFETY: dlsym(3) with a string.
    let found = unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"_PyInterpreterState_LookUpID".as_ptr()) };
    // SAFETY: the function of that name.
    (!found.is_null()).then(|| unsafe { std::mem::transmute::<*mut c_void, LookUp>(found) })
}

/// The interpreter of that number, if there is one.
pub(crate) fn look_up(_py: Py<'_>, id: i64) -> Option<*mut ffi::PyInterpreterState> {
    let look_up = look_up_function()?;
    // SAFETY: attached, for it sets an exception where there is no such interpreter.
    let found = unsafe {
        let found = look_up(id);
        if found.is_null() {
            ffi::PyErr_Clear();
        }
        found
    };
    (!found.is_null()).then_some(found)
}

/// Closes what can be closed of an owner; whether something is left.
fn close_images(owner: &'static Owner) -> bool {
    // The last first, for it needs those before it.
    let images = std::mem::take(&mut *owner.images());
    let mut left = Vec::new();
    // A thread that still runs may call what it was given of any image: a callback, a function out of a capsule.
    let running = images.iter().any(|image| image.threads.load(Ordering::Acquire) > 0);
    for image in images.into_iter().rev() {
        if running {
            left.push(image);
            continue;
        }
        image.thread_values.forget_this_thread();
        let used = || left.iter().any(|other: &Arc<Image>| other.uses.iter().any(|used| Arc::ptr_eq(used, &image)));
        if image.stays().is_none() && !used() {
            // SAFETY: the interpreter is gone, so none of its threads runs code of the image, and no object of it is
            // left; the image has no thread, exit function, handler or hook. Where another image needs it, or a thread
            // has destructors of it to run, the dynamic loader keeps it mapped.
            unsafe { image.close() };
        }
        if image.is_mapped() {
            left.push(image);
        } else {
            CLOSED.fetch_add(1, Ordering::Relaxed);
        }
    }
    left.reverse();
    let any = !left.is_empty() || owner.hung.load(Ordering::Relaxed) > 0;
    *owner.images() = left;
    if !any && let Some(shims) = owner.shims.get() {
        // SAFETY: no image is left that could call the shims, and no thread waits in them.
        unsafe { shims.image.close() };
    }
    any
}

/// The number of the interpreter, and whether it is the main one.
pub fn interpreter(_py: Py<'_>) -> (i64, bool) {
    // SAFETY: attached; the calls cannot fail then.
    unsafe {
        let interpreter = ffi::PyInterpreterState_Get();
        (ffi::PyInterpreterState_GetID(interpreter), interpreter == ffi::PyInterpreterState_Main())
    }
}

/// Lets no native thread in any more and waits for those inside. To be called when the interpreter begins to end,
/// attached.
pub fn begin_to_end(py: Py<'_>) -> PyResult<'_, ()> {
    if let Some(owner) = Owner::find(py)? {
        // SAFETY: attached; the thread attaches again with what it detached from, and touches no object between.
        let state = unsafe { ffi::PyEval_SaveThread() };
        owner.close_gate();
        // SAFETY: as above.
        unsafe { ffi::PyEval_RestoreThread(state) };
    }
    Ok(())
}
