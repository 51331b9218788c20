//! Values that threads keep for an image, and the destructors that run over them when the thread ends.
//!
//! An image must not be closed while a thread has a destructor of it to run. The thread that closes images is often the
//! one that ran the interpreter, and lives on: what it still keeps for an image that goes is forgotten, its destructors
//! do not run. Keys of POSIX are few (1,024 for a process), so an image that goes gives its own back.

use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use crate::image::Image;
use crate::owner::{lock, this_thread};
use crate::shims::{Shim, owner, shims};

pub(crate) static SHIMS: &[Shim] = &shims! {
    c"__cxa_thread_atexit_impl" => thread_atexit,
    c"__cxa_thread_atexit" => thread_atexit,
    c"pthread_key_create" => key_create,
    c"pthread_key_delete" => key_delete,
    c"pthread_setspecific" => set_specific,
};

type Destructor = unsafe extern "C" fn(*mut c_void);

/// What threads keep for an image.
#[derive(Debug, Default)]
pub(crate) struct ThreadValues {
    values: Mutex<Vec<Arc<Value>>>,
    keys: Mutex<Vec<(libc::pthread_key_t, Destructor)>>,
}

/// One value of one thread, with its destructor.
#[derive(Debug)]
pub(crate) struct Value {
    image: Arc<Image>,
    thread: libc::pthread_t,
    /// The key that it is kept under, if it is one of POSIX.
    key: Option<libc::pthread_key_t>,
    object: *mut c_void,
    destructor: Destructor,
    /// Its image is gone.
    forgotten: AtomicBool,
}

/// The values that are kept under keys: a destructor learns the object only, so it looks here for the image. Read and
/// changed by the library that Python imported and, by way of [`Services`](crate::owner::Services), by shims.
pub(crate) type Keyed = Mutex<Vec<Arc<Value>>>;

// SAFETY: the pointer is the image's and used on the value's own thread only.
unsafe impl Send for Value {}
// SAFETY: as above.
unsafe impl Sync for Value {}

impl ThreadValues {
    /// Whether a thread has a destructor of the image to run.
    pub(crate) fn any(&self) -> bool {
        !lock(&self.values).is_empty()
    }

    /// Forgets what this thread keeps.
    pub(crate) fn forget_this_thread(&self) {
        let this = this_thread();
        lock(&self.values).retain(|value| {
            let mine = value.thread == this;
            if mine {
                value.forgotten.store(true, Ordering::Release);
            }
            !mine
        });
    }

    /// Gives the image's keys back. Nothing is called for them any more.
    pub(crate) fn delete_keys(&self, keyed: &Keyed) {
        let mut keyed = lock(keyed);
        for (key, _) in lock(&self.keys).drain(..) {
            keyed.retain(|value| value.key != Some(key));
            // SAFETY: a key that `key_create` made for this image, which no code will use again.
            unsafe { libc::pthread_key_delete(key) };
        }
    }

    fn remove(&self, value: &Value) {
        lock(&self.values).retain(|other| !std::ptr::eq(Arc::as_ptr(other), value));
    }
}

/// Notes that this thread has a destructor of the image to run.
fn keep(
    image: Arc<Image>,
    key: Option<libc::pthread_key_t>,
    object: *mut c_void,
    destructor: Destructor,
) -> Arc<Value> {
    let value =
        Arc::new(Value { image, thread: this_thread(), key, object, destructor, forgotten: AtomicBool::new(false) });
    lock(&value.image.thread_values.values).push(Arc::clone(&value));
    value
}

impl Value {
    /// Runs the destructor, unless the image is gone.
    fn destroy(&self) {
        if !self.forgotten.load(Ordering::Acquire) {
            // SAFETY: the image asked for it to be called with the object on this thread; it is mapped, for this value
            // ties it.
            unsafe { (self.destructor)(self.object) };
        }
        // Only now may the image go.
        self.image.thread_values.remove(self);
    }
}

/// Runs the destructor of a thread-local at the end of its thread. Part of the library that Python imported, which
/// stays.
///
/// # Safety
///
/// The pointer is one that `thread_atexit` gave out, and is given up.
pub(crate) unsafe extern "C" fn run(value: *mut c_void) {
    // SAFETY: the caller's promise.
    unsafe { Arc::from_raw(value.cast_const().cast::<Value>()) }.destroy();
}

