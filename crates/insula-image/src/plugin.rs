//! Files that code of an interpreter opens itself, by dlopen(3): those of packages are private, too.

use std::ffi::{c_int, c_void};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::closure::{When, open};
use crate::elf::Elf;
use crate::error::Result;
use crate::image::Image;
use crate::life::CLOSED;
use crate::owner::{Owner, lock};

/// What there is of a file that is opened.
#[derive(Debug)]
pub(crate) enum Plugin {
    /// The owner's image.
    Private(Arc<Image>),
    /// It would be private, but there is none yet, and none was to be made.
    NotYet,
    /// It is no package's: the dynamic loader opens it as ever.
    Anybodys,
}

/// The owner's image of a file in the folder of a package.
pub(crate) fn library(owner: &'static Owner, path: &Path, flags: c_int) -> Result<Plugin> {
    let Ok(file) = std::fs::canonicalize(path) else { return Ok(Plugin::Anybodys) };
    let known = owner.images().iter().find(|image| image.elf.path == file).cloned();
    if let Some(image) = known {
        return Ok(Plugin::Private(image));
    }
    let rules = Arc::clone(&lock(&owner.rules));
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    // What lies with the interpreter's extensions, or with any package, belongs to a package; the rest is anybody's.
    let packaged = |path: &Path| {
        path.components().any(|part| {
            let part = part.as_os_str().to_string_lossy();
            part.ends_with("-packages") || part.ends_with(".libs")
        })
    };
    let beside = |path: &Path| {
        let of =
            |elf: &Elf| path.starts_with(elf.folder()) || elf.path.parent().is_some_and(|own| path.starts_with(own));
        owner.images().iter().any(|image| of(&image.elf))
    };
    let bundled = [path, &file].into_iter().any(|path| packaged(path) || beside(path));
    if !bundled || rules.is_system(&file) || rules.is_shared(&name) {
        return Ok(Plugin::Anybodys);
    }
    if flags & libc::RTLD_NOLOAD != 0 {
        return Ok(Plugin::NotYet);
    }
    let when = if flags & libc::RTLD_NOW == 0 { When::Called } else { When::Now };
    // SAFETY: code of an image asked to load the file.
    let image = unsafe { open(owner, path, when) }?;
    image.is_plugin.store(true, Ordering::Relaxed);
    Ok(Plugin::Private(image))
}

/// Closes a handle that code of the owner's got of one of its images. What nobody has open any more, and was opened by
/// code alone, is closed and can be opened anew.
pub(crate) fn close(owner: &'static Owner, handle: *mut c_void) -> Option<c_int> {
    let image = owner.images().iter().find(|image| image.is(handle)).cloned()?;
    // SAFETY: the caller of dlclose(3) has opened this handle, and the image has it open, too.
    let closed = unsafe { libc::dlclose(handle) };
    let before = image.opened.fetch_update(Ordering::AcqRel, Ordering::Acquire, |count| count.checked_sub(1));
    if closed != 0 || before != Ok(1) || !image.is_plugin.load(Ordering::Relaxed) || image.tied().is_some() {
        return Some(closed);
    }
    let mut images = owner.images();
    if images.iter().any(|other| other.uses.iter().any(|used| Arc::ptr_eq(used, &image))) {
        return Some(closed);
    }
    images.retain(|other| !Arc::ptr_eq(other, &image));
    // What runs when it is closed may ask for images.
    drop(images);
    image.thread_values.forget_this_thread();
    // SAFETY: whoever closes the last handle of a library promises that nothing of it is used from then on; no other
    // image needs it or uses its symbols, and it has no thread, exit function, handler or hook.
    unsafe { image.close() };
    if image.is_mapped() {
        // A thread has destructors of it to run, or the file says that it is never to be unmapped.
        owner.images().push(image);
    } else {
        CLOSED.fetch_add(1, Ordering::Relaxed);
    }
    Some(closed)
}
