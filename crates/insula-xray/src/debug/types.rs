//! Sizes of types, and which member of a type lies at an offset.

use gimli::{AttributeValue, DwTag};

use super::book::{Entry, Spot};
use super::{Field, Source};

/// Structures in structures in arrays: nobody writes it deeper.
const DEEPEST: usize = 12;

/// A member at an offset.
pub(super) struct Member {
    /// `.tables.cache[3]`.
    pub(super) path: String,
    /// Where the innermost named member is declared.
    pub(super) source: Option<Source>,
}

impl<'b, 'a> Spot<'b, 'a> {
    /// The type without the names and qualifiers that were given to it.
    pub(super) fn bare_type(&self) -> Option<(Spot<'b, 'a>, Entry<'a>)> {
        let mut spot = self.clone();
        for _ in 0..DEEPEST {
            let entry = spot.entry()?;
            match entry.tag() {
                gimli::DW_TAG_typedef
                | gimli::DW_TAG_const_type
                | gimli::DW_TAG_volatile_type
                | gimli::DW_TAG_atomic_type
                | gimli::DW_TAG_restrict_type => spot = spot.type_of()?,
                _ => return Some((spot, entry)),
            }
        }
        None
    }

    /// The size of the type in bytes.
    pub(super) fn size(&self) -> Option<u64> {
        self.size_within(DEEPEST)
    }

    fn size_within(&self, depth: usize) -> Option<u64> {
        let depth = depth.checked_sub(1)?;
        let (spot, entry) = self.bare_type()?;
        if let Some(size) = number(&entry, gimli::DW_AT_byte_size) {
            return Some(size);
        }
        match entry.tag() {
            tag if is_pointer(tag) => Some(u64::from(spot.unit.encoding().address_size)),
            gimli::DW_TAG_array_type => {
                let one = spot.type_of()?.size_within(depth)?;
                spot.dimensions().into_iter().try_fold(one, u64::checked_mul)
            }
            _ => None,
        }
    }

    /// How many elements an array has, dimension by dimension.
    fn dimensions(&self) -> Vec<u64> {
        let mut all = Vec::new();
        self.children(&mut |_, entry| {
            if entry.tag() == gimli::DW_TAG_subrange_type {
                let bound = number(entry, gimli::DW_AT_upper_bound).and_then(|bound| bound.checked_add(1));
                all.extend(number(entry, gimli::DW_AT_count).or(bound));
            }
        });
        all
    }

