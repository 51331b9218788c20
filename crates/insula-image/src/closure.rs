//! The closure of an image: the bundled libraries that it needs, private too, so that two interpreters do not meet in
//! them.

use std::collections::HashMap;
use std::ffi::{CString, c_void};
use std::path::{Path, PathBuf};
use std::ptr::NonNull;
use std::sync::atomic::Ordering;
use std::sync::{Arc, LazyLock, Mutex};

use object::elf;

use crate::copy;
use crate::elf::{Edit, Elf, Text};
use crate::error::{Error, Result};
use crate::find::{Need, Rules, canonical, find, handed_on, is_python_user};
use crate::image::Image;
use crate::loader;
use crate::mending::{Mending, left_out};
use crate::owner::{Owner, lock};
use crate::strings::Room;

/// The paths of the bundled libraries that would be copied with a file, each after those that it needs.
pub(crate) fn private(elf: &Elf, rules: &Rules, handed: &[PathBuf], paths: &mut Vec<PathBuf>) -> Result<()> {
    for text in &elf.needed {
        if let Need::Private(path) = find(elf, &text.value, rules, handed) {
            let library = Elf::of(&path).map_err(|error| error.of_library(&text.value))?;
            if paths.contains(&library.path) {
                continue;
            }
            paths.push(library.path.clone());
            private(&library, rules, &handed_on(elf, handed), paths)?;
        }
    }
    Ok(())
}

/// The owner's image of a file; it is made if there is none, with the images that it needs.
///
/// # Safety
///
/// Code of the file is run: its constructors. The thread is attached to the owner's interpreter, or that does not
/// matter to them.
pub(crate) unsafe fn open(owner: &'static Owner, path: &Path, when: When) -> Result<Arc<Image>> {
    let mut opening = Opening { owner, when, chain: Vec::new(), made: Vec::new(), circles: Vec::new() };
    let image = opening.map(path, &[]).and_then(|image| opening.close_circles().map(|()| image));
    match image {
        Ok(image) => {
            for image in &opening.made {
                // SAFETY: it is bound, and this is the only place where constructors run; that they do is the caller's
                // wish.
                unsafe { image.construct() };
            }
            Ok(image)
        }
        Err(error) => {
            owner.images().retain(|image| !opening.made.iter().any(|made| Arc::ptr_eq(made, image)));
            for image in opening.made.iter().rev() {
                // SAFETY: no code of it has run.
                unsafe { image.close() };
            }
            Err(error)
        }
    }
}

/// When the functions that a file calls must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    /// At once, as for extension modules.
    Now,
    /// When they are called, if some are missing now.
    Called,
}

/// Images that are being made together.
struct Opening {
    owner: &'static Owner,
    /// For the file that was asked for; what it needs is there at once.
    when: When,
    /// Those whose libraries are being looked for, the outermost first.
    chain: Vec<PathBuf>,
    /// Those that are mapped, each after those that it needs.
    made: Vec<Arc<Image>>,
    /// Images with a library that needs them in turn: it was not there yet when they were mapped.
    circles: Vec<(Arc<Image>, PathBuf)>,
}

impl Opening {
    fn map(&mut self, path: &Path, handed: &[PathBuf]) -> Result<Arc<Image>> {
        let owner = self.owner;
        let elf = Elf::of(path)?;
        let there = owner.images().iter().find(|image| image.elf.path == elf.path).cloned();
        if let Some(image) = there {
            // Another image may need it from now on.
            image.is_plugin.store(false, Ordering::Relaxed);
            return Ok(image);
        }
        self.chain.push(elf.path.clone());
        let rules = Arc::clone(&lock(&owner.rules));
        let mut edits = Vec::new();
        let mut room = Room::of(&elf);
        let mut libraries = Vec::new();
        let mut later = Vec::new();
        for text in &elf.needed {
            match self.find(&elf, text, &rules, handed) {
                Need::Private(path) if self.is_being_made(&path) => {
                    edits.extend(do_without(&elf, text)?);
                    later.push(canonical(&path));
                }
                Need::Private(path) => {
                    let image =
                        self.map(&path, &handed_on(&elf, handed)).map_err(|error| error.of_library(&text.value))?;
                    edits.extend(need(&elf, text, &image, &mut room)?);
                    libraries.push(Library::Private(image));
                }
                Need::Shared(path) => {
                    let handle = once(&path).map_err(|error| error.of_library(&text.value))?;
                    libraries.push(Library::Open(handle));
                }
                // What is not there, the dynamic loader reports when it maps the image.
                Need::System => libraries.extend(once(Path::new(&text.value)).ok().map(Library::Open)),
            }
        }
        self.chain.pop();
        edits.extend(separate(&elf, &libraries));
        let serial = copy::serial();
        let soname = rename(&elf, serial, &mut edits, &mut room);
        let shims = owner.shims()?;
        let map = |edits, flags| Image::map(Arc::clone(&elf), serial, soname.clone(), edits, flags);
        let mut image = match map(edits.clone(), libc::RTLD_NOW) {
            Err(error) if self.chain.is_empty() && self.when == When::Called && error.is_missing_symbol() => {
                map(edits, libc::RTLD_LAZY)?
            }
            image => image?,
        };
        let before = owner.images().clone();
        image.bind(shims, &before)?;
        let image = Arc::new(image);
        owner.images().push(Arc::clone(&image));
        self.made.push(Arc::clone(&image));
        self.circles.extend(later.into_iter().map(|path| (Arc::clone(&image), path)));
        Ok(image)
    }

