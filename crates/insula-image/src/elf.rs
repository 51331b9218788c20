//! What there is to know of a shared object before it is loaded: read from the file alone.
//!
//! Everything is read by way of the program headers and the dynamic section, which the dynamic loader itself goes by; a
//! stripped file needs no section headers.

use std::collections::{BTreeSet, HashMap};
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use object::Endianness;
use object::elf::{self, FileHeader64};
use object::read::elf::{Dyn, FileHeader, ProgramHeader};

use crate::error::{Error, Result};
use crate::strings::free_bytes;

/// The size of a symbol in the file, and where its parts are.
const SYMBOL: u64 = 24;
/// The size of a relocation with an addend.
pub(crate) const RELA: usize = 24;

#[cfg(target_arch = "x86_64")]
const MACHINE: u16 = elf::EM_X86_64.0;
#[cfg(target_arch = "aarch64")]
const MACHINE: u16 = elf::EM_AARCH64.0;

/// Which file it is: two paths may name one file, and a path may come to name another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct FileId {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
}

impl FileId {
    /// The file that is open.
    pub(crate) fn of(file: &File) -> std::io::Result<Self> {
        let data = file.metadata()?;
        Ok(Self {
            device: data.dev(),
            inode: data.ino(),
            size: data.len(),
            modified: (data.mtime(), data.mtime_nsec()),
        })
    }
}

/// A string of the dynamic string table, and where in the file it is.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    pub(crate) value: String,
    pub(crate) offset: u64,
    /// Where in the file the entry of the dynamic section, or of the table of versions, stands that names it; zero for
    /// others.
    pub(crate) tag: u64,
}

/// Bytes to write over those of the file.
#[derive(Clone, Debug)]
pub(crate) struct Edit {
    pub(crate) offset: u64,
    pub(crate) bytes: Vec<u8>,
}

/// A part of the file that is mapped into memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Segment {
    pub(crate) address: u64,
    pub(crate) memory_size: u64,
    pub(crate) offset: u64,
    pub(crate) file_size: u64,
    pub(crate) writable: bool,
    pub(crate) executable: bool,
}

/// A symbol of the dynamic symbol table.
#[derive(Clone, Debug)]
pub(crate) struct Symbol {
    /// Where the symbol is in the file.
    pub(crate) offset: u64,
    pub(crate) info: u8,
    /// Where in the file its version stands, if symbols have versions.
    pub(crate) version: Option<u64>,
}

/// A shared object, as its file says.
#[derive(Debug)]
pub(crate) struct Elf {
    /// Which file it is: without symbolic links.
    pub(crate) path: PathBuf,
    /// The name that it was first opened by, from the root: what it needs beside itself is beside that name.
    pub(crate) name: PathBuf,
    pub(crate) id: FileId,
    /// Libraries that it needs by name (DT_NEEDED).
    pub(crate) needed: Vec<Text>,
    /// Its own name for others to need (DT_SONAME).
    pub(crate) soname: Option<Text>,
    /// The names of libraries whose symbol versions it asks for.
    pub(crate) version_files: Vec<Text>,
    /// Where it looks for libraries (DT_RUNPATH, else DT_RPATH), `$ORIGIN` not yet replaced.
    pub(crate) search: Vec<String>,
    /// Whether that is DT_RUNPATH: then it is for this file alone, and what its loaders have is not for it.
    pub(crate) runpath: bool,
    /// Symbols that the dynamic loader would make one for the process (STB_GNU_UNIQUE).
    pub(crate) unique: HashMap<String, Symbol>,
    pub(crate) segments: Vec<Segment>,
    /// What the loader protects after relocation: address and size.
    pub(crate) relro: Option<(u64, u64)>,
    /// DT_INIT.
    pub(crate) init: Option<u64>,
    /// DT_INIT_ARRAY: address and size in bytes.
    pub(crate) init_array: Option<(u64, u64)>,
    /// Where in the file the tags stand that make the loader call constructors.
    pub(crate) init_tags: Vec<(u64, u64)>,
    /// Tables of relocations with symbols: address and size in bytes.
    pub(crate) relocations: Vec<(u64, u64)>,
    pub(crate) symbols: u64,
    pub(crate) strings: u64,
    /// Symbols that it takes from elsewhere.
    pub(crate) imports: HashMap<String, Symbol>,
    /// The init functions that it exports.
    pub(crate) init_functions: BTreeSet<String>,
    /// Relocations in its code.
    pub(crate) text_relocations: bool,
    /// It asks for thread-local storage in the block that has a fixed size.
    pub(crate) static_tls: bool,
    /// It says that it must stay mapped (DF_1_NODELETE).
    pub(crate) never_unmapped: bool,
    /// The size of a thread's block of thread-local storage for it.
    pub(crate) tls_size: usize,
    /// Where names of the string table end and begin: those that end together share bytes.
    pub(crate) names: BTreeSet<(u64, u64)>,
    strings_offset: u64,
    /// Bytes that are mapped with the file and that nothing uses: address, place in the file, size.
    pub(crate) free: Vec<(u64, u64, u64)>,
}

