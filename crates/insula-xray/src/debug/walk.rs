//! One walk over all units, which answers all questions.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::rc::Rc;

use gimli::{DwTag, DwarfSections, EndianSlice, Expression, Operation, RunTimeEndian, Unit, UnitOffset};
use object::Object;

use super::book::{Book, R, Spot, holds_types};
use super::files::{Bytes, Files};
use super::split::Split;
use super::types::number;
use super::{Answers, Field, Named, Questions, Which};

/// A variable whose size is not known, or absurd, covers no more than this.
const LARGEST: u64 = 1 << 28;
/// A pointer.
const WORD: u64 = 8;

pub(super) fn walk(
    main: &DwarfSections<Bytes<'_>>,
    extra: Option<&DwarfSections<Bytes<'_>>>,
    questions: &Questions,
    files: &Files,
    answers: &mut Answers,
) -> Result<(), String> {
    let little = files.dwarf().is_none_or(|file| file.object().is_little_endian());
    let endian = if little { RunTimeEndian::Little } else { RunTimeEndian::Big };
    let dwarf = main.borrow_with_sup(extra, |bytes| EndianSlice::new(bytes, endian));
    let book = Book::new(&dwarf);
    let mut split = Split::new(files, endian);
    let mut search = Search::new(questions, files.thread_locals());
    for header in &book.units {
        let Ok(unit) = dwarf.unit(*header) else {
            search.damaged += 1;
            continue;
        };
        // Units of types are read when something refers to them.
        if holds_types(header) {
            continue;
        }
        if matches!(unit.dwo_name(), Ok(Some(_))) {
            split.unit(&dwarf, &unit, &mut |book, unit| search.unit(book, unit));
        } else {
            search.unit(&book, &Rc::new(unit));
        }
    }
    search.damaged += usize::from(book.cut);
    split.note(&mut answers.notes);
    search.finish(answers);
    match search.damaged {
        0 => Ok(()),
        1 => Err("its debug information is damaged in one unit".to_owned()),
        many => Err(format!("its debug information is damaged in {many} units")),
    }
}

/// A structure that fits a record: what it is called, and its fields at the offsets that are asked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Fit {
    record: String,
    fields: BTreeMap<u64, Field>,
}

struct Search<'q> {
    questions: &'q Questions,
    variables: BTreeSet<u64>,
    thread_locals: BTreeSet<u64>,
    /// Where the initial values of thread-locals are.
    segment: Range<u64>,
    functions: BTreeSet<u64>,
    /// Which records each function uses.
    users: BTreeMap<u64, Vec<usize>>,
    /// For each record the structures of its size that its functions use, and those that merely have its size.
    used: Vec<BTreeSet<Fit>>,
    alike: Vec<BTreeSet<Fit>>,
    found: Answers,
    damaged: usize,
}

/// Where in a unit the walk is.
struct Here<'b, 'a> {
    book: &'b Book<'a>,
    unit: Rc<Unit<R<'a>>>,
    /// What the walk is inside of and what gives a name to what is inside: depth and place.
    scopes: Vec<(isize, UnitOffset)>,
    /// The function of a record that it is inside of.
    user: Option<(isize, u64)>,
    /// The records whose functions this unit has.
    records: BTreeSet<usize>,
}

impl<'b, 'a> Here<'b, 'a> {
    fn spot(&self, offset: UnitOffset) -> Spot<'b, 'a> {
        Spot { book: self.book, unit: self.unit.clone(), offset }
    }

    /// What is at this place, by its name.
    fn named(&self, offset: UnitOffset, part: String) -> Option<Named> {
        let spot = self.spot(offset);
        let mut names: Vec<String> = self.scopes.iter().filter_map(|(_, scope)| self.spot(*scope).name()).collect();
        names.push(spot.name()?);
        Some(Named { name: names.join("::"), linkage: spot.linkage(), part, source: spot.source() })
    }
}

impl<'q> Search<'q> {
    fn new(questions: &'q Questions, segment: Range<u64>) -> Self {
        let mut users: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
        for (number, record) in questions.records.iter().enumerate() {
            record.functions.iter().for_each(|function| users.entry(*function).or_default().push(number));
        }
        let mut functions: BTreeSet<u64> = questions.functions.iter().copied().collect();
        functions.extend(users.keys());
        Self {
            questions,
            variables: questions.variables.iter().copied().collect(),
            thread_locals: questions.thread_locals.iter().copied().collect(),
            segment,
            functions,
            users,
            used: vec![BTreeSet::new(); questions.records.len()],
            alike: vec![BTreeSet::new(); questions.records.len()],
            found: Answers::default(),
            damaged: 0,
        }
    }

