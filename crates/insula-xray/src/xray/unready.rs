//! Static types that nothing has made ready yet.
//!
//! Some authors leave `PyType_Ready` to CPython, which does it at the first look at an instance. Until there is one, no
//! type knows of theirs. Such a type still is as the compiler laid it out, and that is told from other data: a type has
//! fifty fields, of which most are empty, functions, or tables of its own file.
//!
//! Generators (mypyc) lay out static types as patterns, and make heap types of them: there is a type of that name.

use std::collections::HashSet;

use super::Scan;
use crate::layout::{OB_SIZE, OB_TYPE, type_flags, type_object};
use crate::python::TypeObject;

/// Up to `tp_finalize`.
const WORDS: usize = 50;
/// `tp_dealloc`, `tp_repr`, `tp_hash`, `tp_call`, `tp_str`, `tp_getattro`, `tp_setattro`, `tp_traverse`, `tp_clear`,
/// `tp_richcompare`, `tp_iter`, `tp_iternext`, `tp_descr_get`, `tp_descr_set`, `tp_init`, `tp_alloc`, `tp_new`,
/// `tp_free`, `tp_is_gc`, `tp_del`, `tp_finalize`.
const FUNCTIONS: [u64; 21] =
    [48, 88, 120, 128, 136, 144, 152, 184, 192, 200, 216, 224, 272, 280, 296, 304, 312, 320, 328, 376, 392];
/// `tp_as_async`, `tp_as_number`, `tp_as_sequence`, `tp_as_mapping`, `tp_as_buffer`, `tp_methods`, `tp_members`,
/// `tp_getset`.
const TABLES: [u64; 8] = [80, 96, 104, 112, 160, 232, 240, 248];
/// What only `PyType_Ready` fills: `tp_bases`, `tp_mro`, `tp_cache`, `tp_subclasses`, `tp_weaklist`.
const FILLED_LATER: [u64; 5] = [336, 344, 352, 360, 368];
/// `tp_itemsize`.
const ITEMSIZE: u64 = 40;
/// Instances, and their items, are smaller.
const LARGEST: u64 = 1 << 20;

impl Scan<'_> {
    /// The static types in the extension's writable segments that are not ready.
    pub(super) fn unready_types(&self) -> Vec<TypeObject> {
        let known: HashSet<&str> = self.types.values().map(|t| plain_name(&t.name)).collect();
        let mut found = Vec::new();
        for range in self.ext.writable_ranges() {
            let start = self.bias.wrapping_add(range.start.next_multiple_of(8));
            let count = self.bias.wrapping_add(range.end).saturating_sub(start) as usize / 8;
            let words = self.mem.words(start, count).unwrap_or_default();
            let places = (start..).step_by(8).zip(words.windows(WORDS));
            found.extend(places.filter_map(|(addr, words)| self.unready_type(addr, words)));
        }
        found.retain(|t| !known.contains(plain_name(&t.name)));
        found
    }

    /// The type that these words are, if they are one.
    fn unready_type(&self, addr: u64, words: &[u64]) -> Option<TypeObject> {
        let field = |offset: u64| words[offset as usize / 8];
        let (meta, flags, basicsize) = (field(OB_TYPE), field(type_object::FLAGS), field(type_object::BASICSIZE));
        // The cheap questions first: most words are none of this.
        let headed = field(OB_SIZE) == 0
            && (16..LARGEST).contains(&basicsize)
            && field(ITEMSIZE) < LARGEST
            && self.own.contains(&field(type_object::NAME))
            && self.layout.refcount(field(0)).is_some()
            && (meta == 0 || self.types.get(&meta).is_some_and(TypeObject::is_metatype));
        let done = type_flags::READY | type_flags::HEAPTYPE;
        if !headed || flags & done != 0 || flags >> 32 != 0 || FILLED_LATER.iter().any(|offset| field(*offset) != 0) {
            return None;
        }
        let filled = |offsets: &[u64]| -> Vec<u64> {
            offsets.iter().map(|offset| field(*offset)).filter(|word| *word != 0).collect()
        };
        let functions = filled(&FUNCTIONS);
        let formed = functions.iter().all(|function| self.is_code(*function))
            && functions.iter().any(|function| self.own.contains(function))
            && filled(&TABLES).iter().all(|table| self.mem.mapping_at(*table).is_some());
        let name = self.mem.cstr(field(type_object::NAME), 200).filter(|name| formed && is_dotted(name))?;
        Some(TypeObject {
            addr,
            name,
            flags,
            is_heap: false,
            is_exception: flags & type_flags::BASE_EXC_SUBCLASS != 0,
            basicsize: basicsize as i64,
            dealloc: field(type_object::DEALLOC),
            traverse: field(type_object::TRAVERSE),
            base: field(type_object::BASE),
        })
    }

    fn is_code(&self, addr: u64) -> bool {
        self.mem.mapping_at(addr).is_some_and(|mapping| mapping.perms.contains('x'))
    }
}

/// A type's name without its module's.
fn plain_name(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// Whether it is what types are called: names with dots between them.
fn is_dotted(name: &str) -> bool {
    let word = |word: &str| {
        word.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && word.chars().all(|c| c.is_alphanumeric() || c == '_')
    };
    name.split('.').all(word)
}

#[cfg(test)]
mod tests {
    use super::{is_dotted, plain_name};

    #[test]
    fn names_of_types_are_told_from_other_texts() {
        assert!(is_dotted("AutomatonSearchIter") && is_dotted("pack_age.module.Type2"));
        assert!(
            !is_dotted("") && !is_dotted("a value") && !is_dotted("%s.T") && !is_dotted("m..T") && !is_dotted("2T")
        );
        assert_eq!((plain_name("m.n.T"), plain_name("T")), ("T", "T"));
    }
}
