//! An image: a private copy of a shared object, mapped and bound.

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::fs::File;
use std::os::fd::AsRawFd as _;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering};

use object::elf;

use crate::closure::hide;
use crate::copy::{self, PrivateCopy};
use crate::elf::{Edit, Elf, RELA};
use crate::error::{Error, Result};
use crate::mending::{Mending, left_out};
use crate::owner::{Tie, Ties};
use crate::shims::Shims;
use crate::thread_values::{KEYED, ThreadValues};

/// A private image that is mapped.
#[derive(Debug)]
pub(crate) struct Image {
    pub(crate) elf: Arc<Elf>,
    /// Never used twice in the process.
    pub(crate) serial: u64,
    /// The name by which other images of the interpreter need it, if it is a library.
    pub(crate) soname: Option<String>,
    /// The path that the module was imported by, as C code is to see it.
    pub(crate) original: CString,
    handle: AtomicPtr<c_void>,
    base: usize,
    size: usize,
    /// What of its imports is bound to shims.
    pub(crate) bound: Vec<&'static str>,
    pub(crate) ties: Ties,
    pub(crate) exit_functions: AtomicUsize,
    /// Threads that it started and that have not ended.
    pub(crate) threads: AtomicUsize,
    pub(crate) thread_values: ThreadValues,
    /// Images of the same interpreter whose symbols it uses, because they are to be one.
    pub(crate) uses: Vec<Arc<Image>>,
    /// The definition of the single-phase module that was made from it.
    pub(crate) definition: AtomicPtr<pyo3_ffi::PyModuleDef>,
    pub(crate) is_extension: AtomicBool,
}

/// The arguments that constructors are called with: what the program was started with.
struct Arguments {
    count: AtomicUsize,
    values: AtomicPtr<*mut c_char>,
    environment: AtomicPtr<*mut c_char>,
}

static ARGUMENTS: Arguments = Arguments {
    count: AtomicUsize::new(0),
    values: AtomicPtr::new(std::ptr::null_mut()),
    environment: AtomicPtr::new(std::ptr::null_mut()),
};

/// A word of the image, what it is to hold, and the name of the shim that this is the address of.
type Slot = (usize, usize, Option<&'static str>);

type Constructor = unsafe extern "C" fn(c_int, *mut *mut c_char, *mut *mut c_char);

/// The dynamic loader calls it when this library is loaded, as it calls every constructor.
#[used]
// SAFETY: an array of constructors is what the section is for.
#[unsafe(link_section = ".init_array")]
static KEEP_ARGUMENTS: Constructor = {
    unsafe extern "C" fn keep(count: c_int, values: *mut *mut c_char, environment: *mut *mut c_char) {
        ARGUMENTS.count.store(usize::try_from(count).unwrap_or(0), Ordering::Relaxed);
        ARGUMENTS.values.store(values, Ordering::Relaxed);
        ARGUMENTS.environment.store(environment, Ordering::Relaxed);
    }
    keep
};

/// The page size of this system.
fn page() -> u64 {
    // SAFETY: sysconf(3) has no precondition.
    u64::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096)
}

impl Image {
    /// Makes a private copy with the edits and maps it: relocated, but no constructor has run.
    pub(crate) fn map(elf: Arc<Elf>, serial: u64, soname: Option<String>, mut edits: Vec<Edit>) -> Result<Self> {
        for (offset, tag) in &elf.init_tags {
            // So it calls no constructor.
            edits.push(hide(*offset, tag.cast_signed()));
        }
        let original = CString::new(elf.path.as_os_str().as_encoded_bytes())
            .map_err(|_| Error::new("its path holds a NUL".to_owned()))?;
        let mut file = elf.open()?;
        let name = elf.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let (copy, handle) = open_somewhere(&file, &name, &edits)?;
        let base = base_of(handle)?;
        let end = elf.segments.iter().map(|segment| segment.address + segment.memory_size).max().unwrap_or(0);
        let image = Image {
            elf,
            serial,
            soname,
            original,
            handle: AtomicPtr::new(handle.as_ptr()),
            base,
            size: usize::try_from(end).unwrap_or(usize::MAX),
            bound: Vec::new(),
            ties: Ties::default(),
            exit_functions: AtomicUsize::new(0),
            threads: AtomicUsize::new(0),
            thread_values: ThreadValues::default(),
            uses: Vec::new(),
            definition: AtomicPtr::new(std::ptr::null_mut()),
            is_extension: AtomicBool::new(false),
        };
        image.share_pages(&mut file, &copy, &edits);
        Ok(image)
    }