    fn find(&self, elf: &Elf, text: &Text, rules: &Rules, handed: &[PathBuf]) -> Need {
        let need = find(elf, &text.value, rules, handed);
        if !matches!(need, Need::System) {
            return need;
        }
        match once(Path::new(&text.value)) {
            // Only the dynamic loader knows what its cache of libraries names: so it was asked.
            Ok(handle) => match loader::path_of(handle) {
                Some(path) if is_python_user(&path, &text.value, rules, handed) => Need::Private(path),
                _ => Need::System,
            },
            // It may have been opened by its path before, for this one to find it loaded.
            Err(_) => {
                let images = self.owner.images();
                let named =
                    |image: &&Arc<Image>| image.elf.soname.as_ref().is_some_and(|name| name.value == text.value);
                images.iter().find(named).map_or(Need::System, |image| Need::Private(image.elf.name.clone()))
            }
        }
    }

    fn is_being_made(&self, path: &Path) -> bool {
        self.chain.contains(&canonical(path))
    }

    /// Gives images the symbols of the libraries that were not there when they were mapped.
    fn close_circles(&self) -> Result<()> {
        for (image, _) in &self.circles {
            let missing = self.circles.iter().filter(|(other, _)| Arc::ptr_eq(other, image)).map(|(_, path)| path);
            let images = self.owner.images().clone();
            let libraries: Vec<&Arc<Image>> =
                missing.filter_map(|path| images.iter().find(|image| image.elf.path == *path)).collect();
            image.complete(&libraries, &images)?;
        }
        Ok(())
    }
}

/// Lets an image be mapped without a library that needs it in turn: what it takes from there may be missing, for now.
fn do_without(elf: &Elf, text: &Text) -> Result<Vec<Edit>> {
    if elf.version_files.iter().any(|versioned| versioned.value == text.value) {
        return Err(Error::new(format!(
            "it and {} need each other, and versions of each other's symbols; list one of them under `share`",
            text.value
        )));
    }
    let mut edits = vec![hide(text.tag, elf::DT_NEEDED.0)];
    for import in elf.imports.values().filter(|import| import.info >> 4 == elf::STB_GLOBAL.0) {
        edits.push(Edit { offset: import.offset + 4, bytes: vec![elf::STB_WEAK.0 << 4 | import.info & 15] });
    }
    Ok(edits)
}

/// Makes the dynamic loader pass over an entry of the dynamic section: it does not know the tag.
pub(crate) fn hide(offset: u64, tag: i64) -> Edit {
    Edit { offset, bytes: (0x6000_1000 + tag.cast_unsigned()).to_le_bytes().to_vec() }
}

enum Library {
    Private(Arc<Image>),
    Open(NonNull<c_void>),
}

impl Library {
    fn has(&self, name: &str) -> bool {
        let Ok(name) = CString::new(name) else { return false };
        match self {
            Self::Private(image) => image.symbol(&name).is_some(),
            // SAFETY: dlsym(3) with a handle that is never closed, and a string.
            Self::Open(handle) => !unsafe { libc::dlsym(handle.as_ptr(), name.as_ptr()) }.is_null(),
        }
    }
}

