//! The files that hold debug information: found, mapped, checked to be of the same build.

use std::borrow::Cow;
use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};

use gimli::{DwarfSections, SectionId};
use memmap2::Mmap;
use object::elf::PT_TLS;
use object::read::elf::{ElfFile64, ProgramHeader};
use object::{Endianness, Object, ObjectSection};

/// What a section's bytes are kept in: the mapped file, or memory if they were compressed.
pub(super) type Bytes<'a> = Cow<'a, [u8]>;

/// Compressed sections are unpacked up to this size in all.
pub(super) const MOST_UNPACKED: u64 = 700 << 20;

/// A mapped ELF file.
pub(super) struct Mapped {
    path: PathBuf,
    map: Mmap,
}

impl Mapped {
    /// Maps a file; what is wrong with it is said in a few words.
    pub(super) fn open(path: &Path) -> Result<Self, String> {
        let file = File::open(path).map_err(|error| error.to_string())?;
        // SAFETY: `Mmap::map` asks that nobody changes the file while it is mapped, because a shared slice must not
        // change (The Rust Reference, "Behavior considered undefined"). CPython's rules do not come in: no Python is
        // near. The map is private and read-only; compilers, linkers and package managers put a new file in the place
        // of an old one, whose pages stay what they are (mmap(2)). What parses the bytes checks every length and
        // offset, so that wrong ones give errors.
        let map = unsafe { Mmap::map(&file) }.map_err(|error| error.to_string())?;
        ElfFile64::<Endianness>::parse(&*map).map_err(|error| format!("it cannot be read ({error})"))?;
        Ok(Self { path: path.to_owned(), map })
    }

    pub(super) fn object(&self) -> ElfFile64<'_, Endianness> {
        // It was parsed when it was mapped, and has not changed.
        ElfFile64::parse(&*self.map).expect("an ELF file")
    }

    /// The name for messages.
    pub(super) fn shown(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn build_id(&self) -> Option<Vec<u8>> {
        self.object().build_id().ok().flatten().map(<[u8]>::to_vec)
    }

    fn has_dwarf(&self) -> bool {
        self.object().section_by_name(".debug_info").is_some_and(|section| section.size() > 0)
    }
}

/// The files that belong to one extension.
pub(super) struct Files {
    own: Mapped,
    separate: Option<Mapped>,
    supplementary: Option<Mapped>,
}

impl Files {
    /// Finds them. What is named and not found, or is of another build, becomes a note.
    pub(super) fn find(path: &Path, roots: &[PathBuf], notes: &mut Vec<String>) -> Result<Self, String> {
        let own = Mapped::open(path).map_err(|why| format!("no source lines: {}: {why}", path.display()))?;
        let mut files = Self { own, separate: None, supplementary: None };
        if !files.own.has_dwarf() {
            files.separate = separate(&files.own, roots, notes);
        }
        if let Some(debug) = files.dwarf() {
            files.supplementary = supplementary(debug, roots, notes);
        }
        Ok(files)
    }

    /// The one that holds DWARF.
    pub(super) fn dwarf(&self) -> Option<&Mapped> {
        [Some(&self.own), self.separate.as_ref()].into_iter().flatten().find(|file| file.has_dwarf())
    }

    pub(super) fn separate(&self) -> Option<&Mapped> {
        self.separate.as_ref()
    }

    pub(super) fn supplementary(&self) -> Option<&Mapped> {
        self.supplementary.as_ref()
    }

    /// Where `.dwp` files may be.
    pub(super) fn packages(&self) -> impl Iterator<Item = PathBuf> {
        [Some(&self.own), self.separate.as_ref()].into_iter().flatten().map(|file| {
            let mut name = file.path().as_os_str().to_owned();
            name.push(".dwp");
            PathBuf::from(name)
        })
    }

    /// The link-time addresses of the initial values of thread-locals.
    pub(super) fn thread_locals(&self) -> Range<u64> {
        let object = self.own.object();
        let end = object.endian();
        let segment = object.elf_program_headers().iter().find(|one| one.p_type(end) == PT_TLS);
        segment.map_or(0..0, |one| one.p_vaddr(end)..one.p_vaddr(end).saturating_add(one.p_memsz(end)))
    }

    pub(super) fn folder(&self) -> &Path {
        self.own.path().parent().unwrap_or(Path::new("."))
    }
}

/// The files beside an extension on which its lines depend, as far as they are there: results that are kept have to
/// notice when one comes, goes or changes.
pub fn companions(path: &Path, roots: &[PathBuf]) -> Vec<PathBuf> {
    let mut notes = Vec::new();
    let Ok(files) = Files::find(path, roots, &mut notes) else { return Vec::new() };
    let mut found: Vec<PathBuf> = files.packages().filter(|path| path.exists()).collect();
    let others = [files.separate.as_ref(), files.supplementary.as_ref()];
    found.extend(others.into_iter().flatten().map(|file| file.path().to_owned()));
    found
}

