//! Which images something outside of them still points into, after their interpreters have ended.
//!
//! Shims see much of what an image leaves behind in the process, but never all of it: a hook in a variable of
//! CPython's, a parser of arguments in a list of CPython's, the buffer of a stream, the name in syslog's messages. All
//! of these are words in the variables of some shared object, and so they are looked for there. Memory of malloc(3) is
//! not looked through: what a dead interpreter has left in it still names its images.

use std::ffi::{CStr, c_int, c_void};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::image::Image;
use crate::mending::{Mending, left_out};

/// What knows each object that is loaded, and forgets it when that is closed.
const LOADER: [&str; 2] = ["ld-linux", "libgcc_s."];

/// Notes in each of the images whether it is still [reached](Image::reached): from the variables of what is none of
/// them, from a signal, or from another one of them that stays for this reason or because it is tied.
///
/// All are images of interpreters that have ended. If it cannot be found out, each is.
pub(crate) fn mark(images: &[Arc<Image>]) {
    if images.is_empty() {
        return;
    }
    let Some(readable) = readable() else {
        images.iter().for_each(|image| image.reached.store(true, Ordering::Relaxed));
        return;
    };
    images.iter().for_each(|image| image.reached.store(false, Ordering::Relaxed));
    if left_out(Mending::Kept) {
        return;
    }
    let mut search = Search { images: images.iter().collect(), readable };
    search.images.sort_by_key(|image| image.base);
    signals().for_each(|handler| search.word(handler));
    search.loaded();
    // What stays may point into others.
    let mut done = Vec::new();
    loop {
        let stays = |image: &Image| image.is_open() && image.stays().is_some() && !done.contains(&image.serial);
        let Some(image) = images.iter().find(|image| stays(image)) else { return };
        done.push(image.serial);
        search.parts(image.writable());
    }
}

struct Search<'a> {
    /// In the order of their addresses.
    images: Vec<&'a Arc<Image>>,
    /// What of the process's memory can be read.
    readable: Vec<(usize, usize)>,
}

impl Search<'_> {
    fn word(&self, word: usize) {
        let after = self.images.partition_point(|image| image.base <= word);
        if let Some(image) = after.checked_sub(1).map(|at| self.images[at])
            && image.holds(word)
        {
            image.reached.store(true, Ordering::Relaxed);
        }
    }

    /// Looks at each word of the parts that can be read.
    fn parts(&self, parts: impl Iterator<Item = (usize, usize)>) {
        for (start, size) in parts {
            let end = start.saturating_add(size);
            let first = self.readable.partition_point(|(_, end)| *end <= start);
            for (from, to) in self.readable[first..].iter().take_while(|(from, _)| *from < end) {
                let from = (*from).max(start).next_multiple_of(align_of::<usize>());
                let to = (*to).min(end);
                for index in 0..to.saturating_sub(from) / size_of::<usize>() {
                    let at = std::ptr::with_exposed_provenance::<usize>(from + index * size_of::<usize>());
                    // SAFETY: a word of the variables of an object that is loaded and stays so meanwhile: an image that
                    // is not closed yet, or one under the loader's lock. The page could be read when proc(5) was asked.
                    // Other threads may change the word, so it is read as one word that may be old.
                    self.word(unsafe { at.read_volatile() });
                }
            }
        }
    }

    /// Looks at the variables of all that is loaded, except of the images themselves.
    fn loaded(&self) {
        unsafe extern "C" fn each(info: *mut libc::dl_phdr_info, _: usize, search: *mut c_void) -> c_int {
            // SAFETY: what `loaded` below passes, and what dl_iterate_phdr(3) gives, for the time of the call.
            let (search, info) = unsafe { (&*search.cast::<Search<'_>>(), &*info) };
            // SAFETY: a string, or NULL.
            let name = (!info.dlpi_name.is_null()).then(|| unsafe { CStr::from_ptr(info.dlpi_name) });
            let name = name.map(|name| name.to_string_lossy()).unwrap_or_default();
            let file = name.rsplit('/').next().unwrap_or_default();
            let (Ok(base), false) =
                (usize::try_from(info.dlpi_addr), LOADER.iter().any(|loader| file.starts_with(loader)))
            else {
                return 0;
            };
            if search.images.iter().any(|image| image.base == base) || info.dlpi_phdr.is_null() {
                return 0;
            }
            // SAFETY: the object's program headers, as many as it says.
            let headers = unsafe { std::slice::from_raw_parts(info.dlpi_phdr, usize::from(info.dlpi_phnum)) };
            let written = headers.iter().filter(|header| {
                header.p_type == libc::PT_LOAD && header.p_flags & libc::PF_W != 0 && header.p_memsz > 0
            });
            search.parts(written.filter_map(|header| {
                Some((base + usize::try_from(header.p_vaddr).ok()?, usize::try_from(header.p_memsz).ok()?))
            }));
            0
        }
        // SAFETY: the function takes what is passed, and neither loads nor closes anything.
        unsafe { libc::dl_iterate_phdr(Some(each), std::ptr::from_ref(self).cast_mut().cast()) };
    }
}

/// The addresses of the process's signal handlers.
fn signals() -> impl Iterator<Item = usize> {
    (1..=libc::SIGRTMAX()).filter_map(|number| {
        let mut action = std::mem::MaybeUninit::<libc::sigaction>::zeroed();
        // SAFETY: sigaction(2) without a new action fills in the present one, or fails.
        let failed = unsafe { libc::sigaction(number, std::ptr::null(), action.as_mut_ptr()) };
        // SAFETY: zeroed, or filled in.
        (failed == 0).then(|| unsafe { action.assume_init() }.sa_sigaction)
    })
}

/// The parts of the process's memory that can be read, in the order of their addresses; see proc(5).
fn readable() -> Option<Vec<(usize, usize)>> {
    let maps = std::fs::read_to_string("/proc/self/maps").ok()?;
    let mut parts: Vec<(usize, usize)> = Vec::new();
    for line in maps.lines() {
        let (range, rest) = line.split_once(' ')?;
        let (start, end) = range.split_once('-')?;
        if rest.starts_with('r') {
            parts.push((usize::from_str_radix(start, 16).ok()?, usize::from_str_radix(end, 16).ok()?));
        }
    }
    Some(parts)
}
