//! Binding: the words of an image that hold the addresses of symbols, and what they are made to hold before any of its
//! code runs.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::sync::Arc;

use object::elf;

use crate::elf::{Elf, RELA, Segment};
use crate::error::{Error, Result};
use crate::image::{Image, page};
use crate::loader;
use crate::mending::{Mending, left_out};
use crate::shims::Shims;

/// A word of the image, what it is to hold, and the name of the shim that this is the address of.
pub(crate) type Slot = (usize, usize, Option<&'static str>);

/// A relocation that has a symbol.
struct Place<'a> {
    kind: Kind,
    /// The word that it writes to.
    slot: usize,
    /// What is added to the symbol's address.
    addend: usize,
    /// The name of the symbol.
    name: &'a CStr,
    /// Whether the image defines it itself.
    defined: bool,
}

/// What a relocation writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// The symbol's address.
    Address,
    /// Of a thread-local variable: the number of the module that has it, as the dynamic loader counts them.
    Module,
    /// Where it is in that module's block.
    Offset,
    /// Where it is by the thread pointer (static TLS), or a function that says so (TLS descriptors): only the dynamic
    /// loader knows either.
    Fixed,
}

impl Image {
    /// Binds the imports that mean the process, or the main interpreter, to shims that mean the image's interpreter.
    ///
    /// Symbols that are one for the process without us are one for the interpreter: those that an image `before` has,
    /// are used.
    pub(crate) fn bind(&mut self, shims: &Shims, before: &[Arc<Image>]) -> Result<()> {
        let mut slots: Vec<Slot> = Vec::new();
        let mut uses: Vec<Arc<Image>> = Vec::new();
        let mut thread_local = Vec::new();
        for (address, size) in &self.elf.relocations {
            let table = self.base + usize::try_from(*address).unwrap_or(0);
            for index in 0..usize::try_from(*size).unwrap_or(0) / RELA {
                // SAFETY: the table is a part of the mapped image, which the dynamic loader has just worked through.
                let entry = unsafe { read::<elf::Rela64<object::NativeEndian>>(table + index * RELA) };
                let Some(place) = self.place(&entry) else { continue };
                if place.kind != Kind::Address {
                    thread_local.push(place);
                    continue;
                }
                let Place { slot, addend, name, defined, .. } = place;
                if !defined {
                    let shim = shims.find(name);
                    slots.extend(shim.map(|(name, shim)| (slot, shim.wrapping_add(addend), Some(name))));
                } else if let Some((image, address)) = self.shared_symbol(name, before) {
                    slots.push((slot, address.wrapping_add(addend), None));
                    if !uses.iter().any(|used| Arc::ptr_eq(used, image)) {
                        uses.push(Arc::clone(image));
                    }
                }
            }
        }
        self.share_thread_local(&thread_local, before, &mut slots, &mut uses);
        self.write(&slots)?;
        for name in slots.into_iter().filter_map(|(.., name)| name) {
            if !self.bound.contains(&name) {
                self.bound.push(name);
            }
        }
        self.uses = uses;
        Ok(())
    }

