//! The deep X-ray: Python objects that native heap memory holds, where a global leads to it.
//!
//! A library in the worker notes every block that the C library's allocator hands out. From the words of the writable
//! segments the walk follows pointers, also into the middle of a block, through blocks that native code asked for. It
//! enters neither Python objects nor memory that the interpreter allocated for itself: behind those everything is
//! reachable.

use std::collections::{BTreeMap, HashSet, VecDeque};

use serde::Serialize;

use crate::elf::Extension;
use crate::layout::Layout;
use crate::memory::ProcessMemory;
use crate::python::ObjectError;
use crate::xray::{Hit, KnownType, Scan};

/// A block of heap memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Chunk {
    size: u64,
    caller: u64,
}

/// All blocks that are in use.
#[derive(Debug, Clone, Default)]
pub struct Chunks {
    by_start: BTreeMap<u64, Chunk>,
    lost: u64,
}

impl Chunks {
    /// Reads the table that the library keeps under the symbol `insula_chunks`; `None` if the worker does not have it.
    pub fn read(mem: &ProcessMemory, library: &Extension) -> Option<Chunks> {
        const ROW: u64 = 3;
        // At a time: the table is large, and mostly empty.
        const ROWS: usize = 1 << 13;
        let bias = mem.load_bias(library)?;
        let symbol = library.symbols.iter().find(|s| s.name == "insula_chunks")?;
        let start = bias.wrapping_add(symbol.vaddr);
        let lost = mem.word(start)?;
        let mut by_start = BTreeMap::new();
        let rows = (symbol.size / 8).saturating_sub(1) / ROW;
        for first in (0..rows).step_by(ROWS) {
            let count = rows.saturating_sub(first).min(ROWS as u64);
            let place = first.saturating_mul(8 * ROW).saturating_add(8);
            let words = mem.words(start.wrapping_add(place), count.saturating_mul(ROW) as usize)?;
            // 0 is an empty row, 1 a block that was freed.
            let used = words.chunks_exact(ROW as usize).filter(|row| row[0] > 1);
            by_start.extend(used.map(|row| (row[0], Chunk { size: row[1], caller: row[2] })));
        }
        Some(Chunks { by_start, lost })
    }

    /// How many blocks are in use.
    pub fn count(&self) -> usize {
        self.by_start.len()
    }

    /// How many blocks could not be noted.
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// The block that covers an address.
    fn covering(&self, addr: u64) -> Option<(u64, Chunk)> {
        let (start, chunk) = self.by_start.range(..=addr).next_back()?;
        (addr.saturating_sub(*start) < chunk.size).then_some((*start, *chunk))
    }
}

/// A Python object that heap memory holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeepHit {
    /// The global that leads to it: its link-time address.
    pub vaddr: u64,
    /// The global's name, if the file has it.
    pub symbol: Option<String>,
    /// The global's section.
    pub section: Option<String>,
    /// Through how many blocks.
    pub depth: usize,
    /// The size of the block that holds it.
    pub block: u64,
    /// The place in that block.
    pub offset: u64,
    /// The object; its `vaddr` has no meaning.
    pub object: Hit,
}

/// Walks from the writable segments through the blocks. Objects whose address is in `skip` are not reported.
pub fn deep(
    mem: &ProcessMemory,
    ext: &Extension,
    bias: u64,
    layout: &Layout,
    known: &[KnownType],
    chunks: &Chunks,
    skip: &HashSet<u64>,
) -> Result<Vec<DeepHit>, ObjectError> {
    // A runaway table is no state of one module.
    const MOST_WORDS: usize = 1 << 24;
    let scan = Scan::new(mem, ext, bias, layout, known)?;
    let mut seen = HashSet::new();
    let mut queue = VecDeque::new();
    let mut enter = |word: u64, root: u64, depth: usize, queue: &mut VecDeque<_>| {
        if let Some((start, chunk)) = chunks.covering(word)
            && !scan.is_python(chunk.caller)
            && seen.insert(start)
        {
            queue.push_back((start, chunk, root, depth));
        }
    };
    for range in ext.writable_ranges() {
        let start = range.start.next_multiple_of(8);
        let count = range.end.saturating_sub(start) as usize / 8;
        let words = mem.words(bias.wrapping_add(start), count).unwrap_or_default();
        for (word, vaddr) in words.iter().zip((start..).step_by(8)) {
            if !scan.in_structure(bias.wrapping_add(vaddr)) && scan.hit(vaddr, *word).is_none() {
                enter(*word, vaddr, 1, &mut queue);
            }
        }
    }
    let (mut found, mut targets, mut total) = (Vec::new(), skip.clone(), 0);
    while let Some((start, chunk, root, depth)) = queue.pop_front() {
        let first = start.next_multiple_of(8);
        let count = start.saturating_add(chunk.size).saturating_sub(first) as usize / 8;
        total = count.saturating_add(total);
        if total > MOST_WORDS {
            break;
        }
        for (place, word) in (first..).step_by(8).zip(mem.words(first, count).unwrap_or_default()) {
            match scan.hit(place.wrapping_sub(bias), word) {
                Some(object) => {
                    if targets.insert(object.target) {
                        found.push(DeepHit {
                            vaddr: root,
                            symbol: scan.symbol(root),
                            section: ext.section_at(root).map(str::to_string),
                            depth,
                            block: chunk.size,
                            offset: place.saturating_sub(start),
                            object,
                        });
                    }
                }
                None => enter(word, root, depth.saturating_add(1), &mut queue),
            }
        }
    }
    Ok(found)
}