    /// Maps what is the same in the original over the copy: code then takes memory once for all interpreters, and tools see its file.
    fn share_pages(&self, file: &mut File, copy: &PrivateCopy, edits: &[Edit]) {
        if self.elf.text_relocations {
            return;
        }
        let page = page();
        let edited = |start: u64, end: u64| {
            edits.iter().any(|edit| edit.offset < end && edit.offset + edit.bytes.len() as u64 > start)
        };
        // Pages of the file that a writable part maps stay the copy's.
        let written = |start: u64, end: u64| {
            let writable = self.elf.segments.iter().filter(|segment| segment.writable);
            writable.into_iter().any(|part| part.offset / page * page < end && part.offset + part.file_size > start)
        };
        for segment in self.elf.segments.iter().filter(|segment| !segment.writable) {
            if segment.address % page != segment.offset % page {
                continue;
            }
            let first = segment.offset / page * page;
            let last = segment.offset + segment.file_size;
            let mut start = first;
            while start < last {
                let mut end = start;
                while end < last && !edited(end, end + page) {
                    end += page;
                }
                // What follows the segment in its last page is the file's as well, but may be another segment's to relocate.
                if end > start
                    && self.map_over(
                        file,
                        segment.address + start - segment.offset,
                        start,
                        end - start,
                        segment.executable,
                    )
                {
                    let mut free = start;
                    while free < end {
                        if !written(free, free + page) {
                            copy.forget(free, page);
                        }
                        free += page;
                    }
                }
                start = end + page;
            }
        }
    }

    fn map_over(&self, file: &File, address: u64, offset: u64, size: u64, executable: bool) -> bool {
        let (Ok(address), Ok(size)) = (usize::try_from(address), usize::try_from(size)) else { return false };
        let Ok(offset) = libc::off_t::try_from(offset) else { return false };
        let protection = libc::PROT_READ | if executable { libc::PROT_EXEC } else { 0 };
        let at = std::ptr::with_exposed_provenance_mut::<c_void>(self.base + address);
        // SAFETY: the pages are a read-only part of this image, mapped by the dynamic loader from the same place of a copy whose bytes
        // there equal the file's: `Elf::open` saw that it is the file which was read, and no edit lies in them. mmap(2) with
        // MAP_FIXED replaces the pages in one step.
        let mapped =
            unsafe { libc::mmap(at, size, protection, libc::MAP_PRIVATE | libc::MAP_FIXED, file.as_raw_fd(), offset) };
        mapped == at
    }

    /// Binds the imports that mean the process, or the main interpreter, to shims that mean the image's interpreter.
    ///
    /// Symbols that are one for the process without us are one for the interpreter: those that an image `before` has, are used.
    pub(crate) fn bind(&mut self, shims: &Shims, before: &[Arc<Image>]) -> Result<()> {
        let mut slots: Vec<Slot> = Vec::new();
        let mut uses: Vec<Arc<Image>> = Vec::new();
        for (address, size) in &self.elf.relocations {
            let table = self.base + usize::try_from(*address).unwrap_or(0);
            for index in 0..usize::try_from(*size).unwrap_or(0) / RELA {
                // SAFETY: the table is a part of the mapped image, which the dynamic loader has just worked through.
                let entry = unsafe { read::<elf::Rela64<object::NativeEndian>>(table + index * RELA) };
                let Some((slot, name, defined)) = self.slot(&entry) else { continue };
                if !defined {
                    slots.extend(shims.find(name).map(|(name, shim)| (slot, shim, Some(name))));
                } else if let Some((image, address)) = self.shared_symbol(name, before) {
                    slots.push((slot, address, None));
                    if !uses.iter().any(|used| Arc::ptr_eq(used, image)) {
                        uses.push(Arc::clone(image));
                    }
                }
            }
        }
        self.write(&slots)?;
        for name in slots.into_iter().filter_map(|(.., name)| name) {
            if !self.bound.contains(&name) {
                self.bound.push(name);
            }
        }
        self.uses = uses;
        Ok(())
    }

    /// Writes addresses to words that the dynamic loader has filled with those of symbols.
    fn write(&self, slots: &[Slot]) -> Result<()> {
        let _open = Unprotected::of(self, slots)?;
        for (slot, address, _) in slots {
            let slot = std::ptr::with_exposed_provenance_mut::<usize>(*slot);
            // SAFETY: a word of the image, which is writable now. No code of the image has run yet, so nobody reads it meanwhile.
            unsafe { slot.write_unaligned(*address) };
        }
        Ok(())
    }

