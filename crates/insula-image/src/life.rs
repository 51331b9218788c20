//! The life of owners: one for each interpreter, from the first image on, until the images can be closed.

use std::ffi::{CStr, c_void};
use std::io::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, Instant};

use insula::prelude::*;
use pyo3_ffi as ffi;

use crate::error::{Error, Result};
use crate::find::is_of_the_compiler;
use crate::gate::Outside;
use crate::image::Image;
use crate::mending::{Mending, left_out};
use crate::owner::{AddPendingCall, Owner, Services, lock};
use crate::plugin;
use crate::reached;
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
        // SAFETY: CPython clears the interpreter's dictionary in a thread that is attached to it, after its modules.
        unsafe { self.0.views.tie() };
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
        let all_stay = all_stay(owner, &images);
        for image in &images {
            counts.open += 1;
            // See `reap` and `close_images`.
            let tied = || match image.stays() {
                _ if cfg!(not(Py_3_12)) => Some("CPython before 3.12 knows its types in all interpreters"),
                None => all_stay.or_else(|| image.outlived()),
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
    let mut images = Vec::new();
    for owner in &ended {
        let its_own = owner.images().clone();
        if all_stay(owner, &its_own).is_none() {
            its_own.iter().for_each(|image| image.thread_values.forget_this_thread());
            images.extend(its_own);
        }
    }
    reached::mark(&images);
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

/// Why no image of an interpreter that has ended can be closed, if none can: what may have been given a function of any
/// of them, a callback or one out of a capsule, and may still call it.
fn all_stay(owner: &Owner, images: &[Arc<Image>]) -> Option<&'static str> {
    if owner.gate.lingers() || images.iter().any(|image| image.threads.load(Ordering::Acquire) > 0) {
        return Some("threads of another image that have not ended");
    }
    let own = |name: &str| images.iter().any(|image| image.is_named(name));
    let others = |image: &&Arc<Image>| {
        let mut needed = image.elf.needed.iter().map(|text| text.value.as_str());
        needed.any(|name| !keeps_nothing(name) && !own(name))
    };
    let used = images.iter().filter(|image| !image.is_of_the_standard_library()).any(|image| others(&image));
    (used && !left_out(Mending::Kept)).then_some("a library that is not copied, which may have threads of its own")
}

/// Whether a library that is not copied calls nothing of those that use it, but for the time of a call.
fn keeps_nothing(name: &str) -> bool {
    is_of_the_compiler(name) || KEEPS_NOTHING.iter().any(|known| name.starts_with(known))
}

/// Such libraries beside those that every compiler links with: their companions, and the pools of threads that compute.
const KEEPS_NOTHING: [&str; 13] = [
    "libatomic.",
    "libblis",
    "libgomp",
    "libiomp",
    "libmkl",
    "libnsl.",
    "libomp",
    "libopenblas",
    "libquadmath",
    "libresolv.",
    "libscipy_openblas",
    "libtbb",
    "libz.",
];

/// Closes what can be closed of an owner; whether something is left.
fn close_images(owner: &'static Owner) -> bool {
    // The last first, for it needs those before it.
    let images = std::mem::take(&mut *owner.images());
    let mut left = Vec::new();
    let all_stay = all_stay(owner, &images).is_some();
    for image in images.into_iter().rev() {
        if all_stay {
            left.push(image);
            continue;
        }
        let used = || left.iter().any(|other: &Arc<Image>| other.uses.iter().any(|used| Arc::ptr_eq(used, &image)));
        if image.stays().is_none() && !used() {
            // SAFETY: the interpreter is gone, so none of its threads runs code of the image, and no object of it is
            // left; the image has no thread, exit function, handler or hook, and no variable of the process points into
            // it. Where another image needs it, or a thread has destructors of it to run, the dynamic loader keeps it
            // mapped.
            unsafe { image.close() };
        }
        if image.is_mapped() {
            left.push(image);
        } else {
            CLOSED.fetch_add(1, Ordering::Relaxed);
        }
    }
    left.reverse();
    let any = !left.is_empty() || owner.hung.load(Ordering::Relaxed) > 0 || owner.gate.lingers();
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

/// How long an interpreter that ends waits for a native thread that has detached and may come back.
const GRACE: Duration = Duration::from_secs(2);

/// After what time it says for whom it waits.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// How long one look waits.
const LOOK: Duration = Duration::from_millis(20);

/// Lets no new native thread in, and sees to it that those inside leave or are not waited for any more. To be called
/// when the interpreter begins to end, attached.
///
/// CPython before 3.14 ends the process if an interpreter ends that has another thread state. So one of a thread that
/// has ended, or does not come back in time, is deleted here; the thread waits for ever if it comes back after all. One
/// that runs Python code is waited for; from 3.14 on CPython stops it after a while.
pub fn begin_to_end(py: Py<'_>) -> PyResult<'_, ()> {
    let Some(owner) = Owner::find(py)? else { return Ok(()) };
    owner.gate.close();
    let begun = Instant::now();
    let mut said = false;
    loop {
        dismiss(owner, begun.elapsed() > GRACE);
        let inside = owner.gate.inside();
        if inside == 0 {
            break;
        }
        if cfg!(Py_3_14) && begun.elapsed() > GRACE {
            owner.gate.dismiss_all();
            break;
        }
        if begun.elapsed() > PATIENCE && !std::mem::replace(&mut said, true) {
            say(&format!("interpreter {} waits for {inside} native threads that run in it before it ends", owner.id));
        }
        look(owner);
    }
    Ok(())
}

/// How many native threads run Python code in the interpreter, and do not stop in time. Attached.
pub fn native_threads_left(py: Py<'_>) -> PyResult<'_, usize> {
    let Some(owner) = Owner::find(py)? else { return Ok(0) };
    let begun = Instant::now();
    loop {
        // Those whose thread states can be deleted are not waited for.
        let free = owner.gate.outside().iter().filter(|guest| is_free(owner, guest)).count();
        let left = owner.gate.inside().saturating_sub(free);
        if left == 0 || begun.elapsed() > GRACE {
            return Ok(left);
        }
        look(owner);
    }
}

/// Waits a moment, detached.
fn look(owner: &Owner) {
    // SAFETY: the callers are attached; the thread attaches again with what it detached from, and touches no object
    // between.
    unsafe {
        let state = ffi::PyEval_SaveThread();
        owner.gate.wait(LOOK);
        ffi::PyEval_RestoreThread(state);
    }
}

/// Whether no Python code runs on the guest, which is outside: its thread state can be deleted. Attached.
fn is_free(owner: &Owner, guest: &Outside) -> bool {
    if !owner.gate.is_outside(guest.number) {
        return false;
    }
    // SAFETY: the caller holds the GIL, and the guest was outside a moment ago: it is not attached, and cannot be
    // before this thread detaches, so its thread state is there. The frame is a new reference, or NULL.
    unsafe {
        let frame = ffi::PyThreadState_GetFrame(guest.state);
        ffi::Py_XDECREF(frame.cast());
        frame.is_null()
    }
}

/// Deletes the thread states of guests whose threads have ended and, if it is `late`, of those that are outside.
fn dismiss(owner: &Owner, late: bool) {
    let mut outside = owner.gate.outside();
    outside.retain(|guest| (late || guest.ended) && is_free(owner, guest) && owner.gate.dismiss(guest.number));
    if outside.is_empty() {
        return;
    }
    // SAFETY: the caller is attached. CPython's rules ("Thread State and the Global Interpreter Lock"): what is cleared
    // is of the interpreter that this thread is attached to, and no thread is attached with what is deleted: a guest
    // that was dismissed does not attach with it, nor does a thread that has ended. Deleting another thread's also
    // takes back what CPython has noted as this thread's; a thread state that is made for it has the note meanwhile,
    // so that this thread's own is noted again when it attaches with it.
    unsafe {
        let own = ffi::PyEval_SaveThread();
        let meanwhile = ffi::PyThreadState_New(owner.interpreter());
        if meanwhile.is_null() {
            ffi::Py_FatalError(c"no memory for a thread state".as_ptr());
        }
        ffi::PyEval_RestoreThread(meanwhile);
        for guest in outside {
            ffi::PyThreadState_Clear(guest.state);
            ffi::PyThreadState_Delete(guest.state);
        }
        ffi::PyThreadState_Clear(meanwhile);
        ffi::PyThreadState_DeleteCurrent();
        ffi::PyEval_RestoreThread(own);
    }
}

/// One line on standard error, if there is one.
pub(crate) fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "insula_isolate: {text}");
}