    /// One unit, with what lies inside of it. What is damaged ends this unit only.
    fn unit<'a>(&mut self, book: &Book<'a>, unit: &Rc<Unit<R<'a>>>) {
        let mut here = Here { book, unit: unit.clone(), scopes: Vec::new(), user: None, records: BTreeSet::new() };
        let outcome = self
            .entries(&mut here, unit)
            .and_then(|()| if here.records.is_empty() { Ok(()) } else { self.structures(&here, unit) });
        self.damaged += usize::from(outcome.is_err());
    }

    fn entries<'a>(&mut self, here: &mut Here<'_, 'a>, unit: &Unit<R<'a>>) -> gimli::Result<()> {
        let mut raw = unit.entries_raw(None)?;
        while !raw.is_empty() {
            let (offset, depth) = (raw.next_offset(), raw.next_depth());
            let Some(abbreviation) = raw.read_abbreviation()? else { continue };
            here.scopes.retain(|(scope, _)| *scope < depth);
            here.user = here.user.filter(|(scope, _)| *scope < depth);
            let tag = abbreviation.tag();
            if !matches!(tag, gimli::DW_TAG_variable | gimli::DW_TAG_subprogram) {
                raw.skip_attributes(abbreviation.attributes())?;
            } else {
                for specification in abbreviation.attributes() {
                    let attribute = raw.read_attribute(*specification)?;
                    match attribute.name() {
                        gimli::DW_AT_location => {
                            if let Some(place) = attribute.exprloc_value() {
                                self.variable(here, offset, place);
                            }
                        }
                        gimli::DW_AT_low_pc => {
                            if let Ok(Some(entry)) = here.book.dwarf.attr_address(unit, attribute.value()) {
                                self.function(here, offset, depth, entry);
                            }
                        }
                        gimli::DW_AT_ranges => {
                            // A function in pieces begins in the first or, its unlikely part being first, in another.
                            let mut ranges = here.book.dwarf.attr_ranges(unit, attribute.value())?;
                            while let Some(range) = ranges.as_mut().map_or(Ok(None), gimli::RngListIter::next)? {
                                self.function(here, offset, depth, range.begin);
                            }
                        }
                        _ => {}
                    }
                }
            }
            self.used_by(here, offset, tag);
            if abbreviation.has_children() && gives_name(tag) {
                here.scopes.push((depth, offset));
            }
        }
        Ok(())
    }

    /// A variable with a place of its own: does it cover an address that is asked for?
    fn variable<'a>(&mut self, here: &Here<'_, 'a>, offset: UnitOffset, place: Expression<R<'a>>) {
        let Some((mut start, thread_local)) = static_place(here, place) else { return };
        // GCC's split DWARF has the address of the initial value in the place of the offset.
        if thread_local && self.segment.contains(&start) {
            start -= self.segment.start;
        }
        let wanted = if thread_local { &self.thread_locals } else { &self.variables };
        if wanted.range(start..start.saturating_add(LARGEST)).next().is_none() {
            return;
        }
        let kind = here.spot(offset).type_of();
        let size = kind.as_ref().and_then(Spot::size).unwrap_or(1).clamp(1, LARGEST);
        let inside: Vec<u64> = wanted.range(start..start.saturating_add(size)).copied().collect();
        for address in inside {
            let member = kind.as_ref().and_then(|kind| kind.member(address - start));
            let part = match (member, address - start) {
                // What is wrapped around a single word is no part that anybody has to be told.
                _ if size <= WORD && address == start => String::new(),
                (Some(member), _) => member.path,
                (None, 0) => String::new(),
                (None, far) => format!("+{far}"),
            };
            let Some(named) = here.named(offset, part) else { continue };
            let answers = if thread_local { &mut self.found.thread_locals } else { &mut self.found.variables };
            let old = answers.get(&address);
            // A declaration may come first, which knows less.
            if old.is_none_or(|old| old.source.is_none() && named.source.is_some()) {
                answers.insert(address, named);
            }
        }
    }

    fn function(&mut self, here: &mut Here<'_, '_>, offset: UnitOffset, depth: isize, entry: u64) {
        if !self.functions.contains(&entry) {
            return;
        }
        if let Some(named) = here.named(offset, String::new()) {
            self.found.functions.entry(entry).or_insert(named);
        }
        if let Some(records) = self.users.get(&entry) {
            here.records.extend(records);
            here.user = Some((depth, entry));
        }
    }

    /// What a function of a record uses: its parameters and variables, and what it calls returns.
    fn used_by(&mut self, here: &Here<'_, '_>, offset: UnitOffset, tag: DwTag) {
        let Some((_, function)) = here.user else { return };
        let spot = here.spot(offset);
        let kind = match tag {
            gimli::DW_TAG_formal_parameter | gimli::DW_TAG_variable | gimli::DW_TAG_inlined_subroutine => {
                spot.type_of()
            }
            gimli::DW_TAG_call_site | gimli::DW_TAG_GNU_call_site => spot.entry().and_then(|entry| {
                let callee = [gimli::DW_AT_call_origin, gimli::DW_AT_abstract_origin];
                let callee = callee.into_iter().find_map(|name| entry.attr_value(name))?;
                spot.follow(callee)?.type_of()
            }),
            _ => None,
        };
        let Some((target, alias)) = kind.and_then(|kind| kind.pointed_to()) else { return };
        for number in self.users.get(&function).into_iter().flatten() {
            self.used[*number].extend(fit(&self.questions.records[*number], &target, alias.clone()));
        }
    }

    /// All structures of the unit that have the size of a record.
    fn structures<'a>(&mut self, here: &Here<'_, 'a>, unit: &Unit<R<'a>>) -> gimli::Result<()> {
        let mut raw = unit.entries_raw(None)?;
        while !raw.is_empty() {
            let offset = raw.next_offset();
            let Some(abbreviation) = raw.read_abbreviation()? else { continue };
            raw.skip_attributes(abbreviation.attributes())?;
            if matches!(abbreviation.tag(), gimli::DW_TAG_structure_type | gimli::DW_TAG_class_type) {
                for number in &here.records {
                    self.alike[*number].extend(fit(&self.questions.records[*number], &here.spot(offset), None));
                }
            }
        }
        Ok(())
    }

    fn finish(&mut self, answers: &mut Answers) {
        answers.variables.append(&mut self.found.variables);
        answers.thread_locals.append(&mut self.found.thread_locals);
        answers.functions.append(&mut self.found.functions);
        for (number, record) in self.questions.records.iter().enumerate() {
            for offset in &record.offsets {
                let fields = |fits: &BTreeSet<Fit>| {
                    let all: BTreeSet<Field> = fits.iter().filter_map(|fit| fit.fields.get(offset)).cloned().collect();
                    all.into_iter().collect::<Vec<Field>>()
                };
                let used = &self.used[number];
                let mut all = fields(if used.is_empty() { &self.alike[number] } else { used });
                if all.is_empty() {
                    continue;
                }
                // What has nothing at this place is not where the object was seen.
                let sure = all.len() == 1 && !used.is_empty();
                let which = if sure { Which::One(all.remove(0)) } else { Which::Among(all) };
                answers.fields.insert((number, *offset), which);
            }
        }
    }
}

