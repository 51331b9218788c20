//! Shims for calls of the dynamic loader that would find another image than the caller's own.

use std::arch::naked_asm;
use std::cell::Cell;
use std::ffi::{CStr, CString, OsStr, c_char, c_int, c_void};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::error::Result;
use crate::image::Image;
use crate::owner::Owner;
use crate::plugin::Plugin;
use crate::shims::{Shim, owner, shims};

pub(crate) static SHIMS: &[Shim] = &shims! {
    c"dlsym" => dlsym,
    c"dlopen" => dlopen,
    c"dlclose" => dlclose,
    c"dlerror" => dlerror,
    c"dladdr" => dladdr,
    c"dladdr1" => dladdr1,
};

thread_local! {
    /// Why the last call failed, if we know it and not the dynamic loader: a string of ours. It needs no destructor,
    /// for that would keep this copy of the library mapped as long as the thread runs.
    static ERROR: Cell<*mut c_char> = const { Cell::new(std::ptr::null_mut()) };
    /// The string that the last call of `dlerror` gave.
    static GIVEN: Cell<*mut c_char> = const { Cell::new(std::ptr::null_mut()) };
}

/// Notes why a call failed, or that the dynamic loader knows it.
fn set_error(error: Option<&str>) {
    let error = error.and_then(|error| CString::new(error.replace('\0', " ")).ok());
    let before = ERROR.replace(error.map_or(std::ptr::null_mut(), CString::into_raw));
    if !before.is_null() {
        // SAFETY: it came from `into_raw` and was given to nobody.
        drop(unsafe { CString::from_raw(before) });
    }
}

unsafe extern "C" fn dlerror() -> *mut c_char {
    let error = ERROR.replace(std::ptr::null_mut());
    let given = GIVEN.replace(error);
    if !given.is_null() {
        // SAFETY: it came from `into_raw`, and dlerror(3) gives strings until it is called again.
        drop(unsafe { CString::from_raw(given) });
    }
    // SAFETY: dlerror(3) has no precondition. It is called in either case, so that an older error is not told later.
    let of_the_loader = unsafe { libc::dlerror() };
    if error.is_null() { of_the_loader } else { error }
}

/// dlsym(3) depends on who calls it: this adds the return address as a third argument.
// SAFETY: the code leaves the stack and the arguments as they are, puts one more into the register that the calling
// convention has for the third, and jumps to a function that takes them and returns to the caller.
#[unsafe(naked)]
unsafe extern "C" fn dlsym(handle: *mut c_void, name: *const c_char) -> *mut c_void {
    #[cfg(target_arch = "x86_64")]
    naked_asm!("mov rdx, [rsp]", "jmp {}", sym dlsym_from);
    #[cfg(target_arch = "aarch64")]
    naked_asm!("mov x2, x30", "b {}", sym dlsym_from);
}

/// A function that is looked up by name is a shim, too, where there is one.
unsafe extern "C" fn dlsym_from(handle: *mut c_void, name: *const c_char, caller: *const c_void) -> *mut c_void {
    set_error(None);
    // SAFETY: the caller's own promise to dlsym(3).
    let mut found = unsafe { libc::dlsym(handle, name) };
    if name.is_null() {
        return found;
    }
    let owner = owner();
    // SAFETY: a string, as the caller promises.
    let text = unsafe { CStr::from_ptr(name) };
    if found.is_null() && handle == libc::RTLD_DEFAULT {
        // For the caller, "default" includes its own image and what that needs; and then what others have opened for
        // everybody.
        let own = owner.image_at(caller);
        let images = owner.images().clone();
        found = own.iter().chain(&images).find_map(|image| image.symbol(text)).map_or(found, |found| found.as_ptr());
    }
    let shim = owner.shims.get().and_then(|shims| shims.find(text));
    match shim {
        // Only where the name means the function that the shim stands in for.
        // SAFETY: as above.
        Some((_, address)) if found == unsafe { libc::dlsym(libc::RTLD_DEFAULT, name) } && !found.is_null() => {
            std::ptr::with_exposed_provenance_mut(address)
        }
        // SAFETY: as above; the last error is to be about this call.
        _ if found.is_null() => unsafe { libc::dlsym(handle, name) },
        _ => found,
    }
}

