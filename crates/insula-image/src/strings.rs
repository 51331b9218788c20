//! The names in a copy: what it needs and what it is called itself, changed where they stand or put elsewhere.

use std::collections::BTreeSet;

use crate::elf::{Edit, Elf, Segment, Text};
use crate::image::page;

impl Elf {
    /// The edits that replace a name of the string table by another of the same length, wherever it is needed or asked
    /// for. None if that would change another name: linkers let one name be the tail of another.
    pub(crate) fn rename(&self, old: &Text, new: &str) -> Option<Vec<Edit>> {
        if old.value.len() != new.len() {
            return None;
        }
        let same = |text: &&Text| text.value == old.value;
        let mut offsets: BTreeSet<u64> = BTreeSet::from([old.offset]);
        offsets.extend(self.needed.iter().chain(&self.version_files).filter(same).map(|text| text.offset));
        let alone = |offset: &u64| {
            let end = offset + new.len() as u64;
            self.names.range((end, 0)..=(end, u64::MAX)).count() == 1
        };
        let edit = |offset: u64| Edit { offset, bytes: new.as_bytes().to_vec() };
        offsets.iter().all(alone).then(|| offsets.into_iter().map(edit).collect())
    }

    /// The edits that let the file name what it needs, or itself, by a string elsewhere: `place` is where, from the
    /// beginning of the string table.
    pub(crate) fn point(&self, old: &Text, place: u32) -> Vec<Edit> {
        let mut edits = vec![Edit { offset: old.tag + 8, bytes: u64::from(place).to_le_bytes().to_vec() }];
        for versions in self.version_files.iter().filter(|versions| versions.value == old.value) {
            edits.push(Edit { offset: versions.tag + 4, bytes: place.to_le_bytes().to_vec() });
        }
        edits
    }
}

/// Room for strings in a copy, where the file has nothing.
#[derive(Debug)]
pub(crate) struct Room<'a> {
    elf: &'a Elf,
    /// Of all the free bytes, one part after the other.
    used: u64,
}

impl<'a> Room<'a> {
    pub(crate) fn of(elf: &'a Elf) -> Self {
        Self { elf, used: 0 }
    }

    /// Puts a string there; gives where it is, from the beginning of the string table.
    pub(crate) fn put(&mut self, text: &str) -> Option<(u32, Edit)> {
        let bytes = [text.as_bytes(), b"\0"].concat();
        let (size, mut before) = (bytes.len() as u64, 0);
        for (address, offset, free) in &self.elf.free {
            let start = self.used.saturating_sub(before);
            if start + size <= *free
                && let Some(place) = (address + start).checked_sub(self.elf.strings)
                && let Ok(place) = u32::try_from(place)
            {
                self.used = before + start + size;
                return Some((place, Edit { offset: offset + start, bytes }));
            }
            before += free;
        }
        None
    }
}

/// The ends of pages that hold the end of a part which is not written to, if nothing lies there.
pub(crate) fn free_bytes(segments: &[Segment], bytes: &[u8]) -> Vec<(u64, u64, u64)> {
    let page = page();
    let mut free = Vec::new();
    for part in segments.iter().filter(|part| !part.writable && part.file_size == part.memory_size) {
        let (address, offset) = (part.address + part.file_size, part.offset + part.file_size);
        let mut end = offset.next_multiple_of(page).min(bytes.len() as u64);
        for other in segments.iter().filter(|other| other.offset >= offset) {
            end = end.min(other.offset);
        }
        let size = end.saturating_sub(offset);
        // Another part may be mapped over the rest of the page.
        let alone = segments.iter().all(|other| {
            other.address == part.address || other.address / page * page >= address + size || other.address < address
        });
        let range = usize::try_from(offset).ok().zip(usize::try_from(end).ok());
        let unused =
            range.and_then(|(start, end)| bytes.get(start..end)).is_some_and(|rest| rest.iter().all(|b| *b == 0));
        if alone && unused && size > 0 && part.address % page == part.offset % page {
            free.push((address, offset, size));
        }
    }
    free
}
