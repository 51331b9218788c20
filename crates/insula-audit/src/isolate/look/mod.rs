//! One reading of the worker's memory: what the variables of each interpreter's images lead to.
//!
//! Each interpreter told which objects are its own. A word of an image's variables that holds the address of an object
//! of another interpreter, or an address inside another interpreter's image, ties the two together. So does an object
//! that the images of two interpreters hold, and one that two interpreters told of.

mod common;
mod copies;
mod objects;
mod told;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use insula_xray::{Chunks, Extension, KnownType};

use self::objects::Objects;
use self::told::Telling;
use super::seen::{Crossing, Reading, SharedObject, Variable};
use crate::experiments::{Lab, View};
use crate::observations::{Gap, Seen};
use crate::target::Subject;
use crate::worker::protocol::{At, Checkpoint, Message};

/// What the auditor knows before it looks.
pub(super) struct Eyes<'a> {
    lab: &'a Lab,
    /// The library that notes heap blocks.
    library: Seen<Extension>,
    files: HashMap<PathBuf, Option<Extension>>,
    /// Folders below which a library belongs to a package.
    homes: Vec<PathBuf>,
}

impl<'a> Eyes<'a> {
    pub(super) fn new(lab: &'a Lab, library: Seen<PathBuf>, subjects: &[Subject]) -> Self {
        let unread = |error: insula_xray::ElfError| Gap::not_tried(error.to_string());
        let library = library.and_then(|path| Extension::read(&path).map_err(unread));
        let mut homes = vec![real(&lab.host.interpreter.facts.site_packages)];
        for subject in subjects {
            let depth = subject.name.split('.').count();
            homes.extend(subject.path.ancestors().nth(depth).map(real));
        }
        homes.sort();
        homes.dedup();
        let files = subjects.iter().map(|one| (real(&one.path), Some(one.extension.clone()))).collect();
        Self { lab, library, files, homes }
    }

    fn file(&mut self, path: &Path) -> Option<Extension> {
        let read = || Extension::read(path).ok();
        self.files.entry(path.to_path_buf()).or_insert_with(read).clone()
    }

    fn is_stdlib(&self, path: &Path) -> bool {
        let facts = &self.lab.host.interpreter.facts;
        path.starts_with(&facts.stdlib) && !path.starts_with(&facts.site_packages)
    }

    fn is_of_a_package(&self, path: &Path) -> bool {
        !self.is_stdlib(path) && self.homes.iter().any(|home| path.starts_with(home))
    }

    /// Reads the worker while it waits.
    pub(super) fn look(
        &mut self,
        pid: u32,
        checkpoint: &Checkpoint,
        messages: &[Message],
        width: usize,
    ) -> Seen<Reading> {
        let At::Copies { reading: number } = checkpoint.at else {
            return Err(Gap::inconclusive("the worker waits where nobody asked it to"));
        };
        let view = View::open(self.lab, pid, checkpoint)?;
        let told = Telling::all(messages, number, width)?;
        let mut owners: HashMap<u64, u32> = HashMap::new();
        for (bit, one) in told.iter().enumerate() {
            one.objects.iter().for_each(|address| *owners.entry(*address).or_default() |= 1 << bit);
        }
        let mut known: BTreeMap<u64, KnownType> = BTreeMap::new();
        for one in told.iter().flat_map(|one| &one.known) {
            known.entry(one.addr).or_insert_with(|| one.clone());
        }
        let known: Vec<KnownType> = known.into_values().collect();
        let python = view.memory.loaded_file_of(checkpoint.type_address).map(|file| file.range.clone());
        let judge = Objects { view: &view, known: &known, owners: &owners, python };
        let mut reading = Reading { objects: told.iter().map(|one| one.objects.len()).collect(), ..Reading::default() };
        self.compare_images(&told, &judge, &mut reading);
        for (address, _) in owners.iter().filter(|(_, mask)| mask.count_ones() > 1) {
            if let Some((type_name, detail)) = judge.mortal(*address) {
                reading.shared.push(SharedObject { address: *address, type_name, detail });
            }
        }
        reading.shared.sort_by_key(|one| one.address);
        Ok(reading)
    }

    /// The table of heap blocks, if it can be trusted and there are not too many copies to follow them.
    fn chunks(&self, judge: &Objects<'_>, copies: usize) -> Result<Chunks, String> {
        // Deep walks of hundreds of images would take longer than the rest of the audit.
        const MOST_DEEP: usize = 120;
        if copies > MOST_DEEP {
            return Err(format!("there are more than {MOST_DEEP} copies"));
        }
        let library = self.library.as_ref().map_err(|gap| gap.why.clone())?;
        let chunks =
            Chunks::read(&judge.view.memory, library).ok_or("this C library does not let blocks be followed")?;
        if chunks.count() == 0 || chunks.lost() > 0 {
            return Err(format!("the table of heap blocks is not complete ({} lost)", chunks.lost()));
        }
        Ok(chunks)
    }
}

/// A file under its own name, as the kernel's map of a process has it.
pub(super) fn real(path: impl AsRef<Path>) -> PathBuf {
    path.as_ref().canonicalize().unwrap_or_else(|_| path.as_ref().to_path_buf())
}

/// Where a crossing starts.
struct Start<'a> {
    path: &'a Path,
    file: &'a Extension,
    /// Whose image it is; none if all interpreters have the same.
    owner: Option<usize>,
}

impl Start<'_> {
    fn crossing(&self, vaddr: u64, target: u64, what: String, others: Vec<usize>) -> Crossing {
        let variable = variable(self.file, vaddr);
        Crossing { path: self.path.to_path_buf(), owner: self.owner, variable, what, others, target }
    }
}

/// What to call a variable.
fn variable(file: &Extension, vaddr: u64) -> Variable {
    let behind = |name: &str, offset: u64| Variable {
        vaddr,
        name: name.to_owned(),
        place: if offset == 0 { name.to_owned() } else { format!("{name}+{offset:#x}") },
    };
    if let Some((name, offset)) = file.symbol_at(vaddr) {
        return behind(name, offset);
    }
    match file.sections.iter().find(|section| (section.vaddr..section.vaddr + section.size).contains(&vaddr)) {
        Some(section) => {
            Variable { place: format!("{}+{:#x}", section.name, vaddr - section.vaddr), ..behind(&section.name, 0) }
        }
        None => Variable { vaddr, name: String::new(), place: format!("the variable at {vaddr:#x}") },
    }
}

/// The name of an image's file.
fn name_of(path: &Path) -> std::borrow::Cow<'_, str> {
    path.file_name().unwrap_or_default().to_string_lossy()
}

/// An object in words.
fn named(type_name: &str, detail: &str) -> String {
    if detail.is_empty() { type_name.to_owned() } else { format!("{type_name} {detail}") }
}
