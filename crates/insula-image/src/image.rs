//! An image: a private copy of a shared object, mapped and bound.

use std::ffi::{CStr, CString, c_int, c_void};
use std::fs::File;
use std::os::fd::AsRawFd as _;
use std::path::PathBuf;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering};

use crate::closure::hide;
use crate::copy::PrivateCopy;
use crate::elf::{Edit, Elf};
use crate::error::{Error, Result};
use crate::loader;
use crate::owner::{Tie, Ties};
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
    pub(crate) base: usize,
    size: usize,
    /// What of its imports is bound to shims.
    pub(crate) bound: Vec<&'static str>,
    pub(crate) ties: Ties,
    /// Something outside of it pointed into it when that was last [looked for](crate::reached::mark).
    pub(crate) reached: AtomicBool,
    pub(crate) exit_functions: AtomicUsize,
    /// Threads that it started and that have not ended.
    pub(crate) threads: AtomicUsize,
    pub(crate) thread_values: ThreadValues,
    /// Images of the same interpreter whose symbols it uses, because they are to be one.
    pub(crate) uses: Vec<Arc<Image>>,
    /// The definition of the single-phase module that was made from it.
    pub(crate) definition: AtomicPtr<pyo3_ffi::PyModuleDef>,
    pub(crate) is_extension: AtomicBool,
    /// Made for code that opened it by dlopen(3), and not needed by another image.
    pub(crate) is_plugin: AtomicBool,
    /// How often code has it open.
    pub(crate) opened: AtomicUsize,
}

/// The page size of this system.
pub(crate) fn page() -> u64 {
    // SAFETY: sysconf(3) has no precondition.
    u64::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096)
}

impl Image {
    /// Makes a private copy with the edits and maps it: relocated, but no constructor has run.
    pub(crate) fn map(
        elf: Arc<Elf>,
        serial: u64,
        soname: Option<String>,
        mut edits: Vec<Edit>,
        flags: c_int,
    ) -> Result<Self> {
        for (offset, tag) in &elf.init_tags {
            // So it calls no constructor.
            edits.push(hide(*offset, tag.cast_signed()));
        }
        let original = CString::new(elf.name.as_os_str().as_encoded_bytes())
            .map_err(|_| Error::new("its path holds a NUL".to_owned()))?;
        let mut file = elf.open()?;
        let name = elf.name.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let (copy, handle) = loader::open_somewhere(&file, &name, &edits, flags)?;
        let base = loader::base_of(handle)?;
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
            reached: AtomicBool::new(false),
            exit_functions: AtomicUsize::new(0),
            threads: AtomicUsize::new(0),
            thread_values: ThreadValues::default(),
            uses: Vec::new(),
            definition: AtomicPtr::new(std::ptr::null_mut()),
            is_extension: AtomicBool::new(false),
            is_plugin: AtomicBool::new(false),
            opened: AtomicUsize::new(0),
        };
        image.share_pages(&mut file, &copy, &edits);
        Ok(image)
    }

    /// Maps what is the same in the original over the copy: code then takes memory once for all interpreters, and tools
    /// see its file.
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
                // What follows the segment in its last page is the file's as well, but may be another segment's to
                // relocate.
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
        // SAFETY: the pages are a read-only part of this image, mapped by the dynamic loader from the same place of a
        // copy whose bytes there equal the file's: `Elf::open` saw that it is the file which was read, and no edit lies
        // in them. mmap(2) with MAP_FIXED replaces the pages in one step.
        let mapped =
            unsafe { libc::mmap(at, size, protection, libc::MAP_PRIVATE | libc::MAP_FIXED, file.as_raw_fd(), offset) };
        mapped == at
    }

    /// The address of a symbol that it exports.
    pub(crate) fn symbol(&self, name: &CStr) -> Option<NonNull<c_void>> {
        let handle = self.handle.load(Ordering::Acquire);
        // SAFETY: dlsym(3) with an open handle and a string.
        NonNull::new(unsafe { libc::dlsym(handle, name.as_ptr()) })
    }

    /// The name that the dynamic loader has for it.
    pub(crate) fn loaded_as(&self) -> Option<PathBuf> {
        loader::path_of(NonNull::new(self.handle.load(Ordering::Acquire))?)
    }

    /// The number of its thread-local storage, and where this thread's block is.
    pub(crate) fn thread_block(&self) -> Option<(usize, usize)> {
        loader::thread_block(NonNull::new(self.handle.load(Ordering::Acquire))?)
    }

    /// Whether that is its handle.
    pub(crate) fn is(&self, handle: *mut c_void) -> bool {
        !handle.is_null() && self.handle.load(Ordering::Acquire) == handle
    }

    /// The handle, opened once more, as dlopen(3) of a file that is loaded gives it.
    pub(crate) fn open_again(&self, flags: c_int) -> Option<NonNull<c_void>> {
        let handle = self.handle.load(Ordering::Acquire);
        loader::open_again(NonNull::new(handle)?, flags)
    }

    /// Whether an address lies in it.
    pub(crate) fn holds(&self, address: usize) -> bool {
        (self.base..self.base + self.size).contains(&address)
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

    /// Why it stays mapped after its interpreter has ended.
    pub(crate) fn stays(&self) -> Option<&'static str> {
        if self.elf.never_unmapped {
            return Some("the file says that it is never to be unmapped");
        }
        let reached = || self.reached.load(Ordering::Relaxed).then_some("pointers of CPython or of a library into it");
        self.tied().or_else(reached)
    }

    /// Whether it is a copy of one of CPython's own extension modules.
    pub(crate) fn is_of_the_standard_library(&self) -> bool {
        self.elf.path.parent().is_some_and(|folder| folder.ends_with("lib-dynload"))
    }

    /// Whether another file may mean it by this name (DT_NEEDED).
    pub(crate) fn is_named(&self, name: &str) -> bool {
        self.elf.soname.as_ref().is_some_and(|soname| soname.value == name)
            || self.elf.path.file_name().is_some_and(|file| file == name)
    }

    pub(crate) fn add_exit_function(&self) {
        self.exit_functions.fetch_add(1, Ordering::Relaxed);
        self.ties.add(Tie::ExitFunction);
    }

    /// Unmaps it, if no other image needs it and no thread has destructors of it to run: the dynamic loader sees to
    /// both.
    ///
    /// # Safety
    ///
    /// No code of the image runs or will run, and nothing points into it that will be used: its interpreter has ended
    /// and it is not [tied](Self::tied).
    pub(crate) unsafe fn close(&self) {
        let handle = self.handle.swap(std::ptr::null_mut(), Ordering::AcqRel);
        if !handle.is_null() {
            self.thread_values.delete_keys(&KEYED);
            // Code of the interpreter may have it open, too, and has not closed it, or never will.
            for _ in 0..=self.opened.swap(0, Ordering::AcqRel) {
                // SAFETY: an open handle, closed once for each time that it was opened; the rest is the caller's
                // promise.
                unsafe { libc::dlclose(handle) };
            }
        }
    }

    /// Whether it has not been closed.
    pub(crate) fn is_open(&self) -> bool {
        !self.handle.load(Ordering::Acquire).is_null()
    }

    /// Why it is mapped still, if it has been closed.
    pub(crate) fn outlived(&self) -> Option<&'static str> {
        let closed = self.handle.load(Ordering::Acquire).is_null();
        closed.then_some("the dynamic loader keeps them: another image needs them, or they were opened for ever")
    }

    /// Whether it is mapped still, though it may have been closed: then the dynamic loader waits for a thread's
    /// destructors.
    pub(crate) fn is_mapped(&self) -> bool {
        if self.is_open() {
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
