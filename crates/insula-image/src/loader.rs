//! The dynamic loader: what is asked of it, and what it says in terms that mean something to a user.

use std::ffi::{CStr, CString, OsStr, c_char, c_int, c_uint, c_void};
use std::fs::File;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;
use std::ptr::NonNull;
use std::sync::LazyLock;

use crate::copy::{self, PrivateCopy};
use crate::elf::{Edit, Elf};
use crate::error::{Error, Result};

/// The public beginning of glibc's `struct link_map`.
#[repr(C)]
struct LinkMap {
    address: usize,
    name: *const c_char,
}

/// Requests of dlinfo(3), by their numbers in `dlfcn.h`.
const RTLD_DI_SERINFOSIZE: c_int = 5;
const RTLD_DI_TLS_MODID: c_int = 9;
const RTLD_DI_TLS_DATA: c_int = 10;

/// Tries one place after the other until one holds a copy that the dynamic loader can map.
pub(crate) fn open_somewhere(
    file: &File,
    name: &str,
    edits: &[Edit],
    flags: c_int,
) -> Result<(PrivateCopy, NonNull<c_void>)> {
    let mut reasons = Vec::new();
    for place in copy::places(file, name, edits)? {
        let described = place.to_string();
        let copy = match place.make() {
            Ok(copy) => copy,
            Err(error) => {
                reasons.push(error.to_string());
                continue;
            }
        };
        match open(copy.path(), flags | libc::RTLD_LOCAL) {
            Ok(handle) => return Ok((copy, handle)),
            // The place does not let code run, or cannot be reached by its path; another may.
            Err(error) if is_place(&error, copy.path()) => {
                reasons
                    .push(format!("a private copy {described} cannot be mapped: {}", plain(&error, copy.path(), name)));
            }
            Err(error) => return Err(Error::new(advise(&plain(&error, copy.path(), name)))),
        }
    }
    reasons.push("set TMPDIR to a folder with room that is not mounted noexec".to_owned());
    Err(Error::new(reasons.join("; ")))
}

/// Opens a file with the dynamic loader.
pub(crate) fn open(path: &CStr, flags: c_int) -> std::result::Result<NonNull<c_void>, String> {
    // SAFETY: dlopen(3) reads the path, a string. Constructors that it runs are those of code the user asked to load.
    NonNull::new(unsafe { libc::dlopen(path.as_ptr(), flags) }).ok_or_else(|| {
        // SAFETY: dlerror(3) gives the thread's last error as a string, or NULL.
        let error = unsafe { libc::dlerror() };
        if error.is_null() {
            return "the dynamic loader does not say why".to_owned();
        }
        // SAFETY: not NULL, so it is a string until the next call on this thread.
        unsafe { CStr::from_ptr(error) }.to_string_lossy().into_owned()
    })
}

/// Whether the loader's message is about the copy itself.
fn is_place(message: &str, path: &CStr) -> bool {
    let rest = message.strip_prefix(&*path.to_string_lossy()).map(|rest| rest.trim_start_matches([':', ' ']));
    rest.is_some_and(|rest| {
        rest.starts_with("failed to map segment") || rest.starts_with("cannot open shared object file")
    })
}

/// The loader's message with the file's name instead of the copy's, which says nothing to anybody; at its beginning it
/// says nothing new.
fn plain(message: &str, path: &CStr, name: &str) -> String {
    let path = path.to_string_lossy();
    let rest = message.strip_prefix(&*path).map_or(message, |rest| rest.trim_start_matches([':', ' ']));
    let mut plain = rest.replace(&*path, name);
    // Copies of other libraries have such paths, too.
    while let Some(start) = plain.find("/proc/self/fd/") {
        let length = plain[start..]
            .find(|c: char| !c.is_ascii_alphanumeric() && !"/.".contains(c))
            .unwrap_or(plain.len() - start);
        plain.replace_range(start..start + length, "a library bundled with it");
    }
    plain
}

fn advise(message: &str) -> String {
    let advice = if message.contains("static TLS block") {
        "it uses thread-local storage of a fixed total size, of which each interpreter's copy takes a part; set \
         GLIBC_TUNABLES=glibc.rtld.optional_static_tls=16384 before the program starts, or share the library that uses \
         it"
    } else if message.contains("libc.musl-") {
        "the wheel is for a system whose C library is musl; install the wheel for this one"
    } else if message.contains("undefined symbol") || message.contains("not found (required by") {
        "the file was built against another version of a library or of Python; install a matching wheel"
    } else if message.contains("cannot open shared object file") {
        "a library that it needs is not on this machine; install it"
    } else {
        return message.to_owned();
    };
    format!("{message} ({advice})")
}

/// Where an open object lies.
pub(crate) fn base_of(handle: NonNull<c_void>) -> Result<usize> {
    let map =
        link_map(handle).ok_or_else(|| Error::new("the dynamic loader does not say where the copy lies".to_owned()))?;
    // SAFETY: the link map of an open handle.
    Ok(unsafe { (*map.as_ptr()).address })
}

