//! The extension as a file.

mod error;
mod init;

use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use object::elf;
use object::read::elf::{Dyn, ElfFile64, ProgramHeader};
use object::{Endianness, Object, ObjectSection, ObjectSymbol, SectionKind, SymbolKind};

pub use error::ElfError;
pub use init::{InitKind, InitSymbol};

/// A shared object, as far as an audit needs to know it.
#[derive(Debug, Clone)]
pub struct Extension {
    /// Where the file was read.
    pub path: PathBuf,
    /// 64; other widths are refused by [`Extension::read`].
    pub bits: u8,
    /// The machine it was compiled for, as `uname -m` would say it.
    pub machine: String,
    /// No `.symtab`: global variables have no names.
    pub stripped: bool,
    /// The functions by which CPython may load it.
    pub init: Vec<InitSymbol>,
    /// Undefined dynamic symbols: what it wants from others.
    pub imports: Vec<String>,
    /// The loaded segments.
    pub segments: Vec<Segment>,
    /// Address ranges the loader makes read-only after relocation.
    pub relro: Vec<Range<u64>>,
    /// Bytes of thread-local storage per thread.
    pub tls_size: u64,
    /// Defined symbols of `.symtab` and `.dynsym`, by address.
    pub symbols: Vec<Symbol>,
    /// Symbols of thread-locals, by their offset in the block.
    pub thread_locals: Vec<Symbol>,
    /// Sections that are loaded, by address.
    pub sections: Vec<Section>,
    /// Libraries it is linked with.
    pub needed: Vec<String>,
}

/// A `PT_LOAD` segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Link-time address.
    pub vaddr: u64,
    /// Bytes in memory.
    pub mem_size: u64,
    /// Bytes in the file.
    pub file_size: u64,
    /// Offset in the file.
    pub offset: u64,
    /// Mapped writable.
    pub writable: bool,
}

/// A named address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symbol {
    /// Link-time address.
    pub vaddr: u64,
    /// Name, as the compiler mangled it.
    pub name: String,
    /// Bytes, 0 if unknown.
    pub size: u64,
}

/// A loaded section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Link-time address.
    pub vaddr: u64,
    /// Name, for example `.bss`.
    pub name: String,
    /// Bytes in memory.
    pub size: u64,
}

impl Extension {
    /// Reads and parses the file.
    pub fn read(path: &Path) -> Result<Self, ElfError> {
        let unreadable = |cause: io::Error| match cause.kind() {
            io::ErrorKind::NotFound => ElfError::NotFound(path.to_path_buf()),
            _ => ElfError::Unreadable { path: path.to_path_buf(), cause },
        };
        let meta = fs::metadata(path).map_err(unreadable)?;
        if !meta.is_file() {
            let what = if meta.is_dir() { "a folder" } else { "not a regular file" };
            return Err(ElfError::NotElf { path: path.to_path_buf(), what });
        }
        let data = fs::read(path).map_err(unreadable)?;
        Self::parse(path, &data)
    }

