//! The record of an interpreter: what threads outside of it may know and hold of it.
//!
//! Each library has one record per interpreter. It is found through the interpreter's own dictionary, so that it is
//! that of the interpreter which the thread is attached to; two records are told apart by their addresses, both being
//! alive. Neither the interpreter's address nor its ID, which CPython uses again, says which interpreter it is.

mod messenger;
#[cfg(Py_3_15)]
mod pep788;

use std::ffi::CStr;
use std::ptr::NonNull;
use std::sync::Arc;
#[cfg(unix)]
use std::sync::MutexGuard;
use std::sync::atomic::{AtomicPtr, Ordering};

use self::messenger::Messenger;
use super::tables::MethodTable;
use crate::brand::{NotSend, Py};
use crate::ffi;
#[cfg(Py_3_15)]
use crate::object::err::PyErr;
use crate::object::err::PyResult;
use crate::object::exceptions::{BuiltinException, RuntimeError};
use crate::object::interpreter::interpreter_dict;
use crate::object::obj::{Any, Obj};
use crate::object::types::{Capsule, Str};
use crate::thread::detach::Detached;
#[cfg(unix)]
use crate::thread::fork;
use crate::thread::state::State;
use crate::thread::sync::{Lifecycle, Store};
#[cfg(unix)]
use crate::thread::sync::{LifecycleState, StoreInner};
use crate::trampoline::enter;

/// See the module's description.
///
/// All of its words are written as a whole, so enums in it are as wide as a word. What the compiler leaves unwritten,
/// as padding or in a smaller variant, keeps what the stack held before: behind a small number that may be the rest of
/// an object's address, and whoever looks for Python objects in this memory takes it for a reference.
pub struct Record {
    /// Alive while somebody is inside: see [`Record::enter`].
    pub(crate) interpreter: State,
    lifecycle: Lifecycle,
    references: Store<Reference>,
    messenger: Messenger,
    #[cfg(Py_3_15)]
    view: pep788::View,
}

/// A strong reference, which only a thread attached to the record's interpreter may use or release.
struct Reference(NonNull<ffi::PyObject>);

// SAFETY: the address alone crosses threads.
unsafe impl Send for Reference {}

const CAPSULE: &CStr = c"insula.record";

/// Held by the interpreter's dictionary: ends the record with the interpreter.
struct Keeper(Arc<Record>);

impl Drop for Keeper {
    fn drop(&mut self) {
        self.0.lifecycle.close();
        self.0.messenger.close();
        // SAFETY: a capsule drops it, attached to the interpreter that it belongs to.
        unsafe { release(self.0.references.end()) };
    }
}

/// Held by a function that `atexit` calls: keeps others out before the interpreter ends, and waits for those who are
/// inside.
struct Gate(Arc<Record>);

impl Drop for Gate {
    fn drop(&mut self) {
        // Somebody cleared the list of exit functions: then nobody would be waited for later, so it is done now.
        self.0.close();
    }
}