/// The path of an open object.
pub(crate) fn path_of(handle: NonNull<c_void>) -> Option<PathBuf> {
    let map = link_map(handle)?;
    // SAFETY: the name of an open handle's link map is a string for as long as it is open.
    let name = unsafe { CStr::from_ptr((*map.as_ptr()).name) };
    Some(PathBuf::from(OsStr::from_bytes(name.to_bytes()))).filter(|path| path.is_absolute())
}

/// Whether the process has a symbol of that name for everybody.
pub(crate) fn is_global(name: &str) -> bool {
    let Ok(name) = CString::new(name) else { return false };
    // SAFETY: dlsym(3) with a string.
    !unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) }.is_null()
}

/// The folders in which the dynamic loader looks for what the program itself needs: those of the system are among them.
pub(crate) fn search_path() -> &'static [PathBuf] {
    static FOLDERS: LazyLock<Vec<PathBuf>> = LazyLock::new(|| read_search_path().unwrap_or_default());
    &FOLDERS
}

/// `Dl_serinfo` of `dlfcn.h`: its beginning, and an entry of the array that follows.
#[repr(C)]
struct SearchInfo {
    size: usize,
    count: c_uint,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct SearchEntry {
    name: *const c_char,
    flags: c_uint,
}

fn read_search_path() -> Option<Vec<PathBuf>> {
    const SIZE: usize = size_of::<SearchInfo>();
    const ENTRY: usize = size_of::<SearchEntry>();
    // SAFETY: dlopen(3) without a name gives a handle for the program.
    let handle = NonNull::new(unsafe { libc::dlopen(std::ptr::null(), libc::RTLD_NOW) })?;
    let mut info = SearchInfo { size: 0, count: 0 };
    // SAFETY: dlinfo(3) with an open handle stores how many bytes the answer takes, and how many entries it has.
    let asked = unsafe { libc::dlinfo(handle.as_ptr(), RTLD_DI_SERINFOSIZE, (&raw mut info).cast()) };
    let mut words = vec![0_usize; info.size.div_ceil(size_of::<usize>()) + 2];
    let buffer = words.as_mut_ptr();
    let mut folders = Vec::new();
    // SAFETY: the buffer is as large as was asked for, aligned for pointers, and begins with the same size and number,
    // as dlinfo(3) demands; it is filled with entries whose names lie in it as strings, and it outlives them.
    unsafe {
        buffer.cast::<SearchInfo>().write(SearchInfo { ..info });
        if asked == 0 && libc::dlinfo(handle.as_ptr(), libc::RTLD_DI_SERINFO, buffer.cast()) == 0 {
            for index in 0..info.count as usize {
                let entry = buffer.byte_add(SIZE + index * ENTRY).cast::<SearchEntry>().read();
                folders.push(PathBuf::from(OsStr::from_bytes(CStr::from_ptr(entry.name).to_bytes())));
            }
        }
        libc::dlclose(handle.as_ptr());
    }
    Some(folders)
}

fn link_map(handle: NonNull<c_void>) -> Option<NonNull<LinkMap>> {
    let mut map: *mut LinkMap = std::ptr::null_mut();
    // SAFETY: dlinfo(3) with an open handle stores the address of its link map.
    let got = unsafe { libc::dlinfo(handle.as_ptr(), libc::RTLD_DI_LINKMAP, (&raw mut map).cast()) };
    if got == 0 { NonNull::new(map) } else { None }
}

/// The number of an object among those with thread-local storage, and where this thread's block of it is: none before
/// the thread has used it.
pub(crate) fn thread_block(handle: NonNull<c_void>) -> Option<(usize, usize)> {
    let (mut module, mut block) = (0_usize, std::ptr::null_mut::<c_void>());
    // SAFETY: dlinfo(3) with an open handle stores a number of the size of a pointer.
    let counted = unsafe { libc::dlinfo(handle.as_ptr(), RTLD_DI_TLS_MODID, (&raw mut module).cast()) };
    // SAFETY: dlinfo(3) with an open handle stores a pointer.
    let asked = unsafe { libc::dlinfo(handle.as_ptr(), RTLD_DI_TLS_DATA, (&raw mut block).cast()) };
    (counted == 0 && asked == 0 && module != 0 && !block.is_null()).then(|| (module, block.addr()))
}

/// The handle of what is loaded, opened once more.
pub(crate) fn open_again(handle: NonNull<c_void>, flags: c_int) -> Option<NonNull<c_void>> {
    let map = link_map(handle)?;
    // Not for everybody: the symbols of one interpreter's copy are not to be found by another's.
    let flags = flags & !libc::RTLD_GLOBAL | libc::RTLD_NOLOAD;
    // SAFETY: the name of an open handle's link map is a string for as long as it is open.
    NonNull::new(unsafe { libc::dlopen((*map.as_ptr()).name, flags) })
}

/// Where a file is mapped that was loaded as ever, under its own name.
pub(crate) fn loaded_at(elf: &Elf) -> Option<usize> {
    let name = CString::new(elf.path.as_os_str().as_encoded_bytes()).ok()?;
    // Not opened if it is not loaded; and what is loaded as an extension module stays.
    let handle = open(&name, libc::RTLD_NOW | libc::RTLD_NOLOAD).ok()?;
    let base = base_of(handle).ok();
    // SAFETY: closes what was opened just now.
    unsafe { libc::dlclose(handle.as_ptr()) };
    base
}
