//! The entries of one file's DWARF: how one leads to another, and what they are called and where they are declared.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use gimli::{
    AttributeValue, DebuggingInformationEntry, Dwarf, EndianSlice, RunTimeEndian, Unit, UnitHeader, UnitOffset,
    UnitSectionOffset, UnitType,
};

use super::Source;

pub(super) type R<'a> = EndianSlice<'a, RunTimeEndian>;
pub(super) type Entry<'a> = DebuggingInformationEntry<R<'a>>;
type Value<'a> = AttributeValue<R<'a>>;

/// So many units that others refer to are kept parsed.
const MOST_KEPT: usize = 32;
/// An entry may refer to another one, and that to a third: no compiler goes further.
const DEEPEST: usize = 8;

/// The DWARF of one file, with the places of its units.
pub(super) struct Book<'a> {
    pub(super) dwarf: &'a Dwarf<R<'a>>,
    pub(super) units: Vec<UnitHeader<R<'a>>>,
    /// Units of types, by signature.
    types: HashMap<u64, UnitHeader<R<'a>>>,
    /// Whether the list of units ends too early.
    pub(super) cut: bool,
    kept: RefCell<HashMap<UnitSectionOffset, Rc<Unit<R<'a>>>>>,
    supplementary: Option<Box<Book<'a>>>,
}

/// An entry.
#[derive(Clone)]
pub(super) struct Spot<'b, 'a> {
    pub(super) book: &'b Book<'a>,
    pub(super) unit: Rc<Unit<R<'a>>>,
    pub(super) offset: UnitOffset,
}

impl<'a> Book<'a> {
    /// Finds the units, up to the first one whose length is wrong: nobody knows where the next one begins.
    pub(super) fn new(dwarf: &'a Dwarf<R<'a>>) -> Self {
        let (mut units, mut types, mut cut) = (Vec::new(), HashMap::new(), false);
        let mut headers = dwarf.units();
        while let Some(header) = headers.next().unwrap_or_else(|_| {
            cut = true;
            None
        }) {
            if let UnitType::Type { type_signature, .. } | UnitType::SplitType { type_signature, .. } = header.type_() {
                types.insert(type_signature.0, header);
            }
            units.push(header);
        }
        let mut headers = dwarf.type_units();
        while let Ok(Some(header)) = headers.next() {
            if let UnitType::Type { type_signature, .. } = header.type_() {
                types.insert(type_signature.0, header);
            }
        }
        let supplementary = dwarf.sup().map(|sup| Box::new(Book::new(sup)));
        Self { dwarf, units, types, cut, kept: RefCell::default(), supplementary }
    }

    /// A unit that another one refers to.
    fn unit(&self, header: &UnitHeader<R<'a>>) -> Option<Rc<Unit<R<'a>>>> {
        let mut kept = self.kept.borrow_mut();
        if let Some(unit) = kept.get(&header.offset()) {
            return Some(unit.clone());
        }
        let unit = Rc::new(self.dwarf.unit(*header).ok()?);
        if kept.len() >= MOST_KEPT {
            kept.clear();
        }
        kept.insert(header.offset(), unit.clone());
        Some(unit)
    }

    /// The entry at an offset of `.debug_info`.
    fn at(&self, offset: gimli::DebugInfoOffset) -> Option<Spot<'_, 'a>> {
        let start = |header: &UnitHeader<R<'a>>| header.offset().to_debug_info_offset(header).map(|one| one.0);
        let after = self.units.partition_point(|header| start(header).is_some_and(|start| start <= offset.0));
        let header = self.units.get(after.checked_sub(1)?)?;
        let inside = offset.to_unit_offset(header)?;
        Some(Spot { book: self, unit: self.unit(header)?, offset: inside })
    }
}

impl<'b, 'a> Spot<'b, 'a> {
    pub(super) fn entry(&self) -> Option<Entry<'a>> {
        self.unit.entry(self.offset).ok()
    }

    /// Where a reference leads.
    pub(super) fn follow(&self, reference: Value<'a>) -> Option<Spot<'b, 'a>> {
        match reference {
            AttributeValue::UnitRef(offset) => Some(Spot { book: self.book, unit: self.unit.clone(), offset }),
            AttributeValue::DebugInfoRef(offset) => self.book.at(offset),
            AttributeValue::DebugInfoRefSup(offset) => self.book.supplementary.as_deref()?.at(offset),
            AttributeValue::DebugTypesRef(signature) => {
                let header = self.book.types.get(&signature.0)?;
                let (UnitType::Type { type_offset, .. } | UnitType::SplitType { type_offset, .. }) = header.type_()
                else {
                    return None;
                };
                Some(Spot { book: self.book, unit: self.book.unit(header)?, offset: type_offset })
            }
            _ => None,
        }
    }