    /// Gives the image the symbols that it found missing when it was mapped.
    pub(crate) fn complete(&self, libraries: &[&Arc<Image>]) -> Result<()> {
        let mut slots = Vec::new();
        for (address, size) in &self.elf.relocations {
            let table = self.base + usize::try_from(*address).unwrap_or(0);
            for index in 0..usize::try_from(*size).unwrap_or(0) / RELA {
                // SAFETY: the table is a part of the mapped image.
                let entry = unsafe { read::<elf::Rela64<object::NativeEndian>>(table + index * RELA) };
                let Some((slot, name, false)) = self.slot(&entry) else { continue };
                let addend = usize::try_from(entry.r_addend.get(object::NativeEndian)).unwrap_or(0);
                // SAFETY: a word of the mapped image.
                let missing = unsafe { read::<usize>(slot) } == addend;
                if let Some(symbol) = libraries.iter().filter(|_| missing).find_map(|library| library.symbol(name)) {
                    slots.push((slot, symbol.as_ptr().addr() + addend, None));
                } else if missing && self.is_demanded(name) {
                    return Err(Error::new(format!("undefined symbol: {}", name.to_string_lossy())));
                }
            }
        }
        self.write(&slots)
    }

    /// Whether a symbol must be there, as the file says.
    fn is_demanded(&self, name: &CStr) -> bool {
        let import = name.to_str().ok().and_then(|name| self.elf.imports.get(name));
        import.is_some_and(|import| import.info >> 4 == elf::STB_GLOBAL.0)
    }