impl Record {
    /// The record of the interpreter; it is made if there is none.
    pub(crate) fn of<'py>(py: Py<'py>) -> PyResult<'py, Arc<Self>> {
        match Self::find(py)? {
            Some(record) => Ok(record),
            None => Self::make(py),
        }
    }

    /// The record of the interpreter, if it has one.
    pub(crate) fn find<'py>(py: Py<'py>) -> PyResult<'py, Option<Arc<Self>>> {
        let kept = interpreter_dict(py)?.get(&key(py)?)?;
        kept.map(|kept| Self::held_by(&kept)).transpose()
    }

    /// What Python code may have put into the dictionary is not taken for a record.
    fn held_by<'py>(kept: &Obj<'py>) -> PyResult<'py, Arc<Self>> {
        match kept.downcast::<Capsule>() {
            Some(capsule) => Ok(Arc::clone(&capsule.get::<Keeper>(CAPSULE)?.0)),
            None => Err(RuntimeError::new_err(kept.py(), "the record of the interpreter was replaced")),
        }
    }

    fn make<'py>(py: Py<'py>) -> PyResult<'py, Arc<Self>> {
        let record = Arc::new(Record {
            // SAFETY: attached.
            interpreter: unsafe { State::current() },
            lifecycle: Lifecycle::new(),
            references: Store::new(),
            messenger: Messenger::new(),
            #[cfg(Py_3_15)]
            // SAFETY: attached.
            view: unsafe { pep788::View::of_current() }.ok_or_else(|| PyErr::take(py))?,
        });
        let dict = interpreter_dict(py)?;
        let keeper = Capsule::new(py, CAPSULE, Keeper(Arc::clone(&record)))?;
        // Making the capsule may have run other code, which was faster.
        let kept = Self::held_by(&dict.setdefault(&key(py)?, &keeper)?)?;
        if Arc::ptr_eq(&kept, &record) {
            #[cfg(unix)]
            fork::watch(&record);
            wait_at_exit(py, &record).inspect_err(|_| {
                let _ = key(py).and_then(|key| dict.del(&key));
            })?;
        }
        Ok(kept)
    }

    /// Keeps others from coming in, and waits for those who are inside, unless that was done before. The thread is
    /// attached.
    fn close(&self) {
        let others_inside = self.lifecycle.close();
        self.messenger.close();
        // Only then: before 3.12 a thread that detaches while the process ends does not attach again, and the exit
        // functions of interpreters that nobody ended run then.
        if others_inside {
            let _before = Detached::now();
            self.lifecycle.wait();
        }
    }

    /// Keeps a strong reference; where it is kept.
    pub(crate) fn keep<'py>(&self, object: Obj<'py>) -> PyResult<'py, usize> {
        let py = object.py();
        let keep = |reference: Reference| self.references.insert(reference);
        // SAFETY: a reference is never NULL.
        keep(Reference(unsafe { NonNull::new_unchecked(object.into_ptr()) })).map_err(|Reference(back)| {
            // SAFETY: the reference that was not kept.
            drop(unsafe { Obj::<Any>::from_owned_non_null(back) });
            RuntimeError::new_err(py, "the interpreter is ending")
        })
    }

    /// A new reference to what is kept at a place; nothing if the record has ended.
    ///
    /// # Safety
    ///
    /// The thread is attached to the record's interpreter, with the brand `'py`.
    pub(crate) unsafe fn get<'py>(&self, place: usize) -> Option<Obj<'py>> {
        self.references.with(place, |reference| {
            // SAFETY: a strong reference is kept there until the store gives it out, which waits for this; attached, by
            // the caller's promise. Taking another reference runs no other code.
            unsafe {
                ffi::Py_INCREF(reference.0.as_ptr());
                Obj::from_owned_non_null(reference.0)
            }
        })
    }

    /// Gives up what is kept at a place, from any thread.
    pub(crate) fn give_up(&self, place: usize) {
        self.references.give_up(place);
    }

    /// Releases what was given up.
    ///
    /// # Safety
    ///
    /// The thread is attached to the record's interpreter. No borrow of the program's forbids that Python code runs.
    pub(crate) unsafe fn drain(&self) {
        // SAFETY: the caller's promise. The lock is free again.
        unsafe { release(self.references.take()) };
    }

    /// Starts the interpreter's messenger, unless it runs: see [`later`](Self::later).
    pub(crate) fn start_messenger<'py>(&self, py: Py<'py>) -> PyResult<'py, ()> {
        match self.messenger.start() {
            Ok(true) => Ok(()),
            Ok(false) => Err(RuntimeError::new_err(py, "the interpreter is ending")),
            Err(error) => Err(error.into()),
        }
    }

    /// Has something done on a thread that may wait for the interpreter, if its messenger runs; from any thread, which
    /// does not wait.
    pub(crate) fn later(&self, errand: impl FnOnce() + Send + 'static) {
        self.messenger.send(Box::new(errand));
    }

    /// Comes in: the interpreter does not end before the visit does. Nothing if it has ended or begins to.
    pub(crate) fn enter(&self) -> Option<Visit<'_>> {
        if !self.lifecycle.enter() {
            return None;
        }
        // Made before the guard, so that it leaves again if there is none.
        #[cfg_attr(not(Py_3_15), expect(unused_mut, reason = "CPython guards from 3.15 on"))]
        let mut visit = Visit {
            #[cfg(Py_3_15)]
            guard: None,
            record: self,
            _not_send: NotSend::default(),
        };
        #[cfg(Py_3_15)]
        {
            visit.guard = Some(self.view.guard()?);
        }
        Some(visit)
    }
}

/// # Safety
///
/// The thread is attached to the interpreter of the references.
unsafe fn release(references: Vec<Reference>) {
    for Reference(object) in references {
        // SAFETY: a strong reference, released once; attached, by the caller's promise.
        unsafe { ffi::Py_DECREF(object.as_ptr()) };
    }
}

/// A thread is at work in the interpreter, or about to be.
pub(crate) struct Visit<'a> {
    #[cfg(Py_3_15)]
    guard: Option<pep788::Guard>,
    record: &'a Record,
    _not_send: NotSend,
}

impl Drop for Visit<'_> {
    fn drop(&mut self) {
        #[cfg(Py_3_15)]
        drop(self.guard.take());
        self.record.lifecycle.leave();
    }
}