/// The values under keys that the process has.
pub(crate) static KEYED: Keyed = Mutex::new(Vec::new());

/// Runs the destructor of what this thread kept under a key. Part of the library that Python imported, which stays.
///
/// # Safety
///
/// POSIX calls it, with what the thread kept.
pub(crate) unsafe extern "C" fn run_keyed(object: *mut c_void) {
    let this = this_thread();
    let value = {
        let mut keyed = lock(&KEYED);
        let found = keyed.iter().position(|value| value.thread == this && value.object == object);
        found.map(|at| keyed.swap_remove(at))
    };
    if let Some(value) = value {
        value.destroy();
    }
}

unsafe extern "C" {
    fn __cxa_thread_atexit_impl(function: Destructor, object: *mut c_void, library: *mut c_void) -> c_int;
}

/// A destructor for a thread-local of C++ or Rust.
unsafe extern "C" fn thread_atexit(destructor: Destructor, object: *mut c_void, library: *mut c_void) -> c_int {
    let owner = owner();
    let image = owner.image_at(library).or_else(|| owner.image_at(destructor as *const c_void));
    let Some(image) = image else {
        // SAFETY: the caller's own promise.
        return unsafe { __cxa_thread_atexit_impl(destructor, object, library) };
    };
    let value = Arc::into_raw(keep(image, None, object, destructor));
    // No library that could be closed is named: the destructor that runs is one of the library that stays.
    let run = owner.services.run_destructor;
    // SAFETY: `run` takes the count of the value that is handed over.
    unsafe { __cxa_thread_atexit_impl(run, value.cast_mut().cast(), run as *mut c_void) }
}

/// A key whose destructor is the image's.
unsafe extern "C" fn key_create(key: *mut libc::pthread_key_t, destructor: Option<Destructor>) -> c_int {
    let owner = owner();
    let made = destructor.and_then(|destructor| Some((owner.image_at(destructor as *const c_void)?, destructor)));
    let Some((image, destructor)) = made else {
        // SAFETY: the caller's own promise.
        return unsafe { libc::pthread_key_create(key, destructor) };
    };
    // SAFETY: the caller's own promise about the place for the key.
    let failed = unsafe { libc::pthread_key_create(key, Some(owner.services.run_keyed)) };
    if failed == 0 {
        // SAFETY: filled in just now.
        lock(&image.thread_values.keys).push((unsafe { *key }, destructor));
    }
    failed
}

/// The image that made a key, and its destructor.
fn maker(key: libc::pthread_key_t) -> Option<(Arc<Image>, Destructor)> {
    owner().images().iter().find_map(|image| {
        let keys = lock(&image.thread_values.keys);
        let (_, destructor) = keys.iter().find(|(known, _)| *known == key)?;
        Some((Arc::clone(image), *destructor))
    })
}

/// Forgets what this thread keeps under a key.
fn forget(key: libc::pthread_key_t) {
    let this = this_thread();
    let mut keyed = lock(owner().services.keyed);
    if let Some(at) = keyed.iter().position(|value| value.thread == this && value.key == Some(key)) {
        let value = keyed.swap_remove(at);
        value.image.thread_values.remove(&value);
    }
}

unsafe extern "C" fn key_delete(key: libc::pthread_key_t) -> c_int {
    if let Some((image, _)) = maker(key) {
        let mut keyed = lock(owner().services.keyed);
        keyed.retain(|value| value.key != Some(key));
        lock(&image.thread_values.values).retain(|value| value.key != Some(key));
        lock(&image.thread_values.keys).retain(|(known, _)| *known != key);
    }
    // SAFETY: the caller's own promise.
    unsafe { libc::pthread_key_delete(key) }
}

unsafe extern "C" fn set_specific(key: libc::pthread_key_t, object: *const c_void) -> c_int {
    if let Some((image, destructor)) = maker(key) {
        forget(key);
        if !object.is_null() {
            let value = keep(image, Some(key), object.cast_mut(), destructor);
            lock(owner().services.keyed).push(value);
        }
    }
    // SAFETY: the caller's own promise.
    unsafe { libc::pthread_setspecific(key, object) }
}