    /// Parses the bytes of a file; `path` is for messages and for finding it in a process later.
    pub fn parse(path: &Path, data: &[u8]) -> Result<Self, ElfError> {
        if !data.starts_with(b"\x7fELF") {
            return Err(ElfError::NotElf { path: path.to_path_buf(), what: looks_like(data) });
        }
        let damaged = |what: String| ElfError::Truncated { path: path.to_path_buf(), what };
        let Some(machine) = machine_of(data) else {
            return Err(damaged(format!("{} bytes", data.len())));
        };
        if elf::FileClass(data[elf_ident::CLASS]) != elf::ELFCLASS64 {
            return Err(ElfError::Not64 { path: path.to_path_buf(), machine });
        }
        let file = ElfFile64::<Endianness>::parse(data).map_err(|e| damaged(e.to_string()))?;
        // A file cut off in the middle often parses: its tables come first. The segments say how long it must be.
        let end = file.endian();
        let mut segments = Vec::new();
        let mut relro = Vec::new();
        let mut tls_size = 0;
        for program in file.elf_program_headers() {
            let (vaddr, mem_size) = (program.p_vaddr(end), program.p_memsz(end));
            match program.p_type(end) {
                elf::PT_LOAD => {
                    let (offset, file_size) = (program.p_offset(end), program.p_filesz(end));
                    if offset.checked_add(file_size).is_none_or(|last| last > data.len() as u64) {
                        return Err(damaged(format!("{} bytes, a segment needs more", data.len())));
                    }
                    segments.push(Segment {
                        vaddr,
                        mem_size,
                        file_size,
                        offset,
                        writable: program.p_flags(end).0 & elf::PF_W.0 != 0,
                    });
                }
                elf::PT_GNU_RELRO => relro.push(vaddr..vaddr.saturating_add(mem_size)),
                elf::PT_TLS => tls_size = mem_size,
                _ => {}
            }
        }
        let sections = file
            .sections()
            // Those of thread-locals without initial values take up no address: what has theirs is another section's.
            .filter(|s| s.address() != 0 && s.size() != 0 && s.kind() != SectionKind::UninitializedTls)
            .filter_map(|s| Some(Section { vaddr: s.address(), name: s.name().ok()?.to_string(), size: s.size() }))
            .collect();
        let (mut symbols, mut thread_locals): (Vec<Symbol>, Vec<Symbol>) = (Vec::new(), Vec::new());
        let mut imports = Vec::new();
        let mut init = Vec::new();
        for symbol in file.dynamic_symbols() {
            let Ok(name) = symbol.name() else { continue };
            if symbol.is_undefined() {
                if !name.is_empty() {
                    imports.push(name.to_string());
                }
            } else if let Some(found) = InitSymbol::parse(name) {
                init.push(found);
            }
        }
        let stripped = file.symbols().next().is_none();
        for symbol in file.symbols().chain(file.dynamic_symbols()) {
            if !symbol.is_definition() {
                continue;
            }
            if let Ok(name) = symbol.name()
                && !name.is_empty()
            {
                let all = if symbol.kind() == SymbolKind::Tls { &mut thread_locals } else { &mut symbols };
                all.push(Symbol { vaddr: symbol.address(), name: name.to_string(), size: symbol.size() });
            }
        }
        for all in [&mut symbols, &mut thread_locals] {
            all.sort_by(|a, b| (a.vaddr, &a.name).cmp(&(b.vaddr, &b.name)));
            all.dedup();
        }
        let mut this = Extension {
            path: path.to_path_buf(),
            bits: 64,
            machine,
            stripped,
            init,
            imports,
            segments,
            relro,
            tls_size,
            symbols,
            thread_locals,
            sections,
            needed: needed(&file),
        };
        this.sections.sort_by_key(|s: &Section| s.vaddr);
        Ok(this)
    }