/// The same for dlopen(3).
// SAFETY: as above.
#[unsafe(naked)]
unsafe extern "C" fn dlopen(name: *const c_char, flags: c_int) -> *mut c_void {
    #[cfg(target_arch = "x86_64")]
    naked_asm!("mov rdx, [rsp]", "jmp {}", sym dlopen_from);
    #[cfg(target_arch = "aarch64")]
    naked_asm!("mov x2, x30", "b {}", sym dlopen_from);
}

/// The interpreter's own copy, where there is one or can be one. Where there should be one and cannot, it says why: the
/// file as it is would be shared with other interpreters.
unsafe extern "C" fn dlopen_from(name: *const c_char, flags: c_int, caller: *const c_void) -> *mut c_void {
    set_error(None);
    if !name.is_null() {
        // SAFETY: the caller's own promise to dlopen(3).
        let text = unsafe { CStr::from_ptr(name) };
        match own_image(owner(), text, flags, caller) {
            Ok(Plugin::Private(image)) => {
                let Some(handle) = image.open_again(flags) else { return std::ptr::null_mut() };
                image.opened.fetch_add(1, Ordering::AcqRel);
                return handle.as_ptr();
            }
            Ok(Plugin::NotYet) => return std::ptr::null_mut(),
            Ok(Plugin::Anybodys) => {}
            Err(error) => {
                set_error(Some(&format!("{}: cannot be isolated: {error}", text.to_string_lossy())));
                return std::ptr::null_mut();
            }
        }
    }
    // SAFETY: as above.
    unsafe { libc::dlopen(name, flags) }
}

fn own_image(owner: &'static Owner, name: &CStr, flags: c_int, caller: *const c_void) -> Result<Plugin> {
    let path = Path::new(OsStr::from_bytes(name.to_bytes()));
    if name.to_bytes().contains(&b'/') {
        return (owner.services.library)(owner, path, flags);
    }
    let images = owner.images().clone();
    let named = |image: &&Arc<Image>| {
        let file = image.elf.name.file_name().is_some_and(|file| file == path);
        file || image.elf.soname.as_ref().is_some_and(|soname| Path::new(&soname.value) == path)
    };
    if let Some(image) = images.iter().find(named) {
        return Ok(Plugin::Private(Arc::clone(image)));
    }
    // The caller's own search path is that of its image. Where a function ends with the call, nothing says who it was.
    let callers = match owner.image_at(caller) {
        Some(image) => vec![image],
        None => images,
    };
    let mut beside = callers.iter().flat_map(|image| image.elf.folders()).map(|folder| folder.join(path));
    match beside.find(|file| file.is_file()) {
        Some(file) => (owner.services.library)(owner, &file, flags),
        None => Ok(Plugin::Anybodys),
    }
}

unsafe extern "C" fn dlclose(handle: *mut c_void) -> c_int {
    set_error(None);
    let owner = owner();
    match (owner.services.close_library)(owner, handle) {
        Some(closed) => closed,
        // SAFETY: the caller's own promise to dlclose(3).
        None => unsafe { libc::dlclose(handle) },
    }
}

/// Code that asks where it lies learns the file that it was copied from.
unsafe extern "C" fn dladdr(address: *const c_void, info: *mut libc::Dl_info) -> c_int {
    // SAFETY: the caller's own promise to dladdr(3).
    let found = unsafe { libc::dladdr(address, info) };
    // SAFETY: dladdr(3) has filled the structure if it found something.
    unsafe { name_original(found, address, info) }
}

/// The same, with more that it learns.
unsafe extern "C" fn dladdr1(
    address: *const c_void,
    info: *mut libc::Dl_info,
    more: *mut *mut c_void,
    flags: c_int,
) -> c_int {
    // SAFETY: glibc's function of that name.
    unsafe extern "C" {
        fn dladdr1(address: *const c_void, info: *mut libc::Dl_info, more: *mut *mut c_void, flags: c_int) -> c_int;
    }
    // SAFETY: the caller's own promise to dladdr1(3).
    let found = unsafe { dladdr1(address, info, more, flags) };
    // SAFETY: as above.
    unsafe { name_original(found, address, info) }
}

/// # Safety
///
/// `info` is filled in if `found` is not 0.
unsafe fn name_original(found: c_int, address: *const c_void, info: *mut libc::Dl_info) -> c_int {
    if found != 0
        && let Some(image) = owner().image_at(address)
    {
        // SAFETY: the caller's promise; the image keeps its path, and the owner the image.
        unsafe { (*info).dli_fname = image.original.as_ptr() };
    }
    found
}
