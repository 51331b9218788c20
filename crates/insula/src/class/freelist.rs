//! Free lists: blocks of dead instances, kept for the next ones (`#[class(freelist = 16)]`).
//!
//! A list belongs to one module object: it lies in the memory of the module state, so no other copy of the module and
//! no other interpreter can come by its blocks, and it is emptied when the module object dies.

use std::ptr::NonNull;

use crate::def::{Block, ClassDef, FreeList, module_of};
use crate::ffi;

/// Whether a class has a free list: not without a GIL, where several threads could come to it at once.
pub(crate) const fn has_list<C: ClassDef>() -> bool {
    C::FREELIST > 0 && cfg!(not(Py_GIL_DISABLED))
}

/// The free list for instances of just this type, if the class has one, and its module is still there.
///
/// # Safety
///
/// `ty` is alive: the type object of the class or of a subclass; attached.
#[inline]
unsafe fn list_of<C: ClassDef>(ty: *mut ffi::PyTypeObject) -> Option<NonNull<FreeList>> {
    // SAFETY: 1) A type with the class's own table of methods was made from its definition, with a module made from
    // that of its module. (A subclass has another table, and may have instances of another size.) 2) A class is a heap
    // type, which holds its module until the collector clears the type, and then forgets it.
    unsafe {
        if (*ty).tp_methods != C::methods() {
            return None;
        }
        let module = module_of(NonNull::new_unchecked(ty))?;
        Some(Block::<C::Module>::of(module.as_ptr())?.as_ref().free_list(C::INDEX))
    }
}

/// A block for a new instance, as `tp_alloc` gives it but for two things: it is not tracked, and its fields are not
/// zeroed.
///
/// # Safety
///
/// As `list_of`. The caller writes the fields, then tracks it (`PyObject_GC_Track`).
#[inline]
pub(crate) unsafe fn take<C: ClassDef>(
    ty: *mut ffi::PyTypeObject,
    list: Option<NonNull<FreeList>>,
) -> Option<NonNull<ffi::PyObject>> {
    // SAFETY: 1) The list lies in the module state, which the class holds; attached to its interpreter under the GIL,
    // and nothing here runs other code: nobody else is at it. 2) PyObject_Init is for memory that is no object: it
    // writes the type, takes a reference to it and sets the count to one. 3) The collector's head is that of an
    // untracked object that was never finalised, for such a class has no finaliser.
    unsafe {
        let block = match list {
            Some(list) => list,
            None => list_of::<C>(ty)?,
        }
        .as_mut()
        .pop()?;
        ffi::PyObject_Init(block.as_ptr(), ty);
        Some(block)
    }
}

/// Keeps the block of a dead instance, instead of `tp_free`. Returns whether it did.
///
/// # Safety
///
/// `object` is untracked, its fields are dropped, nothing refers to it and nobody will use it again; it still owns its
/// reference to its type, which the caller releases afterwards. Attached.
#[inline]
pub(crate) unsafe fn give<C: ClassDef>(object: *mut ffi::PyObject) -> bool {
    // SAFETY: as in `take`. The block is as large as the class says, because its type is not that of a subclass.
    unsafe { list_of::<C>(ffi::Py_TYPE(object)).is_some_and(|mut list| list.as_mut().push(object, C::FREELIST)) }
}