/// The structure, if it fits the record.
fn fit(record: &super::Record, structure: &Spot<'_, '_>, alias: Option<String>) -> Option<Fit> {
    let size = number(&structure.entry()?, gimli::DW_AT_byte_size)?;
    (size == record.size && structure.is_object() == record.object).then_some(())?;
    let name = structure.record_name(alias);
    let fields = record.offsets.iter().filter_map(|offset| Some((*offset, structure.field(&name, *offset)?)));
    let fields = fields.collect();
    Some(Fit { record: name, fields })
}

fn gives_name(tag: DwTag) -> bool {
    matches!(
        tag,
        gimli::DW_TAG_subprogram
            | gimli::DW_TAG_namespace
            | gimli::DW_TAG_structure_type
            | gimli::DW_TAG_class_type
            | gimli::DW_TAG_union_type
            | gimli::DW_TAG_enumeration_type
    )
}

/// The address of a variable that has one for the whole run, or its offset in thread-local storage.
fn static_place<'a>(here: &Here<'_, 'a>, place: Expression<R<'a>>) -> Option<(u64, bool)> {
    // Most variables live on the stack or in registers: their first byte says so.
    let first = gimli::DwOp(*place.0.slice().first()?);
    let addresses = [gimli::DW_OP_addr, gimli::DW_OP_addrx, gimli::DW_OP_GNU_addr_index, gimli::DW_OP_constx];
    let numbers = [gimli::DW_OP_GNU_const_index, gimli::DW_OP_const8u, gimli::DW_OP_const4u, gimli::DW_OP_const2u];
    if !addresses.contains(&first) && !numbers.contains(&first) && first != gimli::DW_OP_const1u {
        return None;
    }
    let mut steps = place.operations(here.unit.encoding());
    let value = match steps.next().ok()?? {
        Operation::Address { address } => address,
        Operation::AddressIndex { index } | Operation::ConstantIndex { index } => {
            here.book.dwarf.address(&here.unit, index).ok()?
        }
        Operation::UnsignedConstant { value } => value,
        _ => return None,
    };
    match steps.next().ok()? {
        // A lone constant is no place.
        None => addresses[..3].contains(&first).then_some((value, false)),
        Some(Operation::TLS) => Some((value, true)),
        Some(_) => None,
    }
}