    /// The last parts of the names under which the file can be imported; empty if it is no extension module.
    pub fn module_names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.init.iter().map(|i| i.name().to_string()).collect();
        names.sort();
        names.dedup();
        names
    }

    /// How it is initialised, as far as its imports tell.
    pub fn static_init_guess(&self) -> InitKind {
        let imports = |name: &str| self.imports.iter().any(|i| i == name);
        let single = imports("PyModule_Create2") || imports("PyModule_FromDefAndSpec2");
        let multi =
            imports("PyModuleDef_Init") || self.init.iter().any(|i| matches!(i, InitSymbol::PyModExport { .. }));
        match (single, multi) {
            (true, false) => InitKind::SinglePhase,
            (false, true) => InitKind::MultiPhase,
            (true, true) => InitKind::Both,
            (false, false) => InitKind::Unknown,
        }
    }

    /// Link-time address ranges that stay writable after the loader is done.
    ///
    /// The loader protects whole pages: from the page in which RELRO begins to the last page boundary it reaches.
    pub fn writable_ranges(&self) -> Vec<Range<u64>> {
        let page = page_size();
        let mut ranges: Vec<Range<u64>> =
            self.segments.iter().filter(|s| s.writable).map(|s| s.vaddr..s.vaddr.saturating_add(s.mem_size)).collect();
        for relro in &self.relro {
            let protected = relro.start / page * page..relro.end / page * page;
            ranges = ranges
                .into_iter()
                .flat_map(|r| [r.start..r.end.min(protected.start), r.start.max(protected.end)..r.end])
                .filter(|r| r.start < r.end)
                .collect();
        }
        ranges
    }

    /// The symbol that covers an address, and how far into it the address lies.
    pub fn symbol_at(&self, vaddr: u64) -> Option<(&str, u64)> {
        let after = self.symbols.partition_point(|s| s.vaddr <= vaddr);
        // Sized symbols can enclose smaller ones: look back for one that reaches the address, nearest first.
        self.symbols[..after]
            .iter()
            .rev()
            .take(64)
            .find(|s| vaddr - s.vaddr < s.size.max(1))
            .map(|s| (s.name.as_str(), vaddr - s.vaddr))
    }

    /// The section that covers an address.
    pub fn section_at(&self, vaddr: u64) -> Option<&str> {
        self.sections.iter().rev().find(|s| s.vaddr <= vaddr && vaddr - s.vaddr < s.size).map(|s| s.name.as_str())
    }
}

/// The size of a page here; a worker runs on the same machine.
fn page_size() -> u64 {
    const AT_PAGESZ: u64 = 6;
    const USUAL: u64 = 4096;
    let Ok(auxv) = fs::read("/proc/self/auxv") else {
        return USUAL;
    };
    auxv.chunks_exact(16)
        .map(|entry| {
            let word = |at: usize| u64::from_ne_bytes(entry[at..at + 8].try_into().expect("8 bytes"));
            (word(0), word(8))
        })
        .find(|(key, _)| *key == AT_PAGESZ)
        .map_or(USUAL, |(_, value)| value)
}

mod elf_ident {
    pub(super) const CLASS: usize = 4;
    pub(super) const DATA: usize = 5;
    pub(super) const MACHINE: usize = 18;
}

/// The machine, from the part of the header that is the same for both widths.
fn machine_of(data: &[u8]) -> Option<String> {
    let bytes: [u8; 2] = data.get(elf_ident::MACHINE..elf_ident::MACHINE + 2)?.try_into().ok()?;
    let code = if elf::DataEncoding(data[elf_ident::DATA]) == elf::ELFDATA2MSB {
        u16::from_be_bytes(bytes)
    } else {
        u16::from_le_bytes(bytes)
    };
    let name = match elf::Machine(code) {
        elf::EM_X86_64 => "x86_64",
        elf::EM_AARCH64 => "aarch64",
        elf::EM_386 => "i686",
        elf::EM_ARM => "arm",
        elf::EM_PPC64 => "ppc64le",
        elf::EM_S390 => "s390x",
        elf::EM_RISCV => "riscv64",
        elf::EM_LOONGARCH => "loongarch64",
        _ => return Some(format!("machine number {code}")),
    };
    Some(name.to_string())
}

fn looks_like(data: &[u8]) -> &'static str {
    match data {
        [] => "the file is empty",
        [b'M', b'Z', ..] => "a Windows library (PE)",
        [0xcf | 0xce, 0xfa, 0xed, 0xfe, ..] | [0xca, 0xfe, 0xba, 0xbe, ..] => "a macOS library (Mach-O)",
        [b'#', b'!', ..] => "a script",
        [b'P', b'K', 3, 4, ..] => "a zip archive (a wheel needs the ending .whl)",
        [b'!', b'<', b'a', b'r', b'c', b'h', b'>', ..] => "a static library",
        _ if data.iter().take(512).all(|b| *b >= 0x20 || b"\t\r\n".contains(b)) => "a text file",
        _ => "unknown binary data",
    }
}