    /// Where an image before has a symbol that both define, and that C++ means to be one.
    fn shared_symbol<'a>(&self, name: &CStr, before: &'a [Arc<Image>]) -> Option<(&'a Arc<Image>, usize)> {
        let text = name.to_str().ok()?;
        let unique = |elf: &Elf| elf.unique.contains_key(text);
        if left_out(Mending::Unique) || !unique(&self.elf) {
            return None;
        }
        let image = before.iter().find(|image| unique(&image.elf))?;
        // What that image uses itself, of one before it, comes first in the list.
        Some((image, image.symbol(name)?.as_ptr().addr()))
    }

    /// Where a relocation writes, the name of its symbol, and whether the image defines that itself.
    fn slot(&self, entry: &elf::Rela64<object::NativeEndian>) -> Option<(usize, &CStr, bool)> {
        #[cfg(target_arch = "x86_64")]
        const KINDS: [u32; 3] = [elf::R_X86_64_JUMP_SLOT.0, elf::R_X86_64_GLOB_DAT.0, elf::R_X86_64_64.0];
        #[cfg(target_arch = "aarch64")]
        const KINDS: [u32; 3] = [elf::R_AARCH64_JUMP_SLOT.0, elf::R_AARCH64_GLOB_DAT.0, elf::R_AARCH64_ABS64.0];
        let endian = object::NativeEndian;
        let info = entry.r_info.get(endian);
        let (symbol, kind) = (usize::try_from(info >> 32).ok()?, u32::try_from(info & 0xffff_ffff).ok()?);
        if symbol == 0 || !KINDS.contains(&kind) {
            return None;
        }
        let symbols = self.base + usize::try_from(self.elf.symbols).ok()?;
        // SAFETY: relocations refer to symbols of the mapped table.
        let symbol = unsafe { read::<elf::Sym64<object::NativeEndian>>(symbols + symbol * 24) };
        let defined = symbol.st_shndx.get(endian) != elf::SymbolSection(elf::SHN_UNDEF.0);
        if defined && symbol.st_info.0 & 15 == elf::STT_TLS.0 {
            return None;
        }
        let strings = self.base + usize::try_from(self.elf.strings).ok()?;
        let name = std::ptr::with_exposed_provenance::<c_char>(strings + symbol.st_name.get(endian) as usize);
        // SAFETY: a symbol's name is a string of the mapped table.
        let name = unsafe { CStr::from_ptr(name) };
        let slot = self.base + usize::try_from(entry.r_offset.get(endian)).ok()?;
        Some((slot, name, defined))
    }

    /// Runs the constructors, as the dynamic loader would have.
    ///
    /// # Safety
    ///
    /// The image is bound and its constructors have not run. It is code that the user asked to load.
    pub(crate) unsafe fn construct(&self) {
        let arguments = (
            c_int::try_from(ARGUMENTS.count.load(Ordering::Relaxed)).unwrap_or(0),
            ARGUMENTS.values.load(Ordering::Relaxed),
            ARGUMENTS.environment.load(Ordering::Relaxed),
        );
        let call = |address: usize| {
            let function = std::ptr::with_exposed_provenance::<c_void>(address);
            // SAFETY: DT_INIT and DT_INIT_ARRAY hold functions of this type, says the ABI (System V gABI, "Initialization and
            // Termination Functions").
            let function = unsafe { std::mem::transmute::<*const c_void, Constructor>(function) };
            // SAFETY: as above.
            unsafe { function(arguments.0, arguments.1, arguments.2) };
        };
        if let Some(init) = self.elf.init {
            call(self.base + usize::try_from(init).unwrap_or(0));
        }
        if let Some((address, size)) = self.elf.init_array {
            let table = self.base + usize::try_from(address).unwrap_or(0);
            for index in 0..usize::try_from(size).unwrap_or(0) / size_of::<usize>() {
                // SAFETY: the table is a part of the mapped image.
                let function = unsafe { read::<usize>(table + index * size_of::<usize>()) };
                // Zero and minus one stand for none.
                if function != 0 && function != usize::MAX {
                    call(function);
                }
            }
        }
    }

    /// The address of a symbol that it exports.
    pub(crate) fn symbol(&self, name: &CStr) -> Option<NonNull<c_void>> {
        let handle = self.handle.load(Ordering::Acquire);
        // SAFETY: dlsym(3) with an open handle and a string.
        NonNull::new(unsafe { libc::dlsym(handle, name.as_ptr()) })
    }

    /// The handle, opened once more, as dlopen(3) of a file that is loaded gives it.
    pub(crate) fn open_again(&self, flags: c_int) -> Option<NonNull<c_void>> {
        let handle = self.handle.load(Ordering::Acquire);
        let mut map: *mut LinkMap = std::ptr::null_mut();
        // SAFETY: dlinfo(3) with an open handle stores the address of its link map.
        let got = unsafe { libc::dlinfo(handle, libc::RTLD_DI_LINKMAP, (&raw mut map).cast()) };
        if got != 0 || map.is_null() {
            return None;
        }
        // SAFETY: the map of an open handle, whose name is a string for as long as it is open.
        // Not for everybody: the symbols of one interpreter's copy are not to be found by another's.
        NonNull::new(unsafe { libc::dlopen((*map).name, flags & !libc::RTLD_GLOBAL | libc::RTLD_NOLOAD) })
    }

    /// Whether an address lies in it.
    pub(crate) fn holds(&self, address: usize) -> bool {
        (self.base..self.base + self.size).contains(&address)
    }

    pub(crate) fn base(&self) -> usize {
        self.base
    }

    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// The addresses and sizes of what its code can write to.
    pub(crate) fn writable(&self) -> impl Iterator<Item = (usize, usize)> {
        writable_at(&self.elf, self.base)
    }

    /// Why it cannot be closed though its interpreter has ended.
    pub(crate) fn tied(&self) -> Option<&'static str> {
        if self.threads.load(Ordering::Acquire) > 0 {
            return Some("threads that have not ended");
        }
        if self.thread_values.any() {
            return Some("values of threads that have not ended");
        }
        self.ties.first()
    }

    pub(crate) fn add_exit_function(&self) {
        self.exit_functions.fetch_add(1, Ordering::Relaxed);
        self.ties.add(Tie::ExitFunction);
    }

    /// Unmaps it, if no other image needs it and no thread has destructors of it to run: the dynamic loader sees to both.
    ///
    /// # Safety
    ///
    /// No code of the image runs or will run, and nothing points into it that will be used: its interpreter has ended and it is not
    /// [tied](Self::tied).
    pub(crate) unsafe fn close(&self) {
        let handle = self.handle.swap(std::ptr::null_mut(), Ordering::AcqRel);
        if !handle.is_null() {
            self.thread_values.delete_keys(&KEYED);
            // SAFETY: an open handle, closed once; the rest is the caller's promise.
            unsafe { libc::dlclose(handle) };
        }
    }
}

impl Image {
    /// Whether it is mapped still, though it may have been closed: then the dynamic loader waits for a thread's destructors.
    pub(crate) fn is_mapped(&self) -> bool {
        if !self.handle.load(Ordering::Acquire).is_null() {
            return true;
        }
        let mut info = std::mem::MaybeUninit::<libc::Dl_info>::zeroed();
        let base = std::ptr::without_provenance::<c_void>(self.base);
        // SAFETY: dladdr(3) takes any address, and fills the structure if an object is mapped there.
        let found = unsafe { libc::dladdr(base, info.as_mut_ptr()) };
        // SAFETY: zeroed, or filled in.
        found != 0 && unsafe { info.assume_init() }.dli_fbase.cast_const() == base
    }
}

