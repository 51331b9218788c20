//! Native state: words of the writable segments that are no Python objects and change.

use serde::Serialize;

use crate::elf::Extension;
use crate::layout::Layout;
use crate::memory::ProcessMemory;
use crate::python::ObjectError;
use crate::xray::{KnownType, Scan};

/// All words of the writable segments at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NativeWords {
    words: Vec<(u64, u64)>,
}

/// A global whose value changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// Link-time address of the first byte that changed.
    pub vaddr: u64,
    /// The variable, if the file names it.
    pub symbol: Option<String>,
    /// The section.
    pub section: Option<String>,
}

impl NativeWords {
    /// Reads them.
    pub fn read(mem: &ProcessMemory, ext: &Extension, bias: u64) -> Option<NativeWords> {
        let mut words = Vec::new();
        for range in ext.writable_ranges() {
            let start = range.start.next_multiple_of(8);
            let count = range.end.saturating_sub(start) as usize / 8;
            words.extend((start..).step_by(8).zip(mem.words(bias.wrapping_add(start), count)?));
        }
        Some(NativeWords { words })
    }

    /// What changed since `before`, one entry for each variable: no static types, definitions or Python objects, and
    /// not what the dynamic loader fills in.
    pub fn changed_since(
        &self,
        before: &NativeWords,
        mem: &ProcessMemory,
        ext: &Extension,
        bias: u64,
        layout: &Layout,
        known: &[KnownType],
    ) -> Result<Vec<Changed>, ObjectError> {
        let scan = Scan::new(mem, ext, bias, layout, known)?;
        let pairs = before.words.iter().zip(&self.words);
        let changed = pairs.filter(|((vaddr, old), (_, new))| {
            let loader = ext.section_at(*vaddr).is_some_and(|name| name.starts_with(".got"));
            old != new
                && !loader
                && !scan.in_structure(bias.wrapping_add(*vaddr))
                && scan.hit(*vaddr, *new).is_none()
                && scan.hit(*vaddr, *old).is_none()
        });
        let mut all: Vec<Changed> = changed
            .map(|((vaddr, old), (_, new))| {
                // Several small variables may share a word: the first byte that differs tells which one it was.
                let byte = vaddr.saturating_add(u64::from((old ^ new).trailing_zeros() / 8));
                Changed {
                    vaddr: byte,
                    symbol: ext.symbol_at(byte).map(|(name, _)| name.to_string()),
                    section: ext.section_at(byte).map(str::to_string),
                }
            })
            .collect();
        all.dedup_by(|one, earlier| one.symbol.is_some() && one.symbol == earlier.symbol);
        Ok(all)
    }
}