fn needed(file: &ElfFile64<'_, Endianness>) -> Vec<String> {
    let end = file.endian();
    let Ok(Some((dynamic, link))) = file.elf_section_table().dynamic(end, file.data()) else {
        return Vec::new();
    };
    let Ok(strings) = file.elf_section_table().strings(end, file.data(), link) else {
        return Vec::new();
    };
    dynamic
        .iter()
        .filter(|d| d.d_tag(end) == elf::DT_NEEDED)
        .filter_map(|d| strings.get(u32::try_from(d.d_val(end)).ok()?).ok())
        .map(|name| String::from_utf8_lossy(name).into_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(data: &[u8]) -> Result<Extension, ElfError> {
        Extension::parse(Path::new("x.so"), data)
    }

    #[test]
    fn what_is_not_elf_is_named() {
        for (data, what) in [
            (&b""[..], "the file is empty"),
            (b"hello, world\n", "a text file"),
            (b"#!/bin/sh\n", "a script"),
            (b"MZ\x90\0", "a Windows library (PE)"),
            (b"\xcf\xfa\xed\xfe\x07", "a macOS library (Mach-O)"),
            (b"PK\x03\x04", "a zip archive (a wheel needs the ending .whl)"),
            (b"\0\x01\x02", "unknown binary data"),
        ] {
            match parse(data) {
                Err(ElfError::NotElf { what: found, .. }) => assert_eq!(found, what),
                other => panic!("{what}: {other:?}"),
            }
        }
    }

    #[test]
    fn headers_of_other_machines_are_told_apart() {
        let mut header = vec![0u8; 64];
        header[..7].copy_from_slice(b"\x7fELF\x01\x01\x01");
        header[16] = 3;
        header[18] = 3;
        match parse(&header) {
            Err(ElfError::Not64 { machine, .. }) => assert_eq!(machine, "i686"),
            other => panic!("{other:?}"),
        }
        header[4] = 2;
        header[20] = 1;
        header[18] = 183;
        assert_eq!(parse(&header).expect("an empty library").machine, "aarch64");
        header[5] = 2;
        header[16..20].copy_from_slice(&[0, 3, 0, 22]);
        header[20..24].copy_from_slice(&[0, 0, 0, 1]);
        assert_eq!(parse(&header).expect("an empty library").machine, "s390x");
        assert!(matches!(parse(&header[..10]), Err(ElfError::Truncated { .. })));
    }

    #[test]
    fn relro_protects_whole_pages_only() {
        let page = page_size();
        let mut ext = Extension {
            path: PathBuf::new(),
            bits: 64,
            machine: String::new(),
            stripped: true,
            init: vec![],
            imports: vec![],
            segments: vec![Segment {
                vaddr: 3 * page + 0x100,
                mem_size: 3 * page,
                file_size: 0,
                offset: 0,
                writable: true,
            }],
            relro: vec![],
            tls_size: 0,
            symbols: vec![],
            thread_locals: vec![],
            sections: vec![],
            needed: vec![],
        };
        let pairs = |ext: &Extension| -> Vec<(u64, u64)> {
            let ranges = ext.writable_ranges();
            ranges.iter().map(|r| (r.start, r.end)).collect()
        };
        let (start, end) = (3 * page + 0x100, 6 * page + 0x100);
        assert_eq!(pairs(&ext), [(start, end)]);
        // RELRO that ends inside the first page protects nothing at all.
        ext.relro.push(start..3 * page + 0x800);
        assert_eq!(pairs(&ext), [(start, end)]);
        ext.relro[0] = start..4 * page;
        assert_eq!(pairs(&ext), [(4 * page, end)]);
    }
}