/// `.build-id/ab/cdef.debug` below each root.
fn by_build_id(id: &[u8], roots: &[PathBuf]) -> Vec<PathBuf> {
    let hex: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
    if hex.len() < 4 {
        return Vec::new();
    }
    let (first, rest) = hex.split_at(2);
    roots.iter().map(|root| root.join(".build-id").join(first).join(format!("{rest}.debug"))).collect()
}

/// The debug file of a stripped one.
fn separate(own: &Mapped, roots: &[PathBuf], notes: &mut Vec<String>) -> Option<Mapped> {
    let id = own.build_id();
    let mut candidates = id.as_deref().map(|id| by_build_id(id, roots)).unwrap_or_default();
    let object = own.object();
    let link = object.gnu_debuglink().ok().flatten();
    let name = link.map(|(name, _)| PathBuf::from(String::from_utf8_lossy(name).into_owned()));
    if let (Some(name), Some(folder)) = (&name, own.path().parent()) {
        candidates.push(folder.join(name));
        candidates.push(folder.join(".debug").join(name));
        let whole = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        let below = whole.strip_prefix("/").unwrap_or(&whole);
        candidates.extend(roots.iter().map(|root| root.join(below).join(name)));
    }
    let mut wrong = None;
    for path in candidates.iter().filter(|path| path.is_file() && *path != own.path()) {
        let file = match Mapped::open(path) {
            Ok(file) => file,
            Err(why) => {
                wrong.get_or_insert(format!("no source lines: {}: {why}", path.display()));
                continue;
            }
        };
        let same = match (&id, file.build_id()) {
            (Some(id), Some(other)) => *id == other,
            // Without build ids the link's checksum tells.
            _ => link.is_some_and(|(_, sum)| crc32fast::hash(&file.map) == sum),
        };
        if same {
            return Some(file);
        }
        wrong.get_or_insert(format!(
            "no source lines: {} is the debug file of another build; put the one of this build in its place",
            path.display()
        ));
    }
    let missing = |name: PathBuf| {
        format!("no source lines: its debug file {} is not there; put it beside the module", name.display())
    };
    notes.extend(wrong.or_else(|| name.map(missing)));
    None
}

/// What several debug files have in common.
fn supplementary(debug: &Mapped, roots: &[PathBuf], notes: &mut Vec<String>) -> Option<Mapped> {
    let object = debug.object();
    let (name, id) = object.gnu_debugaltlink().ok().flatten()?;
    let name = PathBuf::from(String::from_utf8_lossy(name).into_owned());
    let folder = debug.path().parent().unwrap_or(Path::new("."));
    let mut candidates = vec![folder.join(&name)];
    candidates.extend(by_build_id(id, roots));
    if let Some(file) = name.file_name() {
        candidates.extend(roots.iter().map(|root| root.join(".dwz").join(file)));
    }
    let mut wrong = None;
    for path in candidates.iter().filter(|path| path.is_file()) {
        match Mapped::open(path) {
            Ok(file) if file.build_id().is_none_or(|other| other == id) => return Some(file),
            Ok(_) => wrong = Some("is of another build".to_owned()),
            Err(why) => wrong = Some(why),
        }
    }
    let why = wrong.unwrap_or_else(|| "is not there".to_owned());
    notes.push(format!("source lines are incomplete: the supplementary debug file {} {why}", name.display()));
    None
}

/// All DWARF sections of a file; of split DWARF those whose names end in `.dwo`.
pub(super) fn sections(file: ElfFile64<'_, Endianness>, split: bool) -> Result<DwarfSections<Bytes<'_>>, String> {
    let mut left = MOST_UNPACKED;
    DwarfSections::load(|id| section(&file, id, split, &mut left))
}

/// One section, unpacked.
pub(super) fn section<'a>(
    file: &ElfFile64<'a, Endianness>,
    id: SectionId,
    split: bool,
    left: &mut u64,
) -> Result<Bytes<'a>, String> {
    let name = if split { id.dwo_name() } else { Some(id.name()) };
    let Some(section) = name.and_then(|name| file.section_by_name(name)) else {
        return Ok(Cow::Borrowed(&[]));
    };
    let damaged = |error: object::Error| format!("its section {} cannot be read ({error})", id.name());
    let data = section.compressed_data().map_err(damaged)?;
    if data.format != object::CompressionFormat::None {
        *left = left.checked_sub(data.uncompressed_size).ok_or_else(|| {
            format!("its compressed debug information is larger than {} MB when unpacked", MOST_UNPACKED >> 20)
        })?;
    }
    data.decompress().map_err(damaged)
}
