//! Split DWARF: a unit in the file says no more than where the rest of it is, a `.dwo` file or a `.dwp` of many.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use gimli::{Dwarf, DwarfPackageSections, EndianSlice, RunTimeEndian, Unit};

use super::book::{Book, R, holds_types};
use super::files::{Files, MOST_UNPACKED, Mapped, section, sections};

/// The packages of a file, and what was not found.
pub(super) struct Split<'f> {
    files: &'f Files,
    endian: RunTimeEndian,
    packages: Vec<Mapped>,
    /// The first unit whose rest is missing, and how many there are.
    missing: Option<(String, usize)>,
}

impl<'f> Split<'f> {
    pub(super) fn new(files: &'f Files, endian: RunTimeEndian) -> Self {
        let packages = files.packages().filter_map(|path| Mapped::open(&path).ok()).collect();
        Self { files, endian, packages, missing: None }
    }

    /// Visits the rest of a unit.
    pub(super) fn unit<'a>(
        &mut self,
        parent: &Dwarf<R<'a>>,
        skeleton: &Unit<R<'a>>,
        visit: &mut dyn for<'b> FnMut(&Book<'b>, &Rc<Unit<R<'b>>>),
    ) {
        let name = skeleton.dwo_name().ok().flatten().and_then(|name| parent.attr_string(skeleton, name).ok());
        let name = name.map(|name| String::from_utf8_lossy(name.slice()).into_owned()).unwrap_or_default();
        let outcome = self.in_package(parent, skeleton, visit).unwrap_or_else(|| {
            let folder = skeleton.comp_dir.map(|dir| String::from_utf8_lossy(dir.slice()).into_owned());
            let mut places = vec![PathBuf::from(folder.unwrap_or_default()).join(&name)];
            // Whoever moved the module may have moved this along.
            places.extend(Path::new(&name).file_name().map(|name| self.files.folder().join(name)));
            let place = places.into_iter().find(|place| place.is_file()).ok_or_else(|| "is not there".to_owned())?;
            self.in_file(&place, parent, skeleton, visit)
        });
        if let Err(why) = outcome {
            self.missing.get_or_insert_with(|| (format!("{name} {why}"), 0)).1 += 1;
        }
    }

    /// One line about what is missing.
    pub(super) fn note(&self, notes: &mut Vec<String>) {
        if let Some((first, count)) = &self.missing {
            let more = if *count > 1 { format!(", and {} more like it", count - 1) } else { String::new() };
            notes.push(format!("source lines are incomplete: the split debug file {first}{more}"));
        }
    }

    /// The rest in a package; nothing if no package has it.
    fn in_package<'a>(
        &self,
        parent: &Dwarf<R<'a>>,
        skeleton: &Unit<R<'a>>,
        visit: &mut dyn for<'b> FnMut(&Book<'b>, &Rc<Unit<R<'b>>>),
    ) -> Option<Result<(), String>> {
        let id = skeleton.dwo_id?;
        for package in &self.packages {
            let object = package.object();
            let mut left = MOST_UNPACKED;
            // What cannot be read here is looked for in a `.dwo` file, and that says what is wrong.
            let load = |id| section(&object, id, true, &mut left).map_err(|_| gimli::Error::Io);
            let Ok(loaded) = DwarfPackageSections::load(load) else { continue };
            let empty = EndianSlice::new(&[], self.endian);
            let Ok(whole) = loaded.borrow(|bytes| EndianSlice::new(bytes, self.endian), empty) else { continue };
            if let Ok(Some(part)) = whole.find_cu(id, parent) {
                return Some(rest_of(part, parent, skeleton, visit));
            }
        }
        None
    }

    fn in_file<'a>(
        &self,
        path: &Path,
        parent: &Dwarf<R<'a>>,
        skeleton: &Unit<R<'a>>,
        visit: &mut dyn for<'b> FnMut(&Book<'b>, &Rc<Unit<R<'b>>>),
    ) -> Result<(), String> {
        let file = Mapped::open(path).map_err(|why| format!("cannot be used: {why}"))?;
        let loaded = sections(file.object(), true).map_err(|why| format!("cannot be used: {why}"))?;
        let mut part = loaded.borrow(|bytes| EndianSlice::new(bytes, self.endian));
        part.make_dwo(parent);
        rest_of(part, parent, skeleton, visit)
    }
}

/// Visits the unit that belongs to a skeleton.
fn rest_of<'b>(
    mut part: Dwarf<R<'b>>,
    parent: &Dwarf<R<'b>>,
    skeleton: &Unit<R<'b>>,
    visit: &mut dyn for<'c> FnMut(&Book<'c>, &Rc<Unit<R<'c>>>),
) -> Result<(), String> {
    // What a unit does not say itself it has from its skeleton, such as the table of its files (DWARF 5, 3.1.3).
    part.debug_line_str.clone_from(&parent.debug_line_str);
    let book = Book::new(&part);
    for header in &book.units {
        let Ok(mut unit) = part.unit(*header) else { continue };
        if holds_types(header) || unit.dwo_id != skeleton.dwo_id {
            continue;
        }
        unit.copy_relocated_attributes(skeleton);
        unit.comp_dir = unit.comp_dir.or(skeleton.comp_dir);
        unit.line_program = unit.line_program.or_else(|| skeleton.line_program.clone());
        visit(&book, &Rc::new(unit));
        return Ok(());
    }
    Err("is of another build".to_owned())
}