    /// The entries that say something about it: itself, what it specifies, what it is an instance of.
    pub(super) fn chain(&self) -> Vec<(Spot<'b, 'a>, Entry<'a>)> {
        let mut found = Vec::new();
        let mut next = Some(self.clone());
        while let Some((spot, entry)) = next.take().and_then(|spot| spot.entry().map(|entry| (spot, entry))) {
            let origin = [gimli::DW_AT_abstract_origin, gimli::DW_AT_specification, gimli::DW_AT_extension]
                .into_iter()
                .find_map(|name| entry.attr_value(name));
            if found.len() < DEEPEST {
                next = origin.and_then(|origin| spot.follow(origin));
            }
            found.push((spot, entry));
        }
        found
    }

    /// The type of a variable, a member, an array or a pointer.
    pub(super) fn type_of(&self) -> Option<Spot<'b, 'a>> {
        self.chain().iter().find_map(|(spot, entry)| spot.follow(entry.attr_value(gimli::DW_AT_type)?))
    }

    fn text(&self, value: Value<'a>) -> Option<String> {
        let bytes = self.book.dwarf.attr_string(&self.unit, value).ok()?;
        Some(String::from_utf8_lossy(bytes.slice()).into_owned())
    }

    /// Its name in the source.
    pub(super) fn name(&self) -> Option<String> {
        let chain = self.chain();
        chain.iter().find_map(|(spot, entry)| spot.text(entry.attr_value(gimli::DW_AT_name)?))
    }

    /// The linker's name.
    pub(super) fn linkage(&self) -> Option<String> {
        let names = [gimli::DW_AT_linkage_name, gimli::DW_AT_MIPS_linkage_name];
        let chain = self.chain();
        chain.iter().find_map(|(spot, entry)| spot.text(names.into_iter().find_map(|name| entry.attr_value(name))?))
    }

    /// Where it is declared.
    pub(super) fn source(&self) -> Option<Source> {
        let number = |entry: &Entry<'a>, name| entry.attr(name).and_then(gimli::Attribute::udata_value);
        let chain = self.chain();
        let line = chain.iter().find_map(|(_, entry)| number(entry, gimli::DW_AT_decl_line))?;
        // A definition that lies in the same file as its declaration says its own line and not the file again.
        let file = chain.iter().find_map(|(spot, entry)| spot.file(file_of(entry)?))?;
        let column = chain.iter().find_map(|(_, entry)| number(entry, gimli::DW_AT_decl_column));
        let small = |number: u64| u32::try_from(number).ok().filter(|number| *number > 0);
        Some(Source { file, line: small(line)?, column: column.and_then(small) })
    }

    /// A file of the unit's line table.
    fn file(&self, number: u64) -> Option<PathBuf> {
        let header = self.unit.line_program.as_ref()?.header();
        let file = header.file(number)?;
        let compiled_in = self.unit.comp_dir.map(|dir| String::from_utf8_lossy(dir.slice()).into_owned());
        let mut path = PathBuf::from(compiled_in.unwrap_or_default());
        if let Some(folder) = file.directory(header).and_then(|value| self.text(value)) {
            path.push(folder);
        }
        path.push(self.text(file.path_name())?);
        Some(without_dots(&path))
    }
}

/// Whether a unit holds nothing but a type, which others refer to.
pub(super) fn holds_types(header: &UnitHeader<R<'_>>) -> bool {
    matches!(header.type_(), UnitType::Type { .. } | UnitType::SplitType { .. })
}

fn file_of(entry: &Entry<'_>) -> Option<u64> {
    match entry.attr_value(gimli::DW_AT_decl_file)? {
        AttributeValue::FileIndex(number) => Some(number),
        other => other.udata_value(),
    }
}

/// The path without `.` and `..`, by its text alone: the folders need not be there.
fn without_dots(path: &Path) -> PathBuf {
    use std::path::Component;
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(out.components().next_back(), Some(Component::Normal(_))) => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}
