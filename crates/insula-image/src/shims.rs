//! The shims of an interpreter: what its images call instead of functions that mean the process or the main
//! interpreter.
//!
//! C code names no interpreter when it attaches a thread, so the function itself has to know it. Therefore each
//! interpreter has a private copy of this very library, in which [`OWNER`] is that interpreter: the functions below
//! then mean it, at no cost of their own.

use std::collections::HashMap;
use std::ffi::{CStr, c_char};
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, Ordering};

use crate::elf::Elf;
use crate::error::{Error, Result};
use crate::image::Image;
use crate::mending::{Mending, left_out};
use crate::owner::Owner;
use crate::{copy, shim_calls, shim_dl, shim_join, shim_kept, shim_process, shim_threads, thread_values};

/// Whose copy of the library this is: nobody's, in the one that Python imported.
static OWNER: AtomicPtr<Owner> = AtomicPtr::new(std::ptr::null_mut());

/// The owner of this copy.
pub(crate) fn owner() -> &'static Owner {
    let owner = OWNER.load(Ordering::Acquire);
    // SAFETY: shims are handed out only after `insula_image_shims` has set it, to an owner that is never freed.
    unsafe { &*owner }
}

/// A name and the address of the function that stands in for it.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Shim {
    pub(crate) name: &'static CStr,
    pub(crate) address: *const (),
}

// SAFETY: an address of code, which may be read anywhere.
unsafe impl Sync for Shim {}

/// What a copy answers: its version and its shims.
#[repr(C)]
struct Table {
    version: &'static str,
    parts: [&'static [Shim]; 9],
}

/// Makes this copy the owner's and tells its shims. Called by the library that Python imported, in a copy of it.
///
/// # Safety
///
/// `owner` is never freed, and comes from a library of the same build.
#[unsafe(no_mangle)]
unsafe extern "C" fn insula_image_shims(owner: *mut Owner) -> *mut Table {
    let table = Table {
        version: env!("CARGO_PKG_VERSION"),
        parts: [
            shim_threads::SHIMS,
            shim_threads::MORE,
            shim_calls::SHIMS,
            shim_calls::MORE,
            shim_dl::SHIMS,
            shim_process::SHIMS,
            shim_join::SHIMS,
            if left_out(Mending::Kept) { &[] } else { shim_kept::SHIMS },
            thread_values::SHIMS,
        ],
    };
    OWNER.store(owner, Ordering::Release);
    Box::into_raw(Box::new(table))
}

/// The shims of one interpreter.
#[derive(Debug)]
pub(crate) struct Shims {
    names: HashMap<&'static CStr, (&'static str, usize)>,
    /// The copy that the functions are in.
    pub(crate) image: Image,
}

impl Shims {
    /// Loads a copy of this library for the owner.
    pub(crate) fn load(owner: &'static Owner) -> Result<Self> {
        let elf = own_file()?;
        let image = Image::map(elf, copy::serial(), None, Vec::new(), libc::RTLD_NOW)?;
        // SAFETY: nothing of it is bound, since it is to mean what it says.
        unsafe { image.construct() };
        let symbol = image
            .symbol(c"insula_image_shims")
            .ok_or_else(|| Error::new("the file of insula_isolate itself was replaced by another build".to_owned()))?;
        // SAFETY: the function of that name, in a copy of this library.
        let function: unsafe extern "C" fn(*mut Owner) -> *mut Table = unsafe { std::mem::transmute(symbol.as_ptr()) };
        // SAFETY: the owner is never freed; the copy is of the file that this library was loaded from, so both allocate
        // alike and lay the table out alike.
        let table = unsafe { Box::from_raw(function(std::ptr::from_ref(owner).cast_mut())) };
        if table.version != env!("CARGO_PKG_VERSION") {
            return Err(Error::new("the file of insula_isolate itself was replaced by another version".to_owned()));
        }
        let shims = table.parts.iter().flat_map(|part| part.iter());
        let names = shims
            .filter(|shim| !shim_threads::left_out(shim.name))
            .filter_map(|shim| Some((shim.name, (shim.name.to_str().ok()?, shim.address.addr()))))
            .collect();
        Ok(Self { names, image })
    }

    /// The shim for a name.
    pub(crate) fn find(&self, name: &CStr) -> Option<(&'static str, usize)> {
        self.names.get(name).copied()
    }
}

/// The file that this library was loaded from.
fn own_file() -> Result<Arc<Elf>> {
    let mut info = std::mem::MaybeUninit::<libc::Dl_info>::zeroed();
    // SAFETY: dladdr(3) fills the structure for an address of this library.
    let found = unsafe { libc::dladdr((&raw const OWNER).cast(), info.as_mut_ptr()) };
    // SAFETY: zeroed, or filled in.
    let name: *const c_char = unsafe { info.assume_init() }.dli_fname;
    if found == 0 || name.is_null() {
        return Err(Error::new("the dynamic loader does not say where insula_isolate lies".to_owned()));
    }
    // SAFETY: the name of a loaded library is a string.
    let name = unsafe { CStr::from_ptr(name) }.to_string_lossy().into_owned();
    Elf::of(name.as_ref()).map_err(|error| error.of_library("insula_isolate"))
}

/// Lists functions as shims for the names that they stand in for.
macro_rules! shims {
    ($($name:literal => $function:path),+ $(,)?) => {
        [$(crate::shims::Shim { name: $name, address: $function as *const () }),+]
    };
}
pub(crate) use shims;