/// What was read of each file, for the life of the process: plain data.
static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);

type Known = HashMap<(FileId, PathBuf, PathBuf), Arc<Elf>>;

impl Elf {
    /// Reads the file, or gives what was read of it before.
    pub(crate) fn of(path: &Path) -> Result<Arc<Self>> {
        let cannot = |error: std::io::Error| Error::new(format!("the file cannot be read: {error}"));
        let mut file = File::open(path).map_err(cannot)?;
        let id = FileId::of(&file).map_err(cannot)?;
        let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        // One file may have several names, and what it needs is found beside the name: a package may consist of links
        // into a store.
        let name = std::path::absolute(path).map_err(cannot)?;
        let path = fs::canonicalize(path).map_err(cannot)?;
        let key = (id, path.clone(), name.clone());
        if let Some(elf) = known().get(&key) {
            return Ok(Arc::clone(elf));
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(cannot)?;
        let elf = Arc::new(Self::read(path, name, id, &bytes)?);
        known().insert(key, Arc::clone(&elf));
        Ok(elf)
    }

    /// Opens the file again, if it is still the one that was read.
    pub(crate) fn open(&self) -> Result<File> {
        let file = File::open(&self.path).map_err(|error| Error::new(format!("the file cannot be read: {error}")))?;
        match FileId::of(&file) {
            Ok(id) if id == self.id => Ok(file),
            _ => Err(Error::new("the file has changed since it was first read; import it again".to_owned())),
        }
    }

    fn read(path: PathBuf, name: PathBuf, id: FileId, bytes: &[u8]) -> Result<Self> {
        let Headers { segments, dynamic: dynamic_table, relro, tls_size } = read_headers(bytes)?;
        let file = View { bytes, segments: &segments };
        let mut elf = Elf {
            path,
            name,
            id,
            needed: Vec::new(),
            soname: None,
            version_files: Vec::new(),
            search: Vec::new(),
            runpath: false,
            unique: HashMap::new(),
            segments: segments.clone(),
            relro,
            init: None,
            init_array: None,
            init_tags: Vec::new(),
            relocations: Vec::new(),
            symbols: 0,
            strings: 0,
            imports: HashMap::new(),
            init_functions: BTreeSet::new(),
            text_relocations: false,
            static_tls: false,
            never_unmapped: false,
            tls_size,
            names: BTreeSet::new(),
            strings_offset: 0,
            free: free_bytes(&segments, bytes),
        };
        let tags = elf.read_dynamic(&dynamic_table, &file)?;
        elf.read_symbols(&tags, &file)?;
        elf.read_versions(&tags, &file)?;
        Ok(elf)
    }

    fn read_dynamic(&mut self, table: &[(u64, u64, u64)], file: &View<'_>) -> Result<HashMap<u64, u64>> {
        let tags: HashMap<u64, u64> = table.iter().map(|(tag, value, _)| (*tag, *value)).collect();
        let tag = |tag: i64| tags.get(&(tag.cast_unsigned())).copied();
        self.strings = tag(elf::DT_STRTAB.0).ok_or_else(|| damaged("it has no dynamic string table"))?;
        self.symbols = tag(elf::DT_SYMTAB.0).ok_or_else(|| damaged("it has no dynamic symbol table"))?;
        self.strings_offset = file.offset(self.strings)?;
        let mut paths = [None, None];
        for &(number, value, offset) in table {
            match number.cast_signed() {
                t if t == elf::DT_NEEDED.0 => {
                    let text = self.text(file, value)?;
                    self.needed.push(Text { tag: offset, ..text });
                }
                t if t == elf::DT_SONAME.0 => {
                    let text = self.text(file, value)?;
                    self.soname = Some(Text { tag: offset, ..text });
                }
                t if t == elf::DT_RUNPATH.0 => paths[0] = Some(self.text(file, value)?.value),
                t if t == elf::DT_RPATH.0 => paths[1] = Some(self.text(file, value)?.value),
                t if t == elf::DT_INIT.0 || t == elf::DT_INIT_ARRAY.0 || t == elf::DT_INIT_ARRAYSZ.0 => {
                    self.init_tags.push((offset, number));
                }
                _ => {}
            }
        }
        self.runpath = paths[0].is_some();
        let search = paths.into_iter().flatten().next().unwrap_or_default();
        self.search = search.split(':').filter(|part| !part.is_empty()).map(str::to_owned).collect();
        self.init = tag(elf::DT_INIT.0).filter(|address| *address != 0);
        self.init_array = tag(elf::DT_INIT_ARRAY.0).zip(tag(elf::DT_INIT_ARRAYSZ.0)).filter(|(_, size)| *size != 0);
        let tables = [(elf::DT_JMPREL.0, elf::DT_PLTRELSZ.0), (elf::DT_RELA.0, elf::DT_RELASZ.0)];
        self.relocations = tables.into_iter().filter_map(|(at, size)| tag(at).zip(tag(size))).collect();
        let flags = tag(elf::DT_FLAGS.0).unwrap_or(0);
        self.text_relocations = tag(elf::DT_TEXTREL.0).is_some() || flags & 4 != 0;
        self.static_tls = flags & 0x10 != 0;
        self.never_unmapped = tag(elf::DT_FLAGS_1.0).unwrap_or(0) & 8 != 0;
        Ok(tags)
    }

    /// The string at an offset of the string table.
    fn text(&mut self, file: &View<'_>, at: u64) -> Result<Text> {
        let offset = self.strings_offset.checked_add(at).ok_or_else(|| damaged("a name lies outside of it"))?;
        let (value, length) = file.string(offset)?;
        self.names.insert((offset + length, offset));
        Ok(Text { value, offset, tag: 0 })
    }

    fn read_symbols(&mut self, tags: &HashMap<u64, u64>, file: &View<'_>) -> Result<()> {
        let count = count_symbols(tags, file)?;
        let table = file.offset(self.symbols)?;
        let versions = tags.get(&elf::DT_VERSYM.0.cast_unsigned()).map(|at| file.offset(*at)).transpose()?;
        for index in 1..count {
            let version = versions.map(|versions| versions + index * 2);
            let offset = table + index * SYMBOL;
            let bytes = file.slice(offset, SYMBOL)?;
            let name = self.text(file, u64::from(u32::from_le_bytes(take(bytes, 0))))?.value;
            let section = u16::from_le_bytes(take(bytes, 6));
            let info = bytes[4];
            if section == elf::SHN_UNDEF.0 {
                self.imports.insert(name, Symbol { offset, info, version });
            } else {
                if name.starts_with("PyInit") || name.starts_with("PyModExport") {
                    self.init_functions.insert(name.clone());
                }
                if info >> 4 == elf::STB_GNU_UNIQUE.0 {
                    self.unique.insert(name, Symbol { offset, info, version });
                }
            }
        }
        Ok(())
    }

    /// The libraries of DT_VERNEED.
    fn read_versions(&mut self, tags: &HashMap<u64, u64>, file: &View<'_>) -> Result<()> {
        let tag = |tag: i64| tags.get(&tag.cast_unsigned()).copied();
        let Some((at, count)) = tag(elf::DT_VERNEED.0).zip(tag(elf::DT_VERNEEDNUM.0)) else { return Ok(()) };
        let mut offset = file.offset(at)?;
        for _ in 0..count {
            let entry = file.slice(offset, 16)?;
            let name = u64::from(u32::from_le_bytes(take(entry, 4)));
            let next = u64::from(u32::from_le_bytes(take(entry, 12)));
            let text = self.text(file, name)?;
            self.version_files.push(Text { tag: offset, ..text });
            if next == 0 {
                break;
            }
            offset += next;
        }
        Ok(())
    }

    /// The folder that it is in, by the name that it was opened by.
    pub(crate) fn folder(&self) -> &Path {
        self.name.parent().unwrap_or(Path::new("/"))
    }

    /// The folders in which it looks for libraries.
    pub(crate) fn folders(&self) -> Vec<PathBuf> {
        let expand = |part: &String| {
            let mut folder = OsString::new();
            for (index, piece) in part.replace("${ORIGIN}", "$ORIGIN").split("$ORIGIN").enumerate() {
                // The folder's name may be no UTF-8.
                folder.push(if index > 0 { self.folder().as_os_str() } else { OsStr::new("") });
                folder.push(piece);
            }
            PathBuf::from(folder)
        };
        self.search.iter().map(expand).filter(|folder| folder.is_absolute()).collect()
    }
}

/// What the program headers say: the mapped parts, the dynamic section (tag, value, where in the file), what is
/// protected after relocation, and the size of thread-local storage.
struct Headers {
    segments: Vec<Segment>,
    dynamic: Vec<(u64, u64, u64)>,
    relro: Option<(u64, u64)>,
    tls_size: usize,
}

fn read_headers(bytes: &[u8]) -> Result<Headers> {
    if bytes.is_empty() {
        return Err(damaged("it is empty"));
    }
    if !bytes.starts_with(&elf::ELFMAG) {
        return Err(Error::new("the file is no shared object: it does not begin as an ELF file does".to_owned()));
    }
    if bytes.len() < size_of::<FileHeader64<Endianness>>() {
        return Err(damaged("it ends within its first header"));
    }
    let header = FileHeader64::<Endianness>::parse(bytes)
        .map_err(|_| Error::new("the file is an ELF file, but not a 64-bit one of this kind of machine".to_owned()))?;
    let endian = header.endian().map_err(|_| damaged("its byte order is unknown"))?;
    let machine = header.e_machine(endian);
    if endian != Endianness::Little {
        return Err(Error::new("the file is for a big-endian machine; install the wheel for this one".to_owned()));
    }
    if machine.0 != MACHINE {
        return Err(Error::new(format!(
            "the file is for another kind of machine (ELF machine {}); install the wheel for {}",
            machine.0,
            std::env::consts::ARCH
        )));
    }
    if header.e_type(endian) != elf::ET_DYN {
        return Err(Error::new("the file is an ELF file, but no shared object".to_owned()));
    }
    let programs =
        header.program_headers(endian, bytes).map_err(|_| damaged("its program headers lie outside of it"))?;
    let mut segments = Vec::new();
    let mut relro = None;
    let mut tls_size = 0;
    let mut dynamic = Vec::new();
    for program in programs {
        let (offset, file_size) = (program.p_offset(endian), program.p_filesz(endian));
        let (address, memory_size) = (program.p_vaddr(endian), program.p_memsz(endian));
        let inside = offset.checked_add(file_size).is_some_and(|end| end <= bytes.len() as u64);
        match program.p_type(endian) {
            elf::PT_LOAD => {
                if !inside {
                    return Err(damaged("it is shorter than its headers say"));
                }
                segments.push(Segment {
                    address,
                    memory_size,
                    offset,
                    file_size,
                    writable: program.p_flags(endian).0 & elf::PF_W.0 != 0,
                    executable: program.p_flags(endian).0 & elf::PF_X.0 != 0,
                });
            }
            elf::PT_TLS => tls_size = usize::try_from(memory_size).unwrap_or(0),
            elf::PT_GNU_RELRO => relro = Some((address, memory_size)),
            elf::PT_DYNAMIC => {
                let table = program
                    .dynamic(endian, bytes)
                    .ok()
                    .flatten()
                    .ok_or_else(|| damaged("its dynamic section is cut"))?;
                for (entry, at) in table.iter().zip((offset..).step_by(16)) {
                    if entry.d_tag(endian) == elf::DT_NULL {
                        break;
                    }
                    dynamic.push((entry.d_tag(endian).0.cast_unsigned(), entry.d_val(endian), at));
                }
            }
            _ => {}
        }
    }
    if dynamic.is_empty() {
        return Err(damaged("it has no dynamic section"));
    }
    Ok(Headers { segments, dynamic, relro, tls_size })
}

/// How many symbols the dynamic symbol table has: only the hash tables say.
fn count_symbols(tags: &HashMap<u64, u64>, file: &View<'_>) -> Result<u64> {
    if let Some(hash) = tags.get(&elf::DT_HASH.0.cast_unsigned()) {
        let head = file.slice(file.offset(*hash)?, 8)?;
        return Ok(u64::from(u32::from_le_bytes(take(head, 4))));
    }
    let hash = tags.get(&elf::DT_GNU_HASH.0.cast_unsigned()).ok_or_else(|| damaged("it has no hash table"))?;
    let start = file.offset(*hash)?;
    let head = file.slice(start, 16)?;
    let word = |at| u64::from(u32::from_le_bytes(take(head, at)));
    let (buckets, first, bloom) = (word(0), word(4), word(8));
    let chains = start + 16 + bloom * 8 + buckets * 4;
    let mut last = 0;
    for bucket in 0..buckets {
        let at = start + 16 + bloom * 8 + bucket * 4;
        last = last.max(u64::from(u32::from_le_bytes(take(file.slice(at, 4)?, 0))));
    }
    if last < first {
        return Ok(first);
    }
    // The chain of the last bucket ends with an odd number.
    loop {
        let value = u32::from_le_bytes(take(file.slice(chains + (last - first) * 4, 4)?, 0));
        last += 1;
        if value & 1 == 1 {
            return Ok(last);
        }
    }
}

/// The file's bytes, read at addresses or offsets, never outside of them.
struct View<'a> {
    bytes: &'a [u8],
    segments: &'a [Segment],
}

