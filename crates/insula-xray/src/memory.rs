//! The memory of a live process, read from outside.
//!
//! A worker is a child of the auditor, so the kernel lets the auditor read `/proc/PID/mem`. The worker should be
//! stopped at a checkpoint while it is read; nothing here stops it.

use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::elf::Extension;

/// Why a process cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum MemoryError {
    /// The platform offers no such view.
    #[error("reading another process's memory is not available on this platform; the X-ray of globals needs Linux")]
    NotAvailable,
    /// The process ended.
    #[error("process {0} is gone; it ended before its memory could be read")]
    Gone(u32),
    /// The kernel refused.
    #[error(
        "the memory of process {pid} cannot be read: {cause}; run the audit as the same user, outside a sandbox that \
         hides /proc"
    )]
    Refused {
        /// The process.
        pid: u32,
        /// What the operating system said.
        cause: std::io::Error,
    },
}

/// A line of the process's memory map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// First address.
    pub start: u64,
    /// One past the last address.
    pub end: u64,
    /// As the kernel prints it: `rw-p`.
    pub perms: String,
    /// Offset in the mapped file.
    pub offset: u64,
    /// Device of the mapped file, `major:minor` in hex.
    pub dev: String,
    /// Inode of the mapped file, 0 for anonymous memory.
    pub inode: u64,
    /// The mapped file, or the kernel's name in brackets.
    pub path: Option<PathBuf>,
}

/// An ELF file in the process, with all of its segments (`.bss` too, which the map does not attribute to the file).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadedFile {
    /// The mapped file.
    pub path: PathBuf,
    /// Its device, as in [`Mapping`].
    pub dev: String,
    /// Its inode.
    pub inode: u64,
    /// What to add to a link-time address.
    pub bias: u64,
    /// First to last address of its segments.
    pub range: Range<u64>,
}

/// The memory of one process.
#[derive(Debug)]
pub struct ProcessMemory {
    pid: u32,
    #[cfg(target_os = "linux")]
    mem: std::fs::File,
    maps: Vec<Mapping>,
    files: Vec<LoadedFile>,
}

#[cfg(target_os = "linux")]
impl ProcessMemory {
    /// Opens the memory of a process.
    pub fn of(pid: u32) -> Result<Self, MemoryError> {
        let mem = std::fs::File::open(format!("/proc/{pid}/mem")).map_err(|e| refused(pid, e))?;
        let mut this = ProcessMemory { pid, mem, maps: Vec::new(), files: Vec::new() };
        this.refresh()?;
        Ok(this)
    }

    /// Reads the memory map again; needed after the process loaded more files.
    pub fn refresh(&mut self) -> Result<(), MemoryError> {
        use std::os::unix::ffi::OsStrExt;
        let pid = self.pid;
        let text = std::fs::read(format!("/proc/{pid}/maps")).map_err(|e| refused(pid, e))?;
        self.maps = text
            .split(|b| *b == b'\n')
            .filter_map(|line| {
                let mut rest = line;
                let mut field = || {
                    let end = rest.iter().position(|b| *b == b' ').unwrap_or(rest.len());
                    let (field, after) = rest.split_at(end);
                    rest = after.trim_ascii_start();
                    std::str::from_utf8(field).ok()
                };
                let (start, end) = field()?.split_once('-')?;
                let perms = field()?.to_string();
                let offset = field()?;
                let dev = field()?.to_string();
                let inode = field()?.parse().ok()?;
                let hex = |s| u64::from_str_radix(s, 16).ok();
                Some(Mapping {
                    start: hex(start)?,
                    end: hex(end)?,
                    perms,
                    offset: hex(offset)?,
                    dev,
                    inode,
                    path: (!rest.is_empty()).then(|| PathBuf::from(std::ffi::OsStr::from_bytes(rest))),
                })
            })
            .collect();
        if self.maps.is_empty() {
            // A process that has ended but was not waited for has an empty map.
            return Err(MemoryError::Gone(pid));
        }
        self.files = Vec::new();
        for mapping in self.maps.iter().filter(|m| m.inode != 0 && m.offset == 0) {
            // The first page of a small file can be mapped twice, for two of its segments.
            if self.loaded_file_of(mapping.start).is_none()
                && let Some(file) = self.loaded_at(mapping)
            {
                self.files.push(file);
            }
        }
        Ok(())
    }

    /// Reads a stretch of memory; `None` if any of it is not there.
    pub fn read(&self, addr: u64, len: usize) -> Option<Vec<u8>> {
        use std::os::unix::fs::FileExt;
        let mut bytes = vec![0; len];
        self.mem.read_exact_at(&mut bytes, addr).ok()?;
        Some(bytes)
    }
}

#[cfg(target_os = "linux")]
fn refused(pid: u32, cause: std::io::Error) -> MemoryError {
    match cause.kind() {
        std::io::ErrorKind::NotFound => MemoryError::Gone(pid),
        _ => MemoryError::Refused { pid, cause },
    }
}

#[cfg(not(target_os = "linux"))]
impl ProcessMemory {
    /// Not available on this platform.
    pub fn of(_pid: u32) -> Result<Self, MemoryError> {
        Err(MemoryError::NotAvailable)
    }

    /// Not available on this platform.
    pub fn refresh(&mut self) -> Result<(), MemoryError> {
        Err(MemoryError::NotAvailable)
    }

    /// Not available on this platform.
    pub fn read(&self, _addr: u64, _len: usize) -> Option<Vec<u8>> {
        None
    }
}

impl ProcessMemory {
    /// The process.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// The memory map, by address.
    pub fn maps(&self) -> &[Mapping] {
        &self.maps
    }