    /// Thread-local variables that C++ means to be one are those of an image before.
    fn share_thread_local(
        &self,
        places: &[Place<'_>],
        before: &[Arc<Image>],
        slots: &mut Vec<Slot>,
        uses: &mut Vec<Arc<Image>>,
    ) {
        for place in places.iter().filter(|place| place.defined) {
            // Where one access cannot be led elsewhere, none is: the image would see two variables.
            let fixed = places.iter().any(|other| other.kind == Kind::Fixed && other.name == place.name);
            let Some((image, _)) = self.shared_symbol(place.name, before).filter(|_| !fixed) else { continue };
            let Some(variable) = thread_local(place.name, image, before) else { continue };
            slots.extend(variable.word(place).map(|word| (place.slot, word, None)));
            if !uses.iter().any(|used| Arc::ptr_eq(used, variable.image)) {
                uses.push(Arc::clone(variable.image));
            }
        }
    }

    /// Writes addresses to words that the dynamic loader has filled with those of symbols.
    fn write(&self, slots: &[Slot]) -> Result<()> {
        let _open = Unprotected::of(self, slots)?;
        for (slot, address, _) in slots {
            let slot = std::ptr::with_exposed_provenance_mut::<usize>(*slot);
            // SAFETY: a word of the image, which is writable now. No code of the image has run yet, so nobody reads it
            // meanwhile.
            unsafe { slot.write_unaligned(*address) };
        }
        Ok(())
    }

    /// Gives the image the symbols that it found missing when it was mapped. `images` are all of the interpreter's.
    pub(crate) fn complete(&self, libraries: &[&Arc<Image>], images: &[Arc<Image>]) -> Result<()> {
        let mut slots = Vec::new();
        for (address, size) in &self.elf.relocations {
            let table = self.base + usize::try_from(*address).unwrap_or(0);
            for index in 0..usize::try_from(*size).unwrap_or(0) / RELA {
                // SAFETY: the table is a part of the mapped image.
                let entry = unsafe { read::<elf::Rela64<object::NativeEndian>>(table + index * RELA) };
                let Some(place) = self.place(&entry).filter(|place| !place.defined) else { continue };
                let missing = match place.kind {
                    // SAFETY: a word of the mapped image.
                    Kind::Address => unsafe { read::<usize>(place.slot) == place.addend },
                    // What the loader leaves in the word says nothing: a variable may be the first of its block.
                    _ => self.symbol(place.name).is_none() && !place.name.to_str().is_ok_and(loader::is_global),
                };
                if !missing {
                    continue;
                }
                let Some(library) = libraries.iter().find(|library| library.symbol(place.name).is_some()) else {
                    if self.is_demanded(place.name) {
                        return Err(Error::new(format!("undefined symbol: {}", place.name.to_string_lossy())));
                    }
                    continue;
                };
                let word = if place.kind == Kind::Address {
                    library.symbol(place.name).map(|symbol| symbol.as_ptr().addr().wrapping_add(place.addend))
                } else {
                    thread_local(place.name, library, images).and_then(|variable| variable.word(&place))
                };
                let Some(word) = word else {
                    return Err(Error::new(format!(
                        "{} uses the thread-local variable {} of a library that needs it in turn, in a way that only \
                         the dynamic loader can set up (static TLS, or TLS descriptors); list one of the two under \
                         `share`",
                        self.elf.path.file_name().unwrap_or_default().display(),
                        place.name.to_string_lossy()
                    )));
                };
                slots.push((place.slot, word, None));
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

    /// What a relocation says, if it is one of those that look a symbol up.
    fn place(&self, entry: &elf::Rela64<object::NativeEndian>) -> Option<Place<'_>> {
        let endian = object::NativeEndian;
        let info = entry.r_info.get(endian);
        let (symbol, relocation) = (usize::try_from(info >> 32).ok()?, u32::try_from(info & 0xffff_ffff).ok()?);
        let kind = kind(relocation).filter(|_| symbol != 0)?;
        let symbols = self.base + usize::try_from(self.elf.symbols).ok()?;
        // SAFETY: relocations refer to symbols of the mapped table.
        let symbol = unsafe { read::<elf::Sym64<object::NativeEndian>>(symbols + symbol * 24) };
        let defined = symbol.st_shndx.get(endian) != elf::SymbolSection(elf::SHN_UNDEF.0);
        let strings = self.base + usize::try_from(self.elf.strings).ok()?;
        let name = std::ptr::with_exposed_provenance::<c_char>(strings + symbol.st_name.get(endian) as usize);
        // SAFETY: a symbol's name is a string of the mapped table.
        let name = unsafe { CStr::from_ptr(name) };
        let slot = self.base + usize::try_from(entry.r_offset.get(endian)).ok()?;
        // A pointer into the middle of what the symbol names. Entries of the tables for functions and variables have
        // none, on x86-64 not even if the file says so.
        let table = [elf::R_X86_64_JUMP_SLOT.0, elf::R_X86_64_GLOB_DAT.0, elf::R_X86_64_DTPMOD64.0];
        let addend = if cfg!(target_arch = "x86_64") && table.contains(&relocation) {
            0
        } else {
            usize::from_ne_bytes(entry.r_addend.get(endian).to_ne_bytes())
        };
        Some(Place { kind, slot, addend, name, defined })
    }
}

/// What a relocation of this number writes, if that comes of a symbol.
fn kind(relocation: u32) -> Option<Kind> {
    #[cfg(target_arch = "x86_64")]
    const KINDS: [(u32, Kind); 7] = [
        (elf::R_X86_64_JUMP_SLOT.0, Kind::Address),
        (elf::R_X86_64_GLOB_DAT.0, Kind::Address),
        (elf::R_X86_64_64.0, Kind::Address),
        (elf::R_X86_64_DTPMOD64.0, Kind::Module),
        (elf::R_X86_64_DTPOFF64.0, Kind::Offset),
        (elf::R_X86_64_TPOFF64.0, Kind::Fixed),
        (elf::R_X86_64_TLSDESC.0, Kind::Fixed),
    ];
    #[cfg(target_arch = "aarch64")]
    const KINDS: [(u32, Kind); 7] = [
        (elf::R_AARCH64_JUMP_SLOT.0, Kind::Address),
        (elf::R_AARCH64_GLOB_DAT.0, Kind::Address),
        (elf::R_AARCH64_ABS64.0, Kind::Address),
        (elf::R_AARCH64_TLS_DTPMOD.0, Kind::Module),
        (elf::R_AARCH64_TLS_DTPREL.0, Kind::Offset),
        (elf::R_AARCH64_TLS_TPREL.0, Kind::Fixed),
        (elf::R_AARCH64_TLSDESC.0, Kind::Fixed),
    ];
    KINDS.iter().find(|(number, _)| *number == relocation).map(|(_, kind)| *kind)
}

/// Where a thread-local variable is, in each thread.
struct ThreadLocal<'a> {
    /// The image that defines it.
    image: &'a Arc<Image>,
    module: usize,
    offset: usize,
}

impl ThreadLocal<'_> {
    /// What a relocation is to write, if we can know it.
    fn word(&self, place: &Place<'_>) -> Option<usize> {
        match place.kind {
            Kind::Module => Some(self.module),
            Kind::Offset => Some(self.offset.wrapping_add(place.addend)),
            Kind::Address | Kind::Fixed => None,
        }
    }
}

/// Finds the thread-local variable that `image`, or a library that it needs, has under a name. `images` are those that
/// may define it.
fn thread_local<'a>(name: &CStr, image: &Image, images: &'a [Arc<Image>]) -> Option<ThreadLocal<'a>> {
    // This thread's; the loader makes the block for it that the next question is about.
    let address = image.symbol(name)?.as_ptr().addr();
    images.iter().find_map(|image| {
        let (module, block) = image.thread_block()?;
        let offset = address.checked_sub(block).filter(|offset| *offset < image.elf.tls_size)?;
        Some(ThreadLocal { image, module, offset })
    })
}

/// Reads a value of the image.
///
/// # Safety
///
/// The address lies in a mapped image, which is relocated; `T` is plain data.
pub(crate) unsafe fn read<T: Copy>(address: usize) -> T {
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
    let inside = |part: &&Segment| {
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