#[cfg(unix)]
impl fork::Locks for Record {
    fn hold(&self) -> Box<dyn fork::Held + '_> {
        let (lifecycle, messenger) = (self.lifecycle.lock(), self.messenger.lock());
        Box::new(Locked { lifecycle, messenger, _references: self.references.lock() })
    }
}

/// The locks of a record.
#[cfg(unix)]
struct Locked<'a> {
    lifecycle: MutexGuard<'a, LifecycleState>,
    messenger: MutexGuard<'a, messenger::Way>,
    _references: MutexGuard<'a, StoreInner<Reference>>,
}

#[cfg(unix)]
impl fork::Held for Locked<'_> {
    fn keep_this_thread(&mut self) {
        self.lifecycle.keep_this_thread();
        self.messenger.keep_this_thread();
    }
}

/// Names this library's record: another library may lay it out differently.
fn key<'py>(py: Py<'py>) -> PyResult<'py, Obj<'py, Str>> {
    static LIBRARY: u8 = 0;
    Str::new(py, &format!("insula {} {:p}", env!("CARGO_PKG_VERSION"), &raw const LIBRARY))
}

static AT_EXIT: MethodTable<2> = MethodTable::new([
    ffi::PyMethodDef {
        ml_name: c"wait_for_threads".as_ptr(),
        ml_meth: ffi::PyMethodDefPointer { PyCFunction: at_exit },
        ml_flags: ffi::METH_NOARGS,
        ml_doc: std::ptr::null(),
    },
    MethodTable::END,
]);

/// Has `atexit` call [`Record::close`]: then the interpreter still works, and its threads can leave.
fn wait_at_exit<'py>(py: Py<'py>, record: &Arc<Record>) -> PyResult<'py, ()> {
    let gate = Capsule::new(py, CAPSULE, Gate(Arc::clone(record)))?;
    // SAFETY: a complete definition that lives as long as the library, and a live object.
    let function: Obj<'py> = unsafe { Obj::from_owned(py, ffi::PyCFunction_New(AT_EXIT.as_ptr(), gate.as_ptr()))? };
    py.import("atexit")?.getattr("register")?.call_one(&function)?;
    Ok(())
}

unsafe extern "C" fn at_exit(gate: *mut ffi::PyObject, _: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: CPython calls it, attached, with the capsule that the function was made with.
    unsafe {
        enter(|py| {
            Obj::<Capsule>::from_place(&gate).get::<Gate>(CAPSULE)?.0.close();
            Ok(py.none().into_ptr())
        })
    }
}

/// A module object's hold on the record of its interpreter. Zeroed memory is one that holds none yet.
pub(crate) struct Recorded(AtomicPtr<Record>);

impl Recorded {
    /// Whether it is this record. Both are alive, so their addresses tell.
    pub(crate) fn is(&self, record: &Arc<Record>) -> bool {
        std::ptr::eq(self.0.load(Ordering::Acquire), Arc::as_ptr(record))
    }

    /// The record of the module's interpreter.
    pub(crate) fn get<'py>(&self, py: Py<'py>) -> PyResult<'py, Arc<Record>> {
        let held = self.0.load(Ordering::Acquire);
        if held.is_null() {
            let record = Record::of(py)?;
            let pointer = Arc::into_raw(Arc::clone(&record)).cast_mut();
            let swapped = self.0.compare_exchange(std::ptr::null_mut(), pointer, Ordering::AcqRel, Ordering::Acquire);
            if swapped.is_err() {
                // SAFETY: the pointer that was not put in place.
                drop(unsafe { Arc::from_raw(pointer) });
                return self.get(py);
            }
            return Ok(record);
        }
        // SAFETY: the pointer came from an `Arc` that is held here until `release`, which nothing follows.
        unsafe {
            Arc::increment_strong_count(held);
            Ok(Arc::from_raw(held))
        }
    }

    /// Releases what was given up until now, if a record is held.
    ///
    /// # Safety
    ///
    /// As [`Record::drain`], of the module's interpreter; the module is alive.
    pub(crate) unsafe fn drain(&self) {
        // SAFETY: the pointer came from an `Arc` that is held here until `release`, which the module's death calls.
        if let Some(record) = unsafe { self.0.load(Ordering::Acquire).as_ref() } {
            // SAFETY: the caller's promise.
            unsafe { record.drain() };
        }
    }

    /// Lets go of it, and releases what was given up until now.
    ///
    /// # Safety
    ///
    /// The thread is attached to the module's interpreter, and the module is dying.
    pub(crate) unsafe fn release(&self) {
        let held = self.0.swap(std::ptr::null_mut(), Ordering::AcqRel);
        if !held.is_null() {
            // SAFETY: the pointer came from an `Arc` that was held here; attached, by the caller's promise.
            unsafe { Arc::from_raw(held).drain() };
        }
    }
}