    /// Each direct child.
    fn children(&self, visit: &mut dyn FnMut(&Spot<'b, 'a>, &Entry<'a>)) -> Option<()> {
        let mut tree = self.unit.entries_tree(Some(self.offset)).ok()?;
        let root = tree.root().ok()?;
        let mut children = root.children();
        while let Some(child) = children.next().ok()? {
            let entry = child.entry();
            let spot = Spot { offset: entry.offset(), ..self.clone() };
            visit(&spot, entry);
        }
        Some(())
    }

    /// The member of the type that a word at this offset belongs to; none where two overlap there.
    pub(super) fn member(&self, offset: u64) -> Option<Member> {
        self.member_within(offset, DEEPEST)
    }

    fn member_within(&self, offset: u64, depth: usize) -> Option<Member> {
        let depth = depth.checked_sub(1)?;
        let (spot, entry) = self.bare_type()?;
        match entry.tag() {
            gimli::DW_TAG_structure_type | gimli::DW_TAG_class_type | gimli::DW_TAG_union_type => {
                let mut found = Vec::new();
                spot.children(&mut |child, entry| found.extend(child.as_member(entry, offset, depth)));
                // Members of a union overlap, and so do variants of an enum.
                (found.len() == 1).then(|| found.remove(0))
            }
            gimli::DW_TAG_array_type => {
                let element = spot.type_of()?;
                let size = element.size_within(depth).filter(|size| *size > 0)?;
                let count: u64 = spot.dimensions().into_iter().try_fold(1, u64::checked_mul)?;
                let number = offset / size;
                // The last member of a structure may have any number of elements.
                (count <= 1 || number < count).then_some(())?;
                let inner = element.member_within(offset % size, depth)?;
                Some(Member { path: format!("[{number}]{}", inner.path), source: inner.source })
            }
            _ => (offset == 0).then(|| Member { path: String::new(), source: None }),
        }
    }

    /// A child of a structure, if it is a member in which the offset lies.
    fn as_member(&self, entry: &Entry<'a>, offset: u64, depth: usize) -> Option<Member> {
        if !matches!(entry.tag(), gimli::DW_TAG_member | gimli::DW_TAG_inheritance) {
            return None;
        }
        // Static members are children, too, and lie elsewhere.
        if matches!(entry.attr_value(gimli::DW_AT_external), Some(AttributeValue::Flag(true))) {
            return None;
        }
        let start = number(entry, gimli::DW_AT_data_member_location).unwrap_or(0);
        let inside = offset.checked_sub(start)?;
        let kind = self.type_of()?;
        let size = kind.size();
        if size.is_some_and(|size| size > 0 && inside >= size) {
            return None;
        }
        let inner = kind.member_within(inside, depth)?;
        let name = self.name().map(|name| format!(".{name}")).unwrap_or_default();
        Some(Member { path: format!("{name}{}", inner.path), source: inner.source.or_else(|| self.source()) })
    }

    /// The structure that a pointer of this type leads to, and what the pointer's type calls it.
    pub(super) fn pointed_to(&self) -> Option<(Spot<'b, 'a>, Option<String>)> {
        let (spot, entry) = self.bare_type()?;
        is_pointer(entry.tag()).then_some(())?;
        let pointee = spot.type_of()?;
        let (target, entry) = pointee.bare_type()?;
        let structure = matches!(entry.tag(), gimli::DW_TAG_structure_type | gimli::DW_TAG_class_type);
        structure.then(|| (target, pointee.name()))
    }

    /// Whether a structure is, or begins with, the head of an object: `PyObject_HEAD`, or a base that does.
    pub(super) fn is_object(&self) -> bool {
        self.is_object_within(DEEPEST)
    }

    fn is_object_within(&self, depth: usize) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        let known = |name: String| matches!(&*name, "_object" | "PyObject" | "PyVarObject" | "_longobject");
        if self.name().is_some_and(known) {
            return true;
        }
        let mut head = false;
        self.children(&mut |child, entry| {
            let first = number(entry, gimli::DW_AT_data_member_location).unwrap_or(0) == 0;
            if head || !first || !matches!(entry.tag(), gimli::DW_TAG_member | gimli::DW_TAG_inheritance) {
                return;
            }
            let Some((kind, entry)) = child.type_of().and_then(|kind| kind.bare_type()) else { return };
            if !matches!(entry.tag(), gimli::DW_TAG_structure_type | gimli::DW_TAG_class_type) {
                return;
            }
            head = kind.is_object_within(depth);
        });
        head
    }

    /// What a structure is called. People write `typedef struct {...} CounterObject;`: then only the alias has a name.
    pub(super) fn record_name(&self, alias: Option<String>) -> String {
        self.name().or(alias).or_else(|| self.typedef_of()).unwrap_or_else(|| "struct".to_owned())
    }

    /// The typedef at the top of this unit that gives a nameless structure its name.
    fn typedef_of(&self) -> Option<String> {
        let root = Spot { offset: self.unit.header.root_offset(), ..self.clone() };
        let mut found = None;
        root.children(&mut |child, entry| {
            if found.is_none()
                && entry.tag() == gimli::DW_TAG_typedef
                && entry.attr_value(gimli::DW_AT_type) == Some(AttributeValue::UnitRef(self.offset))
            {
                found = child.name();
            }
        });
        found
    }

    /// The field of a structure that is called this.
    pub(super) fn field(&self, record: &str, offset: u64) -> Option<Field> {
        let member = self.member(offset)?;
        Some(Field {
            record: record.to_owned(),
            path: member.path.trim_start_matches('.').to_owned(),
            source: member.source,
        })
    }
}

pub(super) fn number(entry: &Entry<'_>, name: gimli::DwAt) -> Option<u64> {
    entry.attr(name).and_then(gimli::Attribute::udata_value)
}

fn is_pointer(tag: DwTag) -> bool {
    matches!(tag, gimli::DW_TAG_pointer_type | gimli::DW_TAG_reference_type | gimli::DW_TAG_rvalue_reference_type)
}