/// The addresses and sizes of what the code of a file can write to, where it is mapped at `base`.
pub(crate) fn writable_at(elf: &Elf, base: usize) -> impl Iterator<Item = (usize, usize)> {
    let parts = elf.segments.iter().filter(|segment| segment.writable);
    parts.filter_map(move |segment| {
        let start = base + usize::try_from(segment.address).ok()?;
        Some((start, usize::try_from(segment.memory_size).ok()?))
    })
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

/// The public beginning of glibc's `struct link_map`.
#[repr(C)]
struct LinkMap {
    address: usize,
    name: *const c_char,
}

/// Tries one place after the other until one holds a copy that the dynamic loader can map.
fn open_somewhere(file: &File, name: &str, edits: &[Edit]) -> Result<(PrivateCopy, NonNull<c_void>)> {
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
        match open(copy.path(), libc::RTLD_NOW | libc::RTLD_LOCAL) {
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

/// The loader's message with the file's name instead of the copy's, which says nothing to anybody; at its beginning it says nothing new.
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
         GLIBC_TUNABLES=glibc.rtld.optional_static_tls=16384 before the program starts, or share the library that uses it"
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

fn base_of(handle: NonNull<c_void>) -> Result<usize> {
    let mut map: *mut LinkMap = std::ptr::null_mut();
    // SAFETY: dlinfo(3) with an open handle stores the address of its link map.
    let got = unsafe { libc::dlinfo(handle.as_ptr(), libc::RTLD_DI_LINKMAP, (&raw mut map).cast()) };
    if got != 0 || map.is_null() {
        return Err(Error::new("the dynamic loader does not say where the copy lies".to_owned()));
    }
    // SAFETY: the link map of an open handle.
    Ok(unsafe { (*map).address })
}

/// Reads a value of the image.
///
/// # Safety
///
/// The address lies in a mapped image, which is relocated; `T` is plain data.
unsafe fn read<T: Copy>(address: usize) -> T {
    // SAFETY: the caller's promise.
    unsafe { std::ptr::with_exposed_provenance::<T>(address).read_unaligned() }
}

/// Pages that are protected otherwise, open to be written while this lives.
struct Unprotected(Vec<(usize, usize, c_int)>);

impl Unprotected {
    fn of(image: &Image, slots: &[Slot]) -> Result<Self> {
        let page = usize::try_from(page()).unwrap_or(4096);
        let mut pages: Vec<(usize, usize, c_int)> = Vec::new();
        for (slot, ..) in slots {
            for start in [slot / page * page, (slot + size_of::<usize>() - 1) / page * page] {
                if let Some(protection) = protection_at(image, start, page)
                    && !pages.iter().any(|(known, ..)| *known == start)
                {
                    pages.push((start, page, protection));
                }
            }
        }
        for (start, size, protection) in &pages {
            protect(*start, *size, libc::PROT_READ | libc::PROT_WRITE | protection)?;
        }
        Ok(Self(pages))
    }
}

impl Drop for Unprotected {
    fn drop(&mut self) {
        if left_out(Mending::Relro) {
            return;
        }
        for (start, size, protection) in &self.0 {
            // It was possible before; and if it fails, the page is only less protected.
            let _ = protect(*start, *size, *protection);
        }
    }
}

/// How a page is protected, if it is not writable anyway.
fn protection_at(image: &Image, start: usize, page: usize) -> Option<c_int> {
    let address = u64::try_from(start - image.base).ok()?;
    if let Some((relro, size)) = image.elf.relro {
        // As the dynamic loader rounds it: the last page only if it is whole.
        let page = page as u64;
        if (relro / page * page..(relro + size) / page * page).contains(&address) {
            return Some(libc::PROT_READ);
        }
    }
    let inside = |part: &&crate::elf::Segment| {
        part.address / (page as u64) * (page as u64) <= address && address < part.address + part.memory_size
    };
    let segment = image.elf.segments.iter().rev().find(inside)?;
    (!segment.writable).then_some(libc::PROT_READ | if segment.executable { libc::PROT_EXEC } else { 0 })
}

fn protect(start: usize, size: usize, protection: c_int) -> Result<()> {
    let at = std::ptr::with_exposed_provenance_mut::<c_void>(start);
    // SAFETY: whole pages of an image that no other code uses yet; mprotect(2) changes nothing else.
    if unsafe { libc::mprotect(at, size, protection) } != 0 {
        return Err(Error::new(format!("its pages cannot be opened for writing: {}", std::io::Error::last_os_error())));
    }
    Ok(())
}