    /// The ELF files that are loaded, by address.
    pub fn files(&self) -> &[LoadedFile] {
        &self.files
    }

    /// Reads one machine word.
    pub fn word(&self, addr: u64) -> Option<u64> {
        Some(u64::from_ne_bytes(self.read(addr, 8)?.try_into().ok()?))
    }

    /// Reads the machine word at an offset into an object. The address may be anything, as a word of freed memory is.
    pub fn word_at(&self, addr: u64, offset: u64) -> Option<u64> {
        self.word(addr.checked_add(offset)?)
    }

    /// Reads bytes at an offset into an object, whose address may be anything.
    pub fn read_at(&self, addr: u64, offset: u64, len: usize) -> Option<Vec<u8>> {
        self.read(addr.checked_add(offset)?, len)
    }

    /// Reads `count` machine words.
    pub fn words(&self, addr: u64, count: usize) -> Option<Vec<u64>> {
        let bytes = self.read(addr, count.checked_mul(8)?)?;
        Some(bytes.chunks_exact(8).map(|w| u64::from_ne_bytes(w.try_into().expect("8 bytes"))).collect())
    }

    /// Reads a C string of at most `max` bytes; a longer one is cut. What is not UTF-8 is replaced.
    pub fn cstr(&self, addr: u64, max: usize) -> Option<String> {
        const STEP: usize = 64;
        let mut out = Vec::new();
        while out.len() < max {
            let at = addr.checked_add(out.len() as u64)?;
            // Stay inside an aligned block, so that a string at the end of a mapping can be read.
            let len = STEP.saturating_sub(at as usize % STEP);
            let bytes = self.read(at, len)?;
            if let Some(end) = bytes.iter().position(|b| *b == 0) {
                out.extend_from_slice(&bytes[..end]);
                break;
            }
            out.extend_from_slice(&bytes);
        }
        out.truncate(max);
        Some(String::from_utf8_lossy(&out).into_owned())
    }

    /// The mapping that covers an address.
    pub fn mapping_at(&self, addr: u64) -> Option<&Mapping> {
        let after = self.maps.partition_point(|m| m.start <= addr);
        let mapping = &self.maps[after.checked_sub(1)?];
        (addr < mapping.end).then_some(mapping)
    }

    /// Where the extension was loaded: what to add to a link-time address. `None` if it is not loaded.
    pub fn load_bias(&self, ext: &Extension) -> Option<u64> {
        self.loaded(ext).map(|f| f.bias)
    }

    /// The extension among the loaded files: the same file on disk, or else the same path (some overlay file systems
    /// report other numbers in the map).
    pub fn loaded(&self, ext: &Extension) -> Option<&LoadedFile> {
        let same_file =
            file_id(&ext.path).and_then(|(dev, inode)| self.files.iter().find(|f| f.inode == inode && f.dev == dev));
        let path = ext.path.canonicalize().ok();
        same_file.or_else(|| self.files.iter().find(|f| Some(&f.path) == path.as_ref() || f.path == ext.path))
    }

    /// The loaded ELF file to which an address belongs.
    pub fn loaded_file_of(&self, addr: u64) -> Option<&LoadedFile> {
        self.files.iter().find(|f| f.range.contains(&addr))
    }

    /// If an ELF file was mapped here by the loader: its bias and extent, from the headers in memory.
    #[cfg(target_os = "linux")]
    fn loaded_at(&self, mapping: &Mapping) -> Option<LoadedFile> {
        use object::Endianness;
        use object::elf::{FileHeader64, PT_LOAD};
        use object::read::elf::{FileHeader, ProgramHeader};
        // The headers lie in the first page of every file a loader can map.
        let len = mapping.end.saturating_sub(mapping.start).min(4096) as usize;
        let bytes = self.read(mapping.start, len)?;
        let header = FileHeader64::<Endianness>::parse(bytes.as_slice()).ok()?;
        let end = header.endian().ok()?;
        let page = !0xfff;
        // The segment that this mapping begins with: usually the first, but tools that edit files append segments with
        // lower addresses.
        let loads = || {
            let all = header.program_headers(end, bytes.as_slice()).ok();
            all.into_iter().flatten().filter(|p| p.p_type(end) == PT_LOAD)
        };
        let here = loads().find(|p| p.p_offset(end) & page == 0)?;
        let bias = mapping.start.wrapping_sub(here.p_vaddr(end) & page);
        let first = loads().map(|p| p.p_vaddr(end) & page).min()?;
        let last = loads().map(|p| p.p_vaddr(end).saturating_add(p.p_memsz(end))).max()?;
        Some(LoadedFile {
            path: mapping.path.clone()?,
            dev: mapping.dev.clone(),
            inode: mapping.inode,
            bias,
            range: bias.wrapping_add(first)..bias.wrapping_add(last),
        })
    }
}

/// Device and inode of a file, written as the memory map writes them.
#[cfg(target_os = "linux")]
fn file_id(path: &Path) -> Option<(String, u64)> {
    use std::os::linux::fs::MetadataExt;
    let meta = std::fs::metadata(path).ok()?;
    let dev = meta.st_dev();
    // The encoding of `dev_t` that Linux shows to user space.
    let major = ((dev >> 8) & 0xfff) | ((dev >> 32) & !0xfff);
    let minor = (dev & 0xff) | ((dev >> 12) & !0xff);
    Some((format!("{major:02x}:{minor:02x}"), meta.st_ino()))
}

#[cfg(not(target_os = "linux"))]
fn file_id(_path: &Path) -> Option<(String, u64)> {
    None
}