impl<'a> View<'a> {
    fn offset(&self, address: u64) -> Result<u64> {
        let holds = |part: &&Segment| (part.address..part.address + part.file_size).contains(&address);
        let segment = self.segments.iter().find(holds).ok_or_else(|| damaged("an address lies outside of it"))?;
        Ok(address - segment.address + segment.offset)
    }

    fn slice(&self, offset: u64, size: u64) -> Result<&'a [u8]> {
        let end = offset.checked_add(size).ok_or_else(|| damaged("a table lies outside of it"))?;
        let range = usize::try_from(offset).ok().zip(usize::try_from(end).ok());
        range.and_then(|(start, end)| self.bytes.get(start..end)).ok_or_else(|| damaged("a table lies outside of it"))
    }

    /// The string, and its length in bytes.
    fn string(&self, offset: u64) -> Result<(String, u64)> {
        let rest = usize::try_from(offset).ok().and_then(|start| self.bytes.get(start..));
        let rest = rest.ok_or_else(|| damaged("a name lies outside of it"))?;
        let end = rest.iter().position(|byte| *byte == 0).ok_or_else(|| damaged("a name has no end"))?;
        Ok((String::from_utf8_lossy(&rest[..end]).into_owned(), end as u64))
    }
}

fn take<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(&bytes[at..at + N]);
    array
}

fn damaged(what: &str) -> Error {
    Error::new(format!("the file is damaged: {what}; install the package again"))
}
