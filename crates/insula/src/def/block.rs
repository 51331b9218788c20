//! The state block: what lies in the memory of a module object.

use std::cell::UnsafeCell;
use std::mem::MaybeUninit;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

use crate::ffi;

use super::free_list::FreeList;
use super::module::ModuleDef;
use super::record::Recorded;

/// How many types of its own the library makes for a module object that needs them: see `class/own_type.rs`.
pub(crate) const OWN_TYPES: usize = 2;

/// What lies in the memory that CPython allocates for a module object (`m_size` bytes, zeroed before exec).
#[repr(C)]
pub struct Block<M: ModuleDef> {
    /// Whether `state` is written. Zeroed memory says no.
    pub(crate) ready: AtomicBool,
    /// Whether exec was called; it also was if it failed.
    pub(crate) begun: AtomicBool,
    /// The types and exceptions, owned; NULL until made.
    pub(crate) objects: UnsafeCell<M::Objects>,
    /// Emptied before the types are released.
    pub(crate) free_lists: UnsafeCell<M::FreeLists>,
    pub(crate) state: UnsafeCell<MaybeUninit<M::State>>,
    /// What leads back to the interpreter from outside; zeroed until somebody asks for it.
    pub(crate) record: Recorded,
    /// The module object itself, not owned: the block lies in its memory. NULL before exec.
    pub(crate) module: AtomicPtr<ffi::PyObject>,
    /// The library's own types, owned; each is NULL until an instance of it is asked for.
    pub(crate) own_types: [AtomicPtr<ffi::PyObject>; OWN_TYPES],
}

impl<M: ModuleDef> Block<M> {
    /// The size in bytes, for `m_size`; refuses at compile time what CPython's allocator could not align.
    pub(crate) const SIZE: ffi::Py_ssize_t = {
        assert!(
            align_of::<Self>() <= 2 * size_of::<usize>(),
            "the module state must not demand an alignment above two words: CPython's allocator does not give it"
        );
        size_of::<Self>().cast_signed()
    };

    /// The block of a module object, or nothing before exec.
    ///
    /// # Safety
    ///
    /// `module` is alive and was made from `M`'s definition; the thread is attached.
    #[inline]
    pub(crate) unsafe fn of(module: *mut ffi::PyObject) -> Option<NonNull<Self>> {
        // SAFETY: a module object; its state memory, if any, is `m_size` bytes: a `Block<M>`, valid when zeroed.
        NonNull::new(unsafe { ffi::PyModule_GetState(module) }.cast())
    }

    /// The same during garbage collection.
    ///
    /// # Safety
    ///
    /// As [`Block::of`].
    pub(crate) unsafe fn of_during_gc(module: *mut ffi::PyObject) -> Option<NonNull<Self>> {
        // SAFETY: as in `of`; from 3.15 on this is the function that a traverse may call.
        #[cfg(Py_3_15)]
        let state = unsafe { ffi::PyModule_GetState_DuringGC(module) };
        // SAFETY: as in `of`.
        #[cfg(not(Py_3_15))]
        let state = unsafe { ffi::PyModule_GetState(module) };
        NonNull::new(state.cast())
    }

    /// The state, if exec has finished and nothing has cleared it.
    #[inline]
    pub(crate) fn state(&self) -> Option<NonNull<M::State>> {
        let ready = self.ready.load(Ordering::Acquire);
        ready.then(|| NonNull::from(&self.state).cast())
    }

    /// The state of a block that `state` said is initialised.
    #[inline]
    pub(crate) fn state_unchecked(&self) -> NonNull<M::State> {
        NonNull::from(&self.state).cast()
    }

    /// A place in the table while exec may be at work, which fills it: where there is no GIL, another thread may have
    /// found a class that is made already.
    pub(crate) fn place(&self, index: usize) -> &AtomicPtr<ffi::PyObject> {
        assert!(index < M::ENTRIES.len(), "the index of an entry");
        // SAFETY: the table is an array with so many items, and lives as long as `self`. Exec fills it through this
        // function only, and nobody borrows an item that it has not filled.
        unsafe { AtomicPtr::from_ptr(self.objects.get().cast::<*mut ffi::PyObject>().add(index)) }
    }

    /// The place of a type or exception of the module; NULL until exec made it.
    #[inline]
    pub(crate) fn object(&self, index: usize) -> &*mut ffi::PyObject {
        // SAFETY: the table changes only in exec and when the module dies, never while a call borrows the initialised
        // block.
        unsafe { &(*self.objects.get()).as_ref()[index] }
    }

    /// The free list of a class. Who follows the pointer sees to it that nobody else does.
    #[inline]
    pub(crate) fn free_list(&self, index: usize) -> NonNull<FreeList> {
        // SAFETY: the borrow of the table ends here; it never moves.
        NonNull::from(unsafe { &mut (*self.free_lists.get()).as_mut()[index] })
    }

    /// `count` of them from `first` on.
    #[inline]
    pub(crate) fn objects(&self, first: usize, count: usize) -> &[*mut ffi::PyObject] {
        // SAFETY: as in `object`.
        unsafe { &(*self.objects.get()).as_ref()[first..first + count] }
    }

    /// Takes the state out, so that the block counts as not initialised, and drops it.
    ///
    /// # Safety
    ///
    /// No borrow of the state is alive. CPython calls this for a module that is unreachable: a running function or
    /// method holds its function object or instance, which holds the module.
    pub(crate) unsafe fn drop_state(&self) {
        if self.ready.swap(false, Ordering::AcqRel) {
            // SAFETY: `ready` said that the state is written; it is read out once, because `ready` is now false.
            drop(unsafe { (*self.state.get()).assume_init_read() });
        }
    }
}