/// Makes the image need the private copy instead of the file of that name.
fn need(elf: &Elf, text: &Text, image: &Image, room: &mut Room<'_>) -> Result<Vec<Edit>> {
    if left_out(Mending::Names) {
        return Ok(Vec::new());
    }
    if let Some(edits) = image.soname.as_ref().and_then(|soname| elf.rename(text, soname)) {
        return Ok(edits);
    }
    // The dynamic loader knows it by its path as well.
    let name = image.soname.clone().or_else(|| Some(image.loaded_as()?.to_string_lossy().into_owned()));
    match name.and_then(|name| room.put(&name)) {
        Some((place, edit)) => {
            let mut edits = elf.point(text, place);
            edits.push(edit);
            Ok(edits)
        }
        None => Err(Error::new(format!(
            "the file has no room for the name of the copy of its library {}, whose own name (DT_SONAME) is missing or \
             is a part of another name; list the library under `share`",
            text.value
        ))),
    }
}

/// Gives the copy a name of its own, so that it is never taken for another.
fn rename(elf: &Elf, serial: u64, edits: &mut Vec<Edit>, room: &mut Room<'_>) -> Option<String> {
    if left_out(Mending::Names) {
        return elf.soname.as_ref().map(|text| text.value.clone());
    }
    let text = elf.soname.as_ref()?;
    if let Some(name) = unique_name(serial, text.value.len())
        && let Some(changes) = elf.rename(text, &name)
    {
        edits.extend(changes);
        return Some(name);
    }
    let name = format!("~~{serial}");
    if let Some((place, edit)) = room.put(&name) {
        edits.extend(elf.point(text, place));
        edits.push(edit);
        return Some(name);
    }
    // Then it is needed by its path, and nobody takes it for another.
    edits.push(hide(text.tag, elf::DT_SONAME.0));
    None
}

/// A file name of a given length that no other copy has.
fn unique_name(serial: u64, length: usize) -> Option<String> {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let mut name = vec![b'0'; length];
    let mut rest = serial;
    for place in name.iter_mut().skip(1).rev() {
        *place = DIGITS[usize::try_from(rest % 36).ok()?];
        rest /= 36;
    }
    *name.first_mut()? = b'~';
    if rest > 0 { None } else { String::from_utf8(name).ok() }
}

/// Takes the image's symbols out of the table that makes a symbol one for the process: what a library defines that it
/// needs, such as the C++ library, is that library's; the rest is the image's own.
fn separate(elf: &Elf, libraries: &[Library]) -> Vec<Edit> {
    if left_out(Mending::Unique) {
        return Vec::new();
    }
    let mut edits = Vec::new();
    for (name, symbol) in &elf.unique {
        let kind = symbol.info & 15;
        if libraries.iter().any(|library| library.has(name)) {
            edits.push(Edit { offset: symbol.offset + 4, bytes: vec![elf::STB_GLOBAL.0 << 4 | kind] });
            // No section and no value: undefined here.
            edits.push(Edit { offset: symbol.offset + 6, bytes: vec![0; 10] });
            // The version is that of the file's own, which the library does not have: any will do.
            edits.extend(
                symbol.version.map(|offset| Edit { offset, bytes: elf::VER_NDX_GLOBAL.0.to_le_bytes().to_vec() }),
            );
        } else {
            edits.push(Edit { offset: symbol.offset + 4, bytes: vec![elf::STB_WEAK.0 << 4 | kind] });
        }
    }
    edits
}

/// Opens a library that is one for the process, and keeps it open: copies that come and go do not unload it.
fn once(path: &Path) -> Result<NonNull<c_void>> {
    /// Handles, as numbers.
    static OPEN: LazyLock<Mutex<HashMap<PathBuf, usize>>> = LazyLock::new(Mutex::default);
    if let Some(handle) = lock(&OPEN).get(path) {
        return NonNull::new(std::ptr::with_exposed_provenance_mut(*handle))
            .ok_or_else(|| Error::new("it has no handle".to_owned()));
    }
    let name =
        CString::new(path.as_os_str().as_encoded_bytes()).map_err(|_| Error::new("its path holds a NUL".to_owned()))?;
    let handle = loader::open(&name, libc::RTLD_NOW | libc::RTLD_LOCAL).map_err(Error::new)?;
    lock(&OPEN).insert(path.to_owned(), handle.as_ptr().expose_provenance());
    Ok(handle)
}
