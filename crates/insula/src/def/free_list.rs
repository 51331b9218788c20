//! Blocks of dead instances, kept for new ones.

use std::ptr::NonNull;

use crate::ffi;

/// The blocks of dead instances of one class of one module object. Zeroed memory is an empty list.
///
/// A block is what an instance was: a garbage collector's head, the head of the object (its type is read when the block
/// is freed), and the memory behind that, whose first word now leads to the next block.
#[repr(C)]
pub struct FreeList {
    first: *mut ffi::PyObject,
    count: usize,
}

impl FreeList {
    /// The word of a block that leads to the next one.
    ///
    /// # Safety
    ///
    /// `block` is a block of a class of ours: each is at least one word larger than a `PyObject`.
    unsafe fn next(block: *mut ffi::PyObject) -> *mut *mut ffi::PyObject {
        // SAFETY: the caller's promise.
        unsafe { block.add(1).cast() }
    }

    /// Takes a block out.
    #[inline]
    pub(crate) fn pop(&mut self) -> Option<NonNull<ffi::PyObject>> {
        let block = NonNull::new(self.first)?;
        // SAFETY: what is in the list is a block.
        self.first = unsafe { *Self::next(block.as_ptr()) };
        self.count -= 1;
        Some(block)
    }

    /// Puts a block in, if the list is not full.
    ///
    /// # Safety
    ///
    /// As `class::freelist::give`.
    #[inline]
    pub(crate) unsafe fn push(&mut self, block: *mut ffi::PyObject, limit: usize) -> bool {
        if self.count >= limit {
            return false;
        }
        // SAFETY: a block, whose memory nobody uses any more.
        unsafe { *Self::next(block) = self.first };
        self.first = block;
        self.count += 1;
        true
    }

    /// Frees all blocks.
    ///
    /// # Safety
    ///
    /// Attached to the module's interpreter; the class is still alive.
    pub(crate) unsafe fn empty(&mut self) {
        while let Some(block) = self.pop() {
            // SAFETY: the block came from tp_alloc and is untracked; its head still names the class, which CPython asks
            // for the size of what lies before the object.
            unsafe { ffi::PyObject_GC_Del(block.as_ptr().cast()) };
        }
    }
}
